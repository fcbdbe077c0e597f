"""Measure a model on labelled headlines: `python -m training.evaluate SOURCE [--json] [--plot OUT.svg]`.

Also `causewire evaluate`. It prints; it judges nothing: floors are kept by the gate in the tests.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from errors import CausewireError, DataError
from model.tagger import Tagger
from training.corpus import LabelledHeadline, judged_matrix, label_matrix, read_labelled, split_batches
from training.metrics import Interval, Report, evaluate_intensities
from training.reliability import draw_reliability
from training.sources import DEFAULT_SPLIT


def evaluate(tagger: Tagger, rows: Sequence[LabelledHeadline]) -> Report:
    """Tag rows and measure the intensities against their labels, at the thresholds saved with the model."""
    intensities = tagger.predict_proba([row.text for row in rows])
    return evaluate_intensities(
        label_matrix(rows, tagger.causes),
        intensities,
        tagger.causes,
        tagger.thresholds,
        model_version=tagger.version,
        judged=judged_matrix(rows, tagger.causes),
    )


def report_json(report: Report) -> dict[str, Any]:
    """Return the report as plain data; figures that do not exist (no positives) are None."""
    causes = {name: _plain(dataclasses.asdict(metrics)) for name, metrics in report.causes.items()}
    macro: dict[str, Any] = {"f1": report.macro_f1.value, "ap": report.macro_ap.value}
    intervals = {"f1_interval": report.macro_f1, "ap_interval": report.macro_ap}
    macro |= {name: [interval.low, interval.high] for name, interval in intervals.items()}
    bins = {name: [dataclasses.asdict(part) for part in parts] for name, parts in report.reliability.items()}
    return {
        "model_version": report.model_version,
        "n": report.n,
        "macro": _plain(macro),
        "causes": causes,
        "reliability": bins,
    }


def report_table(report: Report) -> Table:
    """Return the report as a table for the terminal."""
    title = f"{report.n:,} headlines, model {report.model_version}"
    table = Table(title=title, title_justify="left", caption_justify="left", box=None, pad_edge=False)
    table.add_column("cause")
    for column in ("precision", "recall", "F1", "AP", "ECE", "skill", "positives"):
        table.add_column(column, justify="right")
    for name, metrics in report.causes.items():
        *shares, positives = dataclasses.astuple(metrics)
        table.add_row(name, *(f"{share:.3f}" for share in shares), f"{positives:,}")
    table.caption = f"macro F1 {_spoken(report.macro_f1)}, macro AP {_spoken(report.macro_ap)}"
    return table


def _plain(figures: dict[str, Any]) -> dict[str, Any]:
    return {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in figures.items()
    }


def _spoken(interval: Interval) -> str:
    return f"{interval.value:.3f} ({interval.low:.3f}-{interval.high:.3f})"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="training.evaluate", description="Measure a model on labelled headlines."
    )
    parser.add_argument("source", help="JSONL, CSV or Parquet with title, summary, labels; or a hub id")
    parser.add_argument("--split", default=DEFAULT_SPLIT, help="of a hub data set (default: %(default)s)")
    parser.add_argument(
        "--judged",
        type=_names,
        metavar="CAUSES",
        help="what rows without `judged` were judged for, by commas (default: all)",
    )
    parser.add_argument("--model", help="model folder or hub id (default: the one that ships)")
    parser.add_argument("--batches", type=_names, help="only these batches of ids, by commas, such as r7,r12")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--plot", type=Path, metavar="OUT.svg", help="draw how reliable the intensities are")
    options = parser.parse_args(arguments)
    try:
        tagger = Tagger.from_pretrained(options.model)  # by the kernel that its users get
        rows = read_labelled(
            options.source,
            tagger.causes,
            judged=_known(options.judged, tagger.causes),
            split=options.split,
        )
        report = evaluate(tagger, _chosen(rows, options.batches))
        if options.plot:
            draw_reliability(report, options.plot)
    except CausewireError as error:
        sys.stderr.write("".join(f"{line}\n" for line in (f"error: {error}", *error.details)))
        return 2
    if options.json:
        sys.stdout.write(json.dumps(report_json(report), indent=2) + "\n")
    else:
        Console().print(report_table(report))
    return 0


def _names(said: str) -> list[str]:
    return [name.strip() for name in said.split(",")]


def _known(names: list[str] | None, causes: Sequence[str]) -> list[str] | None:
    unknown = [name for name in names or () if name not in causes]
    if unknown:
        raise DataError(f"--judged {', '.join(unknown)}: no cause of the model's", f"use {', '.join(causes)}")
    return names


def _chosen(rows: list[LabelledHeadline], batches: list[str] | None) -> list[LabelledHeadline]:
    if batches is None:
        return rows
    missing = set(batches) - {row.batch for row in rows}
    if missing:
        raise DataError(f"no headline is of batch {', '.join(sorted(missing))}", "see the ids in the file")
    return split_batches(rows, batches)[1]


if __name__ == "__main__":
    raise SystemExit(main())
