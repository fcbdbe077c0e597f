"""The loss: both passes of a row against its labels, and against each other."""

import pytest
import torch
from torch.distributions import Bernoulli, kl_divergence
from torch.nn.functional import binary_cross_entropy_with_logits
from transformers import BertConfig, BertModel

from model.base import locate
from model.network import CauseNetwork, fresh_network
from model.tokens import load_tokenizer
from training import dropout
from training.callbacks import ProgressBar
from training.corpus import LabelledHeadline
from training.dropout import byte_dropout
from training.recipe import Recipe
from training.trainer import build_trainer, collate, disagreement, training_set

CAUSES = ("infrastructure_cost", "macro")
ROWS = [
    LabelledHeadline("m-1", "capex a", "", ("infrastructure_cost",), CAUSES),
    LabelledHeadline("m-2", "inflation b c d", "", ("macro",), ("macro",)),
]


@pytest.fixture
def network(tiny_base):
    torch.manual_seed(0)
    return fresh_network(locate(tiny_base), len(CAUSES)).train()


@pytest.fixture
def trainer(network, tiny_base, tmp_path):
    dataset = training_set(ROWS, CAUSES, load_tokenizer(tiny_base, 96))
    return build_trainer(network, dataset, Recipe(disagreement_weight=0.5), tmp_path, ProgressBar())


@pytest.fixture
def batch(trainer):
    return collate(list(trainer.train_dataset))


def test_disagreement_is_the_mean_of_both_divergences():
    torch.manual_seed(0)
    logits = torch.randn(2, 50, dtype=torch.float64)
    one, other = Bernoulli(logits=logits[0]), Bernoulli(logits=logits[1])
    expected = (kl_divergence(one, other) + kl_divergence(other, one)).mean() / 2
    torch.testing.assert_close(disagreement(logits), expected)
    assert disagreement(logits[:1].expand(2, -1)) == 0


def test_without_dropout_the_loss_is_the_cross_entropy_of_what_was_judged(trainer, network, batch):
    network.eval()
    logits = network(batch["input_ids"], batch["attention_mask"])
    judged = torch.tensor([[True, True], [False, True]])
    expected = binary_cross_entropy_with_logits(logits[judged], batch["labels"][judged])
    torch.testing.assert_close(trainer.compute_loss(network, batch), expected)


def test_with_dropout_two_passes_that_differ_cost_more_than_either_alone(trainer, network, batch):
    passes = []
    network.register_forward_hook(lambda _, __, logits: passes.append(logits.float().unflatten(0, (2, -1))))
    loss = trainer.compute_loss(network, batch)
    judged = ~batch["labels"].isnan()
    found = passes[0][:, judged]
    alone = [binary_cross_entropy_with_logits(one, batch["labels"][judged]) for one in found]
    assert not torch.equal(*found)
    torch.testing.assert_close(loss, sum(alone) / 2 + disagreement(found) / 2)
    assert loss > sum(alone) / 2


def test_batches_are_padded_to_one_of_few_widths(batch):
    assert batch["input_ids"].shape[1] % 4 == 0
    assert batch["attention_mask"].sum(dim=1).tolist() == [4, 6]


def test_all_dropout_on_a_processor_is_by_bytes_in_attention_too(trainer, batch, tmp_path, monkeypatch):
    config = BertConfig(
        vocab_size=99, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8
    )
    network, shapes = CauseNetwork(BertModel(config), len(CAUSES)).train(), []

    def counted(given, *args, **options):
        shapes.append(given.dim())
        return byte_dropout(given, *args, **options)

    monkeypatch.setattr(dropout, "byte_dropout", counted)
    other = build_trainer(network, trainer.train_dataset, Recipe(), tmp_path, ProgressBar())
    other.compute_loss(network, batch)
    assert shapes == [3, 4, 3, 3, 2]  # embeddings, attention's shares and output, the layer's, pooled
