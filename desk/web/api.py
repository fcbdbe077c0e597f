"""The API for programs: /v1/tag, /v1/passages, /v1/summary, /v1/headlines and /healthz."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import AwareDatetime

from aggregate.records import SessionSummary
from aggregate.sessions import Calendar
from aggregate.summary import DAY_ONLY_MARGIN
from desk.daily import market_of
from desk.passages import tag_articles
from desk.texts import TaggedText, rounded, tag_texts
from desk.web import bodies, listing
from desk.web.gather import Gatherer, model_thread
from desk.web.state import Desk
from errors import DataError, SessionError
from ingest.records import ScoredHeadline
from ingest.selection import Selection
from model.text import headline_text

MAX_LIMIT = 200

MarketPath = Annotated[str, Path(description="A market of the settings, such as XNYS")]
SessionPath = Annotated[date, Path(description="The session's date")]
Keep = Callable[[ScoredHeadline], bool]


def api_router(desk: Desk) -> APIRouter:
    """Return the routes, answering from `desk`."""
    router = APIRouter(responses=bodies.PROBLEMS)
    limits, thread = desk.settings.server, model_thread()
    gather = Gatherer(
        partial(tag_texts, desk.tagger),
        max_batch=limits.max_batch,
        max_waiting=limits.max_waiting,
        thread=thread,
    )
    gather_passages = Gatherer(
        partial(tag_articles, desk.tagger),
        max_batch=1,  # a passage is a batch of its own
        max_waiting=limits.max_texts,
        thread=thread,
    )

    @router.post(
        "/v1/tag",
        tags=["model"],
        response_model=bodies.TagAnswer,
        responses=bodies.refusals("max_waiting"),
    )
    async def tag(
        body: Annotated[
            bodies.TagRequest,
            Body(description="Either {texts: [...]} or a list of {title, summary}"),
        ],
        request: Request,
    ) -> Response:
        """Tag texts or headlines with their causes; 503 with Retry-After where too much waits already."""
        results = await gather(_texts(desk, body), gone=request.is_disconnected)
        return JSONResponse(_tagged(desk, results))

    @router.post(
        "/v1/passages",
        tags=["model"],
        response_model=bodies.PassageAnswer,
        responses=bodies.refusals("max_texts"),
    )
    async def passage(body: bodies.Passage, request: Request) -> Response:
        """Tag a longer text sentence by sentence; 503 with Retry-After where too much waits already."""
        if len(body.text) > limits.max_passage_chars:
            raise DataError(
                f"text has {len(body.text):,} characters", f"send at most {limits.max_passage_chars:,}"
            )
        articles = await gather_passages([body.text], gone=request.is_disconnected)
        return JSONResponse(articles[0].to_dict() if articles else None)  # None: nobody waits any more

    @router.get("/v1/summary/{market}/{session}", tags=["desk"], response_model=SessionSummary)
    def summary(
        market: MarketPath,
        session: SessionPath,
        as_of: Annotated[AwareDatetime | None, Query(description="See the ledger as it stood then")] = None,
    ) -> Response:
        """Sum up one session of one market."""
        return JSONResponse(desk.summary(market, session, as_of).to_dict())

    @router.get("/v1/headlines", tags=["desk"])
    def headlines(
        market: Annotated[str | None, Query(description="Only those that count to this market")] = None,
        session: Annotated[date | None, Query(description="Only those of this session; needs market")] = None,
        cause: Annotated[str | None, Query(description="Only those tagged with this cause")] = None,
        limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
        cursor: Annotated[str | None, Query(description="next_cursor of the page before")] = None,
    ) -> bodies.HeadlinesAnswer:
        """List tagged headlines, newest first; those without a publication time are not listed."""
        return _headlines(desk, market, session, cause, limit=limit, cursor=cursor)

    @router.get("/healthz", tags=["server"], response_model=bodies.Health)
    def health() -> Response:
        """Say whether the server can answer, and from what."""
        counts, span = desk.ledger.counts(), desk.ledger.span()
        found = bodies.Health(
            status="ok",
            model_version=desk.tagger.version,
            waiting=gather.waiting,
            ledger=bodies.LedgerHealth(
                headlines=counts.headlines,
                revisions=counts.revisions,
                sources=counts.sources,
                last_headline=span[1] if span else None,
            ),
        )
        return JSONResponse(found.model_dump(mode="json"))

    return router


def _texts(desk: Desk, body: bodies.TagTexts | list[bodies.TagHeadline]) -> list[str]:
    limits = desk.settings.server
    if isinstance(body, list):
        texts = [headline_text(item.title, item.summary) for item in body]
    else:
        texts = body.texts
    if len(texts) > limits.max_texts:
        raise DataError(f"{len(texts):,} texts in one request", f"send at most {limits.max_texts:,} at once")
    for index, text in enumerate(texts):
        if len(text) > limits.max_text_chars:
            raise DataError(
                f"text {index} has {len(text):,} characters",
                f"send at most {limits.max_text_chars:,} in each",
            )
    return texts


def _tagged(desk: Desk, results: list[TaggedText]) -> dict[str, Any]:
    """Give the answer as plain JSON types: a `bodies.TagAnswer`, without building one for every request."""
    rows = [result.to_dict() for result in results]
    return {
        "model_version": desk.scoring.version,
        "thresholds": desk.scoring.thresholds,
        "results": [{name: row[name] for name in bodies.Tagged.model_fields} for row in rows],
    }


def _headlines(
    desk: Desk, market: str | None, session: date | None, cause: str | None, *, limit: int, cursor: str | None
) -> bodies.HeadlinesAnswer:
    if cause is not None and cause not in desk.scoring.thresholds:
        known = ", ".join(desk.scoring.thresholds)
        raise DataError(f"cause {cause!r} is not the model's", f"take one of {known}")
    if session is not None and market is None:
        raise DataError("a session without its market", "name the market as well")
    chosen = market_of(desk.settings, market) if market else None
    calendar = Calendar.around(chosen.calendar, session) if chosen and session else None
    bounds = (
        (calendar.span(session)[0] - DAY_ONLY_MARGIN, calendar.close(session))
        if calendar and session
        else None
    )

    def read(until: Any, count: int) -> list[ScoredHeadline]:  # noqa: ANN401 (datetime or None)
        # Never after now: a feed may date ahead, and an open session's bound lies ahead too.
        latest = min(instant for instant in (until, bounds and bounds[1], desk.now()) if instant)
        wanted = Selection(
            since=bounds[0] if bounds else None,
            until=latest,
            markets=(chosen.headlines_from or None) if chosen else None,
            newest_first=True,
            limit=count,
        )
        return desk.ledger.scored(desk.scoring.version, wanted)

    keep = _wanted(desk, calendar, session, cause)
    start = listing.Cursor.parse(cursor) if cursor else None
    rows, following = listing.page(read, keep, limit=limit, cursor=start)
    return bodies.HeadlinesAnswer(
        model_version=desk.scoring.version,
        headlines=[_answer(desk, row, session) for row in rows],
        next_cursor=str(following) if following else None,
    )


def _wanted(desk: Desk, calendar: Calendar | None, session: date | None, cause: str | None) -> Keep:
    def keep(row: ScoredHeadline) -> bool:
        if cause is not None and row.intensities[cause] < desk.scoring.thresholds[cause]:
            return False
        if calendar is None:
            return True
        if row.headline.published_quality == "day_only" and not desk.settings.headlines.day_only:
            return False
        try:
            return calendar.session_of(row.headline) == session
        except SessionError:  # of a session outside the calendar's dates
            return False

    return keep


def _answer(desk: Desk, row: ScoredHeadline, session: date | None) -> bodies.HeadlineAnswer:
    headline, limits = row.headline, desk.scoring.thresholds
    assert headline.published_at is not None
    tagged = [name for name, value in row.intensities.items() if value >= limits[name]]
    return bodies.HeadlineAnswer(
        id=headline.id,
        title=headline.title,
        summary=headline.summary,
        link=headline.link,
        source=headline.source,
        market=headline.market,
        published_at=headline.published_at,
        published_quality=headline.published_quality,
        timezone=headline.timezone,
        first_seen_at=headline.first_seen_at,
        language=headline.language,
        causes=sorted(tagged, key=lambda name: -row.intensities[name]),
        intensities=rounded(row.intensities),
        session=f"{session}" if session else None,
    )
