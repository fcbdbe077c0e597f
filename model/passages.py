"""An article or a paragraph: split into sentences, tagged one by one, rolled up.

    passage = tag_passage(tagger, text)
    passage.causes          # ("infrastructure_cost", "valuation"), the one it leans on most first
    passage.sentences[2]    # which sentence says what

The network was trained on headlines, so it is asked about sentences, never about pages. sentencex
finds the sentences' ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import sentencex
from numpy.typing import NDArray

from model.tagger import Tagger


@dataclass(frozen=True, slots=True)
class TaggedSentence:
    """A sentence, characters `start` to `end` of the text, with its own causes and intensities in [0, 1]."""

    start: int
    end: int
    text: str
    causes: tuple[str, ...]
    intensities: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class TaggedPassage:
    """A text rolled up.

    Args:
        causes: tagged in at least one sentence; first the one that the text leans on most.
        intensities: cause to the highest intensity that a sentence has, in [0, 1].
        sentences: in reading order.
        model_version: which model tagged them.
    """

    causes: tuple[str, ...]
    intensities: Mapping[str, float]
    sentences: tuple[TaggedSentence, ...]
    model_version: str


def tag_passage(tagger: Tagger, text: str) -> TaggedPassage:
    """Tag a text of any length, sentence by sentence.

    A cause that any sentence is tagged with is a cause of the text. The text leans on a cause as
    much as the intensities of the sentences tagged with it add up to.
    """
    spans = sentence_spans(text)
    rows = tagger.predict_proba([text[start:end] for start, end in spans])  # (sentences, causes)
    sentences = tuple(
        TaggedSentence(start, end, text[start:end], tagger.tagged(row), _named(tagger, row))
        for (start, end), row in zip(spans, rows, strict=True)
    )
    weights = np.where(rows >= np.asarray(tagger.thresholds, dtype=np.float32), rows, 0).sum(axis=0)
    ranked = sorted((i for i in range(len(weights)) if weights[i] > 0), key=lambda i: -weights[i])
    highest = rows.max(axis=0, initial=0)
    causes = tuple(tagger.causes[i] for i in ranked)
    return TaggedPassage(causes, _named(tagger, highest), sentences, tagger.version)


def sentence_spans(text: str, language: str = "en") -> list[tuple[int, int]]:
    """Return the characters (start, end) of every sentence, white space around it left out."""
    spans = []
    for piece in sentencex.get_sentence_boundaries(language, text):
        bare = piece["text"].strip()
        if bare:
            start = piece["start_index"] + piece["text"].index(bare)
            spans.append((start, start + len(bare)))
    return spans


def _named(tagger: Tagger, row: NDArray[np.float32]) -> dict[str, float]:
    return dict(zip(tagger.causes, map(float, row), strict=True))
