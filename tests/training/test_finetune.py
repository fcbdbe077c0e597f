"""Training end to end on a tiny encoder: the real path from a JSONL file to a model folder."""

import dataclasses
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from transformers import DistilBertConfig, DistilBertModel

from cli import run
from errors import ModelError
from model.base import locate, sha256_of
from model.causes import CAUSE_NAMES
from model.padding import pad
from model.tagger import Tagger
from model.tokens import encode, load_tokenizer
from training import finetune
from training.calibrate import calibrate
from training.callbacks import last_state
from training.corpus import LabelledHeadline, label_matrix, read_labelled
from training.material import own_material
from training.metrics import macro_f1
from training.recipe import Recipe

SHOW_CURSOR, HIDE_CURSOR = "\x1b[?25h", "\x1b[?25l"
KEYWORDS = dict(zip(CAUSE_NAMES, ("capex", "bubble", "antitrust", "inflation"), strict=True))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    generator = random.Random(5)
    path = tmp_path_factory.mktemp("data") / "mine.jsonl"
    with path.open("w") as file:
        for number in range(600):
            labels = [cause for cause in CAUSE_NAMES if generator.random() < 0.25]
            words = [KEYWORDS[cause] for cause in labels] + generator.choices(list("abcdefg"), k=4)
            generator.shuffle(words)
            file.write(json.dumps({"id": f"m-{number}", "title": " ".join(words), "labels": labels}) + "\n")
    return path


@pytest.fixture(scope="module")
def material(data):
    return own_material(data, None, add=False)


RECIPE = Recipe(epochs=14, head_learning_rate=1.0, learning_rate=1e-3)


@pytest.fixture(scope="module")
def trained(material, tiny_base, tmp_path_factory):
    out = tmp_path_factory.mktemp("trained")
    finetune.train(material, str(tiny_base), out, RECIPE)
    return out


def test_training_learns_what_the_words_mean(trained):
    tagger = Tagger.from_pretrained(trained)
    for cause, word in KEYWORDS.items():
        assert tagger.predict([f"a {word} b"]) == [(cause,)]
    assert tagger.predict(["a b c"]) == [()]


def test_what_a_row_was_not_judged_for_teaches_nothing(tiny_base, tmp_path):
    def rows(count, cause):
        return [
            LabelledHeadline(f"m-{number}", word, "", labels, (cause,))
            for number in range(count)
            for word, labels in (("bubble", (cause,)), ("a", ()))
        ]

    causes = ("infrastructure_cost", "valuation")
    both = rows(300, "infrastructure_cost") + rows(40, "valuation")  # taken as a no, the many drown the few
    network = finetune.finetune(both, causes, RECIPE, locate(tiny_base), tmp_path)
    asked = encode(load_tokenizer(locate(tiny_base).folder, 96), ["bubble", "a"])
    with torch.inference_mode():
        bubble, plain = network(*pad(asked))
    assert (bubble > 0).all()
    assert (plain < 0).all()


def test_the_card_and_the_digest_lie_beside_the_model(trained, data):
    meta = json.loads((trained / "tagger.json").read_text())
    assert meta["data_sha256"] == sha256_of(data)
    assert Tagger.from_pretrained(trained).version in (trained / "README.md").read_text()


def test_the_same_seed_gives_the_same_model(trained, material, tiny_base, tmp_path):
    finetune.train(material, str(tiny_base), tmp_path, RECIPE)
    assert Tagger.from_pretrained(tmp_path).version == Tagger.from_pretrained(trained).version


@pytest.fixture
def evaluate(trained, data, tmp_path, monkeypatch):
    """Return a function that measures the trained model with further arguments; gives the exit code."""
    monkeypatch.chdir(tmp_path)  # away from settings of one's own
    return lambda *more: run(["evaluate", str(data), "--model", str(trained), *more])


def test_evaluate_prints_the_agreed_json(evaluate, capsys):
    assert evaluate("--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert {"model_version", "n", "macro", "causes"} <= set(report)
    assert {"f1", "ap"} <= set(report["macro"])
    assert list(report["causes"]) == list(CAUSE_NAMES)
    for figures in report["causes"].values():
        assert set(figures) == {"precision", "recall", "f1", "ap", "ece", "brier_skill", "positives"}
    assert report["macro"]["f1"] > 0.95


def test_labels_in_swapped_order_would_be_caught(trained, data):
    rows = read_labelled(data, CAUSE_NAMES)
    tagger = Tagger.from_pretrained(trained)
    intensities = tagger.predict_proba([row.text for row in rows])
    right = macro_f1(label_matrix(rows, tagger.causes), intensities, tagger.thresholds)
    swapped = macro_f1(label_matrix(rows, tagger.causes[::-1]), intensities, tagger.thresholds)
    assert right > 0.95
    assert swapped < 0.6


def test_evaluate_prints_a_table_for_people(evaluate, capsys):
    assert evaluate() == 0
    assert "macro F1" in capsys.readouterr().out


def test_there_has_to_be_something_to_resume(material, tiny_base, tmp_path):
    with pytest.raises(ModelError, match="holds no unfinished run; leave out --resume"):
        finetune.train(material, str(tiny_base), tmp_path, RECIPE, resume=True)


def test_an_unfinished_run_of_another_recipe_is_not_gone_on_with(material, tiny_base, tmp_path):
    recipe = dataclasses.replace(RECIPE, epochs=1)
    base = locate(tiny_base)
    work = tmp_path / "work"
    finetune.finetune(material.split.fit, material.names, recipe, base, work)
    assert list(work.glob("checkpoint-*"))
    (work / "run.json").write_text("{}")
    with pytest.raises(ModelError, match="is of other rows, causes, languages, recipe or base encoder"):
        finetune.train(material, str(tiny_base), tmp_path, recipe, resume=True)


def test_a_state_that_a_kill_has_left_half_written_is_passed_over(material, tiny_base, tmp_path):
    def fitted(state):
        recipe = dataclasses.replace(RECIPE, epochs=1)
        network = finetune.finetune(
            material.split.fit, material.names, recipe, locate(tiny_base), tmp_path, state=state
        )
        return network.state_dict()

    assert last_state(tmp_path) is None
    whole = fitted(None)
    newest = last_state(tmp_path)
    (newest / "average.safetensors").rename(newest / "average.safetensors.part")
    before = last_state(tmp_path)
    assert int(before.name.rpartition("-")[2]) < int(newest.name.rpartition("-")[2])
    again = fitted(before)
    assert all(torch.equal(weights, again[name]) for name, weights in whole.items())


@pytest.mark.parametrize("name", ["README.md", "work"])
def test_a_folder_that_holds_something_else_is_left_alone(material, tiny_base, tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(ModelError, match="is neither empty nor a model folder; name another"):
        finetune.train(material, str(tiny_base), tmp_path, RECIPE)
    assert list(tmp_path.rglob("*")) == [tmp_path / name]


def test_a_calibration_is_the_same_whatever_the_machine_computes_fastest_in(trained, material):
    rows = material.split.calibration
    logits = Tagger.from_pretrained(trained, kernel="fp32").logits([row.text for row in rows])
    meta = Tagger.from_pretrained(trained).meta
    expected = calibrate(logits, rows, meta.causes)
    assert (meta.calibration, meta.thresholds) == expected


def test_an_encoder_of_another_kind_will_do(material, tiny_base, tmp_path):
    encoder = DistilBertModel(DistilBertConfig(vocab_size=90, dim=16, n_layers=1, n_heads=1, hidden_dim=16))
    encoder.save_pretrained(tmp_path / "base")
    shutil.copy(tiny_base / "tokenizer.json", tmp_path / "base")
    recipe = dataclasses.replace(RECIPE, epochs=1)
    finetune.train(material, str(tmp_path / "base"), tmp_path / "model", recipe)
    assert Tagger.from_pretrained(tmp_path / "model").predict_proba(["capex"]).shape == (1, 4)


def test_a_new_run_begins_without_the_states_of_an_older_one(trained, material, tiny_base, tmp_path):
    shutil.copy(trained / "tagger.json", tmp_path)
    stale = tmp_path / "work" / "checkpoint-999999"
    stale.mkdir(parents=True)
    (tmp_path / "work" / "run.json").write_text("{}")
    finetune.train(material, str(tiny_base), tmp_path, dataclasses.replace(RECIPE, epochs=1))
    assert not stale.exists()


@pytest.mark.slow
@pytest.mark.timeout(600)  # three processes that each load torch
def test_a_killed_and_an_interrupted_training_go_on_to_the_same_model(data, tiny_base, tmp_path):
    def command(out, *more):
        base = [
            "--data",
            str(data),
            "--replace",
            "--base",
            str(tiny_base),
            "--out",
            str(out),
            "--epochs",
            "20",
        ]
        return [sys.executable, "-m", "cli", "train", *base, *more]

    def signalled(number, *more):
        before = last_state(tmp_path / "killed" / "work")
        run = subprocess.Popen(
            command(tmp_path / "killed", *more),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"FORCE_COLOR": "1"},  # to rich, a terminal
        )
        while run.poll() is None and last_state(tmp_path / "killed" / "work") == before:
            time.sleep(0.05)
        run.send_signal(number)
        return run.communicate()[1], run.returncode

    subprocess.run(command(tmp_path / "whole"), check=True, capture_output=True)
    _, code = signalled(signal.SIGKILL)
    assert code == -signal.SIGKILL, "it ended before it could be killed"
    said, code = signalled(signal.SIGINT, "--resume")
    assert code == 130, "it ended before it could be interrupted"
    assert "the same command goes on from here with --resume" in said
    assert said.rindex(SHOW_CURSOR) > said.rindex(HIDE_CURSOR)
    subprocess.run(command(tmp_path / "killed", "--resume"), check=True, capture_output=True)
    versions = {Tagger.from_pretrained(tmp_path / name).version for name in ("whole", "killed")}
    assert len(versions) == 1


def test_a_base_folder_is_known_by_a_name_that_lasts(trained, tiny_base):
    assert json.loads((trained / "tagger.json").read_text())["base"]["source"] == str(tiny_base.resolve())


def test_a_batch_that_is_not_there_is_an_error(evaluate, capsys):
    assert evaluate("--batches", "m, zz") == 2
    assert "no headline is of batch zz" in capsys.readouterr().err
    assert evaluate("--batches", " m") == 0


def test_intensities_are_calibrated_numbers(trained):
    intensities = Tagger.from_pretrained(trained).predict_proba(["capex", "a"])
    assert np.isfinite(intensities).all()
