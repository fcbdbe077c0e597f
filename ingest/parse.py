"""The bytes of a feed to clean headlines: `parse_feed` is pure, and knows all formats.

    parse_feed(body, feed, content_type="application/rss+xml", now=now).headlines

A document that is no feed is a FeedError; an item without words is skipped and counted.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from errors import FeedError
from ingest.cleaning import MAX_SUMMARY_CHARS, MAX_TITLE_CHARS, first_words, plain_text
from ingest.dates import Published, as_day, read_published, seen_by
from ingest.encoding import text_of, unpacked
from ingest.entries import Entry, NotAFeedError
from ingest.feeds import zone_of
from ingest.identity import headline_id
from ingest.jsonfeed import read_json_feed
from ingest.languages import language_code
from ingest.links import absolute_link, normalised_link, story_fragment
from ingest.records import Feed, Headline
from ingest.xmlfeed import read_xml_feed

MAX_UNPACKED_BYTES = 20_000_000  # of a document that is itself a gzip file
MIN_MIDNIGHTS = 3  # so many times, all at 00:00, and the publisher means days

_WEB_PAGE = re.compile(
    r"(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html|head|body)[\s>]", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """What a document gave.

    Args:
        headlines: in the document's order; an item that comes twice is there once.
        skipped: items without a title and without a summary.
        notes: one line for each time that was there and could not be trusted.
    """

    headlines: tuple[Headline, ...]
    skipped: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Item:
    """An entry whose words are clean and whose link and time are settled."""

    entry: Entry
    title: str
    summary: str
    link: str | None
    published: Published


def parse_feed(
    body: bytes, feed: Feed, *, content_type: str = "", now: datetime, base: str | None = None
) -> ParsedFeed:
    """Reads RSS 0.9x, 1.0, 2.0, Atom or JSON Feed, in any usual encoding, well-formed or nearly so.

    Args:
        body: the document; may itself be a gzip file.
        feed: whose it is; its language and timezone hold where the document says nothing.
        content_type: the server's header.
        now: aware; becomes `first_seen_at`. A time after it is taken for it, one of more than a day is not
            believed.
        base: the URL against which links are resolved, if it is not the feed's own.

    Raises:
        FeedError: the document is empty, a web page, no feed, or has no item with words.
    """
    entries = _entries(body, feed, content_type, base or feed.url)
    try:
        zone = zone_of(feed.timezone)
    except ValueError as error:
        raise _error(feed, f"has an {error}", "give an IANA name such as Asia/Seoul") from error
    items = [item for entry in entries if (item := _item(entry, base or feed.url, zone, now))]
    if not items:
        what = "has items, but none with a title or a summary" if entries else "has no items"
        raise _error(feed, what, "look at it in a browser: it may have moved or be switched off")
    days = _means_days(items)
    shared = _shared(items)
    headlines: dict[str, Headline] = {}
    for item in items:
        headline = _headline(
            item, feed, as_day(item.published, zone) if days else item.published, shared, now
        )
        headlines.setdefault(headline.id, headline)
    notes = tuple(f"'{item.title[:60]}': {item.published.note}" for item in items if item.published.note)
    return ParsedFeed(tuple(headlines.values()), len(entries) - len(items), notes)


def _entries(body: bytes, feed: Feed, content_type: str, base: str) -> tuple[Entry, ...]:
    try:
        text = text_of(unpacked(body, MAX_UNPACKED_BYTES), content_type)
    except ValueError as error:
        raise _error(feed, str(error), "try again later, or remove it from the list") from error
    if not text:
        raise _error(feed, "is empty", "try again later, or remove it from the list")
    if _WEB_PAGE.match(text):
        raise _error(feed, "is a web page, not a feed", "look for its RSS link and put that in the list")
    try:
        return read_json_feed(text) if text.startswith(("{", "[")) else read_xml_feed(text, base)
    except NotAFeedError as error:
        raise _error(feed, str(error), "open it in a browser and look for its RSS link") from error


def _item(entry: Entry, base: str, zone: ZoneInfo, now: datetime) -> _Item | None:
    title, summary = plain_text(entry.title, MAX_TITLE_CHARS), plain_text(entry.summary, MAX_SUMMARY_CHARS)
    if not (title or summary):
        return None
    # The time of a change stands in only where the feed tells no other.
    published = read_published(entry.published or entry.updated, zone, now)
    return _Item(entry, title or first_words(summary), summary, absolute_link(entry.link, base), published)


def _means_days(items: Sequence[_Item]) -> bool:
    """Whether each time is 00:00 or a bare day; an item without a time says nothing of the others."""
    dated = [item.published for item in items if item.published.at]
    return len(dated) >= MIN_MIDNIGHTS and all(
        published.midnight_of or published.quality == "day_only" for published in dated
    )


def _headline(
    item: _Item, feed: Feed, published: Published, shared: frozenset[str], now: datetime
) -> Headline:
    entry = item.entry
    in_page = item.link is not None and bool(story_fragment(item.link))
    names_story = item.link is not None and (in_page or normalised_link(item.link) not in shared)
    return Headline(
        id=headline_id(
            link=item.link if names_story else None,
            source=feed.name,
            guid=entry.guid if in_page or entry.guid not in shared else None,
            title=item.title,
            published_at=published.at,
        ),
        title=item.title,
        summary=item.summary,
        link=item.link,
        source=feed.name,
        market=feed.market,
        published_at=seen_by(published, now).at,
        published_quality=published.quality,
        first_seen_at=now,
        language=language_code(entry.language) or feed.language,
        timezone=feed.timezone,
    )


def _shared(items: Sequence[_Item]) -> frozenset[str]:
    """Links and guids under which this document has several titles: they name a page, not a story.

    Links to a place in a page are left aside: what such an item is may not depend on its neighbours, which
    leave the feed one by one.
    """
    titles: dict[str, set[str]] = defaultdict(set)
    for item in items:
        if item.link and story_fragment(item.link):
            continue
        for name in (item.entry.guid, normalised_link(item.link) if item.link else ""):
            titles[name].add(item.title)
    return frozenset(name for name, found in titles.items() if len(found) > 1)


def _error(feed: Feed, what: str, remedy: str) -> FeedError:
    return FeedError(f"feed '{feed.name}' ({feed.url}) {what}", remedy)
