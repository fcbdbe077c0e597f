"""Which headlines count to which session, and what is left out.

    groups = assign(scored, calendar, unscored=waiting)
    groups[date(2026, 7, 29)].scored

Everything a session is told about comes from its own group, and a headline's group depends on that headline
alone: what is published after a session's close can therefore change nothing about the session.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from aggregate.sessions import Calendar
from errors import SessionError
from ingest.records import Headline, ScoredHeadline


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionHeadlines:
    """The headlines of one session.

    Args:
        session: the session.
        scored: those that count, in the order they came in.
        left_out: those with only a day that would count here, where the setting leaves such headlines out.
        unscored: those that belong here and have no intensities (another language, or not tagged yet).
        missing: those without a publication time first seen in this session's span; they count to no session
            and stand here only to be counted.
    """

    session: date
    scored: tuple[ScoredHeadline, ...] = ()
    left_out: tuple[Headline, ...] = ()
    unscored: tuple[Headline, ...] = ()
    missing: tuple[Headline, ...] = ()


@dataclass(slots=True)
class _Draft:
    scored: list[ScoredHeadline] = field(default_factory=list)
    left_out: list[Headline] = field(default_factory=list)
    unscored: list[Headline] = field(default_factory=list)
    missing: list[Headline] = field(default_factory=list)


def assign(
    scored: Iterable[ScoredHeadline],
    calendar: Calendar,
    *,
    unscored: Iterable[Headline] = (),
    day_only: bool = True,
    until: datetime | None = None,
) -> Mapping[date, SessionHeadlines]:
    """Put every headline to its session; those outside the calendar's dates are dropped.

    Args:
        scored: headlines with their intensities, in any order.
        calendar: the market's sessions.
        unscored: headlines without intensities.
        day_only: whether headlines that carry only a day count; if not they are kept as `left_out`.
        until: aware; headlines that say they were published later are dropped, for a feed may lie about
            tomorrow. None keeps all.

    Returns:
        The sessions that have at least one headline of any kind.
    """
    drafts: dict[date, _Draft] = {}
    items: list[tuple[Headline, ScoredHeadline | None]] = [(item.headline, item) for item in scored]
    items += [(headline, None) for headline in unscored]
    for headline, item in items:
        session = _session(headline, calendar, until)
        if session is not None:
            _file(drafts.setdefault(session, _Draft()), headline, item, day_only=day_only)
    return {session: _freeze(session, draft) for session, draft in sorted(drafts.items())}


def _session(headline: Headline, calendar: Calendar, until: datetime | None) -> date | None:
    timed = headline.published_quality != "missing" and headline.published_at is not None
    instant = headline.published_at if timed else headline.first_seen_at
    if instant is None or (until is not None and instant > until):
        return None
    try:
        return calendar.session_of(headline) if timed else calendar.session_at(instant)
    except SessionError:  # outside the calendar's dates: one headline's oddity costs that headline
        return None


def _file(draft: _Draft, headline: Headline, item: ScoredHeadline | None, *, day_only: bool) -> None:
    if headline.published_quality == "missing" or headline.published_at is None:
        draft.missing.append(headline)
    elif headline.published_quality == "day_only" and not day_only:
        draft.left_out.append(headline)
    elif item is None:
        draft.unscored.append(headline)
    else:
        draft.scored.append(item)


def _freeze(session: date, draft: _Draft) -> SessionHeadlines:
    return SessionHeadlines(
        session=session,
        scored=tuple(draft.scored),
        left_out=tuple(draft.left_out),
        unscored=tuple(draft.unscored),
        missing=tuple(draft.missing),
    )
