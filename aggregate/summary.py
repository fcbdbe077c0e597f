"""One market's session in one record: what the pages, the terminal and the HTTP face show.

    calendar = Calendar.around("XNYS", day)
    summary = summarise(scored, calendar=calendar, session=day, now=now,
                        thresholds=dict(zip(tagger.causes, tagger.thresholds)))
    summary.to_dict()                    # plain JSON types

Pure: everything comes in as an argument, the clock included. Nothing published after the session's close,
and no price of a later session, can change anything here; `now` alone decides between 'so far' and 'final',
between 'not yet' and 'no price'. `aggregate.records` holds what comes out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from aggregate.assign import SessionHeadlines, assign
from aggregate.causes import summarise_cause, verdict
from aggregate.intensity import BaselineRule, intensities, intensity_of
from aggregate.records import Coverage, SessionSummary, StandOutRule, State, SymbolReturn
from aggregate.returns import Returns
from aggregate.sessions import Calendar
from errors import DataError
from ingest.records import Headline, ScoredHeadline

__all__ = ["Coverage", "SessionSummary", "StandOutRule", "SymbolReturn", "lookback", "summarise"]

NOT_YET = "not yet"
NO_PRICES = "No price file is set."
NO_SYMBOLS = "No symbols are set for this market."
LEFT_OUT = "of the prices left out"

# Until so long after the close a return that is not there is 'not yet', afterwards 'no price'. It hangs on
# the clock alone: whether a later price has come in must not change how this session reads.
PRICES_DUE = timedelta(hours=24)

# A headline that carries only a day can be stamped up to two days before the sessions that it may count to.
DAY_ONLY_MARGIN = timedelta(days=3)


def lookback(calendar: Calendar, session: date, rule: BaselineRule | None = None) -> datetime:
    """Give the publication time, aware UTC, from which headlines are needed for the summary of `session`.

    Raises:
        SessionError: the calendar starts too late, or `session` is no session.
    """
    earliest = calendar.before(session, (rule or BaselineRule()).within + 1)[0]
    return calendar.close(earliest) - DAY_ONLY_MARGIN


def summarise(
    scored: Iterable[ScoredHeadline],
    *,
    calendar: Calendar,
    session: date,
    now: datetime,
    thresholds: Mapping[str, float],
    titles: Mapping[str, str] | None = None,
    unscored: Iterable[Headline] = (),
    withheld: Mapping[str, str] | None = None,
    returns: Returns | None = None,
    symbols: Mapping[str, str] | None = None,
    day_only: bool = True,
    baseline_rule: BaselineRule | None = None,
    stand_out_rule: StandOutRule | None = None,
) -> SessionSummary:
    """Sum up one session.

    Args:
        scored: headlines with their intensities, at least from `lookback(...)` on; more does no harm.
        calendar: the market's sessions; must hold the baseline's `within` sessions before `session`.
        session: which session.
        now: aware; the instant at which it is looked at.
        thresholds: cause name to the intensity in [0, 1] that tags it, in the order to show.
        titles: cause name to words for people; made from the name where missing.
        unscored: headlines without intensities, withheld for their language or waiting to be tagged.
        withheld: id of an unscored headline to the language code that it is withheld for; the others wait.
        returns: the symbols' returns; None: there are no prices at all, which is said once.
        symbols: symbol to words for people, in the order to show; all of `returns` by default.
        day_only: whether headlines that carry only a day count.
        baseline_rule: what a session is held against.
        stand_out_rule: when a cause stands out.

    Raises:
        SessionError: `session` is no session or out of range, or the calendar starts too late for the
            baseline.
        DataError: no cause asked for, `now` without a zone, or a headline that lacks a cause.
    """
    rule, stand_out = baseline_rule or BaselineRule(), stand_out_rule or StandOutRule()
    _check(now, thresholds)
    sessions = (*calendar.before(session, rule.within), session)
    state: State = "so far" if now < calendar.close(session) else "final"
    groups = assign(scored, calendar, unscored=unscored, day_only=day_only, until=now)
    series = intensities(groups, sessions, thresholds, rule)
    here = groups.get(session, SessionHeadlines(session=session))
    causes = tuple(
        summarise_cause(
            name,
            title=(titles or {}).get(name, ""),
            threshold=threshold,
            series=series[name],
            scored=here.scored,
            rule=rule,
            stand_out=stand_out,
        )
        for name, threshold in thresholds.items()
    )
    coverage = _coverage(here, thresholds, rule, withheld or {})
    standing_out, line = verdict(causes, coverage, so_far=state == "so far")
    shown = _returns(returns, symbols, calendar, session, now)
    return SessionSummary(
        market=calendar.name,
        timezone=calendar.timezone,
        session=session,
        open=calendar.open_time(session),
        close=calendar.close(session),
        as_of=now,
        state=state,
        verdict=line,
        standing_out=standing_out,
        causes=causes,
        returns=shown,
        coverage=coverage,
        notes=(
            *_notes(state, coverage, has_baseline=causes[0].baseline is not None, shown=shown, rule=rule),
            *_price_notes(returns, shown, session),
        ),
        model_versions=tuple(sorted({item.model_version for item in here.scored})),
        baseline_rule=rule,
        stand_out_rule=stand_out,
    )


def _check(now: datetime, thresholds: Mapping[str, float]) -> None:
    if not thresholds:
        raise DataError("no cause was asked for", "pass the model's causes with their thresholds")
    if now.tzinfo is None:
        raise DataError(f"the time {now.isoformat()} has no zone", "pass an aware UTC time")


def _coverage(
    here: SessionHeadlines, thresholds: Mapping[str, float], rule: BaselineRule, withheld: Mapping[str, str]
) -> Coverage:
    n = len(here.scored)
    exact = sum(item.headline.published_quality == "exact" for item in here.scored)
    none = sum(
        all(intensity_of(item, cause) < threshold for cause, threshold in thresholds.items())
        for item in here.scored
    )
    foreign = Counter(withheld[headline.id] for headline in here.unscored if headline.id in withheld)
    return Coverage(
        headlines=n,
        exact=exact,
        day_only=n - exact,
        left_out=len(here.left_out),
        missing=len(here.missing),
        withheld=foreign.total(),
        withheld_languages=dict(sorted(foreign.items())),
        waiting=len(here.unscored) - foreign.total(),
        sources=len({item.headline.source for item in here.scored}),
        tagged_none=none,
        unexplained=none / n if n else None,
        enough=n >= rule.min_headlines,
        needed=rule.min_headlines,
    )


def _returns(
    returns: Returns | None,
    symbols: Mapping[str, str] | None,
    calendar: Calendar,
    session: date,
    now: datetime,
) -> tuple[SymbolReturn, ...]:
    if returns is None:
        return ()
    names = symbols if symbols is not None else {symbol: symbol for symbol in returns.begun_by(session)}
    return tuple(
        _return(returns, symbol, title or symbol, calendar=calendar, session=session, now=now)
        for symbol, title in names.items()
    )


def _return(
    returns: Returns, symbol: str, title: str, *, calendar: Calendar, session: date, now: datetime
) -> SymbolReturn:
    """Show a return as far as it can be known: at the session's close, and not before that."""
    close = calendar.close(session)
    home = returns.calendars.get(symbol, calendar)
    found = returns.get(symbol, session)
    no_row = (symbol, session) not in returns.table
    value, flag = found.value, found.flag
    if home.name != calendar.name and not _closed_by(home, session, close):
        value, flag = None, f"{home.name} closes later, if at all"
    elif now < close or (no_row and now < close + PRICES_DUE):
        value, flag = None, NOT_YET
    exchange = home.name if home.name != calendar.name else ""
    return SymbolReturn(symbol=symbol, title=title, value=value, flag=flag, exchange=exchange)


def _closed_by(home: Calendar, session: date, close: datetime) -> bool:
    inside = home.start <= session <= home.end
    return inside and home.is_session(session) and home.close(session) <= close


def _notes(
    state: State,
    coverage: Coverage,
    *,
    has_baseline: bool,
    shown: Sequence[SymbolReturn],
    rule: BaselineRule,
) -> tuple[str, ...]:
    """Say in plain sentences what is not known; one for each thing, none when all is known."""
    lost = ", ".join(f"{code} {count}" for code, count in coverage.withheld_languages.items())
    flags = Counter(entry.flag for entry in shown if entry.flag)
    notes = {
        "The session has not closed: headlines and returns are still to come.": state == "so far",
        f"Only {_headlines(coverage.headlines)}, and {rule.min_headlines} are needed to compare with other "
        "sessions.": not coverage.enough,
        f"No baseline: fewer than {rule.at_least} of the last {rule.within} sessions have "
        f"{rule.min_headlines} headlines.": not has_baseline,
        f"{_headlines(coverage.withheld)} withheld, in a language the model does not know ({lost}).": bool(
            coverage.withheld
        ),
        f"{_headlines(coverage.waiting)} not tagged yet.": bool(coverage.waiting),
        f"{_headlines(coverage.left_out)} with a day but no time left out.": bool(coverage.left_out),
        f"{_headlines(coverage.missing)} without a publication time count to no session.": bool(
            coverage.missing
        ),
    }
    doubts = [f"Returns marked '{flag}': {count} of {len(shown)}." for flag, count in sorted(flags.items())]
    return (*(text for text, holds in notes.items() if holds), *doubts)


def _price_notes(returns: Returns | None, shown: Sequence[SymbolReturn], session: date) -> tuple[str, ...]:
    """Say which prices there are not; rows of other symbols or later dates are none of this session's."""
    if returns is None:
        return (NO_PRICES,)
    here = {entry.symbol for entry in shown}
    lost = [
        problem
        for problem in returns.problems
        if (not problem.symbol or problem.symbol in here) and (problem.day is None or problem.day <= session)
    ]
    notes = [] if shown else [NO_SYMBOLS]
    if lost:
        rows = "1 row" if len(lost) == 1 else f"{len(lost)} rows"
        notes.append(f"{rows} {LEFT_OUT}; the first, row {lost[0].line}: {lost[0].what}.")
    return tuple(notes)


def _headlines(count: int) -> str:
    return "1 headline" if count == 1 else f"{count} headlines"
