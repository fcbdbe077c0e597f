"""Whether each feed of a list answers: fetch and parse it once, keep nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime

from errors import FeedError
from ingest.client import NotModified, unasked
from ingest.collect import MAX_WORKERS, Fetch, unforeseen
from ingest.parse import parse_feed
from ingest.records import Feed, FeedState


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedCheck:
    """What one feed answered.

    Args:
        feed: which.
        status: the HTTP status; None when there was no usable answer.
        items: headlines in it.
        newest: aware UTC, the latest publication in it, or None.
        error: why it cannot be used, in one line with the remedy; None if it can.
    """

    feed: Feed
    status: int | None = None
    items: int = 0
    newest: datetime | None = None
    error: str | None = None


def check_feeds(
    feeds: Sequence[Feed],
    *,
    fetch: Fetch,
    now: datetime,
    progress: Callable[[FeedCheck], None] | None = None,
    max_workers: int = MAX_WORKERS,
) -> tuple[FeedCheck, ...]:
    """Fetches every feed once, unconditionally; results in the order of the list.

    Args:
        feeds: which.
        fetch: gets a feed and an empty state; raises FeedError. Called in up to `max_workers` threads.
        now: aware; see `parse_feed`.
        progress: called after each feed, in order.
        max_workers: fetches at once.
    """
    results = []
    pool = ThreadPoolExecutor(max_workers, thread_name_prefix="check")
    try:
        for result in pool.map(lambda feed: _check(feed, fetch, now), feeds):
            results.append(result)
            if progress:
                progress(result)
    finally:
        pool.shutdown(cancel_futures=True)
    return tuple(results)


def with_checked(feeds: Sequence[Feed], checks: Sequence[FeedCheck], on: date) -> tuple[Feed, ...]:
    """The same feeds, those that answered marked as seen on that day, the others as they were."""
    good = {check.feed.url for check in checks if check.error is None}
    return tuple(replace(feed, checked=on.isoformat()) if feed.url in good else feed for feed in feeds)


def _check(feed: Feed, fetch: Fetch, now: datetime) -> FeedCheck:
    status = None
    try:
        fetched = fetch(feed, FeedState(url=feed.url))
        if isinstance(fetched, NotModified):
            return FeedCheck(feed=feed, error=str(unasked(feed)))
        status = fetched.status
        parsed = parse_feed(fetched.body, feed, content_type=fetched.content_type, now=now, base=fetched.url)
    except FeedError as error:
        return FeedCheck(feed=feed, status=status, error=str(error))
    except Exception as error:  # noqa: BLE001 - as in collecting: it costs this feed alone
        return FeedCheck(feed=feed, status=status, error=str(unforeseen(feed, error)))
    times = [headline.published_at for headline in parsed.headlines if headline.published_at]
    return FeedCheck(feed=feed, status=status, items=len(parsed.headlines), newest=max(times, default=None))
