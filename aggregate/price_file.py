"""Fetched closes into a file that is there already: merged by symbol and date, written as tidy CSV.

    merged = merge_closes(held_closes(path), table.rows)
    write_closes(path, merged.rows)

Adjusted closes are only right among themselves: after a dividend or a split the service gives the whole past
anew. So what is held and not fetched again is scaled to the new closes at the nearest date that both have,
and every return within the held rows stays what it was.
"""

from __future__ import annotations

import contextlib
import csv
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from aggregate.prices import PriceRow, read_table
from errors import PricesError

_ELSEWHERE = "write to another file with -o"
_SAME = 1e-6  # relative: the digits that are written


@dataclass(frozen=True, slots=True)
class MergedCloses:
    """Rows by date and symbol; how many were `added`, and how many of those held were `changed`."""

    rows: tuple[PriceRow, ...]
    added: int
    changed: int


def held_closes(path: Path) -> tuple[PriceRow, ...]:
    """Read the closes of a file that fetched ones may be merged into; none where there is no file.

    Raises:
        PricesError: it is no plain CSV, cannot be read, or holds what a rewriting would lose: returns, flags,
            rows that are wrong.
    """
    if not path.name.lower().endswith(".csv"):
        raise PricesError(f"{path} is no plain CSV by its name", "name a file that ends in .csv with -o")
    if not path.exists():
        return ()
    table = read_table(path)
    if table.problems:
        raise PricesError(f"{table.problems[0].where}: {table.problems[0].what}", f"mend it, or {_ELSEWHERE}")
    if any(row.gives_return or row.flag or row.source or row.close is None for row in table.rows):
        raise PricesError(f"{path} holds returns, flags or sources, which fetched closes lack", _ELSEWHERE)
    return table.rows


def merge_closes(held: Sequence[PriceRow], fetched: Sequence[PriceRow]) -> MergedCloses:
    """Put fetched closes in the place of held ones of the same symbol and date, and beside all others."""
    rows: list[PriceRow] = []
    added = changed = 0
    for symbol in dict.fromkeys(row.symbol for row in (*held, *fetched)):
        old, new = _by_day(held, symbol), _by_day(fetched, symbol)
        rows += [*_scaled(old, new), *new.values()]
        added += len(new.keys() - old.keys())
        changed += sum(_differ(old[day], new[day]) for day in old.keys() & new.keys())
    rows.sort(key=lambda row: (row.day, row.symbol))
    return MergedCloses(tuple(rows), added, changed)


def write_closes(path: Path, rows: Sequence[PriceRow]) -> None:
    """Write `date,symbol,close`, whole or not at all.

    Raises:
        PricesError: the file cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow(["date", "symbol", "close"])
            out.writerows([f"{row.day}", row.symbol, f"{row.close:.8g}"] for row in rows)
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise PricesError(f"{path}: {error.strerror}", "name a file that can be written with -o") from error


def _by_day(rows: Sequence[PriceRow], symbol: str) -> dict[date, PriceRow]:
    return {row.day: row for row in sorted(rows, key=lambda row: row.day) if row.symbol == symbol}


def _scaled(old: Mapping[date, PriceRow], new: Mapping[date, PriceRow]) -> list[PriceRow]:
    """Give the held rows that were not fetched again, in the adjustment of the fetched ones."""
    shared = sorted(old.keys() & new.keys())
    kept = [row for day, row in old.items() if day not in new]
    if not shared:
        return kept
    scaled = []
    for row in kept:
        at = shared[max(0, bisect_right(shared, row.day) - 1)]
        differs = _differ(old[at], new[at])
        ratio = _close(new[at]) / _close(old[at]) if differs else 1.0
        scaled.append(replace(row, close=_close(row) * ratio))
    return scaled


def _close(row: PriceRow) -> float:
    assert row.close is not None  # `held_closes` and the service give closes alone
    return row.close


def _differ(one: PriceRow, other: PriceRow) -> bool:
    return abs(_close(one) - _close(other)) > _SAME * _close(one)
