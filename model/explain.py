"""Which words carry a tag: occlusion over the transformer.

Every word is left out once and the network asked again; what the cause's logit loses without a word
is that word's weight. Source: Li, Monroe and Jurafsky (2016), Understanding neural networks through
representation erasure. It takes one forward pass a word, so it is for headlines and sentences.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from model.scorer import Scorer, tagged

_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A word that carries a tag: characters `start` to `end` of the text, weight in [0, 1]."""

    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a text got a cause: its intensity in [0, 1] and the words, in reading order; weights sum to 1."""

    cause: str
    intensity: float
    evidence: tuple[Evidence, ...]


class WithLogits(Scorer, Protocol):
    """A scorer that tells its logits too, such as a `Tagger`."""

    def logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return raw logits (n, causes)."""


def explain(
    tagger: WithLogits, texts: Sequence[str], causes: Sequence[Sequence[str]] | None = None
) -> list[tuple[Explanation, ...]]:
    """Return for every text one explanation a cause.

    Args:
        tagger: any tagger.
        texts: made by `model.text.headline_text`.
        causes: for every text the causes to explain; by default those that it is tagged with,
            strongest first.
    """
    rows = tagger.predict_proba(texts)
    wanted = [tagged(tagger, row) for row in rows] if causes is None else causes
    return [
        _explanations(tagger, text, row, named) for text, row, named in zip(texts, rows, wanted, strict=True)
    ]


def _explanations(
    tagger: WithLogits, text: str, row: NDArray[np.float32], causes: Sequence[str]
) -> tuple[Explanation, ...]:
    if not causes:
        return ()
    spans = [match.span() for match in _WORD.finditer(text)]
    weights = word_weights(tagger, text, spans)
    return tuple(
        Explanation(cause, float(row[column]), _evidence(spans, weights[:, column]))
        for cause, column in ((cause, tagger.causes.index(cause)) for cause in causes)
    )


def _evidence(spans: Sequence[tuple[int, int]], weights: NDArray[np.float64]) -> tuple[Evidence, ...]:
    pairs = zip(spans, weights, strict=True)
    return tuple(Evidence(start, end, float(weight)) for (start, end), weight in pairs if weight > 0)


def word_weights(tagger: WithLogits, text: str, spans: Sequence[tuple[int, int]]) -> NDArray[np.float64]:
    """Return (words, causes): each word's share, in [0, 1], of what the causes' logits lose without it.

    A word whose absence does not lower a logit has no weight; a text that no word carries spreads
    its weight evenly, so that every column sums to 1.
    """
    without = [text[:start] + text[end:] for start, end in spans]
    logits = tagger.logits([text, *without]).astype(np.float64)
    losses = np.clip(logits[0] - logits[1:], 0, None)  # (words, causes)
    losses[:, losses.sum(axis=0) == 0] = 1
    weights: NDArray[np.float64] = losses / losses.sum(axis=0)
    return weights
