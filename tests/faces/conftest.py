"""A desk of our own: a ledger of made headlines, tagged by the tiny model, with prices and settings."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from zlib import crc32

import pytest

ROOT = Path(__file__).parents[2]
DAY = date(2026, 7, 29)
NOW = datetime(2026, 8, 3, 12, tzinfo=UTC)
WORDS = ("capex", "bubble", "antitrust", "inflation", "weather", "football")
SCRIPT = "<script>alert(1)</script> inflation"


def _headline(at: datetime, title: str, **fields: object):
    from ingest.records import Headline

    values = {
        "id": f"{at:%Y%m%d%H%M}{crc32(title.encode()):08x}",
        "title": title,
        "summary": "",
        "link": "https://example.com/story",
        "source": "Example wire",
        "market": "US",
        "published_at": at,
        "published_quality": "exact",
        "first_seen_at": at,
        "language": "en",
    }
    return Headline(**(values | fields))


def _headlines():
    from aggregate.sessions import Calendar

    calendar = Calendar.around("XNYS", DAY)
    for index, session in enumerate([*calendar.before(DAY, 30), DAY]):
        close = calendar.close(session)
        for number in range(12):
            word = WORDS[(index + number) % len(WORDS)]
            yield _headline(
                close - timedelta(minutes=25 * number + 5), f"Story {number} of {session}: {word}"
            )
    yield _headline(datetime(2026, 7, 29, 13, tzinfo=UTC), SCRIPT)
    yield _headline(datetime(2026, 7, 29, 13, 10, tzinfo=UTC), "A link that is none: inflation", link=None)
    yield _headline(datetime(2026, 7, 29, 20, 30, tzinfo=UTC), "After the close: inflation")
    yield _headline(
        datetime(2026, 7, 29, 17, tzinfo=UTC),
        "Die Notenbank hat den Leitzins nicht gesenkt und wird ihn auch im Herbst nicht senken",
    )


@pytest.fixture(scope="session")
def desk_folder(tmp_path_factory, tiny_model, tiny_tagger) -> Path:
    """Return a folder with causewire.toml, a tagged ledger and prices; read it only."""
    from desk.tagging import tag_ledger
    from ingest.ledger import Ledger

    folder = tmp_path_factory.mktemp("desk")
    (folder / "causewire.toml").write_text(
        f'[model]\npath = "{tiny_model}"\n[ledger]\npath = "l.db"\n[prices]\npath = "prices.csv"\n'
        "[server]\nmax_texts = 3\nmax_text_chars = 100\n"
        '[markets.XNYS]\ntitle = "New York"\nsymbols = { SPY = "S&P 500", XLE = "Energy" }\n'
        '[markets.XKRX]\ntitle = "Seoul"\nheadlines_from = ["KR"]\n',
        encoding="utf-8",
    )
    (folder / "prices.csv").write_text(
        "date,symbol,close,return,flag\n2026-07-28,SPY,100,0,\n2026-07-29,SPY,99,-0.01,unconfirmed\n"
        "2026-07-30,SPY,101,0.02,\n"
    )
    with Ledger.open(folder / "l.db") as ledger:
        ledger.add(_headlines(), seen_at=NOW - timedelta(days=1))
        tag_ledger(ledger, tiny_tagger)
    return folder


@pytest.fixture
def cli(desk_folder) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `python -m cli` in the desk's folder as a process of its own."""

    def run(*arguments: str, folder: Path = desk_folder, stdin: str = "", **environ: str):
        env = {name: value for name, value in os.environ.items() if not name.startswith("CAUSEWIRE_")}
        return subprocess.run(
            [sys.executable, "-m", "cli", *arguments],
            cwd=folder,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env=env | {"PYTHONPATH": str(ROOT)} | environ,
        )

    return run


@pytest.fixture
def say(desk_folder, monkeypatch, capsys) -> Callable[..., tuple[int, str, str]]:
    """Run a command in this process, in the desk's folder: exit code, stdout, stderr."""
    from cli import run

    def call(*arguments: str, folder: Path = desk_folder) -> tuple[int, str, str]:
        monkeypatch.chdir(folder)
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def live():
    """Return a function that serves an ASGI app on this machine; gives the server and its port."""
    from desk.web.app import server_for

    running = []

    def serve(app):
        listener = socket.create_server(("127.0.0.1", 0))
        server = server_for(app)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        running.append((server, thread, listener))
        return server, listener.getsockname()[1]

    yield serve
    for server, thread, listener in running:
        server.should_exit = True
        thread.join(30)
        listener.close()
        assert not thread.is_alive()


@pytest.fixture
def served():
    """Return a function that serves a request handler on this machine, silently, and gives its base URL."""
    running = []

    def serve(handler: type[BaseHTTPRequestHandler]) -> str:
        quiet = type(handler.__name__, (handler,), {"log_message": lambda *_: None})
        server = ThreadingHTTPServer(("127.0.0.1", 0), quiet)
        thread = Thread(target=server.serve_forever)
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()
