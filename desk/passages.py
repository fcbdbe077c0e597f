"""Tags articles for the faces: which causes a longer text has, and which sentence says what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from desk.texts import encodable, reason_against, rounded
from model.passages import TaggedPassage, tag_passage
from model.scorer import Scorer


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
            "intensities": rounded(passage.intensities) if passage else None,
            "sentences": [
                {
                    "start": sentence.start,
                    "end": sentence.end,
                    "text": sentence.text,
                    "causes": list(sentence.causes),
                    "intensities": rounded(sentence.intensities),
                }
                for sentence in (passage.sentences if passage else ())
            ],
            "error": self.error,
            "model_version": self.model_version,
        }


def tag_articles(tagger: Scorer, texts: Sequence[str]) -> list[TaggedArticle]:
    """Tag longer texts, each sentence by sentence; see `model.passages.tag_passage`.

    Args:
        tagger: gives the intensities; tags by its thresholds.
        texts: articles or paragraphs.
    """
    return [_article(tagger, encodable(text)) for text in texts]


def _article(tagger: Scorer, text: str) -> TaggedArticle:
    reason = reason_against(text, tagger.languages)
    if reason is not None:
        return TaggedArticle(None, reason, tagger.version)
    return TaggedArticle(tag_passage(tagger, text), None, tagger.version)
