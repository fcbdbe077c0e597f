"""The model card: a README.md beside the model's files, made from what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

from model.tagger import Tagger
from training.few import FEW

_FIGURES = ("precision", "recall", "f1", "ap", "ece", "brier_skill")


def write_card(
    folder: Path, tagger: Tagger, report: dict[str, Any], *, minutes: float | None, where: str
) -> None:
    """Write the card.

    Args:
        folder: the model folder.
        tagger: the model as saved.
        report: `training.evaluate.report_json` on the test rows.
        minutes: how long training, calibration and measuring took; None when it was resumed.
        where: what it took them on, such as "2 CPU threads".
    """
    (folder / "README.md").write_text(
        card_text(tagger, report, minutes=minutes, where=where), encoding="utf-8"
    )


def card_text(tagger: Tagger, report: dict[str, Any], *, minutes: float | None, where: str) -> str:
    """Return the card as Markdown."""
    meta, macro = tagger.meta, report["macro"]
    low, high = macro["f1_interval"]
    thresholds = dict(zip(tagger.causes, tagger.thresholds, strict=True))
    took = "in more than one run" if minutes is None else f"in {minutes:.0f} minutes, {where}"
    bins = max(map(len, report["reliability"].values()))
    rows = [
        f"| {name} | {thresholds[name]:.3f} | "
        + " | ".join("n/a" if figures[key] is None else f"{figures[key]:.3f}" for key in _FIGURES)
        + f" | {figures['positives']} |"
        for name, figures in report["causes"].items()
    ]
    return "\n".join(
        [
            f"# Model card: {tagger.version}",
            "",
            f"Tags a market headline with {', '.join(tagger.causes)}: zero, one or several,",
            "each with the calibrated probability that a careful annotator gives that tag.",
            "",
            *(f"- **{cause.title}** (`{cause.name}`): {cause.definition}" for cause in tagger.described),
            "",
            f"- Base encoder: `{meta.base.source}`, weights sha256 `{meta.base.weights_sha256}`.",
            f"- Training data: {meta.training['rows']:,} rows{_sources(meta.training)}, "
            f"sha256 `{meta.data_sha256}`.",
            f"- Languages: {', '.join(tagger.languages)}. Texts are cut after {meta.max_tokens} tokens.",
            f"- Made {took}. Recipe: `tagger.json`.",
            "",
            f"Measured on the {report['n']:,} test rows, which training never saw, at the saved thresholds: "
            f"macro F1 {macro['f1']:.3f} (95% {low:.3f} to {high:.3f}), macro AP {macro['ap']:.3f}.",
            "",
            "| cause | threshold | precision | recall | F1 | AP | ECE | Brier skill | positives |",
            "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
            *rows,
            "",
            *_few_words(meta.training),
            f"Reliability: those rows in {bins} bins of equal mass by intensity; each bin's mean intensity,",
            "then the share of its rows that carry the cause.",
            "",
            *_reliability_table(report["reliability"]),
            "",
            "Not for: other languages, single stocks' prospects, trading by itself. It reads words, not",
            "markets: a cause that nobody writes about is not seen, and a tag says what is named, not what",
            "is true.",
            "",
        ]
    )


def _sources(training: Mapping[str, Any]) -> str:
    """Say which sources the rows are from, where that was saved."""
    named = [f"{source['name']} ({source['rows']:,})" for source in training.get("sources", ())]
    return f" of {' and '.join(named)}" if named else ""


def _few_words(training: Mapping[str, Any]) -> list[str]:
    """Say which causes rest on few rows; nothing where none does."""
    said = []
    for cause, parts in training.get("causes", {}).items():
        rows, judged = parts["calibration"]
        if min(rows, judged - rows) < FEW:
            counts = ", ".join(f"{part} {n:,} of {of:,}" for part, (n, of) in parts.items())
            said.append(f"- `{cause}`, headlines with it of those judged for it: {counts}.")
    if not said:
        return []
    return [
        f"**Few rows.** These causes were calibrated on fewer than {FEW} headlines with them, or without",
        "them; their intensities, thresholds and figures are rough:",
        "",
        *said,
        "",
    ]


def _reliability_table(reliability: dict[str, Any]) -> list[str]:
    """Return a row for each bin; a cause with fewer rows than bins leaves its last ones empty."""
    heading = [f"| {' | '.join(reliability)} |", "| --- " * len(reliability) + "|"]
    return heading + [
        "| "
        + " | ".join(
            f"{part['intensity']:.3f}: {part['positive_share']:.3f}" if part else "" for part in parts
        )
        + " |"
        for parts in zip_longest(*reliability.values())
    ]
