"""The ASGI app, and serving it on this machine.

    app = create_app(settings, tagger=tagger, ledger=ledger)

The model is loaded once, before the first request. The ledger is read while `causewire ingest` may be
writing it.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import UTC, datetime

import uvicorn
from fastapi import FastAPI

from desk.loading import load_tagger
from desk.scoring import Scoring
from desk.settings import Settings
from desk.web.api import api_router
from desk.web.guard import Guard
from desk.web.pages import page_router
from desk.web.problems import handle_problems
from desk.web.state import Desk
from errors import SettingsError
from ingest.ledger import Ledger
from model.language import load_detectors
from model.scorer import Scorer

_FINISH_WITHIN_S = 60
_JSON_BYTES = 6  # a character of a text in JSON, escaped as \\uXXXX


def create_app(
    settings: Settings,
    *,
    tagger: Scorer,
    ledger: Ledger,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> FastAPI:
    """Make the app.

    Args:
        settings: markets, limits, thresholds.
        tagger: with the settings' thresholds, as `desk.loading.load_tagger` loads it.
        ledger: open.
        now: gives the instant at which a request looks, aware UTC.

    Raises:
        SettingsError: a threshold for a cause that the model does not have.
    """
    scoring = Scoring.of(tagger, settings)
    desk = Desk(settings=settings, tagger=tagger, scoring=scoring, ledger=ledger, now=now)
    app = FastAPI(
        title="causewire",
        summary="Causes of market headlines, per trading session.",
        version=tagger.version,
        docs_url=None,  # FastAPI's own pages load scripts from another server; /docs is ours
        redoc_url=None,
    )
    limits = settings.server
    most_chars = max(limits.max_text_chars * limits.max_texts, limits.max_passage_chars)
    app.add_middleware(
        Guard,
        max_body=_JSON_BYTES * most_chars,
        max_held=_JSON_BYTES * max(limits.max_text_chars * limits.max_waiting, most_chars),
    )
    handle_problems(app)
    app.include_router(api_router(desk))
    app.include_router(page_router(desk))
    return app


def serve(settings: Settings, *, model: str | None = None, announce: Callable[[str], None] = print) -> None:
    """Serve until interrupted.

    Args:
        settings: name ledger, model, host and port.
        model: a model folder or hub id in place of the settings'.
        announce: is told the address.

    Raises:
        CausewireError: no ledger, no model, or an address that cannot be bound.
    """
    with Ledger.open(settings.ledger.path, create=False) as ledger:
        app = create_app(settings, tagger=load_tagger(settings, model), ledger=ledger)
        load_detectors()
        with _listening(settings) as listener:
            host, port = listener.getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            announce(f"serving http://{shown}:{port}/ (API at /docs); stop with Ctrl-C")
            server_for(app).run(sockets=[listener])


def server_for(app: FastAPI) -> uvicorn.Server:
    """Return a server of plain HTTP; on its way out it finishes what it took in, but hangs on no client."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=_FINISH_WITHIN_S,
    )
    return uvicorn.Server(config)


def _listening(settings: Settings) -> socket.socket:
    host, port = settings.server.host, settings.server.port
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        reason = error.strerror or error
        raise SettingsError(
            f"cannot listen on {host}:{port} ({reason})", "name another --port or --host"
        ) from error
