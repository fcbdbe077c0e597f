"""Prices off a file to returns between consecutive sessions, with what is to be said beside them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from aggregate.prices import read_table
from aggregate.returns import FIRST, MAY_SPAN, NO_PRICE, NO_RETURN, SPANS, SessionReturn, session_returns
from aggregate.sessions import Calendar
from errors import PricesError

TIDY = """date,symbol,close
2026-07-01,XLK,100
2026-07-02,XLK,102
2026-07-06,XLK,101
"""


def write(tmp_path, text, name="prices.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def returns_of(path, calendars):
    return session_returns(read_table(path), calendars)


def day(number):
    return date(2026, 7, number)


def test_a_return_lies_between_consecutive_sessions_over_weekends_and_holidays(tmp_path, new_york):
    returns = returns_of(write(tmp_path, TIDY), new_york)
    assert returns.get("XLK", day(2)).value == pytest.approx(0.02)
    assert returns.get("XLK", day(6)) == SessionReturn("XLK", day(6), pytest.approx(101 / 102 - 1), "")
    assert returns.problems == ()


def test_the_first_price_has_no_return_and_says_so(tmp_path, new_york):
    assert returns_of(write(tmp_path, TIDY), new_york).get("XLK", day(1)) == SessionReturn(
        "XLK", day(1), None, FIRST
    )


def test_a_return_never_spans_a_session_without_a_close(tmp_path, new_york):
    holed = TIDY.replace("2026-07-02,XLK,102\n", "")
    assert returns_of(write(tmp_path, holed), new_york).get("XLK", day(6)) == SessionReturn(
        "XLK", day(6), None, SPANS
    )


def test_a_given_return_does_not_span_a_missing_session_either(tmp_path, new_york):
    text = "date,symbol,close,return\n2026-07-01,XLK,100,0.001\n2026-07-06,XLK,101,0.01\n"
    assert returns_of(write(tmp_path, text), new_york).get("XLK", day(6)) == SessionReturn(
        "XLK", day(6), None, SPANS
    )


def test_a_session_without_a_row_has_no_price(tmp_path, new_york):
    returns = returns_of(write(tmp_path, TIDY), new_york)
    assert returns.get("XLK", day(7)) == SessionReturn("XLK", day(7), None, NO_PRICE)
    assert returns.get("SPY", day(6)).flag == NO_PRICE


def test_consecutive_means_the_symbols_own_exchange(tmp_path, new_york):
    seoul = Calendar.open("XKRX", date(2026, 7, 1), date(2026, 7, 31))
    text = (
        "date,symbol,close\n2026-07-16,^KS11,6820.6\n2026-07-16,SPY,600\n"
        "2026-07-20,^KS11,6516.27\n2026-07-20,SPY,601\n"
    )
    returns = returns_of(write(tmp_path, text), {"^KS11": seoul, "SPY": new_york})
    assert returns.get("^KS11", day(20)).value == pytest.approx(
        -0.044619, abs=1e-6
    )  # the 17th was no session
    assert returns.get("SPY", day(20)) == SessionReturn("SPY", day(20), None, SPANS)  # in New York it was one


@pytest.mark.parametrize("name", ["return", "ret"])
def test_a_given_return_has_the_word_and_a_blank_one_stays_blank(tmp_path, new_york, name):
    text = (
        f"date,symbol,close,{name},flag\n2026-07-01,XLK,100,,\n2026-07-02,XLK,102,0.02,unconfirmed\n"
        "2026-07-06,XLK,101,,sources disagree\n2026-07-07,XLK,101,,\n"
    )
    returns = returns_of(write(tmp_path, text), new_york)
    assert returns.get("XLK", day(2)) == SessionReturn("XLK", day(2), 0.02, "unconfirmed")
    assert returns.get("XLK", day(6)) == SessionReturn("XLK", day(6), None, "sources disagree")
    assert returns.get("XLK", day(7)) == SessionReturn("XLK", day(7), None, NO_RETURN)


def test_a_return_that_disagrees_with_the_closes_beside_it_is_flagged(tmp_path, new_york):
    text = (
        "date,symbol,close,return\n2026-07-01,XLK,100,\n2026-07-02,XLK,102,0.03\n2026-07-06,XLK,102,0.00004\n"
    )
    returns = returns_of(write(tmp_path, text), new_york)
    assert returns.get("XLK", day(2)) == SessionReturn("XLK", day(2), 0.03, "close and return disagree")
    assert returns.get("XLK", day(6)).flag == ""  # rounding is no disagreement


def test_a_flag_on_the_close_before_goes_with_the_return_that_rests_on_it(tmp_path, new_york):
    text = (
        "date,symbol,close,flag\n2026-07-01,XLK,100,\n2026-07-02,XLK,102,stale bar\n"
        "2026-07-06,XLK,101,\n2026-07-07,XLK,101,\n"
    )
    returns = returns_of(write(tmp_path, text), new_york)
    assert [returns.get("XLK", day(n)).flag for n in (2, 6, 7)] == [
        "stale bar",
        "previous close: stale bar",
        "",
    ]


def test_a_flag_beside_a_blank_return_does_not_go_on_to_the_next_day(tmp_path, new_york):
    text = (
        "date,symbol,close,return,flag\n2026-07-01,XLK,100,0.01,\n"
        "2026-07-02,XLK,102,,blanked\n2026-07-06,XLK,102,0,\n"
    )
    assert returns_of(write(tmp_path, text), new_york).get("XLK", day(6)) == SessionReturn(
        "XLK", day(6), 0.0, ""
    )


def test_a_row_with_a_flag_and_no_close_keeps_its_flag(tmp_path, new_york):
    text = "date,symbol,close,flag\n2026-07-01,XLK,100,\n2026-07-02,XLK,,halted\n2026-07-06,XLK,101,\n"
    returns = returns_of(write(tmp_path, text), new_york)
    assert returns.get("XLK", day(2)) == SessionReturn("XLK", day(2), None, "halted")
    assert returns.get("XLK", day(6)) == SessionReturn("XLK", day(6), None, SPANS)


def test_a_given_return_does_not_rest_on_a_row_that_has_neither_close_nor_return(tmp_path, new_york):
    text = (
        "date,symbol,close,return,flag\n2026-07-01,XLK,100,0.01,\n"
        "2026-07-02,XLK,,,halted\n2026-07-06,XLK,101,0.01,\n"
    )
    assert returns_of(write(tmp_path, text), new_york).get("XLK", day(6)) == SessionReturn(
        "XLK", day(6), None, SPANS
    )


def test_wide_returns_have_a_hole_where_a_cell_is_blank(tmp_path, new_york):
    text = (
        "date,XLK,SPY\n2026-07-01,0.01,0.001\n2026-07-02,,0.002\n"
        "2026-07-06,0.03,0.003\n2026-07-07,0.04,0.004\n"
    )
    returns = returns_of(write(tmp_path, text), new_york)
    assert returns.get("XLK", day(2)).flag == NO_PRICE
    assert returns.get("XLK", day(1)) == SessionReturn("XLK", day(1), 0.01, MAY_SPAN)
    assert returns.get("XLK", day(6)) == SessionReturn("XLK", day(6), 0.03, MAY_SPAN)
    assert returns.get("XLK", day(7)) == SessionReturn("XLK", day(7), 0.04, "")
    assert returns.get("SPY", day(6)).value == 0.003


@pytest.mark.parametrize("cells", ["560.1,240.2\n2026-07-02,561.1,241.2", "1.2,0.8\n2026-07-02,-0.8,0.3"])
def test_a_wide_file_of_closes_or_per_cent_is_not_taken_for_returns(tmp_path, new_york, cells):
    path = write(tmp_path, f"date,SPY,XLK\n2026-07-01,{cells}\n")
    with pytest.raises(PricesError, match=r"closes or per cent, not returns; give returns as fractions"):
        returns_of(path, new_york)


def test_a_blank_return_that_says_why_gets_no_second_flag(tmp_path, new_york):
    text = "date,symbol,close,return,flag\n2026-07-01,XLK,1,0.01,\n2026-07-06,XLK,1,,span; blanked\n"
    assert returns_of(write(tmp_path, text), new_york).get("XLK", day(6)).flag == "span; blanked"


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".parquet"])
@pytest.mark.parametrize("dates", ["text", "datetime", "date"])
def test_every_ending_gives_the_same_returns(tmp_path, new_york, ending, dates):
    frame = pd.DataFrame(
        {"date": ["2026-07-01", "2026-07-02"], "symbol": ["XLK", "XLK"], "close": [100.0, 102.0]}
    )
    if dates != "text":
        frame["date"] = pd.to_datetime(frame["date"])
    if dates == "date":
        frame["date"] = frame["date"].dt.date
    path = tmp_path / f"prices{ending}"
    if ending == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False)
    assert returns_of(path, new_york).get("XLK", day(2)).value == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("2026-07-04,XLK,100", "row 5: XLK: 2026-07-04 is no session of XNYS"),
        ("2026-07-02,XLK,103", "row 5: XLK on 2026-07-02 stands here again after row 3, with other figures"),
        (
            "2026-07-02,XLK,102",
            "row 5: XLK on 2026-07-02 stands here again after row 3, with the same figures",
        ),
        ("2026-07-07,XLK,n.v.", "row 5: XLK on 2026-07-07: the close 'n.v.' is no number"),
        ("2026-07-07,XLK,inf", "row 5: XLK on 2026-07-07: the close 'inf' is no finite number"),
        ("2026-07-07,XLK,0", "row 5: XLK on 2026-07-07: the close 0 is not positive"),
        ("2026-07-07,XLK,-3", "row 5: XLK on 2026-07-07: the close -3 is not positive"),
        ("2026-07-07,XLK,", "row 5: XLK on 2026-07-07: there is no close"),
        ("07/07/2026,XLK,101", "row 5: '07/07/2026' is no date; write dates as YYYY-MM-DD"),
        ("2026-07-07,,101", "row 5: it has no symbol"),
    ],
)
def test_a_wrong_row_costs_that_row_and_is_told_with_file_row_and_remedy(tmp_path, new_york, row, says):
    path = write(tmp_path, TIDY + row + "\n")
    returns = returns_of(path, new_york)
    told = [str(problem) for problem in returns.problems]
    assert len(told) == 1
    assert told[0].startswith(f"{path} {says}")
    assert returns.problems[0].remedy
    assert returns.get("XLK", day(1)).flag == FIRST


def test_rows_that_contradict_each_other_give_no_price(tmp_path, new_york):
    returns = returns_of(write(tmp_path, TIDY + "2026-07-02,XLK,103\n2026-07-02,XLK,103\n"), new_york)
    assert returns.get("XLK", day(2)).flag == NO_PRICE
    assert returns.get("XLK", day(6)).flag == SPANS
    assert len(returns.problems) == 2


def test_a_return_in_per_cent_that_loses_more_than_everything_is_refused(tmp_path, new_york):
    text = "date,XLK\n2026-07-01,0.01\n2026-07-02,-4.6\n"
    assert "give fractions" in str(returns_of(write(tmp_path, text), new_york).problems[0])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "cannot be read"),
        ("date,symbol,close\n", "has no rows"),
        ("day,symbol,close\n2026-07-01,XLK,1\n", "has no column 'date', only day, symbol, close"),
        ("date,symbol,price\n2026-07-01,XLK,1\n", "has no column 'close', only date, symbol, price"),
        ("date,close\n2026-07-01,1\n", "has no column 'symbol'"),
        ("date\n2026-07-01\n", "has no column 'symbol' and no column 'close'"),
        (
            "date,symbol,close\n2026-07-01,XLK,x\n",
            "has no usable row; first, row 2: XLK on 2026-07-01: the close",
        ),
        ("date,symbol,close\n2026-07-04,XLK,1\n", "has no usable price for XLK; take the row out"),
        ("date,symbol,close\n2019-07-01,XLK,1\n", "has no usable price for XLK; check symbols and dates"),
    ],
)
def test_a_file_without_use_is_one_error_that_names_it(tmp_path, new_york, text, says):
    path = write(tmp_path, text)
    with pytest.raises(PricesError) as caught:
        returns_of(path, new_york)
    assert str(caught.value).startswith(str(path))
    assert says in str(caught.value)
    assert caught.value.remedy


def test_symbols_that_the_file_lacks_are_an_error_only_if_it_lacks_all(tmp_path, new_york):
    path = write(tmp_path, TIDY)
    assert returns_of(path, {"XLK": new_york, "SPY": new_york}).symbols == ("XLK", "SPY")
    with pytest.raises(PricesError, match="no usable price for SPY"):
        returns_of(path, {"SPY": new_york})


def test_a_file_that_is_not_there_or_of_another_kind_or_broken_is_an_error(tmp_path):
    with pytest.raises(PricesError, match="is no file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(PricesError, match="neither CSV nor Parquet by its name"):
        read_table(write(tmp_path, TIDY, "prices.xlsx"))
    for name in ("prices.parquet", "prices.csv.gz"):
        with pytest.raises(PricesError, match="cannot be read"):
            read_table(write(tmp_path, TIDY, name))
    latin = tmp_path / "latin.csv"
    latin.write_bytes("date,symbol,close\n2026-07-01,Société,1\n".encode("latin-1"))
    with pytest.raises(PricesError, match="UTF-8"):
        read_table(latin)
