"""Measure a model on labelled headlines, and put the figures as a table or as plain data.

    report = evaluate(tagger, read_labelled("mine.jsonl", tagger.causes))

`causewire evaluate` prints them. It judges nothing: floors are kept by the gate in the tests.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from rich.table import Table

from errors import DataError
from model.tagger import Tagger
from training.corpus import LabelledHeadline, judged_matrix, label_matrix, split_batches
from training.metrics import Interval, Report, evaluate_intensities


def evaluate(tagger: Tagger, rows: Sequence[LabelledHeadline]) -> Report:
    """Tag rows and measure the intensities against their labels, at the tagger's thresholds."""
    intensities = tagger.predict_proba([row.text for row in rows])
    return evaluate_intensities(
        label_matrix(rows, tagger.causes),
        intensities,
        tagger.causes,
        tagger.thresholds,
        model_version=tagger.version,
        judged=judged_matrix(rows, tagger.causes),
    )


def checked_judged(names: list[str], causes: Sequence[str]) -> list[str]:
    """Return the names that `--judged` gives.

    Raises:
        DataError: one is no cause of the model's.
    """
    unknown = [name for name in names if name not in causes]
    if unknown:
        raise DataError(f"--judged {', '.join(unknown)}: no cause of the model's", f"use {', '.join(causes)}")
    return names


def in_batches(rows: Sequence[LabelledHeadline], batches: Sequence[str]) -> list[LabelledHeadline]:
    """Return the rows of these batches.

    Raises:
        DataError: no row is of one of them.
    """
    missing = set(batches) - {row.batch for row in rows}
    if missing:
        raise DataError(f"no headline is of batch {', '.join(sorted(missing))}", "see the ids in the file")
    return split_batches(rows, batches)[1]


def unjudged_note(rows: Sequence[LabelledHeadline], causes: Sequence[str]) -> str:
    """Say which causes nobody may have looked for, though rows without `judged` count as judged for all.

    Returns:
        A sentence with the remedy; '' where every cause has a row that is tagged with it, or every row says
        itself what it was judged for.
    """
    tagged = {label for row in rows for label in row.labels}
    never = [cause for cause in causes if cause not in tagged]
    if not never or all(row.says_judged for row in rows):
        return ""
    rest = ",".join(cause for cause in causes if cause in tagged) or "CAUSES"
    return (
        f"no row is tagged with {', '.join(never)}; if nobody looked for that, "
        f"say what rows without `judged` were judged for: --judged {rest}"
    )


def report_json(report: Report) -> dict[str, Any]:
    """Return the report as plain data; figures that do not exist (no positives) are None."""
    causes = {
        name: {key: _figure(value) for key, value in dataclasses.asdict(metrics).items()}
        for name, metrics in report.causes.items()
    }
    f1, ap = report.macro_f1, report.macro_ap
    macro = {
        "f1": _figure(f1.value),
        "ap": _figure(ap.value),
        "f1_interval": [_figure(f1.low), _figure(f1.high)],
        "ap_interval": [_figure(ap.low), _figure(ap.high)],
    }
    bins = {name: [dataclasses.asdict(part) for part in parts] for name, parts in report.reliability.items()}
    return {
        "model_version": report.model_version,
        "n": report.n,
        "macro": macro,
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


def _figure(value: float) -> float | None:
    return None if math.isnan(value) else value


def _spoken(interval: Interval) -> str:
    return f"{interval.value:.3f} ({interval.low:.3f}-{interval.high:.3f})"
