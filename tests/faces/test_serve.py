"""The HTTP face: the API, the pages, and what they refuse."""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from bs4 import BeautifulSoup
from fastapi.testclient import TestClient

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 8, 3, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def client(desk_folder, tiny_tagger):
    from desk.settings import load_settings
    from ingest.ledger import Ledger
    from serve import create_app

    settings = load_settings(desk_folder / "causewire.toml", {})
    with Ledger.open(settings.ledger.path) as ledger:
        app = create_app(settings, tagger=tiny_tagger, ledger=ledger, now=lambda: NOW)
        with TestClient(app, follow_redirects=False) as client:
            yield client


def problem(response) -> str:
    """Return an API error's one line."""
    body = response.json()
    assert body.keys() == {"error", "remedy"}
    return f"{response.status_code} {body['error']}; {body['remedy']}"


def test_texts_are_tagged_in_their_order(client, tiny_tagger):
    answer = client.post(
        "/v1/tag", json={"texts": ["Inflation is back", "A match", "Antitrust capex"]}
    ).json()
    assert answer["model_version"] == tiny_tagger.version
    assert [result["causes"] for result in answer["results"]][:2] == [["macro"], []]
    assert set(answer["results"][2]["causes"]) == {"regulation", "infrastructure_cost"}
    assert list(answer["thresholds"]) == list(tiny_tagger.causes)
    assert all(0 <= value <= 1 for value in answer["results"][0]["intensities"].values())


@pytest.mark.parametrize(
    "body", [b'{"texts": ["\\ud800 inflation"]}', b'[{"title": "\\udfff inflation", "summary": "\\ud800"}]']
)
def test_half_a_character_is_replaced_and_the_rest_is_tagged(client, body):
    answer = client.post("/v1/tag", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 200
    assert answer.json()["results"][0]["causes"] == ["macro"]


def test_headlines_are_tagged_with_their_summaries(client):
    rows = [{"title": "Prices"}, {"title": "Prices", "summary": "Inflation is back."}]
    answer = client.post("/v1/tag", json=rows).json()
    assert [result["causes"] for result in answer["results"]] == [[], ["macro"]]


def test_a_text_in_another_language_is_withheld_with_the_reason(client):
    text = "Die Notenbank hat den Leitzins nicht gesenkt und wird ihn auch im Herbst nicht senken"
    result = client.post("/v1/tag", json={"texts": [text]}).json()["results"][0]
    assert result["causes"] == []
    assert result["intensities"] is None
    assert "language de" in result["error"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"texts": []}, "422 body.texts: List should have at least 1 item"),
        ({"texts": ["a"] * 4}, "422 4 texts in one request; send at most 3 at once"),
        ({"texts": ["a", "b" * 101]}, "422 text 1 has 101 characters; send at most 100 in each"),
        ({"texts": ["a", 5]}, "422 body.texts.1: should be a valid string"),
        ({"texts": "a"}, "422 body.texts: should be a valid list"),
        ({"textz": ["a"]}, "422 body.texts: Field required (and 1 more)"),
        ([{"summary": "b"}], "422 body.0.title: Field required"),
        ([{"title": "a", "body": "b"}], "422 body.0.body: Extra inputs are not permitted"),
        ([], "422 body: List should have at least 1 item"),
        (5, "422 body"),
    ],
)
def test_a_body_that_cannot_be_used_says_where_it_is_wrong(client, body, said):
    assert problem(client.post("/v1/tag", json=body)).startswith(said)


def test_a_body_that_is_not_json_says_so(client):
    response = client.post("/v1/tag", content=b"{", headers={"content-type": "application/json"})
    assert problem(response).startswith("422 body")


def test_a_body_that_is_too_large_is_not_read_to_its_end(client):
    response = client.post("/v1/tag", json={"texts": ["x" * 400_000]})
    assert problem(response) == "413 the body has more than 300,000 bytes; send less at once"


def test_a_passage_may_be_longer_than_all_texts_of_a_request_together(client):
    assert client.post("/v1/passages", json={"text": "Inflation is back. " * 500}).status_code == 200


def test_a_summary_is_that_of_the_command_line(client):
    summary = client.get("/v1/summary/XNYS/2026-07-29").json()
    assert (summary["market"], summary["session"], summary["state"]) == ("XNYS", "2026-07-29", "final")
    assert summary["as_of"] == NOW.isoformat()
    assert [row["flag"] for row in summary["returns"]] == ["unconfirmed", "no price"]


def test_a_summary_as_of_an_instant_is_one_of_that_instant(client):
    summary = client.get("/v1/summary/XNYS/2026-07-29", params={"as_of": "2026-07-29T18:00:00Z"}).json()
    assert summary["state"] == "so far"
    response = client.get("/v1/summary/XNYS/2026-07-29", params={"as_of": "2026-07-29T18:00:00"})
    assert problem(response).startswith("422 query.as_of")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (
            "/v1/summary/XNYS/2026-07-26",
            "404 2026-07-26 is no session of XNYS; take 2026-07-24 or 2026-07-27",
        ),
        ("/v1/summary/XNYZ/2026-07-29", "404 there is no market XNYZ in the settings; did you mean XNYS?"),
        ("/v1/summary/XNYS/29-07-2026", "422 path.session:"),
        ("/v1/nothing", "404 there is no /v1/nothing; see /docs, or start at /"),
        (
            "/v1/headlines?cause=makro",
            "422 cause 'makro' is not the model's; take one of infrastructure_cost",
        ),
        ("/v1/headlines?session=2026-07-29", "422 a session without its market; name the market as well"),
        ("/v1/headlines?limit=0", "422 query.limit: should be greater than or equal to 1"),
        ("/v1/headlines?cursor=zzz", "422 cursor 'zzz' is none of ours"),
        ("/v1/headlines?cursor=MjAyNg==", "422 cursor 'MjAyNg==' is none of ours"),
    ],
)
def test_an_api_error_is_json_with_the_remedy(client, path, said):
    assert problem(client.get(path)).startswith(said)


@pytest.mark.parametrize("day", ["0001-01-01", "0001-05-31", "0001-06-30", "9999-12-31"])
def test_a_date_at_an_end_of_time_is_not_here(client, day):
    for path in (f"/v1/summary/XNYS/{day}", f"/v1/headlines?market=XNYS&session={day}"):
        assert problem(client.get(path)).startswith("404 ")
    page = client.get(f"/summary/XNYS/{day}")
    assert page.status_code == 404
    assert "XNYS" in page.text


def test_an_instant_at_an_end_of_time_is_told_of(client):
    path = "/v1/summary/XNYS/2026-07-29"
    response = client.get(path, params={"as_of": "0001-01-01T00:00:00+05:00"})
    assert problem(response).startswith("404 0001-01-01T00:00:00+05:00 lies outside")
    cursor = base64.urlsafe_b64encode(b"0001-01-01T00:00:00+05:00 x").decode()
    assert "none of ours" in problem(client.get("/v1/headlines", params={"cursor": cursor}))


def test_pages_of_headlines_hold_each_once_newest_first(client):
    seen, cursor = [], None
    for _ in range(100):
        params = {"limit": 50} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/headlines", params=params).json()
        seen += page["headlines"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == 31 * 12 + 3
    assert len({row["id"] for row in seen}) == len(seen)
    times = [row["published_at"] for row in seen]
    assert times == sorted(times, reverse=True)


def test_headlines_are_filtered_by_market_session_and_cause(client):
    params = {"market": "XNYS", "session": "2026-07-29", "cause": "macro"}
    page = client.get("/v1/headlines", params=params).json()
    assert page["next_cursor"] is None
    assert {row["session"] for row in page["headlines"]} == {"2026-07-29"}
    assert all("macro" in row["causes"] for row in page["headlines"])
    assert {row["timezone"] for row in page["headlines"]} == {"UTC"}
    titles = [row["title"] for row in page["headlines"]]
    assert "<script>alert(1)</script> inflation" in titles
    assert "After the close: inflation" not in titles
    assert client.get("/v1/headlines", params={"market": "XKRX"}).json()["headlines"] == []


def test_an_open_session_lists_no_headline_dated_ahead(desk_folder, tiny_tagger):
    from desk.settings import load_settings
    from ingest.ledger import Ledger
    from serve import create_app

    settings = load_settings(desk_folder / "causewire.toml", {})
    noon = datetime(2026, 7, 29, 17, tzinfo=UTC)
    with Ledger.open(settings.ledger.path) as ledger:
        app = create_app(settings, tagger=tiny_tagger, ledger=ledger, now=lambda: noon)
        with TestClient(app) as client:
            params = {"market": "XNYS", "session": "2026-07-29", "limit": 200}
            for asked in (params, {"limit": 5}):
                rows = client.get("/v1/headlines", params=asked).json()["headlines"]
                assert rows
                assert max(datetime.fromisoformat(row["published_at"]) for row in rows) <= noon


def test_health_says_from_what_the_server_answers(client, tiny_tagger):
    health = client.get("/healthz").json()
    assert (health["status"], health["model_version"]) == ("ok", tiny_tagger.version)
    assert health["ledger"]["headlines"] == 31 * 12 + 4
    assert health["ledger"]["last_headline"].startswith("2026-07-29T20:30")


def test_the_start_page_is_the_latest_session_of_the_first_market(client):
    page = BeautifulSoup(client.get("/").text, "html.parser")
    assert page.h1.get_text(" ", strip=True) == "New York Thursday 30 July 2026"
    assert page.find("a", rel="prev")["href"] == "/summary/XNYS/2026-07-29"
    assert [link["href"] for link in page.select(".masthead ul a")] == ["/summary/XKRX"]


def test_a_page_that_a_desk_keeps_open_loads_itself_again_and_others_do_not(client):
    refreshing = "meta[http-equiv=refresh]"
    assert BeautifulSoup(client.get("/").text, "html.parser").select_one(refreshing)["content"] == "300"
    final = BeautifulSoup(client.get("/summary/XNYS/2026-07-29").text, "html.parser")
    assert final.select(refreshing) == []


def test_a_page_links_to_the_sessions_around_it_but_to_none_that_has_not_opened(client):
    page = BeautifulSoup(client.get("/summary/XNYS/2026-07-31").text, "html.parser")
    assert page.find("a", rel="next") is None  # Monday has not opened at NOW
    page = BeautifulSoup(client.get("/summary/XNYS/2026-07-30").text, "html.parser")
    assert page.find("a", rel="next")["href"] == "/summary/XNYS/2026-07-31"


def test_the_first_page_of_the_ledger_links_to_no_session_before_it(client):
    day, seen = "2026-07-29", []
    for _ in range(60):
        page = BeautifulSoup(client.get(f"/summary/XNYS/{day}").text, "html.parser")
        seen.append(day)
        link = page.find("a", rel="prev")
        if link is None:
            break
        assert client.get(link["href"]).status_code == 200
        day = link["href"].rpartition("/")[2]
    assert len(seen) == 31


def test_an_instant_that_has_not_come_is_told_of(client):
    params = {"as_of": (NOW + timedelta(seconds=1)).isoformat()}
    assert "has not come" in problem(client.get("/v1/summary/XNYS/2026-07-29", params=params))


def test_a_notice_of_the_settings_stands_on_every_page(desk_folder, tiny_tagger):
    from desk.settings import load_settings
    from ingest.ledger import Ledger
    from serve import create_app

    settings = load_settings(desk_folder / "causewire.toml", {})
    settings = dataclasses.replace(settings, notice="Made <up> for a test.")
    with Ledger.open(settings.ledger.path) as ledger:
        app = create_app(settings, tagger=tiny_tagger, ledger=ledger, now=lambda: NOW)
        with TestClient(app) as client:
            for path in ("/", "/summary/XNYS/2026-07-29"):
                page = BeautifulSoup(client.get(path).text, "html.parser")
                assert page.select_one(".notice").get_text() == "Made <up> for a test."


def test_a_market_alone_leads_to_its_latest_session(client):
    response = client.get("/summary/XNYS")
    assert (response.status_code, response.headers["location"]) == (302, "/summary/XNYS/2026-07-30")


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/summary/XNYS/2026-07-26", 404, "2026-07-26 is no session of XNYS"),
        ("/summary/XNYZ/2026-07-29", 404, "did you mean XNYS?"),
        ("/summary/XNYS/tomorrow", 422, "path.session"),
        ("/summary/XKRX", 404, "no headline tagged by"),
        ("/<script>alert(1)</script>", 404, "there is no /<script>alert(1)</script>"),
    ],
)
def test_an_error_for_people_is_a_page_with_the_remedy(client, path, status, said):
    response = client.get(path)
    assert response.status_code == status
    assert response.headers["content-type"].startswith("text/html")
    page = BeautifulSoup(response.text, "html.parser")
    assert said in page.main.get_text()
    assert page.find("script") is None


def test_a_headline_that_is_markup_is_shown_as_words(client):
    text = client.get("/summary/XNYS/2026-07-29").text
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; inflation" in text


@pytest.mark.parametrize("path", ["/", "/docs", "/healthz", "/v1/nothing", "/nothing", "/openapi.json"])
def test_every_answer_carries_the_headers_that_keep_it_to_itself(client, path):
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe-inline" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_the_policy_knows_the_style_of_the_page_by_its_digest(client):
    import hashlib

    response = client.get("/")
    style = BeautifulSoup(response.text, "html.parser").find("style").string
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in response.headers["content-security-policy"]


def test_the_openapi_document_and_the_docs_page_know_every_route(client):
    paths = client.get("/openapi.json").json()["paths"]
    session = "/v1/summary/{market}/{session}"
    assert list(paths) == ["/v1/tag", "/v1/passages", session, "/v1/headlines", "/healthz"]
    page = BeautifulSoup(client.get("/docs").text, "html.parser")
    said = page.get_text(" ")
    for path in paths:
        assert path in said
    assert page.find("script") is None
    assert page.find("a", class_="skip").text == "Skip to the content"


def test_the_model_is_called_by_one_request_at_a_time_and_others_are_served_meanwhile(
    desk_folder, tiny_tagger
):
    from desk.settings import load_settings
    from ingest.ledger import Ledger
    from serve import create_app

    class Slow:
        causes, thresholds = tiny_tagger.causes, tiny_tagger.thresholds
        languages, version = tiny_tagger.languages, tiny_tagger.version
        running = most = 0
        begun, go_on = threading.Event(), threading.Event()

        def predict_proba(self, texts):
            Slow.running += 1
            Slow.most = max(Slow.most, Slow.running)
            Slow.begun.set()
            assert Slow.go_on.wait(20)
            Slow.running -= 1
            return tiny_tagger.predict_proba(texts)

    settings = load_settings(desk_folder / "causewire.toml", {})
    answers = []
    with Ledger.open(settings.ledger.path) as ledger:
        app = create_app(settings, tagger=Slow(), ledger=ledger, now=lambda: NOW)
        with TestClient(app) as client:

            def ask():
                answers.append(client.post("/v1/tag", json={"texts": ["Inflation"]}).status_code)

            threads = [threading.Thread(target=ask) for _ in range(3)]
            for thread in threads:
                thread.start()
            assert Slow.begun.wait(20)
            assert client.get("/healthz").status_code == 200  # the model is still at work
            Slow.go_on.set()
            for thread in threads:
                thread.join(20)
    assert (answers, Slow.most) == ([200, 200, 200], 1)


def test_the_server_sees_what_ingest_writes_while_it_runs(desk_folder, tiny_tagger, tmp_path):
    import shutil

    from desk.settings import load_settings
    from desk.tagging import tag_ledger
    from ingest.ledger import Ledger
    from ingest.selection import Selection
    from serve import create_app

    folder = shutil.copytree(desk_folder, tmp_path / "copy")
    settings = load_settings(folder / "causewire.toml", {})
    with Ledger.open(settings.ledger.path) as ledger, Ledger.open(settings.ledger.path) as writer:
        app = create_app(settings, tagger=tiny_tagger, ledger=ledger, now=lambda: NOW)
        with TestClient(app) as client:
            path = "/v1/summary/XNYS/2026-07-29"
            before = client.get(path).json()["coverage"]["headlines"]
            known = writer.headlines(Selection(limit=1))[0]
            at = datetime(2026, 7, 29, 16, tzinfo=UTC)
            new = dataclasses.replace(known, id="f" * 16, title="Late capex", published_at=at)
            writer.add([new], seen_at=NOW + timedelta(seconds=1))
            tag_ledger(writer, tiny_tagger)
            assert client.get(path).json()["coverage"]["headlines"] == before + 1


@pytest.fixture
def started(monkeypatch, tmp_path):
    """Return a function that runs `serve.main` and gives the settings that it would serve."""
    import serve

    def run(*arguments):
        taken = []
        monkeypatch.setattr(serve, "serve", lambda settings, **_: taken.append(settings))
        assert serve.main(arguments) == 0
        return taken[0]

    monkeypatch.chdir(tmp_path)
    return run


def test_options_of_the_module_win_over_the_environment(started, monkeypatch):
    monkeypatch.setenv("CAUSEWIRE_SERVER_PORT", "8123")
    assert (started().server.host, started().server.port) == ("127.0.0.1", 8123)
    given = started("--host", "::1", "--port", "0").server
    assert (given.host, given.port) == ("::1", 0)


@pytest.mark.parametrize(
    ("port", "said"),
    [
        ("x", "argument --port: invalid int value: 'x'"),
        ("65536", "argument --port: 65536 is no port; take one from 0 to 65535"),
        ("-1", "argument --port: -1 is no port"),
    ],
)
def test_a_port_that_is_none_is_an_error_of_the_option(started, capsys, port, said):
    with pytest.raises(SystemExit) as left:
        started("--port", port)
    assert left.value.code == 2
    assert said in capsys.readouterr().err


def test_the_module_prints_an_error_with_its_details(monkeypatch, capsys):
    import serve
    from errors import DataError

    def fail(*_, **__):
        raise DataError("two rows are wrong", "correct them", ["row 1", "row 2"])

    monkeypatch.setattr(serve, "load_settings", fail)
    assert serve.main([]) == 2
    assert capsys.readouterr().err == "serve.py: two rows are wrong; correct them\n  row 1\n  row 2\n"


def test_the_server_runs_as_a_process_on_loopback(desk_folder):
    env = {name: value for name, value in os.environ.items() if not name.startswith("CAUSEWIRE_")}
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "serve.py"), "--config", "causewire.toml", "--port", "0"],
        cwd=desk_folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        address = process.stdout.readline().split()[1]
        assert address.startswith("http://127.0.0.1:")
        assert httpx2.get(f"{address}healthz", timeout=20).json()["status"] == "ok"
        assert json.loads(httpx2.get(f"{address}v1/nothing", timeout=20).text)["error"]
        page = httpx2.get(f"{address}summary/XNYS/2026-07-29", timeout=20)
        assert page.status_code == 200
        assert "server" not in page.headers
    finally:
        process.terminate()
        _, err = process.communicate(timeout=30)
    assert "Traceback" not in err
