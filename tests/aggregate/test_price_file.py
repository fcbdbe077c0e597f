"""Fetched closes merged into a file: nothing is lost, and no seam makes a return."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from aggregate.price_file import held_closes, merge_closes, write_closes
from aggregate.prices import PriceRow
from errors import PricesError


def rows(symbol, closes):
    return [PriceRow(symbol=symbol, day=date(2026, 7, day), close=close) for day, close in closes.items()]


def test_fetched_closes_take_the_place_of_held_ones_and_stand_beside_the_others():
    held = rows("SPY", {1: 100.0, 2: 101.0}) + rows("XLK", {1: 5.0})
    merged = merge_closes(held, rows("SPY", {2: 101.0, 6: 102.0}))
    assert [(row.day.day, row.symbol, row.close) for row in merged.rows] == [
        (1, "SPY", 100.0),
        (1, "XLK", 5.0),
        (2, "SPY", 101.0),
        (6, "SPY", 102.0),
    ]
    assert (merged.added, merged.changed) == (1, 0)


def test_held_closes_are_scaled_to_a_new_adjustment_so_that_no_return_changes():
    held = rows("SPY", {1: 100.0, 2: 102.0, 6: 104.0})
    fetched = rows("SPY", {2: 51.0, 6: 52.0, 7: 53.0})  # halved by a split
    merged = merge_closes(held, fetched)
    assert [row.close for row in merged.rows] == pytest.approx([50.0, 51.0, 52.0, 53.0])
    assert (merged.added, merged.changed) == (1, 2)


def test_what_is_written_is_read_back(tmp_path):
    path = tmp_path / "new" / "p.csv"
    write_closes(path, rows("^KS11", {1: 3000.123456, 2: 0.5}))
    assert path.read_text() == "date,symbol,close\n2026-07-01,^KS11,3000.1235\n2026-07-02,^KS11,0.5\n"
    assert [row.close for row in held_closes(path)] == [3000.1235, 0.5]
    assert [one.name for one in path.parent.iterdir()] == ["p.csv"]
    assert held_closes(tmp_path / "none.csv") == ()


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("p.parquet", "", "no plain CSV by its name"),
        ("p.csv", "date,symbol,close,flag\n2026-07-01,SPY,1,odd\n", "returns, flags or sources"),
        ("p.csv", "date,symbol,close,return\n2026-07-01,SPY,1,\n", "returns, flags or sources"),
        ("p.csv", "date,SPY\n2026-07-01,0.01\n", "returns, flags or sources"),
        ("p.csv", "date,symbol,close\n2026-07-01,SPY,1\n2026-07-02,SPY,x\n", "row 3: SPY on 2026-07-02"),
    ],
)
def test_a_file_that_would_lose_something_is_left_alone(tmp_path, name, text, says):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(PricesError, match="-o") as caught:
        held_closes(path)
    assert says in str(caught.value)
    assert path.read_text() == text


def test_a_file_that_cannot_be_written_is_told_of(tmp_path):
    (tmp_path / "p.csv").mkdir()
    with pytest.raises(PricesError, match="can be written"):
        write_closes(Path(tmp_path / "p.csv"), rows("SPY", {1: 1.0}))
    assert [one.name for one in tmp_path.iterdir()] == ["p.csv"]
