"""What the HTTP face holds while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

from aggregate.records import SessionSummary
from desk.daily import daily_summary, latest_session
from desk.page import Link, Surroundings
from desk.scoring import Scoring
from desk.settings import Settings
from desk.surroundings import surroundings
from ingest.ledger import Ledger
from model.scorer import Scorer


@dataclass(frozen=True, slots=True)
class Desk:
    """Settings, model and ledger of a running server; may be shared between threads.

    Args:
        settings: all of them.
        tagger: loaded once.
        scoring: the tagger's, with the settings' thresholds.
        ledger: open; read only here, while ingest may write.
        now: gives the instant at which a request looks, aware UTC.
    """

    settings: Settings
    tagger: Scorer
    scoring: Scoring
    ledger: Ledger
    now: Callable[[], datetime]

    def latest(self, market: str) -> date:
        """Return a market's latest session with headlines; see `desk.daily.latest_session`."""
        return latest_session(self.settings, self.ledger, market, scoring=self.scoring, now=self.now())

    def summary(self, market: str, session: date, as_of: datetime | None = None) -> SessionSummary:
        """Sum up a session; see `desk.daily.daily_summary`."""
        return daily_summary(
            self.settings, self.ledger, market, session, scoring=self.scoring, now=self.now(), as_of=as_of
        )

    def around(self, market: str, session: date) -> Surroundings:
        """Return the links around a page."""
        span = self.ledger.span()
        since = span[0] if span else None
        around = surroundings(
            self.settings,
            market,
            session,
            now=self.now(),
            address=page_address,
            since=since,
            definitions=self.scoring.definitions,
        )
        as_json = Link(text="This summary as JSON", href=f"/v1/summary/{market}/{session}")
        return replace(around, more=(as_json, Link(text="API", href="/docs")))


def page_address(market: str, session: date | None) -> str:
    """Return the path of a summary's page; without a session, of the market's latest."""
    return f"/summary/{market}" + (f"/{session}" if session else "")
