"""The bundled sample as real RSS over HTTP on this machine: one feed a desk, on a port of its own.

    with sample_feeds() as feeds:
        collect(feeds, ledger, fetch=FeedClient().fetch, now=now)

It is what the demo takes in, through the same door as live feeds. Nothing else reads it.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from email.utils import format_datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

from ingest.records import Feed
from sample.load import SampleItem, sample_items

_TITLE = "Sample {desk}"


def rss(desk: str, items: Sequence[SampleItem]) -> bytes:
    """Write a desk's headlines as an RSS 2.0 document, newest first, as publishers do."""
    newest_first = sorted(items, key=lambda item: item.published_at, reverse=True)
    body = "\n".join(_item(item) for item in newest_first)
    title = escape(_TITLE.format(desk=desk))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>\n'
        f"<title>{title}</title><link>http://127.0.0.1/</link><language>en</language>\n"
        f"<description>Real market days, retold for causewire</description>\n{body}\n</channel></rss>\n"
    ).encode()


@contextmanager
def sample_feeds(items: Sequence[SampleItem] | None = None) -> Iterator[tuple[Feed, ...]]:
    """Serve the sample while the block runs; gives its feeds, whose market is GLOBAL.

    Args:
        items: what to serve; the bundled sample by default.
    """
    desks: dict[str, list[SampleItem]] = {}
    for item in sample_items() if items is None else items:
        desks.setdefault(item.desk, []).append(item)
    documents = {f"/{desk}.xml": rss(desk, desks[desk]) for desk in sorted(desks)}
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, documents))
    thread = threading.Thread(target=server.serve_forever, name="sample-feeds", daemon=True)
    thread.start()
    try:
        yield tuple(
            Feed(
                name=_TITLE.format(desk=desk),
                url=f"http://127.0.0.1:{server.server_port}/{desk}.xml",
                market="GLOBAL",
                desk=desk,
            )
            for desk in sorted(desks)
        )
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _item(item: SampleItem) -> str:
    # The words and the time are what a publisher's own id would stand for.
    known_by = hashlib.sha256(f"{item.published_at.isoformat()} {item.title}".encode()).hexdigest()[:24]
    summary = f"<description>{escape(item.summary)}</description>" if item.summary else ""
    return (
        f"<item><title>{escape(item.title)}</title>{summary}"
        f'<guid isPermaLink="false">{known_by}</guid>'
        f"<pubDate>{format_datetime(item.published_at, usegmt=True)}</pubDate></item>"
    )


class _Handler(BaseHTTPRequestHandler):
    """Answers GET with a document, or 304 to whoever has it already."""

    def __init__(self, documents: Mapping[str, bytes], *arguments: object) -> None:
        self.documents = documents
        super().__init__(*arguments)  # type: ignore[arg-type] # what the server passes on

    def do_GET(self) -> None:
        body = self.documents.get(self.path)
        if body is None:
            self.send_error(404)
            return
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        if self.headers.get("If-None-Match") == etag:
            self.send_response(304)
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", etag)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Keep the terminal for the demo."""
