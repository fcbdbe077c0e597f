"""Tags articles for the faces: which causes a longer text has, and which sentence says what."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from desk.texts import encodable
from model.language import withheld_reason
from model.passages import TaggedPassage, tag_passage
from model.scorer import Scorer
from model.tagger import Tagger


@dataclass(frozen=True, slots=True)
class TaggedArticle:
    """A longer text with its causes, or with the reason why it has none.

    Args:
        passage: causes, intensities and sentences; None if withheld.
        error: why it was withheld, else None.
        model_version: which model looked at it.
    """

    passage: TaggedPassage | None
    error: str | None
    model_version: str

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain JSON types; intensities to six digits, places in characters of the text."""
        passage = self.passage
        return {
            "causes": list(passage.causes) if passage else [],
            "intensities": _rounded(passage.intensities) if passage else None,
            "sentences": [
                {
                    "start": sentence.start,
                    "end": sentence.end,
                    "text": sentence.text,
                    "causes": list(sentence.causes),
                    "intensities": _rounded(sentence.intensities),
                }
                for sentence in (passage.sentences if passage else ())
            ],
            "error": self.error,
            "model_version": self.model_version,
        }


@dataclass(frozen=True, slots=True)
class _AtThresholds:
    """A scorer with the desk's thresholds in the place of its own."""

    scorer: Scorer
    causes: tuple[str, ...]
    thresholds: tuple[float, ...]
    version: str

    def predict_proba(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.scorer.predict_proba(texts)

    def tagged(self, intensities: NDArray[np.float32]) -> tuple[str, ...]:
        order = np.argsort(-intensities, kind="stable")
        return tuple(self.causes[i] for i in order if intensities[i] >= self.thresholds[i])


def tag_articles(
    tagger: Scorer, texts: Sequence[str], thresholds: Mapping[str, float]
) -> list[TaggedArticle]:
    """Tag longer texts, each sentence by sentence; see `model.passages.tag_passage`.

    Args:
        tagger: gives the intensities.
        texts: articles or paragraphs.
        thresholds: cause name to threshold in [0, 1].
    """
    limits = tuple(thresholds[cause] for cause in tagger.causes)
    at = _AtThresholds(tagger, tagger.causes, limits, tagger.version)
    return [_article(at, encodable(text), tagger.languages) for text in texts]


def _article(tagger: _AtThresholds, text: str, languages: Collection[str]) -> TaggedArticle:
    reason = withheld_reason(text, languages) if text.strip() else "no text"
    if reason is not None:
        return TaggedArticle(None, reason, tagger.version)
    # tag_passage asks no more of a tagger than this.
    return TaggedArticle(tag_passage(cast("Tagger", tagger), text), None, tagger.version)


def _rounded(intensities: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 6) for name, value in intensities.items()}
