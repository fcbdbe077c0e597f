"""The reliability plot: what the model said against what was so, one panel a cause.

Bars are 95% Wilson intervals of each bin's share.
It draws what `training.metrics.reliability` counted; it measures nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from statsmodels.stats.proportion import proportion_confint

from errors import DataError
from training.metrics import CauseMetrics, ReliabilityBin, Report

_BLUE, _GREY = "#1f5fa8", "#8a8f98"


def draw_reliability(report: Report, path: Path) -> None:
    """Write the plot of a report to a file; its ending says the format (.svg, .png, .pdf).

    Raises:
        DataError: the ending is unknown or the file cannot be written.
    """
    figure = Figure(figsize=(3.0 * len(report.causes), 3.7), layout="constrained")
    panels = figure.subplots(1, len(report.causes), sharex=True, sharey=True, squeeze=False)[0]
    for panel, (name, metrics) in zip(panels, report.causes.items(), strict=True):
        _draw(panel, name, metrics, report.reliability[name])
    panels[0].set_ylabel("share that carries the cause")
    figure.supxlabel("intensity, mean of each bin", fontsize="medium")
    try:
        # Without a salt of ours and with a date no two drawings would be the same.
        with matplotlib.rc_context({"svg.hashsalt": "causewire"}):
            figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    except (OSError, ValueError) as error:
        raise DataError(f"cannot draw {path} ({error})", "name a file that ends in .svg or .png") from error


def _draw(panel: Axes, name: str, metrics: CauseMetrics, bins: Sequence[ReliabilityBin]) -> None:
    panel.plot([0, 1], [0, 1], color=_GREY, linewidth=0.8, linestyle="--")
    said, was = [part.intensity for part in bins], [part.positive_share for part in bins]
    rows = [part.rows for part in bins]
    low, high = proportion_confint([part.positive_share * part.rows for part in bins], rows, method="wilson")
    panel.vlines(said, low, high, color=_BLUE, linewidth=1, alpha=0.45)
    panel.plot(said, was, color=_BLUE, linestyle="none", marker="o", markersize=4)
    panel.set_title(f"{name}\nECE {metrics.ece:.3f}, {metrics.positives:,} of {sum(rows):,}", fontsize=10)
    panel.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")
    panel.spines[["top", "right"]].set_visible(False)
