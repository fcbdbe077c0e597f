"""From settings, ledger and prices to the summary of one session of one market.

    scoring = Scoring.of(tagger, settings)
    summary = daily_summary(settings, ledger, "XNYS", date(2026, 7, 29), scoring=scoring, now=now)

It reads; it tags nothing and fetches nothing.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

from aggregate.intensity import BaselineRule
from aggregate.prices import PriceTable, read_table
from aggregate.records import SessionSummary
from aggregate.returns import Returns, session_returns
from aggregate.sessions import Calendar
from aggregate.summary import DAY_ONLY_MARGIN, lookback, summarise
from desk.markets import Market
from desk.scoring import Scoring, guess
from desk.settings import Settings
from errors import SessionError, SettingsError
from ingest.ledger import Ledger
from ingest.selection import Selection


def market_of(settings: Settings, name: str) -> Market:
    """Return a market of the settings.

    Raises:
        SettingsError: there is none of that name.
    """
    if name in settings.markets:
        return settings.markets[name]
    raise SettingsError(f"there is no market {name} in the settings", guess(name, settings.markets))


def daily_summary(
    settings: Settings,
    ledger: Ledger,
    market: str,
    session: date,
    *,
    scoring: Scoring,
    now: datetime,
    as_of: datetime | None = None,
) -> SessionSummary:
    """Sum up one session of one market.

    Args:
        settings: say which symbols, rules and headlines.
        ledger: holds the headlines and their scores.
        market: its name in the settings.
        session: its date.
        scoring: whose scores.
        now: aware; the instant at which it is looked at.
        as_of: aware; read the ledger as it stood then, and look at it then. None: now.

    Raises:
        SettingsError: no such market.
        SessionError: the date is no session, outside the calendar, before the ledger's first headline, or
            has not begun.
        PricesError: the price file cannot be read.
        LedgerError: the ledger cannot be read.
    """
    chosen = market_of(settings, market)
    as_of = _come(as_of, now)
    calendar = calendar_around(settings, chosen, session)
    _check_within(ledger, calendar, session, as_of or now)
    rule, markets = baseline_rule(settings), chosen.headlines_from or None
    since, until = lookback(calendar, session, rule), calendar.close(session)
    scored = ledger.scored(scoring.version, Selection(since, until, as_of, markets=markets))
    known = {item.headline.id for item in scored}
    # Headlines without intensities are only counted, and only in this session.
    first = calendar.span(session)[0] - DAY_ONLY_MARGIN
    counted = Selection(first, until, as_of, undated=True, markets=markets)
    unscored = [
        headline
        for headline in ledger.headlines(counted)
        if headline.id not in known and first <= (headline.published_at or headline.first_seen_at) <= until
    ]
    return summarise(
        scored,
        calendar=calendar,
        session=session,
        now=as_of or now,
        thresholds=scoring.thresholds,
        titles=scoring.titles,
        unscored=unscored,
        withheld=ledger.withheld(scoring.version, counted),
        returns=market_returns(settings, chosen, calendar),
        symbols=chosen.symbols,
        day_only=settings.headlines.day_only,
        baseline_rule=rule,
    )


def calendar_around(settings: Settings, market: Market, day: date) -> Calendar:
    """Open a market's calendar as far back as the settings' baseline looks.

    Raises:
        SessionError: the exchange is not known, or its calendar does not reach so far.
    """
    # Seven days hold five sessions; the rest is for holidays, the longest closures among them.
    back_days = max(150, settings.baseline.within * 8 // 5 + 42)
    return Calendar.around(market.calendar, day, back_days=back_days)


def _come(as_of: datetime | None, now: datetime) -> datetime | None:
    """Give the instant to look back from in UTC; refuse one that has not come."""
    if as_of is None:
        return None
    try:
        as_of = as_of.astimezone(UTC)
    except OverflowError as error:
        raise SessionError(
            f"{as_of.isoformat()} lies outside any calendar", "take another instant"
        ) from error
    if as_of > now:
        raise SessionError(
            f"{as_of.isoformat()} has not come: what will be known then nobody knows",
            "take an earlier instant",
        )
    return as_of


def _check_within(ledger: Ledger, calendar: Calendar, session: date, now: datetime) -> None:
    """Refuse a session that lies before the ledger's first headline or has not begun."""
    begins, closes = calendar.span(session)
    said = f"{session} of {calendar.name}"
    if begins >= now:
        raise SessionError(
            f"{said} has not begun: its headlines come after {begins:%Y-%m-%d %H:%M} UTC",
            "take an earlier session",
        )
    span = ledger.span()
    if span is None:
        raise SessionError("the ledger holds no dated headline", "run `causewire ingest` first")
    if closes < span[0]:
        raise SessionError(
            f"{said} closed before the ledger's first headline, of {span[0]:%Y-%m-%d %H:%M} UTC",
            "take a later session, or take an archive in with `causewire ingest archive`",
        )


def baseline_rule(settings: Settings) -> BaselineRule:
    """Return the settings' baseline as aggregate's rule."""
    own = settings.baseline
    return BaselineRule(
        sessions=own.sessions, within=own.within, at_least=own.at_least, min_headlines=own.min_headlines
    )


def market_returns(settings: Settings, market: Market, calendar: Calendar) -> Returns | None:
    """Read the returns of a market's symbols: None where no file is set, empty where it has none of them.

    Raises:
        PricesError: the file cannot be read.
        SessionError: a symbol's exchange that nobody knows.
    """
    path = settings.prices.path
    if path is None:
        return None
    table = _price_table(path, _stamp(path))
    if not any(
        row.symbol in market.symbols and calendar.start <= row.day <= calendar.end for row in table.rows
    ):
        return Returns(problems=table.problems)
    # By exchange, so that a close of another exchange is never taken for one of this market's session.
    abroad = {
        name: Calendar.open(name, calendar.start, calendar.end)
        for name in sorted({*market.exchanges.values()})
    }
    homes = {symbol: abroad.get(market.exchanges.get(symbol, ""), calendar) for symbol in market.symbols}
    return session_returns(table, homes)


@lru_cache(maxsize=4)
def _price_table(path: Path, _stamp: tuple[int, int]) -> PriceTable:
    """Read a file of prices once for each state of it: a server asks for every page."""
    return read_table(path)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        state = path.stat()
    except OSError:  # the reader says it better
        return (0, 0)
    return (state.st_mtime_ns, state.st_size)


def latest_session(
    settings: Settings,
    ledger: Ledger,
    market: str,
    *,
    scoring: Scoring,
    now: datetime,
    as_of: datetime | None = None,
) -> date:
    """Return the last session that has opened by `now` and that a scored headline reaches.

    With `as_of` the ledger is read as it stood then, and the session has opened by then.

    Raises:
        SettingsError: no such market.
        SessionError: no scored headline counts to any session yet, or `as_of` has not come.
        LedgerError: the ledger cannot be read.
    """
    chosen = market_of(settings, market)
    as_of = _come(as_of, now)
    at = as_of or now
    markets = chosen.headlines_from or None
    wanted = Selection(until=at, as_of=as_of, markets=markets, newest_first=True, limit=1)
    newest = ledger.scored(scoring.version, wanted)
    if not newest or newest[0].headline.published_at is None:
        then = f" as of {as_of:%Y-%m-%d %H:%M} UTC" if as_of else ""
        first = "take a later instant" if as_of else "run `causewire ingest`"
        raise SessionError(
            f"no headline tagged by {scoring.version} counts to {market}{then}",
            f"{first}, or run `causewire tag --waiting`",
        )
    calendar = Calendar.around(chosen.calendar, newest[0].headline.published_at.date())
    session = calendar.session_of(newest[0].headline)
    assert session is not None  # it has a time
    while calendar.open_time(session) > at:  # twice where a day alone waits for the session after the next
        session = calendar.previous(session)
    return session
