"""Do the fast kernels give the same answers as transformers in float32?

    python benchmarks/agreement.py ARCHIVE [--rows 10000] [--labelled FILE.jsonl] [--kernel NAME ...]

Holds every kernel of this machine against `eager` on distinct headlines of an archive, and on labelled
headlines (what of the corpus is not fitted, unless a file is named). Prints a line a kernel; the exit code
is 1 when one is outside its bounds.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.archives import read_archive
from model.kernels import EAGER, this_machine
from model.tagger import Tagger
from model.text import headline_text
from training.corpus import CORPUS, LabelledHeadline, read_labelled, split_batches
from training.evaluate import evaluate
from training.metrics import Report
from training.recipe import HELD_BATCHES

APART, WITHIN = 0.03, 0.999  # so many of the rows have no probability further apart than that
MOST_FLIPS = 0.003  # of the decisions, a headline and a cause each
MOST_F1, MOST_ECE = 0.003, 0.005  # macro F1, and the mean over the causes of the calibration error


def distinct_texts(archive: Path, rows: int) -> list[str]:
    """Return up to so many distinct headlines, drawn from the whole archive by a fixed seed."""
    values = (row.values for row in read_archive(archive).rows() if not row.error)
    texts = dict.fromkeys(headline_text(row.get("title") or "", row.get("summary") or "") for row in values)
    texts.pop("", None)
    return random.Random(0).sample(list(texts), min(rows, len(texts)))  # noqa: S311 (keeps no secret)


def labelled_rows(path: Path | None, causes: Sequence[str]) -> list[LabelledHeadline]:
    """Return the rows of a labelled file, or those of the corpus that no model was fitted on."""
    if path:
        return read_labelled(path, causes)
    return split_batches(read_labelled(CORPUS, causes), HELD_BATCHES)[1]


def mean_ece(report: Report) -> float:
    """Return the calibration error, the mean over the causes."""
    return float(np.mean([cause.ece for cause in report.causes.values()]))


def line(
    tagger: Tagger, found: NDArray[np.float32], expected: NDArray[np.float32], ours: Report, eager: Report
) -> tuple[str, bool]:
    """Return a kernel's line of the table, and whether it is within its bounds."""
    apart = np.abs(found - expected).max(axis=1)  # (n,)
    over = np.asarray(tagger.thresholds, dtype=np.float32)
    flips = float(((found >= over) != (expected >= over)).mean())
    within = float((apart <= APART).mean())
    f1 = ours.macro_f1.value - eager.macro_f1.value
    ece = mean_ece(ours) - mean_ece(eager)
    good = within >= WITHIN and flips <= MOST_FLIPS and abs(f1) < MOST_F1 and abs(ece) < MOST_ECE
    distances = f"{np.quantile(apart, WITHIN):.4f} | {apart.max():.4f} | {within:.2%}"
    figures = f"{distances} | {flips:.3%} | {f1:+.4f} | {ece:+.4f}"
    return f"| {tagger.kernel} | {figures} | {'yes' if good else 'NO'} |", good


def main() -> int:
    """Print the table; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--rows", type=int, default=10_000, help="distinct headlines of the archive")
    parser.add_argument(
        "--labelled", type=Path, help="labelled JSONL (default: what of the corpus is not fitted)"
    )
    parser.add_argument("--kernel", action="append", help="kernels to check (default: all of this machine)")
    parser.add_argument("--model", help="model folder (default: the shipped checkpoint)")
    options = parser.parse_args()
    eager = Tagger.from_pretrained(options.model, kernel=EAGER)
    texts = distinct_texts(options.archive, options.rows)
    labelled = labelled_rows(options.labelled, eager.causes)
    expected, report = eager.predict_proba(texts), evaluate(eager, labelled)
    print(
        f"{len(texts)} headlines of {options.archive.name}, {len(labelled)} labelled, model {eager.version}"
    )
    print(f"| kernel | apart, {WITHIN:.1%} | at most | within {APART} | flips | macro F1 | ECE | good |")
    print("| --- " * 8 + "|")
    good = True
    for kernel in options.kernel or [name for name in this_machine().kernels() if name != EAGER]:
        tagger = Tagger.from_pretrained(options.model, kernel=kernel)
        said, fine = line(tagger, tagger.predict_proba(texts), expected, evaluate(tagger, labelled), report)
        print(said, flush=True)
        good = good and fine
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
