"""Close-to-close returns by symbol and session, and what is to be said beside them.

    returns = session_returns(read_table("prices.csv"), Calendar.open("XNYS", start, end))
    returns.get("XLK", date(2026, 7, 29))        # SessionReturn(symbol, session, value, flag)

A return lies between two *consecutive* sessions of the symbol's calendar. Where the earlier one has no
close the return is unknown and says so; it never spans a hole silently. Of a file of returns alone the first
one, and one after a hole, is taken as given and flagged. A flag of the file goes wherever
the number goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from aggregate.prices import PriceProblem, PriceRow, PriceTable
from aggregate.sessions import Calendar
from errors import PricesError, SessionError

SPANS = "spans a missing session"
NO_PRICE = "no price"
FIRST = "first price held, nothing before it"
NO_RETURN = "no return given"
MAY_SPAN = "may span a missing session"
DISAGREE = "close and return disagree"

# A return given beside closes may be rounded, or come from closes adjusted later: a hundredth of a point.
_TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class SessionReturn:
    """A return: `value` is a fraction (0.01 is one per cent) or None; `flag` is '' or what goes with it."""

    symbol: str
    session: date
    value: float | None
    flag: str = ""


@dataclass(frozen=True, slots=True)
class Returns:
    """Returns of several symbols.

    Args:
        calendars: symbol to the calendar whose sessions it trades in, in the order asked for.
        table: (symbol, session) to return, for every session that has a row.
        problems: rows that were left out, and why.
    """

    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    table: Mapping[tuple[str, date], SessionReturn] = field(default_factory=dict, repr=False)
    problems: tuple[PriceProblem, ...] = ()

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols asked for, with prices or without."""
        return tuple(self.calendars)

    def begun_by(self, session: date) -> tuple[str, ...]:
        """Give the symbols that have a row of `session` or an earlier one."""
        begun = {symbol for symbol, day in self.table if day <= session}
        return tuple(symbol for symbol in self.calendars if symbol in begun)

    def get(self, symbol: str, session: date) -> SessionReturn:
        """Give a symbol's return in a session; without a row its value is None and its flag 'no price'."""
        return self.table.get((symbol, session), SessionReturn(symbol, session, None, NO_PRICE))


def session_returns(table: PriceTable, calendars: Calendar | Mapping[str, Calendar]) -> Returns:
    """Turn rows of prices into returns between consecutive sessions.

    A row of a date that is no session is left out and reported; one outside the calendar's dates is ignored.

    Args:
        table: the rows, as `aggregate.prices` reads them.
        calendars: symbol to its calendar, other symbols of the table being left alone; or one for all.

    Raises:
        PricesError: no usable row for these symbols.
    """
    by_symbol: dict[str, list[PriceRow]] = {}
    for row in table.rows:
        by_symbol.setdefault(row.symbol, []).append(row)
    trades = dict.fromkeys(by_symbol, calendars) if isinstance(calendars, Calendar) else dict(calendars)
    problems = [*table.problems]
    found: dict[tuple[str, date], SessionReturn] = {}
    for symbol, calendar in trades.items():
        held = _sessions_held(by_symbol.get(symbol, []), calendar, table.name, problems)
        for session, row in held.items():
            found[symbol, session] = _return(row, held, calendar)
    if not found:
        raise PricesError(
            f"{table.name} has no usable price for {', '.join(trades) or 'the symbols asked for'}",
            problems[0].remedy if problems else "check symbols and dates",
        )
    return Returns(trades, found, tuple(problems))


def _sessions_held(
    rows: Sequence[PriceRow], calendar: Calendar, name: str, problems: list[PriceProblem]
) -> dict[date, PriceRow]:
    held = {}
    for row in sorted(rows, key=lambda row: row.day):
        if not calendar.start <= row.day <= calendar.end:
            continue
        try:
            held[calendar.days[calendar.index(row.day)]] = row
        except SessionError as error:
            remedy = "take the row out, or name the symbol's own exchange"
            problems.append(
                PriceProblem(name, row.line, f"{row.symbol}: {error.what}", remedy, row.symbol, row.day)
            )
    return held


def _return(row: PriceRow, held: Mapping[date, PriceRow], calendar: Calendar) -> SessionReturn:
    """Decide a return and its flag; a return given in the file has the word, a blank one stays blank.

    A row that is blank and says why in a flag of its own gets no second one.
    """
    position = calendar.index(row.day)
    before = held.get(calendar.days[position - 1]) if position else None
    value, own = _value(row, before, first=row.day == next(iter(held)))
    blank = row.given is None and (row.gives_return or row.close is None)
    flags = dict.fromkeys(flag for flag in (row.flag, "" if row.flag and blank else own) if flag)
    return SessionReturn(row.symbol, row.day, value, "; ".join(flags))


def _value(row: PriceRow, before: PriceRow | None, *, first: bool) -> tuple[float | None, str]:
    if row.close is None and row.given is None:
        return None, NO_PRICE
    if before is None or (before.close is None and before.given is None):
        if row.close is None:  # a file of returns alone: its word, with the doubt from where it counts
            return row.given, MAY_SPAN
        return None, FIRST if first else SPANS
    computed = row.close / before.close - 1.0 if row.close and before.close else None
    if row.gives_return and row.given is None:
        return None, "" if row.flag else NO_RETURN
    value = row.given if row.gives_return else computed
    if value is None:  # closes and returns come from sources of different shape; nothing joins these two rows
        return None, SPANS
    return value, _doubt(row, before, value, computed)


def _doubt(row: PriceRow, before: PriceRow, value: float, computed: float | None) -> str:
    """Say what speaks against a return that its own row does not flag."""
    if row.flag:
        return ""
    # A flag beside a blank return explains the blank; elsewhere it speaks of the price.
    if before.flag and (before.given is not None or not before.gives_return):
        return f"previous close: {before.flag}"
    return DISAGREE if computed is not None and abs(computed - value) > _TOLERANCE else ""
