"""Live daily prices: yfinance's frame goes in, rows of prices come out. Needs the internet.

    table = fetch_prices(["XLK", "SPY"], date(2026, 1, 2), date(2026, 8, 7))
    returns = session_returns(table, calendar)

yfinance is an extra (`pip install '.[prices]'`) and its service is unofficial: bars may be missing,
late or corrected afterwards. `download` is an argument, so another source can stand in for it. Nothing of
yfinance leaves this file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date, timedelta

import pandas as pd

from aggregate.prices import PriceProblem, PriceRow, PriceTable
from errors import PricesError

Download = Callable[[Sequence[str], date, date], pd.DataFrame]
SERVICE = "Yahoo Finance"

_FIELDS = (
    "Adj Close",
    "Close",
)  # yfinance adjusts `Close` itself unless told not to; then `Adj Close` stands beside


def fetch_prices(
    symbols: Sequence[str], start: date, end: date, download: Download | None = None
) -> PriceTable:
    """Fetch daily closes, adjusted for splits and dividends, from `start` to `end`, both included.

    Args:
        symbols: as the service names them, such as XLK, ^KS11, 005930.KS.
        start: first date wanted; take one session more than the first return wanted.
        end: last date wanted.
        download: gives the frame of `yfinance.download` for the symbols, from the first date up to but
            without the second; yfinance itself by default.

    Returns:
        Rows for the symbols that the service knows; a problem for each of the others.

    Raises:
        PricesError: no symbol asked for, yfinance not installed, the service fails or has nothing for any.
    """
    wanted = tuple(dict.fromkeys(symbols))
    if not wanted or start > end:
        raise PricesError(
            f"no prices to fetch for {len(wanted)} symbols from {start} to {end}", "ask for some"
        )
    frame = (download or _yfinance)(wanted, start, end + timedelta(days=1))
    closes = _closes(frame, wanted)
    rows: list[PriceRow] = []
    problems: list[PriceProblem] = []
    for symbol in wanted:
        own = _rows(closes[symbol], symbol, start, end) if symbol in closes else []
        rows += own
        if not own:
            problems.append(
                PriceProblem(SERVICE, 0, f"{symbol} has no bar from {start} to {end}", "check its name")
            )
    if not rows:
        raise PricesError(
            f"{SERVICE} has no bar of {', '.join(wanted)} from {start} to {end}",
            "check the names and dates, or give a file of prices",
        )
    return PriceTable(SERVICE, tuple(rows), tuple(problems))


def _closes(frame: pd.DataFrame | None, symbols: Sequence[str]) -> dict[str, pd.Series[float]]:
    """Find each symbol's closes where columns are (field, symbol), (symbol, field) or fields alone."""
    if frame is None or frame.empty:
        return {}
    found = {}
    for symbol in symbols:
        keys = [(field, symbol) for field in _FIELDS] + [(symbol, field) for field in _FIELDS]
        names: list[object] = [*keys, *(_FIELDS if len(symbols) == 1 else ())]
        columns = list(frame.columns)
        place = next((columns.index(name) for name in names if name in columns), None)
        if place is not None:
            found[symbol] = frame.iloc[:, place]
    return found


def _rows(closes: pd.Series[float], symbol: str, start: date, end: date) -> list[PriceRow]:
    numbers = pd.to_numeric(closes, errors="coerce")
    rows = []
    for stamp, close in zip(pd.DatetimeIndex(closes.index), numbers.tolist(), strict=True):
        day = stamp.date()  # the bar's stamp is midnight where the symbol trades, with or without a zone
        if start <= day <= end and math.isfinite(close) and close > 0:
            rows.append(PriceRow(symbol=symbol, day=day, close=float(close), source=SERVICE))
    return rows


def _yfinance(symbols: Sequence[str], start: date, end: date) -> pd.DataFrame:
    try:
        import yfinance  # noqa: PLC0415 - an extra: whoever has no use for live prices need not install it
    except ImportError as error:
        raise PricesError("yfinance is not installed", "pip install '.[prices]'") from error
    try:
        frame: pd.DataFrame = yfinance.download(
            list(symbols), start=f"{start}", end=f"{end}", auto_adjust=True, progress=False, threads=False
        )
    except (OSError, ValueError, KeyError, yfinance.exceptions.YFException) as error:
        raise PricesError(
            f"{SERVICE} failed ({error})", "try again later, or give a file of prices"
        ) from error
    return frame
