"""The running average of the weights: what it is, what it leaves alone, and how it goes on."""

import pytest
from safetensors.torch import load_file
from torch import nn
from transformers import TrainerControl, TrainerState, TrainingArguments

from training.callbacks import WeightAverage


@pytest.fixture
def network():
    network = nn.Linear(1, 1)
    network.bias.requires_grad_(False).fill_(7.0)
    return network


@pytest.fixture
def call(tmp_path):
    args = TrainingArguments(output_dir=str(tmp_path), report_to=[])

    def call(event, average, step):
        getattr(average, event)(args, TrainerState(global_step=step, max_steps=4), TrainerControl())

    return call


def stepped(average, call, weights, *, first):
    for step, weight in enumerate(weights, start=first):
        average.trained["weight"].data.fill_(weight)
        call("on_step_end", average, step)


def test_a_network_ends_as_the_average_of_its_steps_and_what_was_not_trained_as_it_was(network, call):
    average = WeightAverage(network, decay=0.75, start=2)
    stepped(average, call, [100.0, 2.0, 4.0, 8.0], first=1)
    call("on_train_end", average, 4)
    assert network.weight.item() == 0.75 * (0.75 * 2 + 0.25 * 4) + 0.25 * 8
    assert network.bias.item() == 7


def test_a_step_beyond_the_last_does_not_count(network, call):
    average = WeightAverage(network, decay=0.75, start=2)
    stepped(average, call, [100.0, 2.0, 4.0, 8.0, 8.0], first=1)
    assert average.average["weight"].item() == 0.75 * (0.75 * 2 + 0.25 * 4) + 0.25 * 8


@pytest.mark.parametrize("kept_at", [1, 2, 3])
def test_it_goes_on_from_what_was_kept(network, call, tmp_path, kept_at):
    weights, average = [100.0, 2.0, 4.0, 8.0], WeightAverage(network, decay=0.75, start=2)
    stepped(average, call, weights[:kept_at], first=1)
    folder = tmp_path / f"checkpoint-{kept_at}"
    folder.mkdir()
    call("on_save", average, kept_at)
    assert set(load_file(folder / "average.safetensors")) == ({"weight"} if kept_at > 1 else set())
    again = WeightAverage(network, decay=0.75, start=2)
    call("on_train_begin", again, kept_at)
    stepped(again, call, weights[kept_at:], first=kept_at + 1)
    assert again.average["weight"].item() == 0.75 * (0.75 * 2 + 0.25 * 4) + 0.25 * 8


def test_weights_go_on_by_their_names_whatever_the_order_in_the_file(call, tmp_path):
    network = nn.ModuleDict({"z": nn.Linear(1, 1, bias=False), "a": nn.Linear(1, 1, bias=False)})
    network.z.weight.data.fill_(1.0)
    network.a.weight.data.fill_(5.0)
    average = WeightAverage(network, decay=0.5, start=0)
    call("on_step_end", average, 1)
    (tmp_path / "checkpoint-1").mkdir()
    call("on_save", average, 1)
    again = WeightAverage(network, decay=0.5, start=0)
    call("on_train_begin", again, 1)
    call("on_step_end", again, 2)
    assert {name: weight.item() for name, weight in again.average.items()} == {"z.weight": 1, "a.weight": 5}
