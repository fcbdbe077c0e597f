"""The sessions of an exchange, read from exchange_calendars and put right where it is known to be wrong.

    read_exchange("XNYS", date(2026, 1, 2), date(2026, 8, 31)).rows   # (session, open, close), UTC

`NOT_SESSIONS` is the whole of what we change. A test asks the installed exchange_calendars about each entry,
so that one which a newer release has put right is noticed and taken out. Nothing of pandas or of
exchange_calendars leaves this file.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import exchange_calendars
from exchange_calendars.errors import CalendarError, InvalidCalendarName

from errors import SessionError

EXAMPLES = ("XNYS", "XTKS", "XKRX", "XHKG", "XTAI")

# What is read before the start, so that the session before the first one is known. The longest closures
# of the exchanges we know last ten days (Golden Week 2019, Chuseok 2025).
_LEAD = timedelta(days=21)


@dataclass(frozen=True, slots=True)
class WrongSession:
    """A session that exchange_calendars holds though no trade took place: `calendar`, `session`, `reason`."""

    calendar: str
    session: date
    reason: str


NOT_SESSIONS: tuple[WrongSession, ...] = (
    WrongSession("XKRX", date(2026, 6, 3), "local elections, a public holiday; no trade took place"),
    WrongSession("XKRX", date(2026, 7, 17), "Constitution Day, a holiday again in 2026; no trade took place"),
    WrongSession("XTAI", date(2024, 10, 31), "closed for typhoon Kong-rey; no trade took place"),
    WrongSession("XTAI", date(2026, 7, 10), "no trade took place; the index has no bar of that day"),
)


@dataclass(frozen=True, slots=True)
class ExchangeSessions:
    """What an exchange's calendar says.

    Args:
        name: the exchange's own code, also where an alias was asked for.
        timezone: IANA zone of the exchange.
        rows: (session, opening, close), ascending, times aware UTC; some lie before the start asked for.
    """

    name: str
    timezone: str
    rows: tuple[tuple[date, datetime, datetime], ...] = field(repr=False)


@lru_cache(maxsize=64)  # reading takes from 0.15 s (XNYS) to 2.5 s (XKRX); the answer is immutable
def read_exchange(name: str, start: date, end: date) -> ExchangeSessions:
    """Read the sessions from `start` to `end`, both included, and some before `start` where there are any.

    Raises:
        SessionError: an exchange that exchange_calendars does not know, dates that it does not reach, or no
            session between them.
    """
    if start > end:
        raise SessionError(f"{name}: the start {start} lies after the end {end}", "swap them")
    with warnings.catch_warnings():
        # exchange_calendars 4.13 uses what pandas 3.1 deprecates; our users can do nothing about it
        warnings.simplefilter("ignore", DeprecationWarning)
        source = _source(name, start, end)
    wrong = {entry.session for entry in NOT_SESSIONS if entry.calendar == source.name}
    rows = tuple(
        (day.date(), opens.to_pydatetime().astimezone(UTC), closes.to_pydatetime().astimezone(UTC))
        for day, opens, closes in zip(source.sessions, source.opens, source.closes, strict=True)
        if day.date() not in wrong
    )
    if not any(day >= start for day, _, _ in rows):
        raise SessionError(f"{name} has no session between {start} and {end}", "take a wider range")
    return ExchangeSessions(source.name, str(source.tz), rows)


def _source(name: str, start: date, end: date) -> exchange_calendars.ExchangeCalendar:
    """Read from a little before `start`, or from `start` where the recorded history begins there."""
    try:
        try:
            return exchange_calendars.get_calendar(name, start=f"{start - _LEAD}", end=f"{end}")
        except (ValueError, OverflowError):  # OverflowError: a start in the first days of year 1
            return exchange_calendars.get_calendar(name, start=f"{start}", end=f"{end}")
    except InvalidCalendarName as error:
        raise SessionError(
            f"no exchange calendar is called {name!r}",
            "correct `calendar` or `exchanges` of the market in the settings: "
            f"a code such as {', '.join(EXAMPLES)}",
        ) from error
    except (ValueError, CalendarError) as error:
        raise SessionError(
            f"{name} from {start} to {end} cannot be read ({error})", "take other dates"
        ) from error
