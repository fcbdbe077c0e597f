"""The bundled sample is what its notice says: times under the right heads, prices with their flags."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, date, datetime

import pytest

from aggregate.assign import assign
from aggregate.intensity import BaselineRule, baseline, intensities
from aggregate.prices import read_table
from aggregate.returns import session_returns
from aggregate.sessions import Calendar
from errors import DataError
from sample.load import headlines_path, prices_path, sample_items

START, END = date(2024, 12, 2), date(2026, 8, 31)
US = ("XLK", "XLF", "XLE", "XLV", "XLI", "XLY", "XLP", "XLU", "XLB", "XLRE", "XLC", "SMH", "SPY")
EXCHANGES = {
    **dict.fromkeys(US, "XNYS"),
    **dict.fromkeys(("^KS11", "000660.KS", "005930.KS"), "XKRX"),
    "^N225": "XTKS",
    **dict.fromkeys(("^TWII", "2330.TW"), "XTAI"),
}


@pytest.fixture(scope="module")
def calendars():
    return {name: Calendar.open(name, START, END) for name in ("XNYS", "XKRX", "XTKS", "XTAI")}


@pytest.fixture(scope="module")
def returns(calendars):
    homes = {symbol: calendars[name] for symbol, name in EXCHANGES.items()}
    return session_returns(read_table(prices_path()), homes)


def test_the_sample_holds_what_its_notice_says():
    items = sample_items()
    assert len(items) == 1174
    assert len({item.session for item in items}) == 88
    assert {item.desk for item in items} == {
        "companies", "economy", "markets", "policy", "technology", "world"
    }  # fmt: skip
    assert all(item.published_at.tzinfo is UTC for item in items)


def test_every_line_stands_under_the_head_of_the_session_that_it_counts_to(calendars):
    wrong = [
        (item, found)
        for item in sample_items()
        if (found := calendars["XNYS"].session_at(item.published_at)) != item.session
    ]
    assert wrong == []


def groups_of(calendar, scored):
    items = [scored(item.published_at, f"{n}", c=0.5) for n, item in enumerate(sample_items())]
    return assign(items, calendar)


@pytest.mark.parametrize(
    ("name", "session", "expected"),
    [("XNYS", date(2026, 7, 29), (14, True, 12)), ("XKRX", date(2026, 7, 28), (13, True, None))],
)
def test_both_demo_sessions_have_enough_headlines_and_new_york_has_a_baseline(
    calendars, scored, name, session, expected
):
    calendar = calendars[name]
    series = intensities(groups_of(calendar, scored), calendar.days, {"c": 0.5})["c"]
    here = series[calendar.index(session)]
    found = baseline(series, session)
    assert (here.n, here.enough, found.n if found else None) == expected


def test_seoul_has_a_baseline_once_seven_headlines_are_enough(calendars, scored):
    rule = BaselineRule(min_headlines=7)
    calendar = calendars["XKRX"]
    series = intensities(groups_of(calendar, scored), calendar.days, {"c": 0.5}, rule)["c"]
    assert baseline(series, date(2026, 7, 28), rule).n == 10


def test_every_price_row_is_usable_and_every_symbol_reaches_over_the_sample(returns):
    assert returns.problems == ()
    assert set(returns.symbols) == set(EXCHANGES)
    for symbol in EXCHANGES:
        days = [day for held, day in returns.table if held == symbol]
        assert min(days) == date(2024, 12, 2)
        assert max(days) >= date(2026, 8, 7)
        assert sum(day < date(2025, 4, 28) for day in days) >= 60


def test_no_unflagged_return_of_the_sample_disagrees_with_its_closes(returns):
    flags = Counter(flag for entry in returns.table.values() for flag in [entry.flag] if flag)
    assert flags == {
        "unconfirmed": 60,
        "return spans missing session; blanked": 5,
        "sources disagree; ret blanked": 4,
        "first price held, nothing before it": 19,
        "previous close: unconfirmed": 3,
        "previous close: return from closes: source held 2026-07-10 for a session": 1,
        "return from closes: source held 2026-07-10 for a session": 1,
    }


def test_us_returns_are_known_in_every_session_after_the_first(returns, calendars):
    for symbol in US:
        for session in calendars["XNYS"].sessions(date(2024, 12, 3), date(2026, 8, 14)):
            assert returns.get(symbol, session).value is not None


def test_the_fall_in_seoul_is_in_the_prices_and_marked(returns):
    entry = returns.get("^KS11", date(2026, 7, 28))
    assert entry.value == pytest.approx(-0.108365)
    assert entry.flag == "unconfirmed"


def test_the_prices_hold_only_what_the_notice_names():
    with prices_path().open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["symbol"] for row in rows} == set(EXCHANGES)
    notice = prices_path().with_name("NOTICE.md").read_text(encoding="utf-8")
    for flag, count in Counter(row["flag"] for row in rows if row["flag"]).items():
        assert f"| `{flag}` | {count} |" in notice
    for symbol in EXCHANGES:
        assert symbol in notice


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("## 2026-07-29\n2026-07-29T10:00:00Z|markets|Only three", ":2: 3 fields, not 4"),
        ("## 2026-07-29\n2026-07-29T10:00:00Z|markets||Summary", ":2: the desk or the title is empty"),
        ("## 2026-07-29\n\n2026-07-29T10:00:00|markets|Title|", ":3: '2026-07-29T10:00:00' has no zone"),
        ("## 2026-07-29\nyesterday|markets|Title|", ":2: 'yesterday' is no time"),
        ("## Wednesday", ":1: 'Wednesday' is no date"),
        ("2026-07-29T10:00:00Z|markets|Title|", ":1: a headline stands before any head"),
        ("## 2026-07-29\n", " holds no headline"),
    ],
)
def test_a_wrong_line_is_an_error_that_names_file_and_line(tmp_path, text, says):
    path = tmp_path / "headlines.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        sample_items(path)
    assert str(caught.value).startswith(f"{path}{says}")
    assert caught.value.remedy


def test_a_sample_that_is_not_there_or_not_text_is_an_error(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        sample_items(tmp_path / "none.txt")
    path = tmp_path / "bytes.txt"
    path.write_bytes(b"## 2026-07-29\n\xff")
    with pytest.raises(DataError, match="cannot be read"):
        sample_items(path)


def test_a_line_becomes_a_record():
    first = sample_items()[0]
    assert first.published_at == datetime(2025, 4, 25, 20, 29, 42, tzinfo=UTC)
    assert (first.desk, first.session) == ("companies", date(2025, 4, 28))
    assert headlines_path().is_file()
