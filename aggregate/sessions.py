"""Publication time to trading session.

    calendar = Calendar.open("XNYS", date(2026, 1, 2), date(2026, 8, 31))
    calendar.session_of(headline)            # the session that it counts to, None without a time

The rule: a headline counts to the first session whose close is at or after its publication. What
appears on a weekend, a holiday or after a close counts to the next session; what appears in a lunch
break counts to the session that the break is in. A headline that carries only a day counts to the first
session that *opens* after that day has ended where it was published, for only then is it sure to have
been out.

This file knows one exchange at a time and no prices; `exchanges` reads what it holds.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from aggregate.exchanges import read_exchange
from errors import SessionError
from ingest.records import Headline


@dataclass(frozen=True, slots=True)
class Calendar:
    """The sessions of one exchange between two dates, both included; made by `open` or `around`.

    Args:
        name: the exchange's MIC, as exchange_calendars names it.
        timezone: IANA zone of the exchange.
        start: first date that can be asked about.
        end: last date that can be asked about.
        lead_open: aware UTC; opening of the session before the first; days ended by then are out of range.
        lead_close: aware UTC; its close: what was published by then is out of range.
        days: the sessions, ascending.
        opens: their opening times, aware UTC.
        closes: their closing times, aware UTC; early closes as they were.
    """

    name: str
    timezone: str
    start: date
    end: date
    lead_open: datetime
    lead_close: datetime
    days: tuple[date, ...] = field(repr=False)
    opens: tuple[datetime, ...] = field(repr=False)
    closes: tuple[datetime, ...] = field(repr=False)

    @classmethod
    def open(cls, name: str, start: date, end: date) -> Calendar:
        """Read an exchange's sessions from `start` to `end`.

        Raises:
            SessionError: an exchange that exchange_calendars does not know, dates that it does not reach, or
                no session between them.
        """
        source = read_exchange(name, start, end)
        rows = source.rows
        days, opens, closes = zip(*(row for row in rows if row[0] >= start), strict=True)
        # Where the exchange's recorded history begins at `start` there is no session before the first.
        history = datetime.combine(start, time(), UTC)
        _, lead_open, lead_close = ([row for row in rows if row[0] < start] or [(start, history, history)])[
            -1
        ]
        return cls(source.name, source.timezone, start, end, lead_open, lead_close, days, opens, closes)

    @classmethod
    def around(cls, name: str, day: date, *, back_days: int = 150, ahead_days: int = 21) -> Calendar:
        """Read the sessions that a summary of `day` needs: enough before it for the baseline, some after it.

        Raises:
            SessionError: as `open` does.
        """
        try:
            start, end = day - timedelta(days=back_days), day + timedelta(days=ahead_days)
        except OverflowError as error:  # a date at an end of what Python can count
            raise SessionError(f"{day} lies outside any calendar of {name}", "take another date") from error
        return cls.open(name, start, end)

    def is_session(self, day: date) -> bool:
        """Say whether trade took place on `day`; raise SessionError where `day` is out of range."""
        self._in_range(day)
        return self._has(day)

    def sessions(self, start: date | None = None, end: date | None = None) -> list[date]:
        """List the sessions from `start` to `end`, both included; the calendar's own bounds by default.

        Raises:
            SessionError: `start` or `end` lies outside the calendar.
        """
        low, high = start or self.start, end or self.end
        self._in_range(low)
        self._in_range(high)
        return list(self.days[bisect_left(self.days, low) : bisect_right(self.days, high)])

    def open_time(self, session: date) -> datetime:
        """Give the session's opening, aware UTC; raise SessionError for a date that is no session."""
        return self.opens[self.index(session)]

    def close(self, session: date) -> datetime:
        """Give the session's close, aware UTC; raise SessionError for a date that is no session."""
        return self.closes[self.index(session)]

    def previous(self, session: date) -> date:
        """Give the session before `session`.

        Raises:
            SessionError: `session` is no session, or the calendar's first one.
        """
        position = self.index(session)
        if position == 0:
            raise SessionError(
                f"{self.name} is open here from {self.start} only, so what came before {session} is unknown",
                "open the calendar from an earlier date",
            )
        return self.days[position - 1]

    def before(self, session: date, count: int) -> tuple[date, ...]:
        """Give the `count` sessions before `session`, ascending, without it.

        Raises:
            SessionError: `session` is no session, or the calendar starts too late to hold that many.
        """
        position = self.index(session)
        if position < count:
            raise SessionError(
                f"{self.name} from {self.start} holds {position} sessions before {session}, not {count}",
                f"open the calendar from {session - timedelta(days=2 * count + 21)} or earlier",
            )
        return self.days[position - count : position]

    def span(self, session: date) -> tuple[datetime, datetime]:
        """Give the instants after the first and up to the second of which a timed headline counts here."""
        position = self.index(session)
        return (self.closes[position - 1] if position else self.lead_close), self.closes[position]

    def session_of(self, headline: Headline) -> date | None:
        """Give the session that a headline counts to; None when it has no publication time.

        Raises:
            SessionError: it counts to no session between the calendar's dates.
        """
        if headline.published_at is None or headline.published_quality == "missing":
            return None
        if headline.published_quality == "day_only":
            return self.session_after_day(headline.published_at, headline.timezone)
        return self.session_at(headline.published_at)

    def session_at(self, instant: datetime) -> date:
        """Give the first session whose close is at or after `instant` (aware).

        Raises:
            SessionError: `instant` counts to a session before the calendar's first or after its last.
        """
        position = bisect_left(self.closes, instant)
        if instant <= self.lead_close or position == len(self.days):
            raise self._outside(instant)
        return self.days[position]

    def session_after_day(self, published_at: datetime, timezone: str) -> date:
        """Give the first session that opens at or after the end of the day that `published_at` lies on.

        Args:
            published_at: aware; any instant of the day meant.
            timezone: IANA zone in which the day is meant; a zone that nobody knows counts as UTC.

        Raises:
            SessionError: the day counts to a session before the calendar's first or after its last.
        """
        try:
            ended = day_end(published_at, timezone)
        except OverflowError as error:
            raise self._outside(published_at) from error
        position = bisect_left(self.opens, ended)
        if ended <= self.lead_open or position == len(self.days):
            raise self._outside(published_at)
        return self.days[position]

    def index(self, session: date) -> int:
        """Give the session's place among `days`; raise SessionError, naming its neighbours, if it is none."""
        self._in_range(session)
        position = bisect_left(self.days, session)
        if self._has(session):
            return position
        neighbours = [f"{day}" for day in self.days[max(0, position - 1) : position + 1]]
        raise SessionError(f"{session} is no session of {self.name}", f"take {' or '.join(neighbours)}")

    def _has(self, day: date) -> bool:
        position = bisect_left(self.days, day)
        return position < len(self.days) and self.days[position] == day

    def _in_range(self, day: date) -> None:
        if not self.start <= day <= self.end:
            raise SessionError(
                f"{day} lies outside {self.name}'s calendar, open here from {self.start} to {self.end}",
                "take a date between them, or open the calendar for other dates",
            )

    def _outside(self, instant: datetime) -> SessionError:
        return SessionError(
            f"{instant.isoformat()} counts to no session of {self.name} between {self.start} and {self.end}",
            "open the calendar for other dates",
        )


def day_of(instant: datetime, timezone: str) -> date:
    """Give the day that `instant` (aware) lies on in `timezone` (UTC if unknown)."""
    return instant.astimezone(_zone(timezone)).date()


def day_end(published_at: datetime, timezone: str) -> datetime:
    """Give the instant, aware UTC, at which the day of `published_at` ends in `timezone` (UTC if unknown)."""
    next_day = day_of(published_at, timezone) + timedelta(days=1)
    return datetime.combine(next_day, time(), _zone(timezone)).astimezone(UTC)


def _zone(timezone: str) -> ZoneInfo:
    try:
        return ZoneInfo(timezone)
    except (
        KeyError,
        ValueError,
        OSError,
    ):  # OSError: a name that is a folder of the zone database, such as Asia
        return ZoneInfo("UTC")
