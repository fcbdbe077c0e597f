"""Tags texts that stand in no ledger, for the command line and the API."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model.language import withheld_reason
from model.scorer import Scorer, tagged


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedText:
    """A text with its intensities, or with the reason why it has none.

    Args:
        text: as given, with U+FFFD for what UTF-8 cannot hold.
        causes: at or above their thresholds, strongest first.
        intensities: cause name to calibrated probability in [0, 1]; empty if withheld.
        error: why it was withheld, else None.
        model_version: which model looked at it.
    """

    text: str
    causes: tuple[str, ...]
    intensities: Mapping[str, float]
    error: str | None
    model_version: str

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain JSON types; intensities to six digits, as many as float32 holds."""
        return {
            "text": self.text,
            "causes": list(self.causes),
            "intensities": rounded(self.intensities) or None,
            "error": self.error,
            "model_version": self.model_version,
        }


def tag_texts(tagger: Scorer, texts: Sequence[str]) -> list[TaggedText]:
    """Tag texts.

    Args:
        tagger: gives the intensities; tags by its thresholds.
        texts: headlines, made by `model.text.headline_text` where they have summaries.
    """
    texts = [encodable(text) for text in texts]
    reasons = [reason_against(text, tagger.languages) for text in texts]
    readable = [text for text, reason in zip(texts, reasons, strict=True) if reason is None]
    rows = iter(tagger.predict_proba(readable) if readable else ())
    found = []
    for text, reason in zip(texts, reasons, strict=True):
        row = None if reason else next(rows)
        found.append(
            TaggedText(
                text=text,
                causes=() if row is None else tagged(tagger, row),
                intensities={} if row is None else dict(zip(tagger.causes, map(float, row), strict=True)),
                error=reason,
                model_version=tagger.version,
            )
        )
    return found


def rounded(intensities: Mapping[str, float]) -> dict[str, float]:
    """Round to six digits, as many as float32 holds."""
    return {name: round(value, 6) for name, value in intensities.items()}


def reason_against(text: str, languages: Collection[str]) -> str | None:
    """Say why a text has no intensities; None if it can have them."""
    return withheld_reason(text, languages) if text.strip() else "no text"


def encodable(text: str) -> str:
    """Replace lone surrogates by U+FFFD: JSON escapes and a shell's broken bytes bring them in."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
