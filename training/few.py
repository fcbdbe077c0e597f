"""Calibration and thresholds where rows are few, or where a row was not judged for every cause.

Each cause is calibrated on the rows that were judged for it. With enough of them that is
`training.calibrate`; with few, Platt's own targets stand in for 0 and 1, since a line through a handful
of rows that happen to part cleanly would be as steep as the solver lets it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from model.calibration import Calibration, identity_calibration
from training.calibrate import correct_prior, fit_platt, fit_thresholds
from training.corpus import LabelledHeadline, judged_matrix, label_matrix
from training.metrics import Labels

FEW = 30  # rows with a cause, or without it, below which a calibration is rough


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


def fit_smoothed_platt(logits: NDArray[np.float32], labels: Labels) -> Calibration:
    """Fit one cause's slope and offset to Platt's targets instead of 0 and 1.

    A row with the cause counts as (n + 1) / (n + 2) of one, n being how many there are; one without it
    as 1 / (m + 2). So few rows give a gentle slope, and clean ones no endless slope. Source: Platt (1999).

    Args:
        logits: (n, 1).
        labels: (n, 1) in {0, 1}, both values among them.
    """
    positive = labels[:, 0] == 1
    n, m = int(positive.sum()), int((~positive).sum())
    target = np.where(positive, (n + 1) / (n + 2), 1 / (m + 2))  # (n,) in (0, 1)
    # A row with target t is t rows with the cause and 1 - t without it.
    model = LogisticRegression(C=1e6).fit(
        np.concatenate([logits, logits]),
        np.repeat([1, 0], len(target)),
        sample_weight=np.concatenate([target, 1 - target]),
    )
    return _rising(Calibration((float(model.coef_[0, 0]),), (float(model.intercept_[0]),)))


def _fit(logits: NDArray[np.float32], labels: Labels) -> Calibration:
    fewest = min(int(labels.sum()), int((1 - labels).sum()))
    return fit_smoothed_platt(logits, labels) if 0 < fewest < FEW else _rising(fit_platt(logits, labels))


def _rising(found: Calibration) -> Calibration:
    """Take no falling line: it would turn the network's answer round, by chance or for want of learning."""
    return found if found.slopes[0] > 0 else identity_calibration(1)
