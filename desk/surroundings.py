"""The links around a summary: the sessions before and after, and the other markets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

from aggregate.sessions import Calendar
from desk import formats
from desk.daily import market_of
from desk.page import Link, Surroundings
from desk.settings import Settings

Address = Callable[
    [str, date | None], str | None
]  # market, session (None: its latest) -> href, None for no page


def surroundings(
    settings: Settings,
    market: str,
    session: date,
    *,
    now: datetime,
    address: Address,
    since: datetime | None = None,
    definitions: Mapping[str, str] | None = None,
) -> Surroundings:
    """Give a page its links.

    Args:
        settings: say which markets there are, and what notice stands on every page.
        market: the page's market.
        session: the page's session.
        now: aware; a session that has not opened gets no link.
        address: gives the address of a page, or None where there is none.
        since: aware; the ledger's first headline: a session that closed before it gets no link.
        definitions: cause name to a sentence that says what it means.

    Raises:
        SettingsError: no such market.
        SessionError: the date is no session, or outside the calendar.
    """
    chosen = market_of(settings, market)
    calendar = Calendar.around(chosen.calendar, session)
    after = next((day for day in calendar.sessions(session) if day > session), None)
    following = after if after and calendar.open_time(after) <= now else None
    before = calendar.previous(session)
    earlier = before if since is None or calendar.close(before) >= since else None
    markets = [
        Link(text=other.title, href=address(name, None), current=name == market)
        for name, other in settings.markets.items()
    ]
    return Surroundings(
        title=chosen.title,
        previous=_link(market, earlier, address),
        following=_link(market, following, address),
        markets=tuple(link for link in markets if link.href or link.current),
        notice=settings.notice,
        definitions=definitions or {},
    )


def _link(market: str, session: date | None, address: Address) -> Link | None:
    href = address(market, session) if session else None
    return Link(text=f"{session:%A} {formats.short_date(session)}", href=href) if session and href else None
