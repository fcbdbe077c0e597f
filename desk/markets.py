"""The markets that causewire knows without being told, with their symbols and display names.

A user's own `[markets.*]` tables replace them all; nothing here is read then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import ConfigDict, with_config


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """One market: its sessions, its symbols, and whose headlines count to it.

    Args:
        title: the name that people read.
        calendar: an exchange_calendars name; the table's own key where it is left out.
        headlines_from: markets of feeds whose headlines count; empty means all, since a global wire
            moves every market.
        symbols: symbol, as in the prices, to display name, in the order of the page.
        exchanges: symbol to the exchange_calendars name of where it trades, for those of `symbols` that
            trade elsewhere than on `calendar`.
    """

    title: str
    calendar: str
    headlines_from: tuple[str, ...] = ()
    symbols: Mapping[str, str] = field(default_factory=dict)
    exchanges: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse an exchange of no symbol of the market; the validator turns ValueError into its report."""
        for symbol, exchange in self.exchanges.items():
            if symbol not in self.symbols:
                raise ValueError(f"exchanges names {symbol}, which is none of the market's symbols")
            if not exchange:
                raise ValueError(f"exchanges gives {symbol} no exchange, such as XNYS")


DEFAULT_MARKETS: Mapping[str, Market] = {
    "XNYS": Market(
        title="New York",
        calendar="XNYS",
        symbols={
            "SPY": "S&P 500",
            "XLK": "Technology",
            "SMH": "Semiconductors",
            "XLC": "Communication services",
            "XLY": "Consumer discretionary",
            "XLP": "Consumer staples",
            "XLF": "Financials",
            "XLI": "Industrials",
            "XLV": "Health care",
            "XLE": "Energy",
            "XLB": "Materials",
            "XLU": "Utilities",
            "XLRE": "Real estate",
        },
    ),
    "XKRX": Market(
        title="Seoul",
        calendar="XKRX",
        symbols={"^KS11": "KOSPI", "000660.KS": "SK hynix", "005930.KS": "Samsung Electronics"},
    ),
    "XTKS": Market(title="Tokyo", calendar="XTKS", symbols={"^N225": "Nikkei 225"}),
    "XTAI": Market(title="Taipei", calendar="XTAI", symbols={"^TWII": "TAIEX", "2330.TW": "TSMC"}),
    "XHKG": Market(title="Hong Kong", calendar="XHKG", symbols={"^HSI": "Hang Seng"}),
}
