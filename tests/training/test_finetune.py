"""Training end to end on a tiny encoder: the real path from a JSONL file to a model folder."""

import json
import random
import subprocess
import sys
import time

import numpy as np
import pytest

from model.base import sha256_of
from model.causes import CAUSE_NAMES
from model.tagger import Tagger
from training import evaluate, finetune
from training.corpus import label_matrix, read_labelled
from training.metrics import macro_f1
from training.recipe import Recipe

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


RECIPE = Recipe(epochs=14, head_learning_rate=1.0, learning_rate=1e-3)


@pytest.fixture(scope="module")
def trained(data, tiny_base, tmp_path_factory):
    out = tmp_path_factory.mktemp("trained")
    finetune.train(data, str(tiny_base), out, RECIPE)
    return out


def test_training_learns_what_the_words_mean(trained):
    tagger = Tagger.from_pretrained(trained)
    for cause, word in KEYWORDS.items():
        assert tagger.predict([f"a {word} b"]) == [(cause,)]
    assert tagger.predict(["a b c"]) == [()]


def test_the_card_and_the_digest_lie_beside_the_model(trained, data):
    meta = json.loads((trained / "tagger.json").read_text())
    assert meta["data_sha256"] == sha256_of(data)
    assert Tagger.from_pretrained(trained).version in (trained / "README.md").read_text()


def test_the_same_seed_gives_the_same_model(trained, data, tiny_base, tmp_path):
    finetune.train(data, str(tiny_base), tmp_path, RECIPE)
    assert Tagger.from_pretrained(tmp_path).version == Tagger.from_pretrained(trained).version


def test_evaluate_prints_the_agreed_json(trained, data, capsys):
    assert evaluate.main([str(data), "--model", str(trained), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert set(report) == {"model_version", "n", "macro", "causes"}
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


def test_evaluate_prints_a_table_for_people(trained, data, capsys):
    assert evaluate.main([str(data), "--model", str(trained)]) == 0
    assert "macro F1" in capsys.readouterr().out


def test_there_has_to_be_something_to_resume(data, tiny_base, tmp_path, capsys):
    arguments = ["--data", str(data), "--base", str(tiny_base), "--out", str(tmp_path), "--resume"]
    assert finetune.main(arguments) == 2
    assert "holds no unfinished run; leave out --resume" in capsys.readouterr().err


@pytest.mark.slow
def test_a_killed_training_goes_on_to_the_same_model(data, tiny_base, tmp_path):
    def command(out, *more):
        base = ["--data", str(data), "--base", str(tiny_base), "--out", str(out), "--epochs", "20"]
        return [sys.executable, "-m", "training.finetune", *base, *more]

    subprocess.run(command(tmp_path / "whole"), check=True, capture_output=True)
    killed = subprocess.Popen(command(tmp_path / "killed"), stdout=subprocess.DEVNULL)
    while killed.poll() is None and not list(
        (tmp_path / "killed" / "work").glob("checkpoint-*/trainer_state.json")
    ):
        time.sleep(0.05)
    killed.kill()
    assert killed.wait() == -9, "it ended before it could be killed"
    subprocess.run(command(tmp_path / "killed", "--resume"), check=True, capture_output=True)
    versions = {Tagger.from_pretrained(tmp_path / name).version for name in ("whole", "killed")}
    assert len(versions) == 1


def test_a_bad_data_file_is_one_line_and_exit_code_2(tmp_path, capsys):
    assert finetune.main(["--data", str(tmp_path / "none.jsonl"), "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_too_few_rows_are_refused_before_training(tmp_path, capsys):
    (tmp_path / "few.jsonl").write_text('{"title": "x", "labels": []}\n' * 7)
    assert finetune.main(["--data", str(tmp_path / "few.jsonl"), "--out", str(tmp_path / "out")]) == 2
    assert "7 labelled headlines are too few; give at least 50" in capsys.readouterr().err


def test_own_data_never_writes_over_the_model_that_ships(data, capsys):
    assert finetune.main(["--data", str(data)]) == 2
    assert "name a folder with --out" in capsys.readouterr().err


def test_a_base_folder_is_known_by_a_name_that_lasts(trained, tiny_base):
    assert json.loads((trained / "tagger.json").read_text())["base"]["source"] == str(tiny_base.resolve())


def test_a_batch_that_is_not_there_is_an_error(data, trained, capsys):
    assert evaluate.main([str(data), "--model", str(trained), "--batches", "zz"]) == 2
    assert "zz" in capsys.readouterr().err


def test_intensities_are_calibrated_numbers(trained):
    intensities = Tagger.from_pretrained(trained).predict_proba(["capex", "a"])
    assert np.isfinite(intensities).all()
