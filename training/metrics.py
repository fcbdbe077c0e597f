"""How good a tagger's intensities are: precision, recall, F1, average precision, ECE, Brier skill.

Pure functions over `labels` (n, causes) in {0, 1} and `intensities` (n, causes) in [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, precision_recall_fscore_support

Labels = NDArray[np.int8]
Intensities = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class CauseMetrics:
    """One cause: shares in [0, 1]; `brier_skill` is at most 1, negative when worse than the base rate."""

    precision: float
    recall: float
    f1: float
    ap: float
    ece: float
    brier_skill: float
    positives: int


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95% percentile bootstrap interval over rows."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Rows of like intensity: how sure the model is of them on average, and how many carry the cause."""

    intensity: float
    positive_share: float
    rows: int


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that `causewire evaluate` prints."""

    model_version: str
    n: int
    macro_f1: Interval
    macro_ap: Interval
    causes: Mapping[str, CauseMetrics]
    reliability: Mapping[str, Sequence[ReliabilityBin]]


def reliability(labels: Labels, intensities: Intensities, *, bins: int = 15) -> list[ReliabilityBin]:
    """Return one cause's reliability in equal-mass bins, lowest intensities first.

    Args:
        labels: (n,) in {0, 1}.
        intensities: (n,) in [0, 1].
        bins: rows are sorted by intensity and cut into so many parts of like size.
    """
    order = np.argsort(intensities, kind="stable")
    return [
        ReliabilityBin(float(intensities[part].mean()), float(labels[part].mean()), len(part))
        for part in np.array_split(order, min(bins, len(order)))
    ]


def expected_calibration_error(labels: Labels, intensities: Intensities, *, bins: int = 15) -> float:
    """Return the ECE of one cause over the bins of `reliability`, in [0, 1].

    Source: Nguyen and O'Connor (2015), Posterior calibration and exploratory analysis for NLP models.
    """
    parts = reliability(labels, intensities, bins=bins)
    return sum(abs(part.positive_share - part.intensity) * part.rows for part in parts) / len(labels)


def brier_skill(labels: Labels, intensities: Intensities) -> float:
    """Return one cause's 1 - Brier / Brier of always saying the base rate; NaN when all labels are alike."""
    base_rate = float(labels.mean())
    reference = base_rate * (1 - base_rate)
    return float("nan") if reference == 0 else 1 - float(np.mean((intensities - labels) ** 2)) / reference


def cause_metrics(labels: Labels, intensities: Intensities, threshold: float) -> CauseMetrics:
    """Return the metrics of one cause; a cause without positives has an average precision of NaN."""
    precision, recall, f1, _ = precision_recall_fscore_support(
        labels, intensities >= threshold, average="binary", zero_division=0.0
    )
    positives = int(labels.sum())
    ap = float(average_precision_score(labels, intensities)) if positives else float("nan")
    return CauseMetrics(
        precision=float(precision),
        recall=float(recall),
        f1=float(f1),
        ap=ap,
        ece=expected_calibration_error(labels, intensities),
        brier_skill=brier_skill(labels, intensities),
        positives=positives,
    )


def macro_f1(labels: Labels, intensities: Intensities, thresholds: Sequence[float]) -> float:
    """Return the mean over causes of F1 at the thresholds; a cause neither present nor tagged is left out."""
    tagged = intensities >= np.asarray(thresholds, dtype=np.float32)  # as the tagger compares
    hits = (tagged & (labels == 1)).sum(axis=0)
    totals = tagged.sum(axis=0) + labels.sum(axis=0)  # F1 = 2 hits / (tagged + positives)
    present = totals > 0
    return float(np.mean(2 * hits[present] / totals[present])) if present.any() else float("nan")


def macro_ap(labels: Labels, intensities: Intensities) -> float:
    """Return the mean over causes of average precision; causes without positives are left out."""
    present = [cause for cause in range(labels.shape[1]) if labels[:, cause].any()]
    values = [average_precision_score(labels[:, cause], intensities[:, cause]) for cause in present]
    return float(np.mean(values)) if values else float("nan")


def bootstrap(
    statistic: Callable[[Labels, Intensities], float],
    labels: Labels,
    intensities: Intensities,
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> Interval:
    """Return a statistic with its 95% percentile interval over `resamples` draws of rows with replacement.

    Draws in which the statistic does not exist are left out; where it exists in none, low and high are NaN.
    """
    generator = np.random.default_rng(seed)
    draws = np.array(
        [
            statistic(labels[rows], intensities[rows])
            for rows in generator.integers(0, len(labels), size=(resamples, len(labels)))
        ]
    )
    finite = draws[np.isfinite(draws)]
    low, high = np.percentile(finite, [2.5, 97.5]) if len(finite) else (np.nan, np.nan)
    return Interval(statistic(labels, intensities), float(low), float(high))


def evaluate_intensities(
    labels: Labels,
    intensities: Intensities,
    causes: Sequence[str],
    thresholds: Sequence[float],
    *,
    model_version: str,
    judged: NDArray[np.bool_] | None = None,
) -> Report:
    """Measure intensities (n, causes) against labels (n, causes) at one threshold a cause.

    Args:
        labels: 0 where a row was not judged.
        intensities: calibrated.
        causes: names, in the order of the columns.
        thresholds: one a cause, above 0.
        model_version: goes into the report.
        judged: (n, causes), which rows say anything of a cause; all by default. A cause of which no row
            does is not in the report.
    """
    judged = np.ones(labels.shape, dtype=np.bool_) if judged is None else judged
    # Never tagged and ranked last, a row that was not judged counts neither for F1 nor for AP.
    shown = np.where(judged, intensities, np.float32(-1))
    columns = {
        name: (labels[seen, i], intensities[seen, i], thresholds[i])
        for i, name in enumerate(causes)
        if (seen := judged[:, i]).any()
    }
    return Report(
        model_version=model_version,
        n=len(labels),
        macro_f1=bootstrap(lambda y, p: macro_f1(y, p, thresholds), labels, shown),
        macro_ap=bootstrap(macro_ap, labels, shown),
        causes={name: cause_metrics(y, p, cut) for name, (y, p, cut) in columns.items()},
        reliability={name: reliability(y, p) for name, (y, p, _) in columns.items()},
    )
