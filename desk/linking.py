"""Intensities of a market against the returns of its symbols, over all that the ledger holds."""

from __future__ import annotations

from datetime import datetime, timedelta

from aggregate.assign import assign
from aggregate.intensity import intensities
from aggregate.linkage import Linkage, link
from aggregate.sessions import Calendar
from desk.daily import baseline_rule, market_of, market_returns
from desk.scoring import Scoring
from desk.settings import Settings
from errors import PricesError, SessionError
from ingest.ledger import Ledger
from ingest.selection import Selection

_MARGIN = timedelta(days=14)  # so that the first and the last headline find a session


def link_market(
    settings: Settings, ledger: Ledger, market: str, *, scoring: Scoring, now: datetime
) -> Linkage:
    """Hold intensities against returns over all sessions of the ledger that have closed at `now`.

    Raises:
        SettingsError: no such market.
        SessionError: the ledger holds no dated headline.
        PricesError: no price file is set, it cannot be read, or it has none of the market's symbols.
        LedgerError: the ledger cannot be read.
    """
    chosen = market_of(settings, market)
    if settings.prices.path is None:
        raise PricesError(
            "no price file is set", "set prices.path, or fetch one with `causewire prices -o FILE`"
        )
    span = ledger.span()
    if span is None:
        raise SessionError("the ledger holds no dated headline", "run `causewire ingest` first")
    start, end = span[0].date() - _MARGIN, min(span[1], now).date() + _MARGIN
    calendar = Calendar.open(chosen.calendar, start, end)
    scored = ledger.scored(scoring.version, Selection(until=now, markets=chosen.headlines_from or None))
    groups = assign(scored, calendar, day_only=settings.headlines.day_only, until=now)
    held = (
        day
        for day in calendar.sessions()
        if span[0] <= calendar.close(day) and calendar.span(day)[0] < span[1]
    )
    closed = [day for day in held if calendar.close(day) <= now]
    series = intensities(groups, closed, scoring.thresholds, baseline_rule(settings))
    returns = market_returns(settings, chosen, calendar)
    if returns is None or not returns.symbols:
        raise PricesError(
            f"{settings.prices.path} has no price of {market}'s symbols "
            f"({', '.join(chosen.symbols) or 'none'}) from {calendar.start} to {calendar.end}",
            "fetch them with `causewire prices`, or name them as the file does",
        )
    return link(
        series, returns, calendar, symbols=[name for name in chosen.symbols if name in returns.symbols]
    )
