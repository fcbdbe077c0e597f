"""Causes of one's own, from labelled rows to pages: one training, and every command that takes its model."""

from __future__ import annotations

import csv
import json
import random
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from errors import CausewireError

CAUSES = """
[[causes]]
name = "new_building"
title = "New building"
description = "What it takes to put things up & run them."

[[causes]]
name = "price_talk"
title = "Talk of price"
description = "Whether a thing is worth its price."
"""
WORDS = {"new_building": "capex", "price_talk": "bubble"}


@pytest.fixture(scope="module")
def loud_base(tmp_path_factory, tiny_base):
    """Return the tiny base with louder keywords, so that two hundred steps at the usual rate are enough."""
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(tiny_base, tmp_path_factory.mktemp("loud") / "base")
    weights = load_file(folder / "model.safetensors")
    weights["embeddings.LayerNorm.weight"][:4] *= 60  # the keywords' columns
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@pytest.fixture(scope="module")
def own(tmp_path_factory, loud_base):
    """Return a folder with causes, 80 labelled rows as JSONL and CSV, and the model trained on them alone."""
    from cli import run

    folder = tmp_path_factory.mktemp("own")
    (folder / "causes.toml").write_text(CAUSES)
    generator = random.Random(3)
    rows = []
    for number in range(80):
        labels = [cause for cause in WORDS if generator.random() < 0.4]
        words = [WORDS[cause] for cause in labels] + [f"{number}"] + generator.choices("abcdefg", k=2)
        rows.append({"title": " ".join(words), "labels": labels})
    (folder / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with (folder / "mine.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["title", "labels"])
        writer.writerows([row["title"], ";".join(row["labels"])] for row in rows)
    (folder / "causewire.toml").write_text(
        '[model]\npath = "model"\n[ledger]\npath = "l.db"\n[prices]\npath = "prices.csv"\n'
        '[baseline]\nmin_headlines = 2\n[markets.XNYS]\ntitle = "New York"\nsymbols = { SPY = "S&P 500" }\n'
    )
    arguments = ["--data", "mine.jsonl", "--causes", "causes.toml", "--replace", "--base", str(loud_base)]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert (
            run(
                [
                    "train",
                    *arguments,
                    "--epochs",
                    "100",
                    "--language",
                    "en",
                    "--language",
                    "de",
                    "--out",
                    "model",
                ]
            )
            == 0
        )
    return folder


def test_a_text_is_tagged_with_them(say, own):
    code, out, _ = say("tag", "a capex b", "bubble c", "a b c", "--json", folder=own)
    assert code == 0
    assert [json.loads(line)["causes"] for line in out.splitlines()] == [["new_building"], ["price_talk"], []]


def test_the_folder_says_what_they_mean_and_how_few_rows_taught_them(own):
    meta = json.loads((own / "model" / "tagger.json").read_text())
    assert meta["causes"] == ["new_building", "price_talk"]
    assert meta["languages"] == ["en", "de"]
    assert meta["titles"]["price_talk"] == "Talk of price"
    assert meta["training"]["sources"][0]["name"] == "mine.jsonl"
    card = (own / "model" / "README.md").read_text()
    assert "- **New building** (`new_building`): What it takes" in card
    assert "**Few rows.**" in card
    fit, of = meta["training"]["causes"]["new_building"]["calibration"]
    assert f"calibration {fit} of {of}" in card
    assert not (own / "model" / "work").exists()


def test_an_archive_is_scored_with_them(say, own):
    (own / "in.csv").write_text("title\na capex b\nbubble c\n")
    assert say("score", "in.csv", "-o", "out.jsonl", folder=own)[0] == 0
    rows = [json.loads(line) for line in (own / "out.jsonl").read_text().splitlines()]
    assert [row["causes"] for row in rows] == [["new_building"], ["price_talk"]]
    assert rows[0]["new_building"] > 0.5 > rows[1]["new_building"]


@pytest.mark.parametrize("source", ["mine.jsonl", "mine.csv"])
def test_they_are_measured_on_the_same_kinds_of_source(say, own, source):
    code, out, _ = say("evaluate", source, "--model", "model", "--json", folder=own)
    assert code == 0
    report = json.loads(out)
    assert list(report["causes"]) == ["new_building", "price_talk"]
    assert report["macro"]["f1"] > 0.9


def test_what_rows_were_not_judged_for_is_not_measured(say, own):
    judged = own / "judged.jsonl"
    judged.write_text('{"title": "capex", "labels": ["new_building"]}\n{"title": "a bubble", "labels": []}\n')
    code, out, _ = say(
        "evaluate", judged, "--judged", " new_building", "--model", "model", "--json", folder=own
    )
    assert code == 0
    assert list(json.loads(out)["causes"]) == ["new_building"]
    code, _, err = say("evaluate", judged, "--judged", "macro", "--model", "model", folder=own)
    assert code == 2
    assert "--judged macro: no cause of the model's; use new_building, price_talk" in err


def test_pages_ledger_and_linkage_speak_of_them(say, own):
    from fastapi.testclient import TestClient

    from desk.loading import load_tagger
    from desk.settings import load_settings
    from desk.web.app import create_app
    from ingest.ledger import Ledger

    days = [f"2026-07-{day:02}" for day in (*range(6, 11), *range(13, 18), *range(20, 25), *range(27, 30))]
    lines = [
        f"a {word} {i},{day}T15:0{n}:00Z"
        for i, day in enumerate(days)
        for n, word in enumerate(("capex", "bubble", "quiet")[: 2 + i % 2])
    ]
    (own / "day.csv").write_text("title,published\n" + "\n".join(lines) + "\n")
    (own / "prices.csv").write_text(
        "date,symbol,close\n" + "".join(f"{day},SPY,{100 + (i * 7) % 5}\n" for i, day in enumerate(days))
    )
    code, _, err = say("ingest", "archive", "day.csv", folder=own)
    assert code == 0, err
    html = say("summary", "--market", "XNYS", "--date", days[-1], "--format", "html", folder=own)[1]
    assert "Talk of price" in html
    assert "What it takes to put things up &amp; run them." in html
    assert "Macro" not in html
    linked = json.loads(say("link", "--market", "XNYS", "--json", folder=own)[1])
    assert {row["cause"] for row in linked["rows"]} == {"new_building", "price_talk"}
    settings = load_settings(own / "causewire.toml", {})
    with Ledger.open(own / "l.db", create=False) as ledger:
        tagger = load_tagger(settings, str(own / "model"))
        app = create_app(settings, tagger=tagger, ledger=ledger, now=lambda: datetime(2026, 8, 3, tzinfo=UTC))
        with TestClient(app) as client:
            assert "Talk of price" in client.get(f"/summary/XNYS/{days[-1]}").text
            assert client.get("/v1/headlines", params={"cause": "price_talk"}).json()["headlines"]
            assert set(client.post("/v1/tag", json={"texts": ["bubble"]}).json()["thresholds"]) == set(WORDS)


@pytest.mark.slow
def test_beside_ours_the_four_causes_stay(say, own, tiny_base):
    arguments = ("--data", "mine.jsonl", "--causes", "causes.toml", "--base", tiny_base, "--epochs", "0.02")
    code, out, err = say("train", *arguments, "--out", "beside", "--json", folder=own)
    assert code == 0, err
    assert list(json.loads(out)["causes"])[-3:] == ["macro", "new_building", "price_talk"]
    assert "beside is a model folder" in err


def test_every_bad_row_is_listed_before_anything_is_trained(say, own):
    bad = own / "bad.jsonl"
    bad.write_text(
        (own / "mine.jsonl").read_text()
        + '{"title": "x", "labels": ["weather"]}\n{"title": "\\ud800", "labels": []}\n'
    )
    code, _, err = say("train", "--data", bad, "--causes", "causes.toml", "--out", "none", folder=own)
    assert code == 2
    told = err.splitlines()
    assert told[0].startswith(f"causewire: {bad}: 2 of 82 rows are wrong; mend them")
    assert told[1].startswith(f"  {bad}:81: labels has unknown 'weather'; use infrastructure_cost")
    assert told[2].startswith(f"  {bad}:82: title has half a character")
    assert not (own / "none").exists()


@pytest.mark.parametrize("beside_ours", [True, False])
def test_rows_in_a_language_that_is_not_named_are_told_before_training(say, own, beside_ours):
    title = "Der Streik legt den Hafen von Hamburg am Tag {} lahm"
    rows = [
        {"title": title.format(day), "labels": ["new_building", "price_talk"][: day % 3]} for day in range(30)
    ]
    (own / "german.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    more = ["--add"] if beside_ours else ["--replace"]
    rows_and_causes = ["--data", "./german.jsonl", "--causes", "causes.toml", *more]
    _, _, err = say("train", *rows_and_causes, "--base", "./none", "--out", "x", folder=own)
    told = err.splitlines()
    assert "causewire: 30 of 30 rows are in another language than en, such as de" in told[-2]
    assert "./none is neither a folder nor a model that the hub gives" in told[-1]  # so nothing is trained


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data", "mine.jsonl"], "name another folder with --out"),
        (["--data", "none.jsonl", "--out", "x"], "there is no file none.jsonl"),
        (["--data", "mine.jsonl", "--causes", "none.toml", "--out", "x"], "none.toml"),
        (["--causes", "causes.toml", "--out", "x"], "--causes and --replace go with --data"),
        (["--language", "English", "--out", "x"], "--language English is no ISO 639-1 code"),
        (["--epochs", "nan", "--out", "x"], "--epochs nan is no number of epochs"),
        (["--seed", "-1", "--out", "x"], "-1 is not in the range"),
        (["--replace", "--out", "x"], "--causes and --replace go with --data"),
        (
            ["--data", "mine.jsonl", "--replace", "--out", "x"],
            "unknown 'new_building'; use infrastructure_cost",
        ),
        (["--data", "mine.jsonl", "--out", "causes.toml"], "causes.toml is a file"),
        (["--data", "none.jsonl", "--out", "."], "is neither empty nor a model folder"),  # before it is read
    ],
)
def test_a_training_that_cannot_be_is_refused_at_once(say, own, arguments, words):
    code, _, err = say("train", *arguments, folder=own)
    assert code == 2
    assert words in err
    assert not (own / "x").exists()


def test_the_example_that_comes_along_is_sound():
    from desk.taxonomy import read_taxonomy
    from training.material import own_material

    folder = Path(__file__).parents[2] / "sample" / "own"
    material = own_material(folder / "labels.csv", read_taxonomy(folder / "causes.toml"), add=False)
    assert material.names == ("labour", "weather")
    assert sum(map(len, material.split.parts().values())) == 156


def test_details_of_an_error_are_told_a_line_each():
    assert CausewireError("a", "b", ["c", "d"]).details == ("c", "d")
    assert str(CausewireError("a", "b", ["c", "d"])) == "a; b"
