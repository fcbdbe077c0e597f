"""Nothing published after a session's close may change what is said of it or of an earlier session."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregate.assign import assign
from aggregate.intensity import BaselineRule, intensities
from aggregate.linkage import LinkRule, link
from aggregate.prices import PriceRow, PriceTable
from aggregate.returns import session_returns
from aggregate.summary import summarise

LAST = date(2026, 3, 20)
NOW = datetime(2026, 3, 27, tzinfo=UTC)
THRESHOLDS = {"one": 0.5, "two": 0.5}
RULE = BaselineRule(sessions=5, within=8, at_least=2, min_headlines=2)
MICROSECOND = timedelta(microseconds=1)

unit = st.floats(0, 1, width=32)
zones = st.sampled_from(["UTC", "Asia/Tokyo", "America/New_York", "Pacific/Kiritimati"])
qualities = st.sampled_from(["exact", "exact", "exact", "day_only", "missing"])
closes = st.floats(50, 150)


def entries(first, last):
    """Draw (published_at, quality, zone, intensities) with times between two instants, ends included."""
    span = int((last - first) / MICROSECOND)
    times = st.one_of(st.integers(0, span), st.just(0), st.just(span)).map(lambda n: first + n * MICROSECOND)
    return st.lists(st.tuples(times, qualities, zones, unit, unit), max_size=25)


def build(scored, drawn, prefix):
    items = []
    for number, (at, quality, zone, one, two) in enumerate(drawn):
        item = scored(at, f"{prefix}{number}", quality=quality, timezone=zone, one=one, two=two)
        items.append(item)
    return items


def everything(items, rows, calendar):
    """Compute all that is said of every session up to LAST."""
    returns = session_returns(PriceTable("drawn", tuple(rows)), calendar)
    sessions = calendar.sessions(None, LAST)
    groups = assign(items, calendar)
    series = intensities(groups, calendar.sessions(), THRESHOLDS, RULE)
    summaries = [
        summarise(
            items,
            calendar=calendar,
            session=session,
            now=NOW,
            thresholds=THRESHOLDS,
            returns=returns,
            baseline_rule=RULE,
        )
        for session in sessions[-6:]
    ]
    return (
        summaries,
        {session: groups.get(session) for session in sessions},
        {cause: [entry for entry in found if entry.session <= LAST] for cause, found in series.items()},
        link(series, returns, calendar, until=LAST, rule=LinkRule(min_sessions=5)),
    )


def price_rows(calendar, values, start=None):
    days = [day for day in calendar.days if start is None or day > start]
    return [PriceRow(symbol="S", day=day, close=value) for day, value in zip(days, values, strict=False)]


@pytest.fixture(scope="module")
def spring():
    from aggregate.sessions import Calendar

    return Calendar.open("XNYS", date(2026, 2, 2), date(2026, 3, 31))


FIRST_CLOSE = datetime(2026, 3, 10, 20, tzinfo=UTC)
LAST_CLOSE = datetime(2026, 3, 20, 20, tzinfo=UTC)
END = datetime(2026, 3, 26, 20, tzinfo=UTC)


def base_items(spring, a_session_of):
    return [
        item
        for place, session in enumerate(spring.sessions(date(2026, 3, 9), LAST))
        for item in a_session_of(spring, session, 3, one=0.1 + 0.02 * place, two=0.3 + 0.01 * (place % 3))
    ]


known_ones = entries(FIRST_CLOSE, LAST_CLOSE)
later_ones = st.tuples(entries(LAST_CLOSE + MICROSECOND, END), st.lists(closes, min_size=3, max_size=7))


@settings(max_examples=60)
@given(known=known_ones, futures=st.tuples(later_ones, later_ones), front=st.booleans())
def test_what_comes_after_the_close_changes_nothing_up_to_it(request, known, futures, front):
    spring, scored, a_session_of = map(request.getfixturevalue, ("spring", "scored", "a_session_of"))
    known_items = base_items(spring, a_session_of) + build(scored, known, "k")
    held = price_rows(spring, [100.0 + day.day for day in spring.sessions(None, LAST)])
    outcomes = []
    for drawn, prices in (*futures, ([], [])):
        extra = build(scored, drawn, "later")
        items = extra + known_items if front else known_items + extra
        outcomes.append(everything(items, held + price_rows(spring, prices, start=LAST), spring))
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert outcomes[0][0][-1].causes[0].baseline is not None  # there is something that could have changed
    assert all(row.sessions >= 10 for row in outcomes[0][3].rows)


@pytest.mark.parametrize("quality", ["exact", "day_only", "missing"])
def test_one_microsecond_after_the_close_is_too_late(spring, scored, a_session_of, quality):
    items = base_items(spring, a_session_of)
    rows = price_rows(spring, [100.0 + day.day for day in spring.days])
    late = scored(LAST_CLOSE + MICROSECOND, "late", one=1.0, two=1.0, quality=quality)
    assert everything([*items, late], rows, spring) == everything(items, rows, spring)


def test_the_close_itself_is_in_time_and_changes_the_session_and_no_earlier_one(spring, scored, a_session_of):
    items = base_items(spring, a_session_of)
    rows = price_rows(spring, [100.0 + day.day for day in spring.days])
    before = everything(items, rows, spring)
    in_time = everything([*items, scored(LAST_CLOSE, "in time", one=1.0, two=1.0)], rows, spring)
    assert in_time[0][-1].coverage.headlines == before[0][-1].coverage.headlines + 1
    assert in_time[0][-1].causes[0].intensity > before[0][-1].causes[0].intensity
    assert in_time[0][:-1] == before[0][:-1]
    assert before[3].tests == 2
    assert in_time[3] != before[3]


def test_a_day_only_headline_of_the_sessions_own_day_is_too_late(spring, scored, a_session_of):
    items = base_items(spring, a_session_of)
    rows = price_rows(spring, [100.0 + day.day for day in spring.days])
    midnight = datetime(2026, 3, 20, 4, tzinfo=UTC)  # its day ends eight hours after the close
    late = scored(midnight, "late", one=1.0, two=1.0, quality="day_only", timezone="America/New_York")
    assert everything([*items, late], rows, spring) == everything(items, rows, spring)


def test_a_price_of_the_session_itself_does_change_it(spring, a_session_of):
    items = base_items(spring, a_session_of)
    rows = price_rows(spring, [100.0 + day.day for day in spring.sessions(None, LAST)])
    other = [*rows[:-1], PriceRow(symbol="S", day=LAST, close=1.0)]
    assert everything(items, rows, spring)[0][-1].returns != everything(items, other, spring)[0][-1].returns


def test_a_symbol_that_begins_to_trade_later_is_not_shown_before(spring, a_session_of):
    items = base_items(spring, a_session_of)
    rows = price_rows(spring, [100.0 + day.day for day in spring.days])
    newcomer = PriceRow(symbol="NEW", day=date(2026, 3, 24), close=10.0)
    with_it = everything(items, [*rows, newcomer], spring)
    assert with_it[0] == everything(items, rows, spring)[0]
