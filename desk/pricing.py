"""Live prices of the settings' symbols into a file.

    report = update_prices(settings, None, start=None, end=None, out=None, now=now)

A bar of a session that has not closed is no close, and is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from aggregate.live import Download, fetch_prices
from aggregate.price_file import held_closes, merge_closes, write_closes
from aggregate.prices import PriceProblem, PriceRow
from aggregate.sessions import Calendar
from desk.daily import market_of
from desk.settings import Settings
from errors import PricesError

_FIRST_DAY = date(1900, 1, 1)
_FIRST_TIME = timedelta(days=365)
# Fetched before the start, so that the first return has a close before it and the seam with what is held is
# bridged, over the longest closures that exchanges have.
_LEAD = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class PricesReport:
    """What was written: `path`, `symbols` with a close, `first` to `last` of what was fetched, counts."""

    path: Path
    symbols: int
    first: date
    last: date
    added: int
    changed: int
    problems: tuple[PriceProblem, ...]


def update_prices(
    settings: Settings,
    market: str | None,
    *,
    start: date | None,
    end: date | None,
    out: Path | None,
    now: datetime,
    download: Download | None = None,
) -> PricesReport:
    """Fetch closes and merge them into a CSV file.

    Args:
        settings: name the symbols, where they trade, and the file.
        market: whose symbols; None takes every market's.
        start: first date wanted; None: the last date held, or a year back where nothing is.
        end: last date wanted; None: today.
        out: the file; None: the settings'.
        now: aware; says which sessions have closed.
        download: see `aggregate.live.fetch_prices`.

    Raises:
        SettingsError: no such market.
        PricesError: no file named, one that cannot be merged into, no yfinance, or nothing fetched.
    """
    path = out or settings.prices.path
    if path is None:
        raise PricesError("no price file is set", "name one with -o, or set prices.path")
    homes = _homes(settings, market)
    if not homes:
        raise PricesError("the settings name no symbol to fetch", "add [markets.NAME.symbols]")
    held = held_closes(path)
    until = end or now.date()
    since = start or _next(held, homes, now)
    last_day = now.date() + _LEAD
    if not _FIRST_DAY <= since <= until <= last_day:
        raise PricesError(
            f"no prices can be fetched from {since} to {until}",
            f"take dates from {_FIRST_DAY} to {last_day}, --start no later than --end",
        )
    since -= _LEAD
    table = fetch_prices(list(homes), since, until, download)
    rows = [row for row in table.rows if _has_closed(row, homes, now)]
    if not rows:
        raise PricesError(f"no session from {since} to {until} has closed", "name an earlier --start")
    merged = merge_closes(held, rows)
    write_closes(path, merged.rows)
    return PricesReport(
        path=path,
        symbols=len({row.symbol for row in rows}),
        first=min(row.day for row in rows),
        last=max(row.day for row in rows),
        added=merged.added,
        changed=merged.changed,
        problems=table.problems,
    )


def _homes(settings: Settings, market: str | None) -> dict[str, str]:
    """Give every symbol the calendar on which it trades."""
    markets = [market_of(settings, market)] if market else list(settings.markets.values())
    homes: dict[str, str] = {}
    for one in markets:
        for symbol in one.symbols:
            if symbol in one.exchanges or symbol not in homes:
                homes[symbol] = one.exchanges.get(symbol, one.calendar)
    return homes


def _next(held: tuple[PriceRow, ...], homes: Mapping[str, str], now: datetime) -> date:
    """Give the date from which every symbol is wanted: the last one that all of them have."""
    last = {row.symbol: row.day for row in sorted(held, key=lambda row: row.day)}
    if not homes.keys() <= last.keys():
        return (now - _FIRST_TIME).date()
    return min(last[symbol] for symbol in homes)


def _has_closed(row: PriceRow, homes: Mapping[str, str], now: datetime) -> bool:
    if row.day < (now - timedelta(days=2)).date():
        return True
    calendar = Calendar.around(homes[row.symbol], now.date(), back_days=14, ahead_days=14)
    if row.day > calendar.end:
        return False
    # A bar of a date that the calendar does not hold is told of where the file is read.
    return not calendar.is_session(row.day) or calendar.close(row.day) <= now
