"""Dates and instants as options: ISO 8601, with an error that shows the form."""

from __future__ import annotations

from datetime import date, datetime

import click


class Day(click.ParamType[date]):
    """A date such as 2026-07-29."""

    name = "YYYY-MM-DD"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read a date."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no date; write it as 2026-07-29", param, ctx)


class Instant(click.ParamType[datetime]):
    """An instant with a zone, such as 2026-07-29T18:00Z."""

    name = "INSTANT"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read an aware datetime."""
        try:
            instant = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no instant; write it as 2026-07-29T18:00Z", param, ctx)
        if instant.tzinfo is None:
            shown = instant.isoformat(timespec="minutes")  # a date alone would take no zone
            self.fail(f"{value!r} has no zone; write it as {shown}Z for UTC", param, ctx)
        return instant


DAY = Day()
INSTANT = Instant()
