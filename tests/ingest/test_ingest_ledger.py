"""The ledger: nothing twice, nothing overwritten, nothing lost."""

import multiprocessing
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errors import LedgerError
from ingest.ledger import Ledger
from ingest.records import FeedState, Headline
from ingest.schema import APPLICATION_ID
from ingest.selection import Selection
from ingest.writing import Added

T0 = datetime(2026, 8, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
CAUSES = {"macro": 0.25, "valuation": 0.5}


def rows(ledger):
    """Every table's row count, read past the ledger."""
    with sqlite3.connect(ledger.path) as raw:
        names = [name for (name,) in raw.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        counts = {name: raw.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}
    raw.close()
    return counts


def the(ledger, id_, as_of=None):
    """The headline of that id, or None."""
    return next((h for h in ledger.headlines(Selection(as_of=as_of)) if h.id == id_), None)


# ---- taking in


def test_taking_in_the_same_headlines_twice_changes_no_row_of_any_table(ledger, headline):
    batch = [headline(number) for number in range(1, 40)]
    assert ledger.add(batch, T0) == Added(new=39)
    scores = {h.id: CAUSES for h in batch[:30]}
    languages = {h.id: "de" for h in batch[30:]}
    assert (ledger.add_scores("m1", scores), ledger.withhold("m1", languages)) == (30, 9)
    before = rows(ledger)
    assert ledger.add(batch, T0 + HOUR) == Added(unchanged=39)
    assert (ledger.add_scores("m1", scores), ledger.withhold("m1", languages)) == (0, 0)
    assert rows(ledger) == before
    assert before["headlines"] == before["revisions"] == 39
    assert (before["scores"], before["withheld"]) == (60, 9)


def test_a_headline_twice_in_one_batch_is_one_headline(ledger, headline):
    assert ledger.add([headline(1), headline(1)], T0) == Added(new=1, unchanged=1)
    assert len(ledger.headlines()) == 1


def test_what_comes_out_is_what_went_in(ledger, headline):
    given_ = [
        headline(1, summary="한국은행 금리 “동결” ½ 金利", link=None, timezone="Asia/Seoul", language="ko"),
        headline(2, published_at=None, published_quality="missing"),
        headline(3, published_quality="day_only", published_at=datetime(2026, 8, 2, 15, tzinfo=UTC)),
    ]
    ledger.add(given_, given_[0].first_seen_at)
    assert sorted(ledger.headlines(), key=lambda h: h.id) == given_
    assert ledger.headlines()[0].published_at.tzinfo is UTC


def test_a_new_title_is_a_revision_and_the_first_sighting_stays(ledger, headline):
    ledger.add([headline(1, title="First words")], T0)
    assert ledger.add([headline(1, title="Second words", source="late copy")], T0 + HOUR) == Added(revised=1)
    (current,) = ledger.headlines()
    assert (current.title, current.source, current.first_seen_at) == ("Second words", "wire", T0)
    assert [(at, h.title) for at, h in ledger.revisions(current.id)] == [
        (T0, "First words"),
        (T0 + HOUR, "Second words"),
    ]


def test_the_same_words_with_another_tracking_mark_or_feed_are_no_revision(ledger, headline):
    ledger.add([headline(1)], T0)
    again = headline(1, link="https://wire.test/1?utm_source=x", source="other feed", market="EU")
    assert ledger.add([again], T0 + HOUR) == Added(unchanged=1)
    assert ledger.headlines()[0].link == "https://wire.test/1"


def test_a_second_feed_without_a_date_does_not_take_a_headlines_date_away(ledger, headline):
    ledger.add([headline(1)], T0)
    undated = headline(1, published_at=None, published_quality="missing", timezone="Asia/Seoul")
    assert ledger.add([undated], T0 + HOUR) == Added(unchanged=1)
    reworded = headline(1, title="Again", published_at=None, published_quality="missing")
    assert ledger.add([reworded], T0 + 2 * HOUR) == Added(revised=1)
    (current,) = ledger.headlines(Selection(since=headline(1).published_at, until=headline(1).published_at))
    assert (current.title, current.published_quality, current.timezone) == ("Again", "exact", "UTC")


def test_a_date_that_is_bumped_after_the_close_leaves_the_headline_in_its_session(ledger, headline):
    close = T0 + HOUR
    ledger.add([headline(1, published_at=T0)], T0)
    bumped = headline(1, published_at=T0 + 20 * HOUR)
    assert ledger.add([bumped], T0 + 20 * HOUR) == Added(unchanged=1)
    reworded = headline(1, title="Updated", published_at=T0 + 20 * HOUR)
    assert ledger.add([reworded], T0 + 21 * HOUR) == Added(revised=1)
    assert [(h.title, h.published_at) for h in ledger.headlines(Selection(until=close))] == [("Updated", T0)]
    assert ledger.add([bumped, reworded], T0 + 22 * HOUR) == Added(unchanged=2)


def test_a_link_used_again_names_a_story_of_its_own_and_the_old_session_keeps_its_words(ledger, headline):
    may = headline(1, title="Consumer prices for May", published_at=T0)
    june = headline(1, title="Consumer prices for June", published_at=T0 + 30 * 24 * HOUR)
    ledger.add([may], T0)
    assert ledger.add([june], june.published_at) == Added(new=1)
    reworded = replace(june, title="Consumer prices rise in June")
    assert ledger.add([may, june, reworded], june.published_at + HOUR) == Added(revised=1, unchanged=2)
    assert [(h.title, h.published_at) for h in ledger.headlines()] == [
        (may.title, may.published_at),
        (reworded.title, june.published_at),
    ]


def test_a_link_used_again_in_one_batch_gives_what_two_batches_give(ledger, headline):
    may = headline(1, title="Consumer prices for May", published_at=T0)
    june = headline(1, title="Consumer prices for June", published_at=T0 + 30 * 24 * HOUR)
    for added in (Added(new=2), Added(unchanged=2)):
        assert ledger.add([may, june], june.published_at) == added


def test_a_story_that_is_only_dated_anew_is_no_other_story_however_late(ledger, headline):
    ledger.add([headline(1, published_at=T0)], T0)
    late = headline(1, published_at=T0 + 30 * 24 * HOUR)
    assert ledger.add([late], late.published_at) == Added(unchanged=1)
    week = headline(1, title="Updated", published_at=T0 + 7 * 24 * HOUR)
    assert ledger.add([week], late.published_at) == Added(revised=1)


def test_a_time_that_can_be_trusted_further_replaces_the_known_one_and_stays(ledger, headline):
    day = headline(1, published_at=T0 - 12 * HOUR, published_quality="day_only", timezone="Asia/Seoul")
    exact = headline(1, published_at=T0 - HOUR)
    ledger.add([headline(1, published_at=None, published_quality="missing")], T0)
    assert ledger.add([day], T0 + HOUR) == Added(revised=1)
    assert ledger.headlines()[0] == replace(day, first_seen_at=T0)
    assert ledger.add([exact], T0 + 2 * HOUR) == Added(revised=1)
    assert ledger.add([day], T0 + 3 * HOUR) == Added(unchanged=1)
    assert ledger.headlines() == [replace(exact, first_seen_at=T0)]
    assert ledger.headlines(Selection(as_of=T0 + HOUR))[0].published_quality == "day_only"


def test_one_batch_with_several_sightings_keeps_the_date_that_can_be_trusted_furthest(ledger, headline):
    undated = headline(1, published_at=None, published_quality="missing")
    assert ledger.add([undated, headline(1), replace(undated, title="Again")], T0) == Added(
        new=1, unchanged=2
    )
    (current,) = ledger.headlines()
    assert (current.title, current.published_at) == ("Again", headline(1).published_at)


def test_two_feeds_that_word_one_story_differently_do_not_take_turns_for_ever(ledger, headline):
    one, other = headline(1, title="Rates held"), headline(1, title="Central bank holds rates")
    for turn in range(4):
        ledger.add([one], T0 + turn * HOUR)
        ledger.add([other], T0 + turn * HOUR)
    assert rows(ledger)["revisions"] == 2


@settings(max_examples=25)
@given(
    orders=st.lists(
        st.lists(st.tuples(st.integers(1, 6), st.sampled_from("AB")), max_size=12), min_size=1, max_size=4
    )
)
def test_in_any_order_and_with_any_repeats_each_content_is_kept_once(tmp_path_factory, orders):
    def make(number, word):
        return Headline(
            id=f"{number:032x}",
            title=f"{word} {number}",
            summary="",
            link=None,
            source="s",
            market="US",
            published_at=None,
            published_quality="missing",
            first_seen_at=T0,
            language="en",
        )

    seen = {pair for order in orders for pair in order}
    with Ledger.open(tmp_path_factory.mktemp("ledger") / "l.sqlite") as ledger:
        for turn in range(2):  # the second turn must change nothing
            for at, order in enumerate(orders):
                added = ledger.add([make(*pair) for pair in order], T0 + (turn * 10 + at) * HOUR)
                assert added.new + added.revised + added.unchanged == len(order)
            counts = rows(ledger)
            assert counts["headlines"] == len({number for number, _ in seen})
            assert counts["revisions"] == len(seen)


def test_an_error_in_the_middle_of_a_batch_leaves_nothing_of_it(ledger, headline):
    def batch():
        yield from (headline(number) for number in range(1, 700))
        raise RuntimeError("the feed ended in a crash")

    with pytest.raises(RuntimeError):
        ledger.add(batch(), T0)
    assert set(rows(ledger).values()) == {0}


@pytest.mark.slow
def test_a_hundred_thousand_headlines_go_in_well_under_a_minute(ledger, headline):
    batch = (headline(number) for number in range(1, 100_001))
    start = datetime.now(UTC)
    assert ledger.add(batch, T0).new == 100_000
    assert datetime.now(UTC) - start < timedelta(seconds=40)


def test_a_naive_time_is_refused(ledger, headline):
    with pytest.raises(LedgerError, match="has no zone"):
        ledger.add([headline(1)], datetime(2026, 8, 10))  # noqa: DTZ001 - the point
    with pytest.raises(LedgerError, match="has no zone"):
        ledger.headlines(Selection(since=datetime(2026, 8, 10)))  # noqa: DTZ001 - the point


# ---- reading


def test_as_of_an_instant_only_what_had_been_seen_by_then_shows_as_it_stood_then(ledger, headline):
    ledger.add([headline(1, title="Draft")], T0)
    ledger.add([headline(1, title="Final"), headline(2)], T0 + 2 * HOUR)
    assert ledger.headlines(Selection(as_of=T0 - HOUR)) == []
    assert [h.title for h in ledger.headlines(Selection(as_of=T0))] == ["Draft"]
    assert [h.title for h in ledger.headlines(Selection(as_of=T0 + HOUR))] == ["Draft"]
    assert [h.title for h in ledger.headlines(Selection(as_of=T0 + 2 * HOUR))] == ["Final", "Title 2"]
    assert the(ledger, headline(1).id, as_of=T0 + HOUR).title == "Draft"
    assert the(ledger, headline(2).id, as_of=T0 + HOUR) is None


def test_what_comes_later_never_changes_what_was_read_as_of_before(ledger, headline):
    ledger.add([headline(number) for number in range(1, 9)], T0)
    ledger.add_scores("m", {headline(number).id: CAUSES for number in range(1, 9)})
    before = ledger.headlines(Selection(as_of=T0)), ledger.scored("m", Selection(as_of=T0))
    changed = [headline(number, title="new", published_at=T0 - 5 * HOUR) for number in range(4, 15)]
    ledger.add(changed, T0 + HOUR)
    assert (ledger.headlines(Selection(as_of=T0)), ledger.scored("m", Selection(as_of=T0))) == before


def test_what_was_read_as_of_before_can_be_scored_after_a_revision_too(ledger, headline):
    ledger.add([headline(1, title="Draft"), headline(2)], T0)
    ledger.add([headline(1, title="Final")], T0 + HOUR)
    rounds = []
    while waiting := ledger.unscored("m"):
        rounds.append([h.title for h in waiting])
        ledger.add_scores("m", {h.id: CAUSES for h in waiting})
    assert rounds == [["Draft", "Title 2"], ["Final"]]
    assert [s.headline.title for s in ledger.scored("m", Selection(as_of=T0))] == ["Draft", "Title 2"]
    assert [s.headline.title for s in ledger.scored("m")] == ["Final", "Title 2"]


def test_the_bounds_are_on_publication_and_both_ends_count(ledger, headline):
    ledger.add([headline(number) for number in range(1, 10)], T0)
    start, end = headline(3).published_at, headline(6).published_at
    assert [h.id for h in ledger.headlines(Selection(start, end))] == [headline(n).id for n in range(3, 7)]
    assert len(ledger.headlines(Selection(since=start))) == 7
    assert len(ledger.headlines(Selection(until=end))) == 6


def test_headlines_without_a_time_are_reached_on_request_and_last_in_order(ledger, headline):
    undated = [headline(n, published_at=None, published_quality="missing") for n in (8, 7)]
    ledger.add([*undated, headline(2), headline(1)], T0)
    order = [1, 2, 7, 8]
    assert [h.id for h in ledger.headlines()] == [headline(n).id for n in order]
    assert len(ledger.headlines(Selection(undated=False))) == 2
    since = headline(2).published_at
    assert [h.id for h in ledger.headlines(Selection(since))] == [headline(2).id]
    assert [h.id for h in ledger.headlines(Selection(since, undated=True))] == [
        headline(n).id for n in (2, 7, 8)
    ]
    newest = [h.id for h in ledger.headlines(Selection(newest_first=True, limit=3))]
    assert newest == [headline(n).id for n in (2, 1, 7)]


def test_markets_and_sources_can_be_chosen(ledger, headline):
    ledger.add([headline(1), headline(2, market="KR"), headline(3, source="other")], T0)
    assert [h.id for h in ledger.headlines(Selection(markets=["KR"]))] == [headline(2).id]
    assert [h.id for h in ledger.headlines(Selection(markets=["US"], sources=["other"]))] == [headline(3).id]
    assert ledger.headlines(Selection(markets=[])) == []


def test_span_and_counts_speak_of_current_revisions(ledger, headline):
    assert ledger.span() is None
    undated = headline(3, published_at=None, published_quality="missing")
    ledger.add([headline(1, published_quality="day_only"), headline(2), undated], T0)
    ledger.add([headline(1, published_at=T0)], T0 + HOUR)
    assert ledger.span() == (headline(2).published_at, T0)
    counts = ledger.counts()
    assert (counts.headlines, counts.revisions, counts.undated, counts.sources) == (3, 4, 1, 1)


# ---- scores


def test_scores_come_back_in_the_models_order(ledger, headline):
    ledger.add([headline(1), headline(2)], T0)
    ledger.add_scores("m", {headline(1).id: {"valuation": 0.1, "macro": 0.9, "a": 1.0, "z": 0.0}})
    (scored,) = ledger.scored("m")
    assert list(scored.intensities.items()) == [("valuation", 0.1), ("macro", 0.9), ("a", 1.0), ("z", 0.0)]
    assert (scored.headline, scored.model_version) == (the(ledger, headline(1).id), "m")
    assert [h.id for h in ledger.unscored("m")] == [headline(2).id]
    assert len(ledger.unscored("another model")) == 2
    assert ledger.scored("another model") == []


def test_a_new_revision_is_unscored_again_and_the_old_one_keeps_its_scores(ledger, headline):
    ledger.add([headline(1)], T0)
    ledger.add_scores("m", {headline(1).id: CAUSES})
    ledger.add([headline(1, title="Other words")], T0 + HOUR)
    assert [h.title for h in ledger.unscored("m")] == ["Other words"]
    assert ledger.scored("m") == []
    assert [s.headline.title for s in ledger.scored("m", Selection(as_of=T0))] == ["Title 1"]
    ledger.add_scores("m", {headline(1).id: {"macro": 0.75}})
    assert [s.intensities for s in ledger.scored("m")] == [{"macro": 0.75}]
    assert [s.intensities for s in ledger.scored("m", Selection(as_of=T0))] == [CAUSES]


def test_scores_go_to_the_revision_that_was_handed_out_even_if_another_came_since(ledger, headline):
    ledger.add([headline(1, title="Scored words")], T0)
    (handed_out,) = ledger.unscored("m")
    with Ledger.open(ledger.path) as other:
        other.add([headline(1, title="Words that came meanwhile")], T0 + HOUR)
    ledger.add_scores("m", {handed_out.id: CAUSES})
    assert [h.title for h in ledger.unscored("m")] == ["Words that came meanwhile"]
    assert [s.headline.title for s in ledger.scored("m", Selection(as_of=T0))] == ["Scored words"]


def test_a_limit_counts_headlines_and_not_causes(ledger, headline):
    ledger.add([headline(number) for number in range(1, 6)], T0)
    ledger.add_scores("m", {headline(number).id: CAUSES for number in range(1, 6)})
    assert [s.headline.id for s in ledger.scored("m", Selection(limit=2))] == [headline(1).id, headline(2).id]
    assert all(s.intensities == CAUSES for s in ledger.scored("m", Selection(newest_first=True, limit=3)))
    assert len(ledger.unscored("n", limit=3)) == 3


@pytest.mark.parametrize("intensity", [-0.01, 1.01, float("nan"), float("inf")])
def test_an_intensity_that_is_no_probability_is_refused_and_nothing_is_kept(ledger, headline, intensity):
    ledger.add([headline(1), headline(2)], T0)
    with pytest.raises(LedgerError, match="macro"):
        ledger.add_scores("m", {headline(1).id: CAUSES, headline(2).id: {"macro": intensity}})
    assert len(ledger.unscored("m")) == 2


def test_scores_for_an_unknown_headline_or_without_causes_are_refused(ledger, headline):
    ledger.add([headline(1)], T0)
    with pytest.raises(LedgerError, match="has no headline abc"):
        ledger.add_scores("m", {"abc": CAUSES})
    with pytest.raises(LedgerError, match="no intensities"):
        ledger.add_scores("m", {headline(1).id: {}})


# ---- withheld


def test_what_a_model_withholds_is_unscored_no_more_for_that_model_alone(ledger, headline):
    ledger.add([headline(1), headline(2), headline(3)], T0)
    assert ledger.withhold("m", {headline(2).id: "de", headline(3).id: "ja"}) == 2
    assert [h.id for h in ledger.unscored("m")] == [headline(1).id]
    assert len(ledger.unscored("another model")) == 3
    assert ledger.withheld("m") == {headline(2).id: "de", headline(3).id: "ja"}
    assert ledger.withheld("another model") == {}
    assert ledger.scored("m") == []


def test_a_new_revision_of_a_withheld_headline_is_unscored_again(ledger, headline):
    ledger.add([headline(1, title="Zinsen bleiben")], T0)
    ledger.withhold("m", {headline(1).id: "de"})
    ledger.add([headline(1, title="Rates are held")], T0 + HOUR)
    assert [h.title for h in ledger.unscored("m")] == ["Rates are held"]
    assert ledger.withheld("m") == {}
    assert ledger.withheld("m", Selection(as_of=T0)) == {headline(1).id: "de"}
    ledger.add_scores("m", {headline(1).id: CAUSES})
    assert len(ledger.scored("m")) == 1
    assert ledger.withheld("m", Selection(as_of=T0)) == {headline(1).id: "de"}


def test_withheld_is_the_revision_that_was_handed_out_even_if_another_came_since(ledger, headline):
    ledger.add([headline(1, title="Zinsen bleiben")], T0)
    (handed_out,) = ledger.unscored("m")
    with Ledger.open(ledger.path) as other:
        other.add([headline(1, title="Rates are held")], T0 + HOUR)
    ledger.withhold("m", {handed_out.id: "de"})
    assert ledger.withheld("m", Selection(as_of=T0)) == {handed_out.id: "de"}
    assert [h.title for h in ledger.unscored("m")] == ["Rates are held"]


def test_withheld_headlines_are_read_within_bounds_like_all_others(ledger, headline):
    undated = headline(9, published_at=None, published_quality="missing")
    ledger.add([*(headline(number) for number in range(1, 6)), headline(6, market="KR"), undated], T0)
    ledger.withhold("m", {headline(number).id: "de" for number in (2, 4, 5, 6, 9)})
    start, end = headline(2).published_at, headline(4).published_at

    def read(*bounds, **options):
        return [int(id_, 16) for id_ in ledger.withheld("m", Selection(*bounds, **options))]

    assert read() == [2, 4, 5, 6, 9]
    assert read(start, end) == [2, 4]
    assert read(start, end, undated=True) == [2, 4, 9]
    assert read(markets=["KR"]) == [6]
    assert read(as_of=T0 - HOUR) == []


def test_a_revision_has_one_answer_of_a_model_and_the_first_one_stays(ledger, headline):
    ledger.add([headline(1), headline(2)], T0)
    ledger.add_scores("m", {headline(1).id: CAUSES})
    ledger.withhold("m", {headline(2).id: "de"})
    assert ledger.withhold("m", {headline(1).id: "fr", headline(2).id: "fr"}) == 0
    assert ledger.add_scores("m", {headline(2).id: CAUSES}) == 0
    assert [s.headline.id for s in ledger.scored("m")] == [headline(1).id]
    assert ledger.withheld("m") == {headline(2).id: "de"}


def test_to_withhold_an_unknown_headline_or_for_no_language_is_refused_and_nothing_is_kept(ledger, headline):
    ledger.add([headline(1)], T0)
    with pytest.raises(LedgerError, match="has no headline abc"):
        ledger.withhold("m", {headline(1).id: "de", "abc": "de"})
    with pytest.raises(LedgerError, match="withheld for no language"):
        ledger.withhold("m", {headline(1).id: ""})
    assert ledger.withheld("m") == {}


# ---- feed states


def test_a_feed_never_fetched_has_an_empty_state_and_a_saved_one_comes_back(ledger):
    url = "https://wire.test/feed"
    assert ledger.feed_state(url) == FeedState(url=url)
    for state in (
        FeedState(url=url, etag='"1"', last_modified="x", last_success=T0),
        FeedState(url=url, last_success=T0, last_error="down", failures=2),
    ):
        ledger.save_feed_state(state)
        assert ledger.feed_state(url) == state
    assert ledger.counts().feeds == 1


# ---- the file


def test_a_ledger_is_made_with_its_folder_and_found_again(tmp_path, headline):
    path = tmp_path / "deep" / "er" / "ledger.sqlite"
    with Ledger.open(path) as ledger:
        ledger.add([headline(1)], T0)
    with Ledger.open(path, create=False) as ledger:
        assert len(ledger.headlines()) == 1
    with sqlite3.connect(path) as raw:
        assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    raw.close()


def test_a_path_with_odd_characters_is_just_a_path(tmp_path, headline):
    path = tmp_path / "a ?b=c#d%20é.sqlite"
    with Ledger.open(path) as ledger:
        ledger.add([headline(1)], T0)
    assert path.exists()


def refused(path, words, **options):
    with pytest.raises(LedgerError) as caught:
        Ledger.open(path, **options)
    assert str(path) in str(caught.value)
    assert words in str(caught.value)
    assert caught.value.remedy


def test_a_file_that_is_no_ledger_is_refused_and_left_as_it_is(tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("these are notes, " * 100)
    before = text.read_bytes()
    refused(text, "not a database")
    assert text.read_bytes() == before
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as raw:
        raw.execute("CREATE TABLE mine (x)")
    raw.close()
    refused(other, "not a causewire ledger")
    refused(tmp_path, "is a folder")
    refused(text / "ledger.sqlite", "")
    refused(tmp_path / "absent.sqlite", "no ledger", create=False)


def test_a_ledger_from_a_newer_causewire_is_refused(tmp_path):
    path = tmp_path / "newer.sqlite"
    with sqlite3.connect(path) as raw:
        raw.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        raw.execute("PRAGMA user_version = 99")
    raw.close()
    refused(path, "schema 99")


def test_a_damaged_ledger_is_an_error_with_a_remedy(tmp_path, headline):
    path = tmp_path / "ledger.sqlite"
    with Ledger.open(path) as ledger:
        ledger.add([headline(number) for number in range(1, 2000)], T0)
    for extra in ("-wal", "-shm"):
        Path(f"{path}{extra}").unlink(missing_ok=True)
    data = bytearray(path.read_bytes())
    data[4096:-4096] = b"\x55" * len(data[4096:-4096])
    path.write_bytes(data)
    with pytest.raises(LedgerError, match="restore this one from a backup"), Ledger.open(path) as ledger:
        ledger.headlines()


# ---- several at once


def _write_many(path: str, start: int, barrier) -> None:
    def make(number: int) -> Headline:
        return Headline(
            id=f"{number:032x}",
            title=f"Title {number}",
            summary="",
            link=None,
            source="s",
            market="US",
            published_at=None,
            published_quality="missing",
            first_seen_at=T0,
            language="en",
        )

    barrier.wait()
    with Ledger.open(path) as ledger:
        for number in range(start, start + 60, 3):
            ledger.add([make(n) for n in range(number, number + 3)], T0)
            ledger.add_scores("m", {make(number).id: {"macro": 0.5}})
            ledger.save_feed_state(FeedState(url=f"https://{start}.test", failures=number))


def test_processes_that_make_and_write_one_ledger_at_once_lose_nothing(tmp_path):
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(3)
    path = tmp_path / "shared.sqlite"
    # The ranges overlap, so that all three also meet the same headlines.
    workers = [spawn.Process(target=_write_many, args=(str(path), start, barrier)) for start in (0, 30, 60)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    with Ledger.open(path) as ledger:
        assert len(ledger.headlines()) == 120
        assert ledger.counts().revisions == 120
        assert len(ledger.scored("m")) == 40
        assert ledger.counts().feeds == 3


def test_a_process_killed_in_the_middle_of_a_batch_leaves_the_ledger_whole(tmp_path, headline):
    path = tmp_path / "killed.sqlite"
    with Ledger.open(path) as ledger:
        ledger.add([headline(1)], T0)
    program = f"""
import os, signal
from datetime import UTC, datetime
from dataclasses import replace
from ingest.ledger import Ledger
ledger = Ledger.open({str(path)!r})
old = ledger.headlines()[0]
def batch():
    for number in range(2, 5000):
        yield replace(old, id=f"{{number:032x}}")
    os.kill(os.getpid(), signal.SIGKILL)
ledger.add(batch(), datetime.now(UTC))
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    with Ledger.open(path) as ledger:
        assert ledger.counts().headlines == 1
        assert ledger.add([headline(2)], T0).new == 1


def test_threads_may_read_while_another_writes(ledger, headline):
    errors = []

    def read():
        try:
            for _ in range(20):
                titles = [h.title for h in ledger.headlines()]
                assert len(titles) % 50 == 0, "a batch shows whole or not at all"
        except Exception as error:  # noqa: BLE001 - told to the main thread
            errors.append(error)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for batch in range(10):
        ledger.add([headline(batch * 50 + number) for number in range(50)], T0)
    for thread in threads:
        thread.join()
    assert errors == []
