"""Middleware: headers that keep a page to itself, and a bound on how much a request may send."""

from __future__ import annotations

import asyncio

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from desk.render import style_digest

READ_WITHIN_S = 30.0


def security_headers() -> dict[str, str]:
    """Return the headers of every answer: no script, one style sheet known by its digest, no other server."""
    policy = (
        f"default-src 'none'; style-src '{style_digest()}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-cache",
    }


class _HungUpError(Exception):
    """Nobody waits for an answer any more."""


class Guard:
    """Adds the headers to every answer, and bounds what requests send before anything is made of it.

    Args:
        app: what is guarded.
        max_body: bytes of one body; past it the answer is 413.
        max_held: bytes of all the bodies in hand at once; past it the answer is 503 with Retry-After.
        within_s: seconds in which a body must have come; past it the answer is 408.
    """

    def __init__(
        self, app: ASGIApp, *, max_body: int, max_held: int, within_s: float = READ_WITHIN_S
    ) -> None:
        self.app = app
        self.max_body = max_body
        self.max_held = max_held
        self.within_s = within_s
        self.held = 0  # bytes of bodies of requests that are not answered yet
        self.headers = [(name.lower().encode(), value.encode()) for name, value in security_headers().items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                own = [(name, value) for name, value in self.headers if name not in given]
                message["headers"] = [*message["headers"], *own]
            await send(message)

        body = bytearray()
        try:
            refusal = await self._read(body, receive)
            if refusal is None:
                await self.app(scope, _replay(bytes(body), receive), send_with_headers)
            else:
                await refusal(scope, receive, send_with_headers)
        except _HungUpError:
            pass
        finally:
            self.held -= len(body)

    async def _read(self, body: bytearray, receive: Receive) -> Response | None:
        """Read the whole body into `body`; return what to answer instead if it is too large or too slow.

        Raises:
            _HungUpError: the client went before its end.
        """
        try:
            async with asyncio.timeout(self.within_s):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _HungUpError
                    body += (chunk := message.get("body", b""))
                    self.held += len(chunk)
                    if len(body) > self.max_body:
                        return _refusal(
                            413, f"the body has more than {self.max_body:,} bytes", "send less at once"
                        )
                    if self.held > self.max_held:
                        return _refusal(503, "too much is being sent at once", "send it again later")
                    if not message.get("more_body", False):
                        break
        except TimeoutError:
            return _refusal(408, f"the body did not come within {self.within_s:g} s", "send it again")
        return None


def _refusal(status: int, error: str, remedy: str) -> Response:
    headers = {"Retry-After": "1"} if status == 503 else None
    return JSONResponse({"error": error, "remedy": remedy}, status_code=status, headers=headers)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Hand the body on once, then whatever comes (the news that the client has gone)."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
