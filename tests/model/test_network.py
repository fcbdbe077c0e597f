"""The network: what the head is told of a text's tokens, and a base encoder that cannot be read."""

import dataclasses
import io
import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.nn.functional import linear

from errors import ModelError
from model.base import locate
from model.checkpoint import save_checkpoint
from model.delta import pack_delta
from model.kernels import EAGER, FP32
from model.meta import BaseRef, read_meta
from model.network import base_weights, fresh_network, load_encoder
from model.tagger import Tagger
from model.tokens import load_tokenizer


@pytest.fixture
def network(tiny_base):
    torch.manual_seed(0)
    return fresh_network(locate(tiny_base), 3).eval()


def test_the_head_gets_each_texts_mean_and_its_maximum(network):
    hidden = torch.tensor([[1.0, 5.0, -3.0], [2.0, 9.0, 9.0]])[:, :, None].expand(2, 3, 16)
    mask = torch.tensor([[1, 1, 1], [1, 0, 0]])
    pooled = torch.tensor([[1.0, 5.0], [2.0, 2.0]]).repeat_interleave(16, dim=1)
    expected = linear(pooled, network.head.weight, network.head.bias)
    torch.testing.assert_close(network.classify(hidden, mask), expected)


def test_padding_changes_nothing(network):
    with torch.inference_mode():
        alone = network(torch.tensor([[2, 7, 3]]), torch.ones(1, 3))
        padded = network(torch.tensor([[2, 7, 3, 9, 9]]), torch.tensor([[1, 1, 1, 0, 0]]))
    torch.testing.assert_close(padded, alone)


@pytest.fixture
def base(tiny_base, tmp_path):
    return shutil.copytree(tiny_base, tmp_path / "base")


def test_torn_weights_of_a_base_are_told_in_one_line(base):
    weights = base / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-40])
    with pytest.raises(ModelError, match=r"base cannot be read \(.*\); put the base encoder there again"):
        load_encoder(base)


@pytest.mark.parametrize("config", ["{}", "{", '{"model_type": "none such"}'])
def test_settings_of_a_base_that_name_no_model_are_told_in_one_line(base, config):
    (base / "config.json").write_text(config)
    with pytest.raises(ModelError, match=r"base cannot be read \(.*\); put the base encoder there again"):
        load_encoder(base)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"num_hidden_layers": 3}, "weights that are not there"),
        ({"hidden_size": 64}, "weights of other shapes"),
    ],
)
def test_weights_that_are_not_those_of_the_settings_are_refused(base, other, why, capfd):
    path = base / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | other))
    with pytest.raises(ModelError, match=rf"base: model\.safetensors is not .*{why}.*; take both from one"):
        load_encoder(base)
    assert capfd.readouterr().err == ""  # the one line is all that is said


@pytest.fixture
def tiny_meta(tiny_model):
    return read_meta(tiny_model)[0]


@pytest.fixture
def with_weights(base):
    """Gives the base other weights: what a function makes of its own."""

    def give(change):
        path = base / "model.safetensors"
        save_file(change(load_file(path)), path, metadata={"format": "pt"})
        return base

    return give


def test_layers_that_the_settings_do_not_know_are_refused(with_weights):
    base = with_weights(lambda own: own | {"encoder.layer.7.output.dense.bias": torch.zeros(3)})
    with pytest.raises(ModelError, match=r"weights too many: 1, such as encoder\.layer\.7"):
        load_encoder(base)


def test_a_base_with_a_head_will_do(with_weights):
    load_encoder(with_weights(lambda own: own | {"cls.predictions.bias": torch.zeros(3)}))


def test_a_base_without_a_pooler_is_tuned_saved_and_read_by_every_kernel(with_weights, tiny_meta, tmp_path):
    base = locate(with_weights(lambda own: {name: own[name] for name in own if "pooler" not in name}))
    tuned = fresh_network(base, len(tiny_meta.causes))
    delta = pack_delta(base_weights(base), tuned.state_dict())
    assert not [name for name in delta if "pooler" in name]
    ref = BaseRef(str(base.folder), base.weights_sha256, base.tokenizer_sha256)
    save_checkpoint(tmp_path, dataclasses.replace(tiny_meta, base=ref), delta)
    eager, fp32 = (Tagger.from_pretrained(tmp_path, kernel=kernel) for kernel in (EAGER, FP32))
    texts = ["Chip stocks sink", "A cat sat"]
    np.testing.assert_allclose(fp32.logits(texts), eager.logits(texts), atol=1e-5)


def test_what_a_base_brings_to_run_is_not_run(base, monkeypatch):
    config = json.loads((base / "config.json").read_text())
    own = config | {"model_type": "of their own", "auto_map": {"AutoConfig": "conf.Conf"}}
    (base / "config.json").write_text(json.dumps(own))
    (base / "conf.py").write_text(f"open({str(base / 'was run')!r}, 'w')\nclass Conf: pass\n")
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))  # what transformers asks otherwise
    with pytest.raises(ModelError, match="cannot be read"):
        load_encoder(base)
    assert not (base / "was run").exists()


def test_a_tokenizer_that_cannot_be_read_is_told_in_one_line(base):
    (base / "tokenizer.json").write_text("{")
    with pytest.raises(ModelError, match=r"tokenizer\.json cannot be read \(.*\); put the base encoder"):
        load_tokenizer(base, 96)
