"""Which headlines are one and the same: the id of a headline."""

from __future__ import annotations

import hashlib
from datetime import datetime

from ingest.links import absolute_link, is_home_page, normalised_link, story_fragment

ID_CHARS = 32  # hexadecimal; 128 bits


def headline_id(
    *, link: str | None, source: str, guid: str | None, title: str, published_at: datetime | None
) -> str:
    """The id of a headline: by its link, else its source and guid, else its source, title and day.

    The same link in two feeds is one headline. A link to a site's home page names no story. One to a place in
    a page (`…/live#2`) names an item of that page: its guid is its name, or the place if that is all it has.
    """
    if link and not is_home_page(link):
        page = normalised_link(link)
        if place := story_fragment(link):
            own = guid if guid and not _leads_to(guid, page) else f"{page}#{place}"
            return digest("guid", source, own)
        return digest("link", page)
    if guid:
        return digest("guid", source, guid)
    return digest("title", source, title.casefold(), _day(published_at))


def archive_id(source: str, id_: str, published_at: datetime | None) -> str:
    """The id of an archive's row that has an id of its own, which counts within its source and day.

    Often it is but the number of the row, and each file of a publisher counts from 1.
    """
    return digest("archive", source, id_, _day(published_at))


def again_id(id_: str, published_at: datetime | None) -> str:
    """The id of a later story under the id of another; by its day, so that the next fetch finds it."""
    return digest("again", id_, _day(published_at))


def _leads_to(guid: str, page: str) -> bool:
    link = absolute_link(guid, "")
    return link is not None and normalised_link(link) == page


def _day(at: datetime | None) -> str:
    return at.date().isoformat() if at else ""


def digest(kind: str, *parts: str) -> str:
    """A hash of the parts that no other kind of identity can share."""
    return hashlib.sha256("\x1f".join((kind, *parts)).encode()).hexdigest()[:ID_CHARS]
