"""From an error to an answer: JSON for programs, a page for people, the same words in both."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from desk.render import message_page
from errors import BusyError, CausewireError, DataError, LedgerError, PricesError, SessionError, SettingsError

_STATUS: Mapping[type[CausewireError], int] = {
    SettingsError: 404,  # while the server runs: a market that is not in the settings
    SessionError: 404,
    DataError: 422,
    BusyError: 503,
    LedgerError: 503,
    PricesError: 503,
}
_SHAPES = (("texts",), ("headlines",))
_FOR_PROGRAMS = ("/v1/", "/healthz", "/openapi.json")
_HEADINGS = {404: "Not here", 405: "Not this way", 413: "Too large", 422: "Not understood", 503: "Not now"}


def handle_problems(app: FastAPI) -> None:
    """Let the app answer every error that is expected."""
    app.add_exception_handler(CausewireError, _own)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


async def _own(request: Request, error: Exception) -> Response:
    assert isinstance(error, CausewireError)
    headers = {"Retry-After": f"{error.retry_after_s}"} if isinstance(error, BusyError) else None
    return answer(request, _STATUS.get(type(error), 500), error.what, error.remedy, headers)


async def _invalid(request: Request, error: Exception) -> Response:
    """Say the first thing that is wrong, and where."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    loc = first["loc"]
    # Second in a body's place stands the shape that was meant, or where its JSON breaks off.
    inner = loc[0] == "body" and (loc[1:2] in _SHAPES or first["type"] == "json_invalid")
    place = [str(key) for key in (loc[:1] + loc[2:] if inner else loc)]
    said = str(first["msg"]).removeprefix("Value error, ").replace("Input should", "should")
    more = f" (and {len(error.errors()) - 1} more)" if len(error.errors()) > 1 else ""
    return answer(request, 422, f"{'.'.join(place)}: {said}{more}", "see /docs for what is understood")


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return answer(request, 404, f"there is no {request.url.path}", "see /docs, or start at /")
    said = str(error.detail or HTTPStatus(error.status_code).phrase)
    return answer(request, error.status_code, said, "see /docs for what is understood", error.headers)


def answer(
    request: Request, status: int, what: str, remedy: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with an error in the form that the path's readers expect."""
    if request.url.path.startswith(_FOR_PROGRAMS):
        return JSONResponse({"error": what, "remedy": remedy}, status_code=status, headers=headers)
    heading = _HEADINGS.get(status, "Something went wrong")
    return HTMLResponse(message_page(heading, what, remedy), status_code=status, headers=headers)
