"""A model folder is read back as it was saved, and a broken one is refused in words."""

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from errors import ModelError
from model.checkpoint import load_checkpoint
from model.delta import apply_delta, pack_delta
from model.tagger import Tagger

TEXTS = ["capex soars", "bubble or bargain", "antitrust probe", "inflation cools", "a quiet day"]


@pytest.fixture
def folder(tiny_model, tmp_path):
    return shutil.copytree(tiny_model, tmp_path / "model")


def rewrite(folder, **changes):
    path = folder / "tagger.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_model_folder_holds_json_safetensors_and_nothing_to_execute(tiny_model):
    assert {path.suffix for path in tiny_model.iterdir()} <= {".json", ".safetensors", ".md"}


def test_a_copied_folder_gives_the_same_answers_and_version(tiny_tagger, folder):
    again = Tagger.from_pretrained(folder)
    assert again.version == tiny_tagger.version
    np.testing.assert_array_equal(again.predict_proba(TEXTS), tiny_tagger.predict_proba(TEXTS))


def test_a_changed_threshold_is_another_version(tiny_tagger, folder):
    rewrite(folder, thresholds=[0.5, 0.5, 0.5, 0.51])
    assert Tagger.from_pretrained(folder).version != tiny_tagger.version


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"layout": 99}, "layout is not 2"),
        ({"thresholds": [0.5]}, "unlike length"),
        ({"calibration": {}}, "'slopes'"),
        ({"titles": ["a"]}, "no attribute 'items'"),
        (
            {"base": {"source": "nowhere", "weights_sha256": "", "tokenizer_sha256": ""}},
            "neither a folder nor",
        ),
    ],
)
def test_a_wrong_field_is_named(folder, change, words):
    rewrite(folder, **change)
    with pytest.raises(ModelError, match=words):
        load_checkpoint(folder)


def test_another_base_encoder_than_the_one_trained_on_is_refused(folder):
    meta = json.loads((folder / "tagger.json").read_text())
    rewrite(folder, base=meta["base"] | {"weights_sha256": "0" * 64})
    with pytest.raises(ModelError, match="not the base encoder"):
        load_checkpoint(folder)


@pytest.mark.parametrize("name", ["tagger.json", "delta.safetensors"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(ModelError, match=name):
        load_checkpoint(folder)


def test_a_torn_weights_file_is_refused(folder):
    path = folder / "delta.safetensors"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ModelError, match="cannot be read"):
        load_checkpoint(folder)


def test_weights_of_another_model_are_refused(folder):
    weights = load_file(folder / "delta.safetensors")
    save_file({name: 2 * tensor for name, tensor in weights.items()}, folder / "delta.safetensors")
    with pytest.raises(ModelError, match=r"delta\.safetensors: sha256 is .*copy the model folder again"):
        load_checkpoint(folder)


@pytest.mark.parametrize("text", ["[]", "null", '"x"', "{", "{}"])
def test_a_tagger_file_that_is_no_object_of_ours_is_refused(folder, text):
    (folder / "tagger.json").write_text(text)
    with pytest.raises(ModelError, match=r"tagger\.json"):
        load_checkpoint(folder)


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(ModelError, match="does not exist"):
        Tagger.from_pretrained(tmp_path / "nothing")


def test_a_difference_comes_back_within_half_a_step_of_its_grid():
    generator = torch.Generator().manual_seed(1)
    base = {"m": torch.randn(8, 16, generator=generator), "same": torch.ones(3, 3), "v": torch.zeros(5)}
    tuned = base | {"m": base["m"] + 0.1 * torch.randn(8, 16, generator=generator), "v": torch.ones(5)}
    packed = pack_delta(base, tuned | {"head": torch.full((2, 2), 3.0)})
    again = apply_delta(base, packed)
    step = (tuned["m"] - base["m"]).abs().amax(dim=1, keepdim=True) / 127
    assert ((again["m"] - tuned["m"]).abs() <= step / 2 + 1e-6).all()
    assert torch.equal(again["v"], tuned["v"])
    assert torch.equal(again["head"], torch.full((2, 2), 3.0))
    assert not any(name.startswith("same") for name in packed)
