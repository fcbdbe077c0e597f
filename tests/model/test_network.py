"""Pooling: what the head is told of a text's tokens."""

import pytest
import torch
from torch.nn.functional import linear

from model.base import locate
from model.network import fresh_network


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
