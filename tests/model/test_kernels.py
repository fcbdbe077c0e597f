"""Kernels: which one is chosen, what an absent one says, and that all of them give the same answers."""

import numpy as np
import pytest
import torch

from errors import ModelError
from model.checkpoint import load_checkpoint
from model.kernels import Machine, choose, this_machine
from model.merged import encoder_config
from model.meta import model_folder
from model.network import merged_network
from model.packed import PackedNetwork
from model.packing import pack
from model.padding import pad
from model.tagger import Tagger
from sample.load import sample_items


@pytest.fixture(scope="module")
def texts():
    return [item.title for item in sample_items()][:120]


FAST = [name for name in this_machine().kernels() if name != "eager"]


@pytest.fixture(scope="module")
def taggers():
    return {name: Tagger.from_pretrained(kernel=name) for name in (*FAST, "eager")}


@pytest.fixture(scope="module")
def expected(taggers, texts):
    return taggers["eager"].predict_proba(texts)


@pytest.mark.parametrize(
    ("machine", "kernel"),
    [
        (Machine(), "fp32"),
        (Machine(avx512_bf16=True), "avx512-bf16"),
        (Machine(avx512_bf16=True, amx_bf16=True), "amx-bf16"),
        (Machine(avx512_bf16=True, amx_bf16=True, cuda=True), "cuda-bf16"),
    ],
)
@pytest.mark.parametrize("asked", [None, "auto"])
def test_the_fastest_that_the_machine_has_is_chosen(machine, kernel, asked):
    assert choose(asked, machine) == kernel


@pytest.mark.parametrize("kernel", ["cuda-bf16", "amx-bf16", "avx512-bf16"])
def test_a_kernel_that_the_machine_lacks_says_what_it_needs_and_what_there_is(kernel):
    with pytest.raises(
        ModelError, match=f"kernel {kernel} needs a .*; name one of auto, fp32, eager with --kernel"
    ):
        choose(kernel, Machine())


def test_an_unknown_kernel_is_named_with_those_that_there_are():
    with pytest.raises(ModelError, match=r"there is no kernel 'int8'; name one of auto, .*fp32, eager with"):
        Tagger.from_pretrained(kernel="int8")


def test_an_encoder_of_another_kind_is_left_to_transformers():
    assert choose(None, Machine(cuda=True), bert=False) == "eager"
    with pytest.raises(
        ModelError, match="kernel fp32 needs an encoder of BERT's kind; name one of auto, eager"
    ):
        choose("fp32", Machine(), bert=False)


@pytest.mark.parametrize("kernel", FAST)
def test_every_kernel_of_this_machine_answers_as_transformers_does(kernel, texts, taggers, expected):
    tagger = taggers[kernel]
    assert tagger.kernel == kernel
    found = tagger.predict_proba(texts)
    assert np.abs(found - expected).max() <= (0.03 if "bf16" in kernel else 1e-4)
    over = np.asarray(tagger.thresholds, dtype=np.float32)
    assert ((found >= over) != (expected >= over)).mean() <= 0.003


@pytest.mark.parametrize("kernel", FAST)
def test_two_runs_over_the_same_texts_agree_to_the_last_bit(kernel, texts, taggers):
    once = taggers[kernel].predict_proba(texts)
    np.testing.assert_array_equal(once, taggers[kernel].predict_proba(texts))
    np.testing.assert_array_equal(once, Tagger.from_pretrained(kernel=kernel).predict_proba(texts))


@pytest.mark.parametrize("kernel", FAST)
def test_company_moves_no_answer_by_a_thousandth(kernel, texts, taggers):
    together = taggers[kernel].predict_proba(texts)
    alone = np.vstack([taggers[kernel].predict_proba([text]) for text in texts[:20]])
    np.testing.assert_allclose(together[:20], alone, atol=1e-3)


def test_attention_of_any_strength_is_as_transformers_has_it():
    checkpoint = load_checkpoint(model_folder(None))
    network = merged_network(checkpoint).eval()
    weights = {name: weight.clone() for name, weight in network.state_dict().items()}
    for name in weights:
        if ".query." in name or ".key." in name:
            weights[name] *= 6  # scores far beyond what exp can hold
    network.load_state_dict(weights)
    rows = [[101, 2005, 3009, 4007, 102], [101, 2008, 102], [101, 9006, 2005, 7004, 102]]
    (batch,) = pack(rows, max_tokens=64)
    config = encoder_config(checkpoint.base.folder)
    fast = PackedNetwork(weights, config, dtype=torch.float32, tokens=64)(batch)
    with torch.inference_mode():
        expected = network(*pad([rows[place] for place in batch.rows]))
    assert torch.allclose(fast, expected, atol=1e-3)


def test_long_and_short_texts_share_a_call(taggers):
    texts = ["", "Fed", "oil " * 200, "Chip stocks sink", "rates " * 60, "€ 5 Mrd."]
    found = taggers["fp32"].predict_proba(texts)
    np.testing.assert_allclose(found, taggers["eager"].predict_proba(texts), atol=1e-4)


def test_the_threads_of_torch_are_left_as_they_were(tiny_tagger):
    import threading

    import torch

    before = torch.get_num_threads()
    tiny_tagger.predict_proba(["capex"])
    later: list[int] = []
    thread = threading.Thread(target=lambda: later.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert [torch.get_num_threads(), *later] == [before, before]


@pytest.mark.parametrize("kernel", FAST)
def test_the_number_of_threads_moves_no_answer_by_a_thousandth(kernel, texts, taggers):
    import torch

    tagger, before = taggers[kernel], torch.get_num_threads()
    try:
        answers = []
        for count in (1, 3):
            torch.set_num_threads(count)
            answers.append(tagger.predict_proba(texts))
    finally:
        torch.set_num_threads(before)
    np.testing.assert_allclose(*answers, atol=1e-3)


def test_tagging_loads_no_transformers():
    import subprocess
    import sys

    program = (
        "import sys; from model.tagger import Tagger; Tagger.from_pretrained(kernel='fp32').predict(['Fed']);"
        "print('transformers' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "False"
