"""Summaries made of our own headlines, without a model."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from aggregate.records import SessionSummary
from aggregate.returns import Returns, SessionReturn
from aggregate.sessions import Calendar
from aggregate.summary import summarise
from ingest.records import Headline, ScoredHeadline

DAY = date(2026, 7, 29)
CAUSES = {"infrastructure_cost": 0.5, "valuation": 0.5, "regulation": 0.5, "macro": 0.5}
SYMBOLS = {"SPY": "S&P 500", "XLK": "Technology", "XLE": "Energy", "XLU": "Utilities"}


def _scored(at: datetime, title: str = "A quiet day", *, link: str | None = None, **intensities: float):
    key = f"{at.isoformat()}{title}"
    headline = Headline(
        id=key.encode().hex(),
        title=title,
        summary="",
        link=link,
        source="Example wire",
        market="US",
        published_at=at,
        published_quality="exact",
        first_seen_at=at,
        language="en",
    )
    values = dict.fromkeys(CAUSES, 0.05) | intensities
    return ScoredHeadline(headline=headline, intensities=values, model_version="test-1")


@pytest.fixture
def make_scored() -> Callable[..., ScoredHeadline]:
    """Return a headline with intensities: `make_scored(at, title, link=..., macro=0.9)`."""
    return _scored


@pytest.fixture
def calendar() -> Calendar:
    return Calendar.around("XNYS", DAY)


@pytest.fixture
def make_summary(calendar) -> Callable[..., SessionSummary]:
    """Return a summary of 2026-07-29 with a past of 24 sessions; `extra` is added to the day."""

    def make(extra=(), *, past: int = 24, now: datetime | None = None, **rest: object) -> SessionSummary:
        sessions = [*calendar.before(DAY, past), DAY] if past else [DAY]
        items = [
            _scored(
                calendar.close(day) - timedelta(minutes=7 * number + 1),
                f"Story {number} of {day}",
                regulation=0.05 + 0.01 * (index % 3),
                macro=0.3 + 0.02 * (number % 3) + 0.01 * (index % 4),
            )
            for index, day in enumerate(sessions)
            for number in range(12)
        ]
        table = {
            ("SPY", DAY): SessionReturn("SPY", DAY, -0.0124),
            ("XLK", DAY): SessionReturn("XLK", DAY, -0.041, "unconfirmed"),
            ("XLE", DAY): SessionReturn("XLE", DAY, 0.0188),
        }
        arguments: dict = {
            "returns": Returns(dict.fromkeys(("SPY", "XLK", "XLE"), calendar), table),
            "symbols": SYMBOLS,
        }
        return summarise(
            [*items, *extra],
            calendar=calendar,
            session=DAY,
            now=now or datetime(2026, 8, 3, tzinfo=UTC),
            thresholds=CAUSES,
            **(arguments | rest),
        )

    return make
