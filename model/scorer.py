"""What tagging and scoring need of a model: `Scorer`. `model.tagger.Tagger` is one; so is any look-alike.

It loads no model and no torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Scorer(Protocol):
    """Gives texts their intensities.

    Two attributes may stand beside these: `kernel` names how it computes (without one, `fp32`), and
    `described` holds its causes with titles and definitions (without one, `model.causes.known_causes`).
    """

    @property
    def causes(self) -> tuple[str, ...]:
        """Cause names, in the order of the columns of `predict_proba`."""

    @property
    def thresholds(self) -> tuple[float, ...]:
        """The intensity in [0, 1] at and above which each cause counts as tagged."""

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639-1 codes of the languages that the model knows."""

    @property
    def version(self) -> str:
        """A digest of all that the answers depend on: weights, calibration, thresholds, languages."""

    def predict_proba(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return intensities (n, causes) in [0, 1]."""
