"""What tagging needs of a model (`Scorer`) and what reading its scores does (`Labels`); a `Tagger` is both.

It loads no model and no torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TEXTS_A_CALL = 2_048  # few, so that an archive shows progress between calls


class Labels(Protocol):
    """What reading a model's scores takes: which causes there are and when each is tagged.

    An attribute `described` may hold the causes with titles and definitions; without one they are
    `model.causes.known_causes`.
    """

    @property
    def causes(self) -> tuple[str, ...]:
        """Cause names, in the order of the columns of `predict_proba`."""

    @property
    def thresholds(self) -> tuple[float, ...]:
        """The intensity in [0, 1] at and above which each cause counts as tagged."""

    @property
    def version(self) -> str:
        """A digest of all that intensities depend on, of languages and of the model's own thresholds."""


def tagged(model: Labels, intensities: NDArray[np.float32]) -> tuple[str, ...]:
    """Return the causes of one row of `predict_proba` that reach their thresholds, strongest first."""
    order = np.argsort(-intensities, kind="stable")
    return tuple(model.causes[i] for i in order if intensities[i] >= model.thresholds[i])


class Scorer(Labels, Protocol):
    """Gives texts their intensities.

    An attribute `kernel` may name how; without one it is `fp32`. An attribute `texts_a_call` may say how many
    texts suit a call; without one it is `TEXTS_A_CALL`.
    """

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639-1 codes of the languages that the model knows."""

    def predict_proba(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return intensities (n, causes) in [0, 1]."""


@runtime_checkable
class TokenScorer(Scorer, Protocol):
    """A scorer whose texts may be tokenized elsewhere, in other processes, ahead of its answers."""

    @property
    def tokenizer(self) -> Tokenizer:
        """Makes the tokens of texts (`model.tokens.encode`); it can be pickled."""

    def predict_tokens(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Return intensities (n, causes) in [0, 1] of n texts by the ids of their tokens."""
