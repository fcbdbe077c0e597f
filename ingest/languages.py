"""Language tags as feeds write them ('en-us', 'zh_Hant_TW', 'JPN') to ISO 639-1 codes."""

from __future__ import annotations

import re

_THREE_LETTERS = {
    "eng": "en", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "spa": "es", "por": "pt", "ita": "it",
    "nld": "nl", "dut": "nl", "jpn": "ja", "kor": "ko", "zho": "zh", "chi": "zh", "hin": "hi", "rus": "ru",
}  # fmt: skip


def language_code(tag: str | None) -> str | None:
    """Two letters, or None when the tag is missing or names no language."""
    match = re.match(r"([a-z]{2,3})(?:[-_]|$)", (tag or "").strip().lower())
    if not match:
        return None
    code = match[1]
    return code if len(code) == 2 else _THREE_LETTERS.get(code)
