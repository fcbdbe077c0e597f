"""Platt scaling a cause: a logit becomes the probability that a careful annotator gives the tag.

Source: Platt (1999), Probabilistic outputs for support vector machines; fitted per cause by
`training.calibrate` on rows that the network's fit did not see.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_LEAST = 1e-6  # intensities nearer to 0 or 1 than this count as this near

_Floats = TypeVar("_Floats", np.float32, np.float64)


@dataclass(frozen=True, slots=True)
class Calibration:
    """`sigmoid(slope * logit + offset)`, one slope and one offset a cause, in the model's order."""

    slopes: tuple[float, ...]
    offsets: tuple[float, ...]

    def __call__(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map logits (n, causes) to probabilities (n, causes) in [0, 1]."""
        z = logits.astype(np.float64) * np.asarray(self.slopes) + np.asarray(self.offsets)
        intensities: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-z))
        return intensities.astype(np.float32)


def identity_calibration(n_causes: int) -> Calibration:
    """Return the calibration that leaves `sigmoid(logit)` as it is."""
    return Calibration(slopes=(1.0,) * n_causes, offsets=(0.0,) * n_causes)


def finite_logits(intensities: NDArray[_Floats]) -> NDArray[_Floats]:
    """Return the logits of intensities in [0, 1], of one shape and precision; none is endless."""
    from scipy.special import logit  # noqa: PLC0415 # tagging a headline does without scipy

    # scipy keeps the precision, which its types do not say
    return logit(np.clip(intensities, _LEAST, 1 - _LEAST))  # type: ignore[return-value]
