"""Which headlines count to which session, and which are only counted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from aggregate.assign import assign

DAY = date(2026, 7, 29)
NOON = datetime(2026, 7, 29, 16, tzinfo=UTC)
MIDNIGHT_TUESDAY = datetime(2026, 7, 28, 4, tzinfo=UTC)  # in New York


def test_each_headline_stands_in_the_group_of_its_session(new_york, scored):
    before, after = scored(NOON, "a", macro=0.1), scored(NOON + timedelta(hours=5), "b", macro=0.2)
    groups = assign([after, before], new_york)
    assert groups[DAY].scored == (before,)
    assert groups[date(2026, 7, 30)].scored == (after,)
    assert list(groups) == [DAY, date(2026, 7, 30)]


def test_day_only_headlines_count_by_default_and_are_left_out_on_request(new_york, scored):
    item = scored(MIDNIGHT_TUESDAY, "d", quality="day_only", timezone="America/New_York", macro=0.3)
    assert assign([item], new_york)[DAY].scored == (item,)
    left = assign([item], new_york, day_only=False)[DAY]
    assert left.scored == ()
    assert left.left_out == (item.headline,)


def test_a_headline_without_a_time_is_counted_where_it_was_first_seen_and_nowhere_scored(new_york, scored):
    item = scored(None, "m", quality="missing", macro=0.9)  # first seen at 15:00 UTC on the 29th
    group = assign([item], new_york)[DAY]
    assert group.missing == (item.headline,)
    assert group.scored == ()


def test_headlines_without_intensities_stand_apart(new_york, headline):
    waiting = headline(NOON, "w", language="de")
    assert assign([], new_york, unscored=[waiting])[DAY].unscored == (waiting,)


def test_a_headline_outside_the_calendar_costs_only_itself(new_york, scored):
    good, old = scored(NOON, "g", macro=0.1), scored(datetime(1970, 1, 1, tzinfo=UTC), "o", macro=0.1)
    assert [group.scored for group in assign([old, good], new_york).values()] == [(good,)]


def test_a_headline_dated_later_than_now_waits_until_then(new_york, scored):
    item = scored(NOON, "f", macro=0.1)
    assert assign([item], new_york, until=NOON - timedelta(microseconds=1)) == {}
    assert assign([item], new_york, until=NOON)[DAY].scored == (item,)
