"""Linear layers for inference: weights laid out once for the processor's matrix units, GELU and sums fused.

`linear` gives the form for a device. The processor's form calls the operators of oneDNN that torch's own
compiler emits for frozen weights; elsewhere it is `torch.nn.functional`.
"""

from __future__ import annotations

from typing import Protocol, cast

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 (its name everywhere)


class Linear(Protocol):
    """`x` (tokens, inputs) to (tokens, outputs)."""

    def __call__(self, x: Tensor) -> Tensor:
        """Return `x W^T + b`."""

    def gelu(self, x: Tensor) -> Tensor:
        """Return GELU (the exact one, by erf) of `x W^T + b`."""

    def plus(self, x: Tensor, residual: Tensor) -> Tensor:
        """Return `x W^T + b + residual`."""


def linear(weight: Tensor, bias: Tensor, *, tokens: int) -> Linear:
    """Make a layer that computes where its weight is and in its type.

    Args:
        weight: (outputs, inputs).
        bias: (outputs,).
        tokens: the usual number of rows, which the weight's layout is chosen for.
    """
    if weight.device.type == "cpu" and torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return _OneDnn(weight, bias, tokens)
    return _Plain(weight, bias)


class _Plain:
    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        self._weight, self._bias = weight, bias

    def __call__(self, x: Tensor) -> Tensor:
        return F.linear(x, self._weight, self._bias)

    def gelu(self, x: Tensor) -> Tensor:
        return F.gelu(self(x))

    def plus(self, x: Tensor, residual: Tensor) -> Tensor:
        return self(x).add_(residual)


class _OneDnn:
    def __init__(self, weight: Tensor, bias: Tensor, tokens: int) -> None:
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), tokens)
        self._bias = bias
        self._ops = torch.ops.mkldnn._linear_pointwise

    def __call__(self, x: Tensor) -> Tensor:
        return cast("Tensor", self._ops(x, self._weight, self._bias, "none", [], ""))

    def gelu(self, x: Tensor) -> Tensor:
        return cast("Tensor", self._ops(x, self._weight, self._bias, "gelu", [], "none"))

    def plus(self, x: Tensor, residual: Tensor) -> Tensor:
        return cast("Tensor", self._ops.binary(x, residual, self._weight, self._bias, "add"))
