"""How good a tagger is on real headlines, whose labels are ours and whose words are not.

    python benchmarks/real.py ARCHIVE [ARCHIVE ...] [--labels FILE] [--model FOLDER] [--kernel NAME]

A file of labels (`data/real_labels.jsonl`, `data/real_second.jsonl`) names headlines by a digest of their
text; those that the archives hold are measured. `drawn` says how each came there: `natural` at random,
`chosen` by the intensities of a model, `words` by words of the causes, so that rare causes are there to be
missed. Only figures of `natural` are those of a feed; the others tell models apart.
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


def digest(text: str) -> str:
    """Return what a headline's text is named by: 16 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def headlines(archives: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Give every readable row's title and summary."""
    for archive in archives:
        for row in read_archive(archive).rows():
            if not row.error:
                yield row.values.get("title") or "", row.values.get("summary") or ""


def labelled(
    archives: Iterable[Path], causes: Sequence[str], labels: Path = LABELS
) -> tuple[dict[str, list[LabelledHeadline]], int]:
    """Return the labelled headlines that the archives hold, by how they were drawn; how many they lack."""
    lines = map(json.loads, labels.read_text(encoding="utf-8").splitlines())
    wanted = {line["digest"]: line for line in lines}
    found: dict[str, list[LabelledHeadline]] = {}
    for title, summary in headlines(archives):
        if line := wanted.pop(digest(headline_text(title, summary)), None):
            row = LabelledHeadline(line["digest"], title, summary, tuple(line["labels"]), tuple(causes))
            found.setdefault(line["drawn"], []).append(row)
    return found, len(wanted)


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
    parser.add_argument("--labels", type=Path, default=LABELS)
    parser.add_argument("--model", help="model folder (default: the shipped checkpoint)")
    parser.add_argument("--kernel", default=FP32)
    options = parser.parse_args()
    if not options.labels.is_file():
        parser.error(f"{options.labels}: no such file of labels; they are in {LABELS.parent}")
    tagger = Tagger.from_pretrained(options.model, kernel=options.kernel)
    by_draw, lacking = labelled(options.archives, tagger.causes, options.labels)
    if not by_draw:
        parser.error("the archives hold none of the labelled headlines")
    print(f"model {tagger.version}, kernel {tagger.kernel}; labelled and not in the archives: {lacking}")
    for how, rows in sorted(by_draw.items()):
        show(how, evaluate(tagger, rows))
    show("all", evaluate(tagger, [row for rows in by_draw.values() for row in rows]))


if __name__ == "__main__":
    main()
