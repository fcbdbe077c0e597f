"""One round over all feeds: fetched side by side, parsed and written one after the other.

    report = collect(feeds, ledger, fetch=FeedClient().fetch, now=datetime.now(UTC))
    report.exit_code     # 0 all feeds succeeded, 1 some, 3 none
    report.explain()     # one line for each feed that failed

A feed that fails costs that feed alone. Its headlines are one transaction, and only when they are on the disk
is its ETag kept: a crash in between fetches again, it never hides items behind a 304.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

from errors import FeedError
from ingest.client import Fetched, NotModified
from ingest.ledger import Ledger
from ingest.parse import ParsedFeed, parse_feed
from ingest.records import Feed, FeedState

MAX_WORKERS = 8  # fetches at once; each is mostly waiting

Fetch = Callable[[Feed, FeedState], Fetched | NotModified]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one feed gave.

    Args:
        feed: which.
        new: headlines never seen before.
        revised: headlines known, with new content.
        unchanged: headlines known as they are.
        skipped: items without words.
        notes: one line for each time that could not be trusted.
        not_modified: the server said that nothing has changed.
        error: why the feed failed, in one line with the remedy; None if it succeeded.
    """

    feed: Feed
    new: int = 0
    revised: int = 0
    unchanged: int = 0
    skipped: int = 0
    notes: tuple[str, ...] = ()
    not_modified: bool = False
    error: str | None = None


def exit_code(failed: int, of: int) -> int:
    """0 when all feeds succeeded, 1 when some did, 3 when none did."""
    if failed == of:
        return 3
    return 1 if failed else 0


@dataclass(frozen=True, slots=True)
class CollectReport:
    """What a round gave: one outcome a feed, in the order of the list."""

    outcomes: tuple[Outcome, ...]

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The feeds that failed."""
        return tuple(outcome for outcome in self.outcomes if outcome.error is not None)

    @property
    def exit_code(self) -> int:
        """0 when all feeds succeeded, 1 when some did, 3 when none did."""
        return exit_code(len(self.failed), len(self.outcomes))

    def explain(self) -> tuple[str, ...]:
        """One line for each feed that failed: its name, its URL, why, and the remedy."""
        return tuple(outcome.error for outcome in self.outcomes if outcome.error is not None)


def collect(
    feeds: Sequence[Feed],
    ledger: Ledger,
    *,
    fetch: Fetch,
    now: datetime,
    clock: Callable[[], datetime] | None = None,
    progress: Callable[[Outcome], None] | None = None,
    max_workers: int = MAX_WORKERS,
) -> CollectReport:
    """Takes every feed in, once.

    Args:
        feeds: in the order in which they are written; where two carry a story, the first is its source.
        ledger: written to in the calling thread only.
        fetch: gets a feed and its state; raises FeedError. Called in up to `max_workers` threads.
        now: aware; when the headlines are seen, if no clock says so.
        clock: gives it anew, aware, after each answer, since a round lasts: words that came after an instant
            may not show as of it.
        progress: called after each feed, in order.
        max_workers: fetches at once.

    Raises:
        LedgerError: the ledger cannot be written; that is not the matter of one feed.
    """
    clock = clock or (lambda: now)
    states = [ledger.feed_state(feed.url) for feed in feeds]
    outcomes = []
    pool = ThreadPoolExecutor(max_workers, thread_name_prefix="fetch")
    try:
        fetching = [pool.submit(fetch, feed, state) for feed, state in zip(feeds, states, strict=True)]
        for feed, state, future in zip(feeds, states, fetching, strict=True):
            outcomes.append(_take_in(feed, state, future, ledger, clock))
            if progress:
                progress(outcomes[-1])
    finally:
        pool.shutdown(cancel_futures=True)
    return CollectReport(tuple(outcomes))


def _take_in(
    feed: Feed,
    state: FeedState,
    future: Future[Fetched | NotModified],
    ledger: Ledger,
    clock: Callable[[], datetime],
) -> Outcome:
    try:
        fetched = future.result()
        now = clock()
        parsed = None if isinstance(fetched, NotModified) else _parsed(feed, fetched, now)
    except Exception as error:  # noqa: BLE001 - what a stranger's server provokes may not end the round
        words = str(error if isinstance(error, FeedError) else unforeseen(feed, error))
        ledger.save_feed_state(replace(state, last_error=words, failures=state.failures + 1))
        return Outcome(feed=feed, error=words)
    if isinstance(fetched, NotModified) or parsed is None:
        outcome, kept = Outcome(feed=feed, not_modified=True), state
    else:
        outcome = _write(feed, parsed, ledger, now)
        kept = replace(state, etag=fetched.etag, last_modified=fetched.last_modified)
    # Only now are the headlines committed, so only now may the next request be conditional on this body.
    ledger.save_feed_state(replace(kept, last_success=now, last_error=None, failures=0))
    return outcome


def unforeseen(feed: Feed, error: Exception) -> FeedError:
    """The error of a feed that failed in a way that nobody thought of."""
    words = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    return FeedError(
        f"feed '{feed.name}' ({feed.url}) failed in a way that causewire does not know ({words})",
        "report it, or remove it from the list",
    )


def _parsed(feed: Feed, fetched: Fetched, now: datetime) -> ParsedFeed:
    return parse_feed(fetched.body, feed, content_type=fetched.content_type, now=now, base=fetched.url)


def _write(feed: Feed, parsed: ParsedFeed, ledger: Ledger, now: datetime) -> Outcome:
    added = ledger.add(parsed.headlines, seen_at=now)
    return Outcome(
        feed=feed,
        new=added.new,
        revised=added.revised,
        unchanged=added.unchanged,
        skipped=parsed.skipped,
        notes=parsed.notes,
    )
