"""JSON Feed 1.0 and 1.1 to entries."""

from __future__ import annotations

import json
from typing import Any

from ingest.entries import Entry, NotAFeedError


def read_json_feed(text: str) -> tuple[Entry, ...]:
    """The items of a JSON Feed; one that is no object becomes an empty entry, for the caller to skip.

    Raises:
        NotAFeedError: the text is not JSON, or is JSON of another kind.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotAFeedError(f"is not valid JSON ({error})") from error
    items = document.get("items") if isinstance(document, dict) else None
    if not isinstance(items, list):
        raise NotAFeedError("is JSON, but not a JSON Feed")
    language = _text(document, "language")
    return tuple(_entry(item, language) if isinstance(item, dict) else Entry() for item in items)


def _entry(item: dict[str, Any], language: str) -> Entry:
    return Entry(
        title=_text(item, "title"),
        summary=_text(item, "summary") or _text(item, "content_text") or _text(item, "content_html"),
        link=_text(item, "url") or _text(item, "external_url"),
        guid=_text(item, "id"),
        published=_text(item, "date_published"),
        updated=_text(item, "date_modified"),
        language=_text(item, "language") or language,
    )


def _text(item: dict[str, Any], key: str) -> str:
    value = item.get(key)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) else ""  # ids come as numbers now and then
