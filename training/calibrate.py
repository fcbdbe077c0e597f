"""Platt scaling and thresholds, fitted on rows that the network's own fit did not see.

    calibration, thresholds = calibrate(logits, rows, causes, natural=rows_as_feeds_come)

Pure functions over logits and labels; what they return is saved with the model. Each cause is calibrated on
the rows that were judged for it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from model.calibration import Calibration, finite_logits
from training.corpus import LabelledHeadline, judged_matrix, label_matrix
from training.few import FEW, fit_smoothed_platt, rising
from training.metrics import Intensities, Labels

_MOVE_DEVIATION = 0.15  # of the normal prior on a move, in logits; 0.3 says too little of real feeds


def calibrate(
    logits: NDArray[np.float32],
    rows: Sequence[LabelledHeadline],
    causes: Sequence[str],
    *,
    natural: Collection[LabelledHeadline] = (),
) -> tuple[Calibration, tuple[float, ...]]:
    """Return the calibration and the thresholds of every cause.

    Args:
        logits: (n, causes), of the rows.
        rows: that the fit did not see.
        causes: in the order of the columns.
        natural: those of the rows that were drawn as feeds come; they correct the prior.
    """
    labels, judged = label_matrix(rows, causes), judged_matrix(rows, causes)
    drawn = np.array([row in natural for row in rows], dtype=bool)
    fitted: list[Calibration] = []
    thresholds: list[float] = []
    for column in range(len(causes)):
        seen, here = judged[:, column], slice(column, column + 1)
        one = _fit(logits[seen, here], labels[seen, here])
        if (drawn & seen).any():
            one = correct_prior(one, logits[drawn & seen, here], labels[drawn & seen, here])
        fitted.append(one)
        thresholds += fit_thresholds(one(logits[seen, here]))
    slopes, offsets = (tuple(one.slopes[0] for one in fitted), tuple(one.offsets[0] for one in fitted))
    return Calibration(slopes, offsets), tuple(thresholds)


def _fit(logits: NDArray[np.float32], labels: Labels) -> Calibration:
    fewest = min(int(labels.sum()), int((1 - labels).sum()))
    return fit_smoothed_platt(logits, labels) if 0 < fewest < FEW else rising(fit_platt(logits, labels))


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


def correct_prior(calibration: Calibration, logits: NDArray[np.float32], labels: Labels) -> Calibration:
    """Move each offset towards what makes the mean intensity of natural rows the share with that cause.

    The corpus names causes more often than feeds do, so a calibration on it alone says too much of
    feeds. Only offsets move: the most likely ones on these rows, under a normal prior around no move, so
    that a cause that a few hundred rows name five times is not moved far by chance. Source: King and
    Zeng (2001), Logistic regression in rare events data (prior correction).

    Args:
        calibration: fitted on rows with more causes than feeds have.
        logits: (n, causes), of rows drawn as feeds come.
        labels: (n, causes) in {0, 1}.
    """
    before = calibration(logits)
    moves = [_move(before[:, cause], labels[:, cause]) for cause in range(labels.shape[1])]
    offsets = tuple(offset + move for offset, move in zip(calibration.offsets, moves, strict=True))
    return Calibration(slopes=calibration.slopes, offsets=offsets)


def _move(intensities: NDArray[np.float32], labels: Labels) -> float:
    at = finite_logits(intensities.astype(np.float64))

    def penalised(move: float) -> float:
        likelihood = np.log(expit(np.where(labels == 1, at + move, -at - move))).sum()
        return float(move**2 / (2 * _MOVE_DEVIATION**2) - likelihood)

    return float(minimize_scalar(penalised, bounds=(-3, 3), method="bounded").x)


def fit_thresholds(intensities: Intensities) -> tuple[float, ...]:
    """Return for every cause the threshold with the highest expected F1, in [0.2, 0.6].

    Calibrated intensities say themselves what F1 to expect at a threshold, so no labels are needed
    and chance in a few labels does not move it. Source: Lipton, Elkan and Naryanaswamy (2014),
    Optimal thresholding of classifiers to maximize F1 measure.

    Args:
        intensities: (n, causes) in [0, 1], calibrated, of rows that the fit did not see.
    """
    return tuple(
        _threshold(intensities[:, cause].astype(np.float64)) for cause in range(intensities.shape[1])
    )


def _threshold(intensities: NDArray[np.float64]) -> float:
    descending = np.sort(intensities)[::-1]
    hits = np.cumsum(descending)
    expected_f1 = 2 * hits / (np.arange(1, len(descending) + 1) + descending.sum())
    best = np.clip(descending[int(expected_f1.argmax())], 0.2, 0.6)
    return float(np.floor(best * 1000) / 1000)  # up, it would leave out the very row that is best
