"""Platt scaling and thresholds, fitted on rows that the network's own fit did not see.

Pure functions over logits and labels; what they return is saved with the model.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from model.calibration import Calibration
from training.metrics import Intensities, Labels


def fit_platt(logits: NDArray[np.float32], labels: Labels) -> Calibration:
    """Fit slope and offset for every cause by logistic regression of the label on the logit.

    Source: Platt (1999). A cause whose labels are all alike keeps `sigmoid(logit)`.

    Args:
        logits: (n, causes).
        labels: (n, causes) in {0, 1}.
    """
    fitted = [_platt(logits[:, cause], labels[:, cause]) for cause in range(labels.shape[1])]
    return Calibration(
        slopes=tuple(slope for slope, _ in fitted), offsets=tuple(offset for _, offset in fitted)
    )


def _platt(logits: NDArray[np.float32], labels: Labels) -> tuple[float, float]:
    if labels.min() == labels.max():
        return 1.0, 0.0
    model = LogisticRegression(C=1e6).fit(logits.reshape(-1, 1), labels)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def fit_thresholds(intensities: Intensities) -> tuple[float, ...]:
    """Return for every cause the threshold with the highest expected F1, in [0.2, 0.6].

    Calibrated intensities say themselves what F1 to expect at a threshold, so no labels are needed
    and chance in a few labels does not move it. Source: Lipton, Elkan and Naryanaswamy (2014),
    Optimal thresholding of classifiers to maximize F1 measure.

    Args:
        intensities: (n, causes) in [0, 1], calibrated, of rows like those to be tagged.
    """
    return tuple(
        _threshold(intensities[:, cause].astype(np.float64)) for cause in range(intensities.shape[1])
    )


def _threshold(intensities: NDArray[np.float64]) -> float:
    descending = np.sort(intensities)[::-1]
    hits = np.cumsum(descending)
    expected_f1 = 2 * hits / (np.arange(1, len(descending) + 1) + descending.sum())
    return float(np.clip(descending[int(expected_f1.argmax())], 0.2, 0.6).round(3))
