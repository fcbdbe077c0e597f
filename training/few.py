"""Calibration where rows are few: Platt's own targets stand in for 0 and 1.

A line through a handful of rows that happen to part cleanly would be as steep as the solver lets it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from model.calibration import Calibration, identity_calibration
from training.metrics import Labels

FEW = 30  # rows with a cause, or without it, below which a calibration is rough


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
    return rising(Calibration((float(model.coef_[0, 0]),), (float(model.intercept_[0]),)))


def rising(found: Calibration) -> Calibration:
    """Return one cause's calibration, but no falling line for it.

    That would turn the network's answer round, by chance or for want of learning.
    """
    return found if found.slopes[0] > 0 else identity_calibration(1)
