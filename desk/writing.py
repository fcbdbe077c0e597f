"""One summary as text, from settings to the finished page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Literal, get_args

from aggregate.summary import LEFT_OUT
from desk.daily import daily_summary, latest_session
from desk.page import Surroundings
from desk.render import to_html, to_json, to_markdown
from desk.scoring import Scoring
from desk.settings import Settings
from errors import SettingsError
from ingest.ledger import Ledger

Form = Literal["html", "md", "json"]


def write_summary(
    settings: Settings,
    scoring: Scoring,
    market: str,
    session: date | None,
    *,
    form: str,
    now: datetime,
    as_of: datetime | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> str:
    """Sum up a session and render it.

    Args:
        settings: name the ledger, the prices and the market.
        scoring: whose scores are read; nothing is tagged here.
        market: its name in the settings.
        session: its date; None is the latest with headlines.
        form: `html`, `md` or `json`.
        now: aware; the instant at which it is looked at.
        as_of: aware; read the ledger as it stood then, and look at it then.
        tell: is told of rows of prices that were left out.

    Raises:
        SettingsError, SessionError, LedgerError, PricesError: see `desk.daily.daily_summary`.
    """
    if form not in get_args(Form):
        raise SettingsError(f"there is no format {form}", f"take one of {', '.join(get_args(Form))}")
    with Ledger.open(settings.ledger.path, create=False) as ledger:
        if session is None:
            session = latest_session(settings, ledger, market, scoring=scoring, now=now, as_of=as_of)
        summary = daily_summary(settings, ledger, market, session, scoring=scoring, now=now, as_of=as_of)
    for note in (note for note in summary.notes if LEFT_OUT in note):
        tell(f"{settings.prices.path}: {note}")
    around = Surroundings(
        title=settings.markets[market].title, notice=settings.notice, definitions=scoring.definitions
    )
    if form == "html":
        return to_html(summary, around)
    return to_markdown(summary, around) if form == "md" else to_json(summary) + "\n"
