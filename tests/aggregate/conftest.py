"""Makers of headlines and prices for the tests of aggregate; session-wide, so hypothesis may use them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from aggregate.sessions import Calendar
from ingest.records import Headline, ScoredHeadline

START, END = date(2026, 1, 2), date(2026, 8, 31)


@pytest.fixture(scope="session")
def new_york() -> Calendar:
    return Calendar.open("XNYS", START, END)


@pytest.fixture(scope="session")
def headline():
    """Make a headline; equal arguments make equal headlines."""

    def make(
        published_at, name="h", *, quality="exact", timezone="UTC", language="en", source="wire", title=None
    ):
        return Headline(
            id=f"{name}",
            title=title or f"Title of {name}",
            summary="",
            link=f"https://news.example/{name}",
            source=source,
            market="US",
            published_at=published_at,
            published_quality=quality,
            first_seen_at=published_at or datetime(2026, 7, 29, 15, tzinfo=UTC),
            language=language,
            timezone=timezone,
        )

    return make


@pytest.fixture(scope="session")
def scored(headline):
    """Make a scored headline; keywords other than a headline's own are intensities."""

    own = {"quality", "timezone", "language", "source", "title"}

    def make(published_at, name="h", **words):
        kept = {key: value for key, value in words.items() if key in own}
        intensities = {key: value for key, value in words.items() if key not in own}
        return ScoredHeadline(
            headline=headline(published_at, name, **kept), intensities=intensities, model_version="m1"
        )

    return make


@pytest.fixture(scope="session")
def a_session_of(scored):
    """Make `count` scored headlines within a session, all with the same intensities."""

    def make(calendar, session, count=10, **intensities):
        opening = calendar.open_time(session)
        return [scored(opening, f"{session}-{number}", **intensities) for number in range(count)]

    return make
