"""An `Entry`: an item of a feed off the wire, in its own words, before any cleaning."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item, whatever the format was; empty text where the feed says nothing.

    Args:
        title: text or HTML.
        summary: text or HTML; the content when the feed has no summary.
        link: as given, perhaps relative to `base` of the document.
        guid: the item's own id.
        published: the time as written.
        updated: the time of the last change as written.
        language: the tag that holds for the item.
    """

    title: str = ""
    summary: str = ""
    link: str = ""
    guid: str = ""
    published: str = ""
    updated: str = ""
    language: str = ""


class NotAFeedError(ValueError):
    """A document is no feed of the format tried; the words say what it is. Stays inside ingest."""
