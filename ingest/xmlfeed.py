"""RSS 0.9x, 1.0, 2.0 and Atom to entries, through feedparser. Nothing of feedparser leaves this file."""

from __future__ import annotations

import io
from typing import Any

import feedparser

from ingest.entries import Entry, NotAFeedError

# What feedparser lets slip through on broken documents.
_SLIPS = (ValueError, LookupError, AttributeError, TypeError, AssertionError, RecursionError)


def read_xml_feed(text: str, base: str) -> tuple[Entry, ...]:
    """The items of a feed; links are resolved against `base` and the document's own xml:base.

    Raises:
        NotAFeedError: feedparser finds neither a feed nor an item.
    """
    # A stream, because feedparser takes a string for a URL or a path when it looks like one.
    stream = io.BytesIO(text.encode())
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": base}
    try:
        document = feedparser.parse(
            stream, response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except _SLIPS as error:
        raise NotAFeedError(f"cannot be read as a feed ({type(error).__name__}: {error})") from error
    if not document.get("version") and not document.get("entries"):
        reason = document.get("bozo_exception")
        raise NotAFeedError(f"is not a feed ({reason})" if reason else "is not a feed")
    language = _get(document.get("feed", {}), "language")
    return tuple(_entry(item, language) for item in document["entries"])


def _entry(item: Any, language: str) -> Entry:  # noqa: ANN401 - feedparser's dict has no types
    return Entry(
        title=_get(item, "title"),
        summary=_get(item, "summary") or _content(item),
        # Feedburner hides the publisher's own link behind its counter.
        link=_get(item, "feedburner_origlink") or _get(item, "link"),
        guid=_get(item, "id"),
        published=_get(item, "published") or _get(item, "created"),
        updated=_get(item, "updated"),
        language=_get(item.get("title_detail") or {}, "language") or _get(item, "language") or language,
    )


def _content(item: Any) -> str:  # noqa: ANN401 - feedparser's dict has no types
    contents = dict.get(item, "content") or []
    return next((value for content in contents if (value := _get(content, "value"))), "")


def _get(item: Any, key: str) -> str:  # noqa: ANN401 - feedparser's dict has no types
    # dict.get, because feedparser's own answers 'updated' with 'published' and warns.
    value = dict.get(item, key)
    return value if isinstance(value, str) else ""
