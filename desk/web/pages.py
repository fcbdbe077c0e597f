"""The pages for people: the latest session, a session by its date, and how the API is used."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from desk.render import HOME, docs_page, message_page, to_html
from desk.web.state import Desk, page_address
from errors import SessionError

REFRESH_S = 300  # of the pages that a desk keeps open


def page_router(desk: Desk) -> APIRouter:
    """Return the routes, answering from `desk`."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @router.get("/")
    def start() -> Response:
        market = next(iter(desk.settings.markets), None)
        if market is None:
            return HTMLResponse(
                message_page("No market", "the settings name no market", "add [markets.XNYS]"), 404
            )
        try:
            return HTMLResponse(_summary(desk, market, desk.latest(market), keep_open=True))
        except SessionError as error:  # an empty ledger is no mistake of the reader's
            return HTMLResponse(message_page("Nothing yet", error.what, error.remedy, home=""))

    @router.get("/summary/{market}")
    def latest(market: str) -> Response:
        return RedirectResponse(page_address(market, desk.latest(market)), status_code=302)

    @router.get("/summary/{market}/{session}")
    def summary(market: str, session: date) -> str:
        return _summary(desk, market, session)

    @router.get("/docs")
    def docs(request: Request) -> str:
        return docs_page(request.app.openapi(), home=HOME)

    return router


def _summary(desk: Desk, market: str, session: date, *, keep_open: bool = False) -> str:
    summary, around = desk.summary(market, session), desk.around(market, session)
    if keep_open or summary.state == "so far":
        around = replace(around, refresh_s=REFRESH_S)
    return to_html(summary, around, home=HOME)
