"""A round over feeds on a real server, into a real ledger."""

import sqlite3
from dataclasses import replace
from datetime import date, timedelta

import pytest

from errors import LedgerError
from ingest.check import check_feeds, with_checked
from ingest.client import FeedClient, Fetched, FetchLimits, NotModified
from ingest.collect import CollectReport, collect
from ingest.ledger import Ledger
from ingest.records import FeedState
from ingest.selection import Selection

QUICK = FetchLimits(connect_s=1, read_s=1, total_s=10, wait_s=0.01, attempts=2)


@pytest.fixture
def fetch():
    return FeedClient(QUICK).fetch


def tables(ledger):
    with sqlite3.connect(ledger.path) as raw:
        names = [name for (name,) in raw.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        dump = {name: raw.execute(f"SELECT * FROM {name}").fetchall() for name in names}
    raw.close()
    return dump


def test_a_feeds_headlines_are_in_the_ledger_after_a_round(server, ledger, fetch, now):
    seen = []
    report = collect([server.feed("/ok")], ledger, fetch=fetch, now=now, progress=seen.append)
    assert (report.exit_code, report.explain(), report.outcomes) == (0, (), tuple(seen))
    assert (seen[0].new, seen[0].revised, seen[0].unchanged) == (2, 0, 0)
    titles = [h.title for h in ledger.headlines()]
    assert titles == ["Copper slips as orders thin", "Grid owner doubles its budget"]
    assert ledger.headlines()[0].link == server.url("/a/1")
    assert ledger.headlines()[0].first_seen_at == now
    state = ledger.feed_state(server.url("/ok"))
    assert (state.etag, state.last_success, state.failures, state.last_error) == ('"v1"', now, 0, None)


def test_a_second_round_is_told_that_nothing_changed(server, ledger, fetch, now):
    collect([server.feed("/ok")], ledger, fetch=fetch, now=now)
    report = collect([server.feed("/ok")], ledger, fetch=fetch, now=now + timedelta(hours=1))
    assert report.outcomes[0].not_modified
    assert report.exit_code == 0
    assert ledger.feed_state(server.url("/ok")).last_success == now + timedelta(hours=1)


def test_a_second_round_over_the_same_bytes_changes_no_headline(server, ledger, fetch, now):
    server.etags.clear()
    collect([server.feed("/ok")], ledger, fetch=fetch, now=now)
    before = tables(ledger)
    report = collect([server.feed("/ok")], ledger, fetch=fetch, now=now + timedelta(hours=1))
    assert (report.outcomes[0].new, report.outcomes[0].unchanged) == (0, 2)
    after = tables(ledger)
    assert after.pop("feed_states") != before.pop("feed_states")
    assert after == before


def test_a_title_that_the_publisher_changed_is_a_revision(server, ledger, fetch, now):
    collect([server.feed("/ok")], ledger, fetch=fetch, now=now)
    server.served["/ok"] = server.served["/ok"].replace(b"Copper slips", b"Copper falls")
    server.etags["/ok"] = '"v2"'
    report = collect([server.feed("/ok")], ledger, fetch=fetch, now=now + timedelta(hours=1))
    assert (report.outcomes[0].revised, report.outcomes[0].unchanged) == (1, 1)
    assert ledger.headlines(Selection(as_of=now))[0].title.startswith("Copper slips")
    assert ledger.headlines()[0].title.startswith("Copper falls")


def test_headlines_are_seen_when_the_answer_has_come_and_not_when_the_round_began(server, ledger, fetch, now):
    feed, minute, answered = server.feed("/ok"), timedelta(minutes=1), []

    def slow(feed, state):
        answer = fetch(feed, state)
        answered.append(feed)
        return answer

    def clock():
        return now + minute * len(answered)

    collect([feed], ledger, fetch=slow, now=now, clock=clock)
    assert {h.first_seen_at for h in ledger.headlines()} == {now + minute}
    server.served["/ok"] = server.served["/ok"].replace(b"Copper slips", b"Copper falls")
    server.etags["/ok"] = '"v2"'
    collect([feed], ledger, fetch=slow, now=now, clock=clock)
    assert ledger.headlines(Selection(as_of=now + minute))[0].title.startswith("Copper slips")
    assert ledger.feed_state(feed.url).last_success == now + 2 * minute


def test_each_feed_that_fails_costs_itself_alone_and_is_named(server, ledger, fetch, now):
    bad = [
        "/absent",
        "/silent",
        "/html",
        "/empty",
        "/huge",
        "/loop",
        "/to-bad-port",
        "/cut-short",
        "/gone",
        "/broken",
        "/bomb",
    ]
    feeds = [server.feed(path) for path in [*bad[:5], "/ok", *bad[5:]]]
    report = collect(feeds, ledger, fetch=fetch, now=now)
    assert report.exit_code == 1
    assert [outcome.feed for outcome in report.outcomes] == feeds
    assert [outcome.error is None for outcome in report.outcomes] == [
        feed.url.endswith("/ok") for feed in feeds
    ]
    assert ledger.counts().headlines == 2
    for path, line in zip(bad, report.explain(), strict=True):
        assert f"feed {path}" in line
        assert server.url(path) in line
        assert "\n" not in line


@pytest.mark.parametrize("error", [OverflowError("port"), ExceptionGroup("g", [OSError("x")]), KeyError("k")])
def test_a_failure_that_nobody_thought_of_costs_its_feed_alone(server, ledger, fetch, now, error):
    def odd(feed, state):
        if feed.name == "odd":
            raise error
        return fetch(feed, state)

    feeds = [server.feed("/odd", name="odd"), server.feed("/ok")]
    report = collect(feeds, ledger, fetch=odd, now=now)
    assert [outcome.error is None for outcome in report.outcomes] == [False, True]
    assert type(error).__name__ in report.explain()[0]
    assert ledger.counts().headlines == 2
    assert ledger.feed_state(feeds[0].url).failures == 1
    assert [check.error is None for check in check_feeds(feeds, fetch=odd, now=now)] == [False, True]


def test_failures_in_a_row_are_counted_and_a_success_clears_them(server, ledger, fetch, now):
    feed = server.feed("/later")
    for round_ in (1, 2):
        assert collect([feed], ledger, fetch=fetch, now=now).exit_code == 3
        state = ledger.feed_state(feed.url)
        assert (state.failures, state.last_success) == (round_, None)
        assert "404" in state.last_error
    server.served["/later"] = server.served["/ok"]
    assert collect([feed], ledger, fetch=fetch, now=now).exit_code == 0
    assert ledger.feed_state(feed.url).failures == 0
    assert ledger.feed_state(feed.url).last_error is None


def test_a_failure_keeps_the_etag_of_the_body_that_was_taken_in(server, ledger, fetch, now):
    feed = server.feed("/ok")
    collect([feed], ledger, fetch=fetch, now=now)
    server.served["/ok"], server.etags["/ok"] = b"<html><body>maintenance</body></html>", '"broken"'
    assert collect([feed], ledger, fetch=fetch, now=now).exit_code == 3
    assert ledger.feed_state(feed.url).etag == '"v1"'


def test_no_feed_at_all_is_no_success(ledger, fetch, now):
    assert collect([], ledger, fetch=fetch, now=now) == CollectReport(())
    assert CollectReport(()).exit_code == 3


class _CrashingLedger(Ledger):
    """Fails at the chosen write, as a full disk would."""

    crash_in = "add"

    def add(self, headlines, seen_at):
        if self.crash_in == "add":
            list(headlines)
            raise LedgerError("the disk is full")
        return super().add(headlines, seen_at)

    def save_feed_state(self, state):
        if self.crash_in == "save":
            raise LedgerError("the disk is full")
        super().save_feed_state(state)


@pytest.mark.parametrize("crash", [("add", 0), ("save", 2)])
def test_a_crash_never_hides_items_behind_a_304(server, tmp_path, fetch, now, crash):
    crash_in, kept = crash
    feed, path = server.feed("/ok"), tmp_path / "crash.sqlite"
    with _CrashingLedger.open(path) as ledger:
        ledger.crash_in = crash_in
        with pytest.raises(LedgerError):
            collect([feed], ledger, fetch=fetch, now=now)
    with Ledger.open(path) as ledger:
        assert ledger.counts().headlines == kept
        assert ledger.feed_state(feed.url).etag is None
        outcome = collect([feed], ledger, fetch=fetch, now=now).outcomes[0]
        assert not outcome.not_modified
        assert (outcome.new, outcome.unchanged) == (2 - kept, kept)


def test_the_first_feed_of_the_list_is_the_source_of_a_story_that_two_carry(server, ledger, now):
    ended = []

    def fetch(feed, state):
        # The second feed answers first: the order of the list decides all the same.
        while feed.name == "first" and "second" not in ended:
            pass
        ended.append(feed.name)
        body = server.served["/ok"].replace(b"/a/", b"https://shared.test/")
        return Fetched(url=feed.url, status=200, body=body, content_type="", etag=None, last_modified=None)

    feeds = [server.feed("/1", name="first"), server.feed("/2", name="second")]
    report = collect(feeds, ledger, fetch=fetch, now=now)
    assert [(o.new, o.unchanged) for o in report.outcomes] == [(2, 0), (0, 2)]
    assert {h.source for h in ledger.headlines()} == {"first"}


def test_a_check_says_what_each_feed_answered_and_keeps_nothing(server, fetch, now):
    feeds = [server.feed("/ok"), server.feed("/absent"), server.feed("/html")]
    good, absent, page = check_feeds(feeds, fetch=fetch, now=now)
    assert (good.status, good.items, good.error) == (200, 2, None)
    assert good.newest.hour == 9
    assert absent.status is None
    assert "HTTP 404" in absent.error
    assert page.status == 200
    assert "web page" in page.error
    assert "if-none-match" not in server.headers["/ok"]
    marked = with_checked(feeds, (good, absent, page), date(2026, 8, 10))
    assert marked == (replace(feeds[0], checked="2026-08-10"), *feeds[1:])


@pytest.mark.parametrize("kept", [None, '"\xe9"'], ids=["nothing kept", "an etag that no request may carry"])
def test_a_304_that_nobody_asked_for_is_no_success(server, ledger, fetch, now, kept):
    feed = server.feed("/always-304")
    ledger.save_feed_state(FeedState(url=feed.url, etag=kept))
    report = collect([feed], ledger, fetch=fetch, now=now)
    assert report.exit_code == 3
    (line,) = report.explain()
    assert line.endswith("answers 304 unasked; try again later, or remove it from the list")
    state = ledger.feed_state(feed.url)
    assert (state.last_success, state.last_error, state.failures) == (None, line, 1)
    for ask in (fetch, lambda feed, _: NotModified(url=feed.url)):
        assert check_feeds([feed], fetch=ask, now=now)[0].error == line
