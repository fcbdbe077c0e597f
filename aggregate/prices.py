"""Rows of prices off a file: two shapes go in, one frozen row type comes out.

    table = read_table("prices.csv")      # or .csv.gz, .parquet

Shapes:
    tidy: columns `date`, `symbol`, `close`, and if wished `return` (or `ret`), `flag`, `source`;
    wide: a column `date` and a column of close-to-close returns for each symbol.

A return is a fraction (0.01 is one per cent), a close is positive, a date is YYYY-MM-DD. A row that is
wrong costs that row and is reported as a `PriceProblem`; nothing of pandas leaves this file. What a hole
between two sessions means is decided in `returns`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median

import pandas as pd
from pyarrow.lib import ArrowException

from errors import PricesError

_RETURN_NAMES = ("return", "ret")
_TIDY = frozenset({"date", "symbol", "close", "flag", "source", *_RETURN_NAMES})
_MOST_MEDIAN_RETURN = 0.25  # a fraction: no symbol moves by a quarter on half of its days
_ENDINGS = (".csv", ".csv.gz", ".parquet")


@dataclass(frozen=True, slots=True)
class PriceProblem:
    """A row that was left out: `path`, `line` (the header is line 1), `what` is wrong and the `remedy`.

    `symbol` and `day` say whose row it is, '' and None where that is not known.
    """

    path: str
    line: int
    what: str
    remedy: str
    symbol: str = ""
    day: date | None = None

    @property
    def where(self) -> str:
        """Give file and row; the name alone where the source has no rows."""
        return f"{self.path} row {self.line}" if self.line else self.path

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.remedy}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRow:
    """One symbol on one day.

    Args:
        symbol: as in the source.
        day: the date of the bar where it trades.
        close: positive, in the symbol's currency; None where only a return or a flag is known.
        given: the close-to-close return that the source gives, a fraction; None if blank or not given.
        gives_return: whether the source gives returns at all, so that a blank one means 'unknown'.
        flag: what the source says against the bar; '' if nothing.
        source: where the bar comes from; '' if not said.
        line: its line in the file, the header being line 1.
    """

    symbol: str
    day: date
    close: float | None
    given: float | None = None
    gives_return: bool = False
    flag: str = ""
    source: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Rows of one source: its `name` (a path or a service), `rows`, and `problems` of rows left out."""

    name: str
    rows: tuple[PriceRow, ...]
    problems: tuple[PriceProblem, ...] = ()


class _RowError(ValueError):
    """A row that cannot be used: args are what and remedy."""


def read_table(path: str | Path) -> PriceTable:
    """Read prices or returns from a CSV (plain or .gz) or Parquet file.

    Raises:
        PricesError: the file is missing, unreadable, empty, of neither shape, or has no usable row.
    """
    frame = _frame(Path(path))
    name = str(path)
    if "date" not in frame.columns:
        raise PricesError(
            f"{name} has no column 'date', only {_names(frame)}", "name the columns date,symbol,close"
        )
    if frame.empty:
        raise PricesError(f"{name} has no rows", "give it rows of date,symbol,close")
    if {"symbol", "close"} <= set(frame.columns):
        return _collect(name, _tidy_cells(frame))
    if set(frame.columns) & (_TIDY - {"date"}) or len(frame.columns) == 1:
        missing = [column for column in ("symbol", "close") if column not in frame.columns]
        raise PricesError(
            f"{name} has no column {' and no column '.join(map(repr, missing))}, only {_names(frame)}",
            "name the columns date,symbol,close, or give a date and a column of returns a symbol",
        )
    return _checked_fractions(_collect(name, _wide_cells(frame)))


def _checked_fractions(table: PriceTable) -> PriceTable:
    """Refuse a wide file whose cells cannot be daily returns as fractions: closes, or returns in per cent."""
    middle = median(abs(row.given) for row in table.rows if row.given is not None)
    if middle > _MOST_MEDIAN_RETURN:
        raise PricesError(
            f"{table.name} has a column for each symbol, and half its values lie beyond {middle:g}: "
            "closes or per cent, not returns",
            "give returns as fractions (0.01 for 1%), or closes as date,symbol,close",
        )
    return table


def _frame(path: Path) -> pd.DataFrame:
    """Read a file with every cell as text, so that a wrong one can be told of by its row."""
    if not path.is_file():
        raise PricesError(f"{path} is no file", "give a CSV or Parquet file of prices")
    if not path.name.lower().endswith(_ENDINGS):
        raise PricesError(f"{path} is neither CSV nor Parquet by its name", f"name it {', '.join(_ENDINGS)}")
    try:
        if path.suffix.lower() == ".parquet":
            frame = pd.read_parquet(path)
        else:
            frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (
        OSError,
        ValueError,
        EOFError,
        ArrowException,
    ) as error:  # ValueError: pandas' parser, wrong bytes
        raise PricesError(f"{path} cannot be read ({error})", "save it again as CSV in UTF-8") from error
    frame.columns = [str(column).strip() for column in frame.columns]
    if isinstance(frame.index, pd.DatetimeIndex) or frame.index.name == "date":
        frame = frame.rename_axis("date").reset_index()
    return frame


def _names(frame: pd.DataFrame) -> str:
    return ", ".join(str(column) for column in frame.columns[:8]) or "none"


Cells = Mapping[str, object]


def _tidy_cells(frame: pd.DataFrame) -> list[tuple[int, Cells]]:
    columns = [str(column) for column in frame.columns]
    given = next((name for name in _RETURN_NAMES if name in columns), None)
    wanted = [column for column in columns if column in _TIDY]
    cells: list[tuple[int, Cells]] = []
    for line, values in enumerate(frame[wanted].itertuples(index=False, name=None), start=2):
        row = dict(zip(wanted, values, strict=True))
        cells.append((line, {**row, **({"given": row[given]} if given else {})}))
    return cells


def _wide_cells(frame: pd.DataFrame) -> list[tuple[int, Cells]]:
    """Take a wide file apart; a blank cell is no row, for there the symbol has no return."""
    symbols = [str(column) for column in frame.columns if column != "date"]
    days = frame["date"].tolist()
    return [
        (line, {"date": day, "symbol": symbol, "given": value})
        for symbol in symbols
        for line, (day, value) in enumerate(zip(days, frame[symbol].tolist(), strict=True), start=2)
        if not _blank(value)
    ]


def _collect(name: str, cells: Sequence[tuple[int, Cells]]) -> PriceTable:
    problems: list[PriceProblem] = []
    rows: dict[tuple[str, date], PriceRow] = {}
    spoilt: set[tuple[str, date]] = set()
    for line, row_cells in cells:
        try:
            row = _row(line, row_cells)
        except _RowError as error:
            what, remedy = error.args
            problems.append(PriceProblem(name, line, what, remedy, *_whose(row_cells)))
            continue
        key = (row.symbol, row.day)
        if key in rows or key in spoilt:
            same = key in rows and (rows[key].close, rows[key].given) == (row.close, row.given)
            problems.append(_duplicate(name, row, rows.get(key), same=same))
            if not same:
                rows.pop(key, None)
                spoilt.add(key)
        else:
            rows[key] = row
    if not rows:
        first = problems[0] if problems else None
        raise PricesError(
            f"{name} has no usable row" + (f"; first, row {first.line}: {first.what}" if first else ""),
            first.remedy if first else "give it rows of date,symbol,close",
        )
    return PriceTable(name, tuple(rows.values()), tuple(problems))


def _duplicate(name: str, row: PriceRow, first: PriceRow | None, *, same: bool) -> PriceProblem:
    what = f"{row.symbol} on {row.day} stands here again" + (f" after row {first.line}" if first else "")
    told = "with the same figures" if same else "with other figures, so neither is used"
    remedy = "keep one row a date and symbol"
    return PriceProblem(name, row.line, f"{what}, {told}", remedy, row.symbol, row.day)


def _whose(cells: Cells) -> tuple[str, date | None]:
    try:
        return _text(cells.get("symbol")), _day(cells.get("date"))
    except _RowError:
        return _text(cells.get("symbol")), None


def _row(line: int, cells: Cells) -> PriceRow:
    symbol = _text(cells.get("symbol"))
    if not symbol:
        raise _RowError("it has no symbol", "fill in the symbol")
    day = _day(cells.get("date"))
    where = f"{symbol} on {day}"
    close = _number(cells.get("close"), f"{where}: the close")
    given = _number(cells.get("given"), f"{where}: the return")
    flag = _text(cells.get("flag"))
    if close is not None and close <= 0:
        raise _RowError(f"{where}: the close {close:g} is not positive", "give the adjusted close")
    if given is not None and given < -1:
        raise _RowError(f"{where}: a return of {given:g} is less than -1", "give fractions: 0.01 for 1%")
    if close is None and given is None and not flag:
        raise _RowError(f"{where}: there is no close", "fill it in, or take the row out")
    return PriceRow(
        symbol=symbol,
        day=day,
        close=close,
        given=given,
        gives_return="given" in cells,
        flag=flag,
        source=_text(cells.get("source")),
        line=line,
    )


def _blank(value: object) -> bool:
    text = _text(value).lower()
    return text in {"", "nan", "none", "null", "na", "<na>", "nat"}


def _text(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)) or value is pd.NA:
        return ""
    return str(value).strip()


def _day(value: object) -> date:
    text = _text(value)
    try:
        return date.fromisoformat(text[:10] if text[10:].lstrip(" T").startswith("00:00") else text)
    except ValueError as error:
        raise _RowError(f"{text!r} is no date", "write dates as YYYY-MM-DD") from error


def _number(value: object, what: str) -> float | None:
    if _blank(value):
        return None
    try:
        number = float(_text(value))
    except ValueError as error:
        raise _RowError(f"{what} {_text(value)!r} is no number", "write a plain number") from error
    if not math.isfinite(number):
        raise _RowError(f"{what} {_text(value)!r} is no finite number", "write a plain number")
    return number
