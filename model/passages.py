"""An article or a paragraph: split into sentences, tagged one by one, rolled up.

    passage = tag_passage(tagger, text)
    passage.causes          # ("infrastructure_cost", "valuation"), the one it leans on most first
    passage.sentences[2]    # which sentence says what

The network was trained on headlines, so it is asked about sentences, never about pages: about each twice,
alone and behind the one before it, on which it may lean. sentencex finds the sentences' ends.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import sentencex
from numpy.typing import NDArray
from scipy.special import expit

from model.calibration import finite_logits
from model.scorer import Scorer, tagged
from model.text import headline_text

_WORD = re.compile(r"\S+")
_TINY = 1e-6  # for a threshold of 0, which tags everything
_MOST_WORDS = 64  # of what is read at once: two thirds of the 96 tokens that our recipe's networks read
_DISCOUNT = 0.9  # what a sentence counts for beside the one before


@dataclass(frozen=True, slots=True)
class TaggedSentence:
    """A sentence, characters `start` to `end` of the text, with its causes and intensities in [0, 1]."""

    start: int
    end: int
    text: str
    causes: tuple[str, ...]
    intensities: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class TaggedPassage:
    """A text rolled up.

    Args:
        causes: what the text puts forward, see `tag_passage`; first the one that it leans on most.
        intensities: cause to the highest intensity that a sentence has, in [0, 1].
        sentences: in reading order.
        model_version: which model tagged them.
    """

    causes: tuple[str, ...]
    intensities: Mapping[str, float]
    sentences: tuple[TaggedSentence, ...]
    model_version: str


def tag_passage(tagger: Scorer, text: str) -> TaggedPassage:
    """Tag a text of any length, sentence by sentence.

    News says what matters first, and its later sentences are more and more background. So a sentence
    speaks for a cause that it is tagged with by its intensity as a multiple of the cause's threshold,
    and each sentence counts for a tenth less than the one before. A cause whose sum reaches 1 is a cause
    of the text: the first sentence's causes always are, and one named but once, beyond the first ten
    sentences or so, is not. The text leans most on the one with the highest sum. The discount was chosen
    on other stories than those that measure, of which the choice has seen one result (docs/log.md).
    """
    spans = sentence_spans(text)
    rows = _in_context(tagger, [text[start:end] for start, end in spans])  # (sentences, causes)
    sentences = tuple(
        TaggedSentence(start, end, text[start:end], tagged(tagger, row), _named(tagger, row))
        for (start, end), row in zip(spans, rows, strict=True)
    )
    thresholds = np.asarray(tagger.thresholds, dtype=np.float32)
    spoken_for = _spoken_for(rows, thresholds)
    ranked = [int(i) for i in np.argsort(-spoken_for, kind="stable") if spoken_for[i] >= 1]
    highest = rows.max(axis=0, initial=0)
    causes = tuple(tagger.causes[i] for i in ranked)
    return TaggedPassage(causes, _named(tagger, highest), sentences, tagger.version)


def sentence_spans(text: str, language: str = "en") -> list[tuple[int, int]]:
    """Return the characters (start, end) of every sentence, white space around it left out.

    One of more than 64 words, or a list whose lines end without a mark, is given in parts that the network
    can read to their end.
    """
    spans: list[tuple[int, int]] = []
    for piece in sentencex.get_sentence_boundaries(language, text):
        spans.extend(_readable(text, piece["start_index"], piece["start_index"] + len(piece["text"])))
    return spans


def _readable(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Split what stands there where it has the best place for it, each part half full or more."""
    words = [word.span() for word in _WORD.finditer(text, start, end)]
    first = 0
    while first < len(words):
        after = len(words)
        if after - first > _MOST_WORDS:
            places = range(first + _MOST_WORDS // 2, first + _MOST_WORDS + 1)
            after = max(places, key=lambda n: (_break_after(text, words[n - 1][1], words[n][0]), n))
        yield words[first][0], words[after - 1][1]
        first = after


def _break_after(text: str, word_end: int, next_word: int) -> int:
    """Return how good a place this is to split a sentence: 2 at a line's end, 1 behind a mark, else 0."""
    return 2 if "\n" in text[word_end:next_word] else int(text[word_end - 1] in ",;:")


def _in_context(tagger: Scorer, sentences: Sequence[str]) -> NDArray[np.float32]:
    """Return intensities (sentences, causes): the mean logit of a sentence alone and behind the one before.

    On 88 stories other than those that measure, this found more of the cause sets and of the first causes
    than sentences alone (docs/log.md).
    """
    behind = list(itertools.starmap(_behind, itertools.pairwise(sentences)))
    rows = tagger.predict_proba([*sentences, *behind])
    logits = finite_logits(rows)
    return np.concatenate([rows[:1], expit((logits[1 : len(sentences)] + logits[len(sentences) :]) / 2)])


def _behind(before: str, sentence: str) -> str:
    """Return a sentence behind as much of the one before it as lets the network read to its end."""
    room = _MOST_WORDS - len(sentence.split())
    return headline_text(" ".join(before.split()[-room:]), sentence) if room > 0 else sentence


def _spoken_for(rows: NDArray[np.float32], thresholds: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how much a text's sentences, intensities (sentences, causes), speak for each cause."""
    multiples = np.where(rows >= thresholds, rows / np.maximum(thresholds, _TINY), 0)
    discounts = _DISCOUNT ** np.arange(len(rows), dtype=np.float32)
    return cast("NDArray[np.float32]", discounts @ multiples)


def _named(tagger: Scorer, row: NDArray[np.float32]) -> dict[str, float]:
    return dict(zip(tagger.causes, map(float, row), strict=True))
