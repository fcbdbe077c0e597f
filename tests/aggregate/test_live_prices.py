"""Live prices through a download function that answers as yfinance does."""

from __future__ import annotations

import sys
from datetime import date

import pandas as pd
import pytest

from aggregate.live import fetch_prices
from aggregate.returns import SPANS, session_returns
from errors import PricesError

START, END = date(2026, 7, 1), date(2026, 7, 7)
DAYS = pd.DatetimeIndex(["2026-07-01", "2026-07-02", "2026-07-06", "2026-07-07"])


def frame(columns, values, days=DAYS):
    return pd.DataFrame(
        values, index=days, columns=pd.MultiIndex.from_tuples(columns, names=["Price", "Ticker"])
    )


TWO = frame(
    [("Close", "SPY"), ("Close", "^NONE"), ("Volume", "SPY"), ("Volume", "^NONE")],
    [[100.0, None, 5, 0], [101.0, None, 5, 0], [None, None, 0, 0], [102.0, None, 5, 0]],
)


def test_the_frame_of_several_symbols_becomes_rows_and_a_missing_symbol_a_problem(new_york):
    asked = []

    def download(symbols, start, end):
        asked.append((tuple(symbols), start, end))
        return TWO

    table = fetch_prices(["SPY", "^NONE"], START, END, download=download)
    assert asked == [(("SPY", "^NONE"), START, date(2026, 7, 8))]  # the service leaves its end out
    assert [(row.day.day, row.close) for row in table.rows] == [(1, 100.0), (2, 101.0), (7, 102.0)]
    assert "^NONE has no bar" in str(table.problems[0])
    returns = session_returns(table, new_york)
    assert returns.get("SPY", date(2026, 7, 2)).value == pytest.approx(0.01)
    assert returns.get("SPY", date(2026, 7, 7)).flag == SPANS  # the bar of the 6th was empty


def test_adjusted_closes_are_taken_where_they_stand_beside_plain_ones():
    both = frame([("Adj Close", "SPY"), ("Close", "SPY")], [[50.0, 100.0]] * 4)
    assert {row.close for row in fetch_prices(["SPY"], START, END, lambda *_: both).rows} == {50.0}


@pytest.mark.parametrize("columns", [[("SPY", "Close")], ["Close"]])
def test_a_frame_by_symbol_and_a_flat_frame_of_one_symbol_are_understood(columns):
    index = pd.MultiIndex.from_tuples(columns) if isinstance(columns[0], tuple) else columns
    flat = pd.DataFrame([[1.0], [2.0], [3.0], [4.0]], index=DAYS, columns=index)
    assert [row.close for row in fetch_prices(["SPY"], START, END, lambda *_: flat).rows] == [1, 2, 3, 4]


def test_a_bar_keeps_the_date_of_the_place_where_it_trades():
    seoul = frame([("Close", "^KS11")], [[8303.4]], pd.DatetimeIndex(["2026-07-01"], tz="Asia/Seoul"))
    assert fetch_prices(["^KS11"], START, END, lambda *_: seoul).rows[0].day == date(2026, 7, 1)


def test_bars_that_were_not_asked_for_are_left_alone():
    assert [row.day.day for row in fetch_prices(["SPY"], START, date(2026, 7, 2), lambda *_: TWO).rows] == [
        1,
        2,
    ]


@pytest.mark.parametrize("answer", [None, pd.DataFrame(), TWO[[("Close", "^NONE")]]])
def test_an_empty_answer_is_an_error_that_names_the_symbols(answer):
    with pytest.raises(PricesError, match=r"no bar of SPY from 2026-07-01 to 2026-07-07; check the names"):
        fetch_prices(["SPY"], START, END, lambda *_: answer)


def test_asking_for_nothing_is_an_error():
    with pytest.raises(PricesError, match="no prices to fetch"):
        fetch_prices([], START, END, lambda *_: TWO)


def test_without_yfinance_the_remedy_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "yfinance", None)
    with pytest.raises(PricesError) as caught:
        fetch_prices(["SPY"], START, END)
    assert caught.value.remedy == "pip install '.[prices]'"
