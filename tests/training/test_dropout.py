"""Dropout by bytes: the right share, the right scale, and only where it is asked for."""

import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from training.dropout import ByteDropout, byte_dropout


@pytest.mark.parametrize(("p", "of_256"), [(0.1, 26), (0.5, 128), (0.9, 230)])
def test_the_share_is_zeroed_and_the_rest_scaled_so_that_the_mean_stays(p, of_256):
    torch.manual_seed(0)
    found = byte_dropout(torch.ones(500, 401), p)
    assert (found == 0).double().mean().item() == pytest.approx(of_256 / 256, abs=0.005)
    assert found[found != 0].unique().item() == pytest.approx(256 / (256 - of_256))


def test_a_share_of_one_leaves_nothing():
    assert not byte_dropout(torch.ones(9), 1.0).any()


@pytest.mark.parametrize("options", [{"training": False}, {"p": 0.0}])
def test_nothing_is_dropped_when_not_training_or_for_a_share_of_zero(options):
    given = torch.ones(9)
    assert byte_dropout(given, **options) is given


def test_what_is_dropped_has_no_gradient():
    given = torch.ones(1_001, requires_grad=True)
    found = byte_dropout(given, 0.5)
    found.sum().backward()
    assert torch.equal(given.grad, found.detach())


def test_a_seed_fixes_what_is_dropped():
    found = []
    for _ in range(2):
        torch.manual_seed(3)
        found.append(byte_dropout(torch.ones(77), 0.3))
    assert torch.equal(*found)


def test_it_stands_in_for_every_dropout_within_and_for_none_outside():
    one, other = torch.ones(999), torch.nn.Dropout(0.3)
    torch.manual_seed(1)
    expected = [byte_dropout(one, 0.3), byte_dropout(one, 0.3)]
    torch.manual_seed(1)
    with ByteDropout():
        assert torch.equal(other(one), expected[0])
        assert torch.equal(F.dropout(one, p=0.3), expected[1])
    torch.manual_seed(1)
    assert not torch.equal(other(one), expected[0])
