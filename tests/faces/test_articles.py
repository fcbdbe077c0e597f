"""Longer texts through the faces: the causes of the whole, and which sentence says what."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

STORY = (
    "Shares fell for a third day. Desks spoke of capex at last.\n"
    "The capex was too high. It rained. It poured. A bubble, he said."
)


@pytest.fixture
def story(tmp_path):
    path = tmp_path / "story.txt"
    path.write_text(STORY)
    return path


@pytest.fixture
def client(desk_folder, tiny_tagger):
    from desk.settings import load_settings
    from desk.web.app import create_app
    from ingest.ledger import Ledger

    settings = load_settings(desk_folder / "causewire.toml", {})
    server = dataclasses.replace(settings.server, max_passage_chars=500)
    settings = dataclasses.replace(settings, server=server)
    with Ledger.open(desk_folder / "l.db", create=False) as ledger:
        app = create_app(
            settings, tagger=tiny_tagger, ledger=ledger, now=lambda: datetime(2026, 8, 3, tzinfo=UTC)
        )
        with TestClient(app) as client:
            yield client


def test_the_command_says_the_causes_and_which_sentence_has_which(say, story):
    code, out, _ = say("tag", "--article", story)
    assert code == 0
    first, *sentences = out.splitlines()
    assert re.fullmatch(r"Infrastructure cost [01]\.\d\d, Valuation [01]\.\d\d", first)
    assert len(sentences) == 6
    assert sentences[0].strip() == "Shares fell for a third day."
    assert sentences[1].startswith("Desks spoke of capex at last.")
    assert "Infrastructure cost" in sentences[1]


def test_as_json_every_sentence_has_its_place(say, story):
    code, out, _ = say("tag", "--article", story, "--json")
    assert code == 0
    told = json.loads(out)
    assert told["causes"] == ["infrastructure_cost", "valuation"]
    assert [STORY[one["start"] : one["end"]] for one in told["sentences"]] == [
        one["text"] for one in told["sentences"]
    ]
    assert told["sentences"][1]["causes"] == ["infrastructure_cost"]
    assert told["error"] is None


def test_places_count_a_files_own_line_ends_but_no_mark_before_it(say, tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfA bubble at last.\r\n\r\nIt rained.")
    first, second = json.loads(say("tag", "--article", path, "--json")[1])["sentences"]
    assert (first["text"], second["start"]) == ("A bubble at last.", 21)
    assert json.loads(say("tag", "--file", path, "--json")[1].splitlines()[0])["text"] == "A bubble at last."


def test_stdin_will_do_as_well(cli):
    done = cli("tag", "--article", "-", stdin="It rained. It rained again.")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("No cause\n")


def test_the_settings_thresholds_hold_for_sentences_too(say, desk_folder, story, tmp_path):
    text = (desk_folder / "causewire.toml").read_text()
    (tmp_path / "causewire.toml").write_text(text + "\n[model.thresholds]\nmacro = 0.0\n")
    code, out, err = say("tag", "--article", story, "--json", folder=tmp_path)
    assert code == 0, err
    assert "macro" in json.loads(out)["causes"]
    assert all("macro" in sentence["causes"] for sentence in json.loads(out)["sentences"])


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "No such file"), (b"\xff", "not UTF-8"), (b" \n", "holds no text; give an article")],
)
def test_an_article_that_cannot_be_read_says_so(say, tmp_path, content, words):
    if content is not None:
        (tmp_path / "a.txt").write_bytes(content)
    code, _, err = say("tag", "--article", tmp_path / "a.txt")
    assert code == 2
    assert words in err


def test_an_article_stands_alone(say, story):
    for more in (["x"], ["--file", story], ["--explain"], ["--waiting"]):
        code, _, err = say("tag", "--article", story, *more)
        assert code == 2
        assert "takes no" in err


def test_a_foreign_article_is_withheld(say, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("Die Notenbank hat den Leitzins nicht gesenkt. Sie wird ihn auch im Herbst nicht senken.")
    assert say("tag", "--article", path)[:2] == (0, "withheld: language de is not among the model's (en)\n")
    told = json.loads(say("tag", "--article", path, "--json")[1])
    assert told["sentences"] == []
    assert told["error"].startswith("language de")


def test_the_api_answers_the_same_as_the_command(say, client, story):
    answer = client.post("/v1/passages", json={"text": STORY})
    assert answer.status_code == 200
    assert answer.json() == json.loads(say("tag", "--article", story, "--json")[1])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"text": "a" * 501}, "text has 501 characters"),
        ({"text": ""}, "body.text"),
        ({"texts": ["a"]}, "body.text"),
    ],
)
def test_the_api_says_what_it_does_not_take(client, body, words):
    answer = client.post("/v1/passages", json=body)
    assert answer.status_code == 422
    assert words in answer.json()["error"]


def test_half_a_character_is_replaced_and_places_stay_true(client):
    body = '{"text": "A bubble \\ud800 at last. It rained."}'
    told = client.post("/v1/passages", content=body, headers={"content-type": "application/json"}).json()
    assert told["sentences"][0]["text"] == "A bubble \ufffd at last."
    assert told["sentences"][1]["start"] == 20
