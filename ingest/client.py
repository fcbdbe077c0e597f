"""Fetching a feed over HTTP: bounded in time and bytes, conditional, patient with servers that ask for it.

    client = FeedClient()
    client.fetch(feed, ledger.feed_state(feed.url))     # Fetched, NotModified, or a FeedError

The total limit holds over everything: looking the host up, redirects, retries, each byte of the body. (The
system's look-up cannot be called off: one that hangs is left to itself, and may hold the process's exit up.)
Bytes are counted after decompression, so that a small body cannot unpack into a large one.
"""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from ssl import SSLContext

import httpx2
import stamina

from errors import FeedError
from ingest.records import Feed, FeedState

# Retries are the log's business when the application sets one up, never stderr's when it does not.
logging.getLogger("stamina").addHandler(logging.NullHandler())

_ACCEPT = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
# A port or a name that cannot be is noticed as late as in the connecting, which wraps it in a group.
_NO_ADDRESS = (httpx2.UnsupportedProtocol, httpx2.InvalidURL, ValueError, OverflowError)
# The headers that make a request conditional.
_VALIDATORS = ("If-None-Match", "If-Modified-Since")
_NAMES = {404: "not found", 403: "forbidden", 401: "needs a login", 429: "too many requests"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """How long, how much and how often.

    Args:
        connect_s: to connect, for each attempt, in seconds.
        read_s: between two reads, in seconds.
        total_s: for one feed with all its redirects and retries, in seconds.
        max_bytes: of the decompressed body.
        max_redirects: in a row.
        attempts: in all, on errors of connection, 5xx and 429.
        wait_s: before the second attempt, doubled after each, in seconds.
        max_retry_after_s: the longest wait that a server may ask for; beyond it the feed fails at once.
    """

    connect_s: float = 5.0
    read_s: float = 10.0
    total_s: float = 30.0
    max_bytes: int = 5_000_000
    max_redirects: int = 5
    attempts: int = 3
    wait_s: float = 0.5
    max_retry_after_s: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A body, decompressed, with what the next conditional request needs.

    Args:
        url: where it came from in the end, after redirects.
        status: the HTTP status, 200 to 299.
        body: at most `max_bytes`.
        content_type: the header, empty if there was none.
        etag: the header, or None.
        last_modified: the header word for word, or None.
    """

    url: str
    status: int
    body: bytes
    content_type: str
    etag: str | None
    last_modified: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The server says (304) that nothing has changed since the last fetch."""

    url: str


class FeedClient:
    """Fetches feeds; one client may be used by several threads at once, none of which runs an event loop.

    Args:
        limits: see `FetchLimits`.
        user_agent: how the client names itself; by default causewire and its version.
    """

    def __init__(self, limits: FetchLimits | None = None, *, user_agent: str | None = None) -> None:
        self.limits = limits or FetchLimits()
        self._user_agent = user_agent or f"causewire/{_version()} (reads market news feeds)"

    def fetch(self, feed: Feed, state: FeedState | None = None) -> Fetched | NotModified:
        """Fetches `feed`, conditionally if `state` holds an ETag or a Last-Modified.

        Raises:
            FeedError: the feed is down, slow, gone, too large, or answers with an error.
        """
        try:
            return _run(self._within_total(feed, state or FeedState(url=feed.url)))
        except TimeoutError as error:
            raise _error(
                feed, f"did not finish within {self.limits.total_s:g} s", "try again later"
            ) from error
        except httpx2.TimeoutException as error:
            kind = "connect" if isinstance(error, httpx2.ConnectTimeout) else "answer"
            raise _error(feed, f"did not {kind} in time", "try again later, or check the URL") from error
        except httpx2.TooManyRedirects as error:
            raise _error(feed, "redirects in a circle", "look for its new address in a browser") from error
        except (*_NO_ADDRESS, ExceptionGroup) as error:
            words = _first_words(error)
            raise _error(feed, f"leads to no http or https address ({words})", "correct its URL") from error
        except httpx2.RemoteProtocolError as error:
            raise _error(feed, f"broke off ({error})", "try again later") from error
        except (httpx2.HTTPError, OSError) as error:
            words = str(error) or type(error).__name__
            raise _error(
                feed, f"cannot be reached ({words})", "check the URL and the internet connection"
            ) from error
        except _Busy as busy:
            raise busy.final(feed) from busy

    async def _within_total(self, feed: Feed, state: FeedState) -> Fetched | NotModified:
        limits = self.limits
        timeout = httpx2.Timeout(limits.read_s, connect=limits.connect_s)
        async with (
            asyncio.timeout(limits.total_s),
            httpx2.AsyncClient(
                timeout=timeout,
                verify=self._tls,
                follow_redirects=True,
                max_redirects=limits.max_redirects,
                # No connection is used twice: a server may close one unannounced between two redirects.
                limits=httpx2.Limits(max_keepalive_connections=0),
                headers=self._headers(state),
            ) as client,
        ):
            async for attempt in stamina.retry_context(
                on=self._wait_for,
                attempts=limits.attempts,
                timeout=None,
                wait_initial=limits.wait_s,
                wait_jitter=limits.wait_s / 2,
            ):
                with attempt:
                    return await self._once(client, feed)
        raise AssertionError("the last attempt returns or raises")

    async def _once(self, client: httpx2.AsyncClient, feed: Feed) -> Fetched | NotModified:
        async with client.stream("GET", feed.url) as response:
            if response.status_code == 304:
                if not any(name in response.request.headers for name in _VALIDATORS):
                    raise unasked(feed)
                return NotModified(url=feed.url)
            _check_status(response, feed)
            return Fetched(
                url=str(response.url),
                status=response.status_code,
                body=await self._body(response, feed),
                content_type=response.headers.get("content-type", ""),
                etag=response.headers.get("etag"),
                last_modified=response.headers.get("last-modified"),
            )

    async def _body(self, response: httpx2.Response, feed: Feed) -> bytes:
        """The body, decompressed here: httpx2 would unpack a whole chunk before we could count."""
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("identity", "", "gzip", "x-gzip", "deflate"):
            raise _error(feed, f"is packed as '{encoding}', which was not asked for", "tell its publisher")
        inflate = None if encoding in ("identity", "") else zlib.decompressobj(wbits=47)
        body = bytearray()
        limit = self.limits.max_bytes
        async for chunk in response.aiter_raw():
            if inflate is None:
                body += chunk
            else:
                body += _inflated(inflate, chunk, limit + 1 - len(body), feed)
            if len(body) > limit:
                raise _error(
                    feed, f"is larger than {limit:,} bytes", "remove it from the list: no feed is so large"
                )
        if inflate is not None and body and not inflate.eof:
            raise _error(feed, "broke off inside its compressed body", "try again later")
        return bytes(body)

    def _headers(self, state: FeedState) -> dict[str, str]:
        headers = {"User-Agent": self._user_agent, "Accept": _ACCEPT, "Accept-Encoding": "gzip"}
        validators = zip(_VALIDATORS, (state.etag, state.last_modified), strict=True)
        # Some servers send what no request's header may hold; a request with it would fail for ever.
        return headers | {
            name: value for name, value in validators if value and value.isascii() and value.isprintable()
        }

    def _wait_for(self, error: Exception) -> bool | float:
        """Whether an attempt is worth another, or after how many seconds, when the server said so."""
        if isinstance(error, _Busy):
            if error.retry_after_s is None:
                return True
            return error.retry_after_s <= self.limits.max_retry_after_s and max(0.01, error.retry_after_s)
        return isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout)

    @cached_property
    def _tls(self) -> SSLContext:
        return httpx2.create_ssl_context()  # loading the certificates costs too much to do for each feed


def unasked(feed: Feed) -> FeedError:
    """The error of a 304 to a request that named nothing to compare with: there is no body to read."""
    return _error(feed, "answers 304 unasked", "try again later, or remove it from the list")


class _Busy(Exception):  # noqa: N818 - a signal inside this file: the server may answer another attempt
    def __init__(self, status: int, retry_after_s: float | None) -> None:
        self.status = status
        self.retry_after_s = retry_after_s
        super().__init__(f"HTTP {status}")

    def final(self, feed: Feed) -> FeedError:
        """The error when no attempt is left."""
        wait = f"; asks to wait {self.retry_after_s:.0f} s" if self.retry_after_s else ""
        return _error(feed, f"answers HTTP {self.status}{wait}", "try again later")


class _Resolver(ThreadPoolExecutor):
    """Looks hosts up for one fetch; asyncio would wait at its end for a look-up that hangs."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        super().shutdown(wait=False, cancel_futures=True)


def _run(fetching: Coroutine[None, None, Fetched | NotModified]) -> Fetched | NotModified:
    with asyncio.Runner() as runner:
        runner.get_loop().set_default_executor(_Resolver(max_workers=2, thread_name_prefix="resolve"))
        return runner.run(fetching)


def _first_words(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) or type(error).__name__


def _check_status(response: httpx2.Response, feed: Feed) -> None:
    status = response.status_code
    if 200 <= status < 300:
        return
    if status == 410:
        raise _error(feed, "is gone for good (HTTP 410)", "remove it from the list")
    if status == 429 or status >= 500:
        raise _Busy(status, _retry_after_s(response.headers))
    name = f" ({_NAMES[status]})" if status in _NAMES else ""
    raise _error(feed, f"answers HTTP {status}{name}", "look for its new address in a browser")


def _retry_after_s(headers: httpx2.Headers) -> float | None:
    """Seconds that the server asks to wait; a date is counted from the server's own Date."""
    asked = headers.get("retry-after", "").strip()
    if asked.isdecimal():
        return float(asked)
    try:
        until, sent = parsedate_to_datetime(asked), parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, (until - sent).total_seconds())
    except (TypeError, ValueError):
        return None


def _inflated(inflate: zlib._Decompress, chunk: bytes, room: int, feed: Feed) -> bytes:
    try:
        return inflate.decompress(chunk, room)  # what does not fit stays packed: memory stays bounded
    except zlib.error as error:
        raise _error(feed, "has a damaged compressed body", "try again later") from error


def _error(feed: Feed, what: str, remedy: str) -> FeedError:
    return FeedError(f"feed '{feed.name}' ({feed.url}) {what}", remedy)


def _version() -> str:
    try:
        return version("causewire")
    except PackageNotFoundError:  # running from a folder, not installed
        return "0"
