"""How good a tagger is on real headlines, whose labels are ours and whose words are not.

    python benchmarks/real.py ARCHIVE [ARCHIVE ...] [--model FOLDER] [--kernel NAME]

`data/real_labels.jsonl` names headlines by a digest of their text; those that the archives hold are measured.
`drawn` says how each came there: `natural` at random, `chosen` by the intensities of a model, so that rare
causes are there to be missed. Figures of the second are no figures of a feed: they tell models apart.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ingest.archives import read_archive
from model.kernels import FP32
from model.tagger import Tagger
from model.text import headline_text
from training.corpus import LabelledHeadline
from training.evaluate import evaluate
from training.metrics import Report

LABELS = Path(__file__).parent / "data" / "real_labels.jsonl"
NATURAL, CHOSEN = "natural", "chosen"


def digest(text: str) -> str:
    """Return what a headline's text is named by: 16 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def headlines(archives: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Give every readable row's title and summary."""
    for archive in archives:
        for row in read_archive(archive).rows():
            if not row.error:
                yield row.values.get("title") or "", row.values.get("summary") or ""


def labelled(archives: Iterable[Path], causes: Sequence[str]) -> dict[str, list[LabelledHeadline]]:
    """Return the labelled headlines that the archives hold, by how they were drawn."""
    lines = map(json.loads, LABELS.read_text(encoding="utf-8").splitlines())
    labels = {line["digest"]: line for line in lines}
    found: dict[str, list[LabelledHeadline]] = {NATURAL: [], CHOSEN: []}
    for title, summary in headlines(archives):
        if line := labels.pop(digest(headline_text(title, summary)), None):
            row = LabelledHeadline(line["digest"], title, summary, tuple(line["labels"]), tuple(causes))
            found[line["drawn"]].append(row)
    return found


def show(heading: str, report: Report) -> None:
    """Print a table, a line a cause."""
    columns = ("carry it", "precision", "recall", "F1", "AP", "ECE", "Brier skill")
    print(f"\n| {heading}: {report.n} headlines | {' | '.join(columns)} |")
    print("| --- " * (1 + len(columns)) + "|")
    for name, one in report.causes.items():
        shares = (one.precision, one.recall, one.f1, one.ap, one.ece, one.brier_skill)
        print(f"| {name} | {one.positives} | {' | '.join(f'{share:.3f}' for share in shares)} |")
    f1, ap = (
        f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})" for one in (report.macro_f1, report.macro_ap)
    )
    print(f"\nmacro F1 {f1}, macro AP {ap}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("archives", nargs="+", type=Path)
    parser.add_argument("--model", help="model folder (default: the shipped checkpoint)")
    parser.add_argument("--kernel", default=FP32)
    options = parser.parse_args()
    tagger = Tagger.from_pretrained(options.model, kernel=options.kernel)
    rows = labelled(options.archives, tagger.causes)
    if not any(rows.values()):
        parser.error("the archives hold none of the labelled headlines")
    print(f"model {tagger.version}, kernel {tagger.kernel}")
    for drawn in (NATURAL, CHOSEN):
        if rows[drawn]:
            show(drawn, evaluate(tagger, rows[drawn]))
    show("both", evaluate(tagger, rows[NATURAL] + rows[CHOSEN]))


if __name__ == "__main__":
    main()
