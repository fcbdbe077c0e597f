"""A server with more to do than it can: who is refused, who is forgotten, what is finished."""

from __future__ import annotations

import dataclasses
import json
import socket
import threading
import time

import httpx2
import pytest

from desk.web.guard import Guard


class HeldModel:
    """The tiny model, held until it is let go; notes what it was given."""

    def __init__(self, tagger) -> None:
        self.causes, self.thresholds = tagger.causes, tagger.thresholds
        self.languages, self.version = tagger.languages, tagger.version
        self.tagger = tagger
        self.given: list[list[str]] = []
        self.begun, self.go_on = threading.Event(), threading.Event()

    def predict_proba(self, texts):
        self.given.append(list(texts))
        self.begun.set()
        assert self.go_on.wait(20)
        return self.tagger.predict_proba(texts)


@pytest.fixture
def held(desk_folder, tiny_tagger, live):
    """Return a held model, and the running server and its port."""
    from desk.settings import load_settings
    from ingest.ledger import Ledger
    from serve import create_app

    settings = load_settings(desk_folder / "causewire.toml", {})
    limits = dataclasses.replace(settings.server, max_waiting=3)
    model = HeldModel(tiny_tagger)
    with Ledger.open(settings.ledger.path) as ledger:
        app = create_app(dataclasses.replace(settings, server=limits), tagger=model, ledger=ledger)
        server, port = live(app)
        yield model, server, port
        model.go_on.set()
        server.should_exit = True


class Asking(threading.Thread):
    """A client that waits for an answer while the test goes on."""

    def __init__(self, port: int, *texts: str, article: str | None = None) -> None:
        super().__init__()
        self.url = f"http://127.0.0.1:{port}/v1/{'tag' if article is None else 'passages'}"
        self.body = {"texts": texts} if article is None else {"text": article}
        self.start()

    def run(self):
        self.answer = httpx2.post(self.url, json=self.body, timeout=30)

    def causes(self):
        self.join(30)
        return [result["causes"] for result in self.answer.json()["results"]]


def ask_and_wait(
    port: int, body: bytes, *, length: int | None = None, path: str = "/v1/tag"
) -> socket.socket:
    """Send a request and leave its answer unread."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
    connection.sendall(f"{head}{length or len(body)}\r\n\r\n".encode() + body)
    return connection


def waits_for(condition) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def texts_waiting(port: int) -> int:
    return httpx2.get(f"http://127.0.0.1:{port}/healthz", timeout=20).json()["waiting"]


def test_past_the_bound_a_request_is_refused_with_when_to_come_again(held):
    model, _, port = held
    first = Asking(port, "Inflation")
    assert model.begun.wait(20)
    second = Asking(port, "Antitrust", "A match")
    waits_for(lambda: texts_waiting(port) == 2)
    refused = httpx2.post(f"http://127.0.0.1:{port}/v1/tag", json={"texts": ["a", "b"]}, timeout=20)
    assert refused.status_code == 503
    assert refused.json() == {"error": "2 texts are waiting for the model", "remedy": "send it again later"}
    assert int(refused.headers["retry-after"]) >= 1
    model.go_on.set()
    assert (first.causes(), second.causes()) == ([["macro"]], [["regulation"], []])
    assert Asking(port, "Capex", "Bubble").causes() == [["infrastructure_cost"], ["valuation"]]


def test_the_openapi_document_says_how_a_body_is_refused(held):
    _, _, port = held
    document = httpx2.get(f"http://127.0.0.1:{port}/openapi.json", timeout=20).json()
    for path, bound in (("/v1/tag", "server.max_waiting"), ("/v1/passages", "server.max_texts")):
        answers = document["paths"][path]["post"]["responses"]
        assert {"408", "413"} <= answers.keys()
        assert bound in answers["503"]["description"]
        assert "being sent at once" in answers["503"]["description"]
        assert answers["503"]["headers"]["Retry-After"]["schema"]["type"] == "integer"
    assert "503" in httpx2.get(f"http://127.0.0.1:{port}/docs", timeout=20).text


def test_a_client_that_has_hung_up_is_not_worked_for(held):
    model, _, port = held
    first = Asking(port, "Inflation")
    assert model.begun.wait(20)
    ask_and_wait(port, json.dumps({"texts": ["Hung up"]}).encode()).close()
    stays = Asking(port, "Antitrust")
    waits_for(lambda: texts_waiting(port) == 2)
    time.sleep(1.1)  # sooner nobody is taken to have hung up
    model.go_on.set()
    assert (first.causes(), stays.causes()) == ([["macro"]], [["regulation"]])
    assert model.given == [["Inflation"], ["Antitrust"]]


def test_an_article_whose_sender_has_hung_up_is_not_worked_for_and_no_error(held, capfd):
    model, _, port = held
    first = Asking(port, article="Inflation.")
    assert model.begun.wait(20)
    ask_and_wait(port, json.dumps({"text": "Hung up."}).encode(), path="/v1/passages").close()
    time.sleep(3)  # to come in, and one second more: sooner nobody is taken to have hung up
    model.go_on.set()
    first.join(30)
    assert first.answer.json()["causes"] == ["macro"]
    assert Asking(port, "Antitrust").causes() == [["regulation"]]
    assert model.given == [["Inflation."], ["Antitrust"]]
    assert "Traceback" not in capfd.readouterr().err


def test_a_server_that_is_stopped_finishes_what_it_took_in(held):
    model, server, port = held
    first = Asking(port, "Inflation")
    assert model.begun.wait(20)
    second = Asking(port, "Antitrust")
    waits_for(lambda: texts_waiting(port) == 1)
    server.should_exit = True
    waits_for(lambda: not server.servers or not server.servers[0].is_serving())
    model.go_on.set()
    assert (first.causes(), second.causes()) == ([["macro"]], [["regulation"]])


swallowed: list[bytes] = []


async def swallow(scope, receive, send) -> None:
    """Answer 200 to any body, and note it."""
    swallowed.append((await receive())["body"])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def guarded(live):
    """Return a function that starts a guard over nothing much, and returns it and its port."""

    def start(*, within_s: float = 60):
        guard = Guard(swallow, max_body=1000, max_held=1500, within_s=within_s)

        async def app(scope, receive, send):
            assert scope["type"] == "http"
            await guard(scope, receive, send)

        return guard, live(app)[1]

    return start


def test_a_body_that_does_not_come_is_given_up(guarded):
    guard, port = guarded(within_s=0.5)
    connection = ask_and_wait(port, b"x" * 500, length=900)
    assert connection.recv(2000).startswith(b"HTTP/1.1 408 ")
    connection.close()
    waits_for(lambda: guard.held == 0)


def test_half_a_body_of_a_client_that_hung_up_is_not_worked_on(guarded):
    guard, port = guarded()
    connection = ask_and_wait(port, b"half of it", length=900)
    waits_for(lambda: guard.held == 10)
    connection.close()
    waits_for(lambda: guard.held == 0)
    assert b"half of it" not in swallowed


def test_all_bodies_together_have_a_bound(guarded):
    guard, port = guarded()
    unfinished = ask_and_wait(port, b"x" * 800, length=900)
    waits_for(lambda: guard.held == 800)
    refused = httpx2.post(f"http://127.0.0.1:{port}/", content=b"y" * 900, timeout=20)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert httpx2.post(f"http://127.0.0.1:{port}/", content=b"y" * 500, timeout=20).status_code == 200
    unfinished.close()
    waits_for(lambda: guard.held == 0)
    assert httpx2.post(f"http://127.0.0.1:{port}/", content=b"y" * 900, timeout=20).status_code == 200
