"""A real HTTP server on loopback that misbehaves on request, and small makers of records."""

from __future__ import annotations

import gzip
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ingest.ledger import Ledger
from ingest.records import Feed, Headline

NOW = datetime(2026, 8, 10, 12, 0, tzinfo=UTC)

RSS = b"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>Wire</title><link>http://wire.test/</link>
<item><title>Copper slips as orders thin</title><link>/a/1</link>
<pubDate>Mon, 10 Aug 2026 08:00:00 GMT</pubDate></item>
<item><title>Grid owner doubles its budget</title><link>/a/2</link>
<pubDate>Mon, 10 Aug 2026 09:00:00 GMT</pubDate></item>
</channel></rss>"""


class FeedServer(ThreadingHTTPServer):
    """A server with what it serves and what it saw."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server_port}"
        self.hits: Counter[str] = Counter()
        self.headers: dict[str, dict[str, str]] = {}
        self.served: dict[str, bytes] = {"/ok": RSS}
        self.etags: dict[str, str] = {"/ok": '"v1"'}
        self.stop = threading.Event()

    def url(self, path: str) -> str:
        return self.base + path

    def feed(self, path: str, **changes: str) -> Feed:
        fields = {"name": f"feed {path}", "market": "US", "desk": "markets", **changes}
        return Feed(url=self.url(path), **fields)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FeedServer

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        self.server.hits[self.path] += 1
        self.server.headers[self.path] = {key.lower(): value for key, value in self.headers.items()}
        self.close_connection = True
        with suppress(BrokenPipeError, ConnectionResetError):
            ROUTES.get(self.path, served)(self)

    def reply(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for key, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def begin(self, **headers: str) -> None:
        self.send_response(200)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()


def served(request: Handler) -> None:
    server, path = request.server, request.path
    if path not in server.served:
        return request.reply(b"no such page", 404)
    etag = server.etags.get(path)
    if etag and request.headers.get("if-none-match") == etag:
        return request.reply(b"", 304)
    headers = {"etag": etag, "last_modified": "Mon, 10 Aug 2026 09:00:00 GMT"} if etag else {}
    return request.reply(server.served[path], content_type="application/rss+xml", **headers)


def drip(request: Handler) -> None:
    request.begin()
    while not request.server.stop.wait(0.05):
        request.wfile.write(b"<")


def drip_headers(request: Handler) -> None:
    request.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not request.server.stop.wait(0.05):
        request.wfile.write(b"x-more: y\r\n")


def huge(request: Handler) -> None:
    request.begin()
    for _ in range(800):  # 50 MB and no length
        request.wfile.write(b"x" * 65_536)


def cut_short(request: Handler) -> None:
    request.begin(content_length="5000")
    request.wfile.write(RSS[:100])


def flaky(request: Handler) -> None:
    if request.server.hits[request.path] < 3:
        return request.reply(b"", 503, retry_after="0")
    return request.reply(RSS)


def busy_until(request: Handler) -> None:
    request.send_response_only(429)
    request.send_header("date", "Mon, 10 Aug 2026 09:00:00 GMT")
    request.send_header("retry-after", "Mon, 10 Aug 2026 09:10:00 GMT")
    request.send_header("content-length", "0")
    request.end_headers()


@cache
def packed_zeros() -> bytes:
    return gzip.compress(b"\0" * 60_000_000)


ROUTES: dict[str, Callable[[Handler], object]] = {
    "/drip": drip,
    "/drip-headers": drip_headers,
    "/silent": lambda r: r.server.stop.wait(10),
    "/huge": huge,
    "/cut-short": cut_short,
    "/flaky": flaky,
    "/busy-until": busy_until,
    "/bomb": lambda r: r.reply(packed_zeros(), content_encoding="gzip"),
    "/packed": lambda r: r.reply(gzip.compress(RSS), content_encoding="gzip"),
    "/packed-cut": lambda r: r.reply(gzip.compress(RSS)[:80], content_encoding="gzip"),
    "/packed-bad": lambda r: r.reply(b"not gzip at all", content_encoding="gzip"),
    "/brotli": lambda r: r.reply(b"x", content_encoding="br"),
    "/loop": lambda r: r.reply(b"", 302, location="/loop"),
    "/moved": lambda r: r.reply(b"", 301, location="/ok"),
    "/to-file": lambda r: r.reply(b"", 302, location="file:///etc/hostname"),
    "/to-bad-port": lambda r: r.reply(b"", 302, location="http://127.0.0.1:99999/x"),
    "/odd-etag": lambda r: r.reply(RSS, etag='"\xe9"', last_modified="le 2 ao\xfbt"),
    "/always-304": lambda r: r.reply(b"", 304),
    "/html": lambda r: r.reply(b"<!DOCTYPE html><html><body>hi</body></html>", content_type="text/html"),
    "/gone": lambda r: r.reply(b"", 410),
    "/broken": lambda r: r.reply(b"", 500),
    "/busy": lambda r: r.reply(b"", 429, retry_after="3600"),
    "/empty": lambda r: r.reply(b""),
}


@pytest.fixture
def server() -> Iterator[FeedServer]:
    packed_zeros()  # here, since no client waits for it yet
    http = FeedServer()
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield http
    http.stop.set()
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.sqlite") as opened:
        yield opened


@pytest.fixture
def headline() -> Callable[..., Headline]:
    def make(number: int = 1, **changes: object) -> Headline:
        fields: dict[str, object] = {
            "id": f"{number:032x}",
            "title": f"Title {number}",
            "summary": "",
            "link": f"https://wire.test/{number}",
            "source": "wire",
            "market": "US",
            "published_at": datetime(2026, 8, 3, 12, number % 60, tzinfo=UTC),
            "published_quality": "exact",
            "first_seen_at": NOW,
            "language": "en",
        }
        return Headline(**{**fields, **changes})  # type: ignore[arg-type]

    return make


@pytest.fixture
def now() -> datetime:
    return NOW
