"""Publication time to session, held against a search through the exchange's own schedule."""

from __future__ import annotations

import warnings
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import exchange_calendars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregate.exchanges import NOT_SESSIONS
from aggregate.sessions import Calendar, day_end, day_of
from errors import SessionError

FIVE = ("XNYS", "XTKS", "XKRX", "XHKG", "XTAI")
START, END = date(2024, 6, 3), date(2026, 8, 31)
ZONES = ("UTC", "America/New_York", "Asia/Tokyo", "Asia/Seoul", "Asia/Kolkata", "Pacific/Kiritimati")
MICROSECOND = timedelta(microseconds=1)


def at(text):
    return datetime.fromisoformat(text)


@cache
def calendar(name):
    return Calendar.open(name, START, END)


@cache
def installed(name):
    with warnings.catch_warnings():  # the library's own use of what pandas deprecates
        warnings.simplefilter("ignore", DeprecationWarning)
        return exchange_calendars.get_calendar(name, start="2024-05-01", end="2026-09-30")


@cache
def schedule(name):
    """Read (session, open, close) off the library without any of our code; wide enough on both sides."""
    source = installed(name)
    wrong = {f"{entry.session}" for entry in NOT_SESSIONS if entry.calendar == name}
    return [
        (day.date(), row["open"].to_pydatetime(), row["close"].to_pydatetime())
        for day, row in source.schedule.iterrows()
        if f"{day.date()}" not in wrong
    ]


def by_search(name, instant):
    return next(day for day, _, closes in schedule(name) if closes >= instant)


def day_by_search(name, day, zone):
    ended = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    return next(day for day, opens, _ in schedule(name) if opens >= ended)


inside = st.datetimes(datetime(2024, 6, 5), datetime(2026, 8, 28), timezones=st.just(UTC))  # noqa: DTZ001


@settings(max_examples=300)
@given(name=st.sampled_from(FIVE), instant=inside)
def test_any_instant_belongs_to_the_session_that_a_search_through_the_schedule_finds(name, instant):
    assert calendar(name).session_at(instant) == by_search(name, instant)


@settings(max_examples=300)
@given(
    name=st.sampled_from(FIVE),
    place=st.integers(40, 500),
    side=st.sampled_from(["open", "close"]),
    off=st.sampled_from([-1, 0, 1]),
)
def test_instants_around_an_opening_or_a_close_belong_where_the_search_says(name, place, side, off):
    _, opens, closes = schedule(name)[place]
    instant = (opens if side == "open" else closes) + off * MICROSECOND
    assert calendar(name).session_at(instant) == by_search(name, instant)


@settings(max_examples=300)
@given(
    name=st.sampled_from(FIVE), day=st.dates(date(2024, 6, 6), date(2026, 8, 26)), zone=st.sampled_from(ZONES)
)
def test_a_day_without_a_time_belongs_to_the_first_session_that_opens_after_it(name, day, zone):
    midnight = datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
    assert calendar(name).session_after_day(midnight, zone) == day_by_search(name, day, zone)


@pytest.mark.parametrize("name", FIVE)
def test_a_headline_at_the_close_counts_to_the_session_and_one_microsecond_later_to_the_next(name, headline):
    held = calendar(name)
    for session, following in zip(held.days[100:140], held.days[101:141], strict=True):
        close = held.close(session)
        assert held.session_of(headline(close - MICROSECOND)) == session
        assert held.session_of(headline(close)) == session
        assert held.session_of(headline(close + MICROSECOND)) == following


@pytest.mark.parametrize(
    ("name", "published", "session", "why"),
    [
        ("XNYS", "2026-07-25T15:00:00Z", "2026-07-27", "a Saturday"),
        ("XNYS", "2026-07-03T15:00:00Z", "2026-07-06", "Independence Day as observed"),
        ("XNYS", "2025-11-28T18:00:00Z", "2025-11-28", "the exact early close, 13:00 in New York"),
        ("XNYS", "2025-11-28T18:00:01Z", "2025-12-01", "a second after an early close"),
        ("XNYS", "2026-03-06T20:59:59Z", "2026-03-06", "the close is 21:00 UTC in winter"),
        ("XNYS", "2026-03-09T20:00:01Z", "2026-03-10", "the close is 20:00 UTC in summer"),
        ("XTKS", "2026-07-29T03:00:00Z", "2026-07-29", "Tokyo's lunch break"),
        ("XHKG", "2026-07-29T04:30:00Z", "2026-07-29", "Hong Kong's lunch break"),
        ("XTKS", "2024-11-01T06:00:01Z", "2024-11-05", "Tokyo closed at 15:00 until 2024-11-04, a holiday"),
        ("XTKS", "2024-11-05T06:30:00Z", "2024-11-05", "and closes at 15:30 from 2024-11-05"),
        ("XKRX", "2026-07-17T01:00:00Z", "2026-07-20", "Constitution Day, a Friday"),
        ("XKRX", "2026-07-28T20:00:00Z", "2026-07-29", "Seoul is closed while New York trades"),
        ("XHKG", "2026-02-18T03:00:00Z", "2026-02-20", "Lunar New Year"),
    ],
)
def test_known_days_are_right(name, published, session, why):
    assert calendar(name).session_at(at(published)) == date.fromisoformat(session), why


@pytest.mark.parametrize(
    ("published", "zone", "session"),
    [
        (
            "2026-07-28T04:00:00Z",
            "America/New_York",
            "2026-07-29",
        ),  # Tuesday in New York: Wednesday's session
        ("2026-07-27T15:00:00Z", "Asia/Tokyo", "2026-07-29"),  # Tuesday in Tokyo ends in New York's Tuesday
        ("2026-07-24T04:00:00Z", "America/New_York", "2026-07-27"),  # Friday: Monday's session
        ("2026-07-28T00:00:00Z", "No/Such_Zone", "2026-07-29"),  # an unknown zone counts as UTC
        ("2026-07-28T00:00:00Z", "Asia", "2026-07-29"),  # as does a name that is a folder of zones
    ],
)
def test_a_day_only_headline_waits_for_a_session_that_opens_after_its_day(published, zone, session, headline):
    found = calendar("XNYS").session_of(headline(at(published), quality="day_only", timezone=zone))
    assert found == date.fromisoformat(session)


@pytest.mark.parametrize(("zone", "day"), [("Asia/Seoul", 28), ("UTC", 27), ("No/Such_Zone", 27)])
def test_a_day_is_that_of_the_publishers_clock(zone, day):
    assert day_of(at("2026-07-27T15:00:00Z"), zone) == date(2026, 7, day)


def test_a_day_of_23_hours_ends_where_the_clock_says():
    assert day_end(at("2026-03-08T05:00:00Z"), "America/New_York") == at("2026-03-09T04:00:00Z")


def test_a_headline_without_a_time_counts_to_no_session(headline):
    assert calendar("XNYS").session_of(headline(None, quality="missing")) is None


@pytest.mark.parametrize("entry", NOT_SESSIONS, ids=lambda entry: f"{entry.calendar}-{entry.session}")
def test_no_patched_day_is_a_session_and_its_headlines_count_to_the_next(entry):
    held = calendar(entry.calendar)
    assert not held.is_session(entry.session)
    noon = datetime.combine(entry.session, time(3), UTC)
    assert held.session_at(noon) > entry.session
    assert entry.reason


@pytest.mark.parametrize("entry", NOT_SESSIONS, ids=lambda entry: f"{entry.calendar}-{entry.session}")
def test_every_patch_is_still_needed_by_the_installed_exchange_calendars(entry):
    assert installed(entry.calendar).is_session(f"{entry.session}"), f"take {entry} out of NOT_SESSIONS"


def test_a_date_that_is_no_session_is_an_error_that_names_its_neighbours():
    with pytest.raises(SessionError, match="2026-07-03 is no session of XNYS; take 2026-07-02 or 2026-07-06"):
        calendar("XNYS").close(date(2026, 7, 3))


@pytest.mark.parametrize("ask", ["is_session", "close", "open_time", "previous", "sessions"])
def test_a_date_outside_the_calendar_is_an_error_that_names_the_range(ask):
    with pytest.raises(
        SessionError, match=r"2019-01-02 lies outside XNYS's calendar.*2024-06-03 to 2026-08-31"
    ):
        getattr(calendar("XNYS"), ask)(date(2019, 1, 2))


@pytest.mark.parametrize(
    "published", ["2019-01-02T15:00:00Z", "2026-08-31T20:00:01Z", "2024-05-31T20:00:00Z"]
)
def test_a_headline_that_counts_to_no_session_of_the_range_is_an_error(published, headline):
    with pytest.raises(SessionError, match="counts to no session of XNYS"):
        calendar("XNYS").session_of(headline(at(published)))


@pytest.mark.parametrize("instant", [datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)])
def test_a_day_at_an_end_of_time_counts_to_no_session(instant, headline):
    item = headline(instant, quality="day_only", timezone="Pacific/Kiritimati")
    with pytest.raises(SessionError, match="counts to no session"):
        calendar("XNYS").session_of(item)


@pytest.mark.parametrize("day", [date.min, date(1, 5, 31), date(1, 6, 20), date.max])
def test_no_calendar_reaches_an_end_of_time(day):
    with pytest.raises(SessionError):
        Calendar.around("XNYS", day)


def test_the_first_session_of_the_range_begins_at_the_close_before_it():
    held = calendar("XNYS")  # the Friday before it closed at 20:00 UTC
    assert held.session_at(at("2024-05-31T20:00:00.000001Z")) == date(2024, 6, 3)
    assert held.span(date(2024, 6, 3)) == (at("2024-05-31T20:00:00Z"), at("2024-06-03T20:00:00Z"))


def test_a_day_that_ended_before_the_last_session_before_the_range_opened_is_outside_it():
    held = calendar("XNYS")
    assert held.session_after_day(at("2024-05-31T04:00:00Z"), "America/New_York") == date(2024, 6, 3)
    with pytest.raises(SessionError, match="counts to no session"):
        held.session_after_day(at("2024-05-30T04:00:00Z"), "America/New_York")


@pytest.mark.parametrize(
    ("name", "start", "end", "says"),
    [
        ("NASDAQX", "2026-01-01", "2026-02-01", "called 'NASDAQX'; correct `calendar`.*XNYS, XTKS"),
        ("XNYS", "2026-02-01", "2026-01-01", "lies after the end"),
        ("XNYS", "2026-07-03", "2026-07-05", "no session between"),
        ("XHKG", "1900-01-01", "1901-01-01", "XHKG from 1900-01-01 to 1901-01-01 cannot be read"),
        ("XHKG", "2048-01-01", "2060-01-01", "cannot be read"),
    ],
)
def test_a_calendar_that_cannot_be_opened_says_why(name, start, end, says):
    with pytest.raises(SessionError, match=says):
        Calendar.open(name, date.fromisoformat(start), date.fromisoformat(end))


def test_a_calendar_opens_where_the_recorded_history_begins():
    held = Calendar.open("XHKG", date(1960, 1, 4), date(1960, 2, 1))
    assert held.days[0] == date(1960, 1, 4)
    with pytest.raises(SessionError):
        held.session_at(at("1960-01-04T00:00:00Z"))


@pytest.mark.parametrize("name", ["XLON", "XBOM", "XETR"])
def test_other_exchanges_open_by_their_name(name):
    held = Calendar.around(name, date(2026, 7, 29))
    assert len(held.before(date(2026, 7, 29), 41)) == 41


def test_an_alias_opens_the_exchange_under_its_own_name():
    assert Calendar.open("NYSE", date(2026, 7, 1), date(2026, 7, 31)).name == "XNYS"


def test_neighbours_and_ranges_follow_the_sessions():
    held = calendar("XNYS")
    assert held.previous(date(2026, 7, 6)) == date(2026, 7, 2)
    assert held.sessions(date(2026, 7, 2), date(2026, 7, 7)) == [
        date(2026, 7, 2), date(2026, 7, 6), date(2026, 7, 7)
    ]  # fmt: skip
    assert held.before(date(2026, 7, 7), 2) == (date(2026, 7, 2), date(2026, 7, 6))
    with pytest.raises(SessionError, match="earlier"):
        held.previous(START)
    with pytest.raises(
        SessionError, match=r"holds 1 sessions before 2024-06-04, not 40.*open the calendar from"
    ):
        held.before(date(2024, 6, 4), 40)
