"""A BERT encoder, pooling and the head, computed for packed batches: the fast kernels.

    network = PackedNetwork(weights, config, dtype=torch.bfloat16)
    network(batch)                        # logits (n, causes)

It computes what `model.network.CauseNetwork` computes, from the same weights, without padding, without
autograd and without transformers. Layer norms work in float32 inside; pooling and the head are float32, and
on a processor attention is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 (its name everywhere)

from model.linear import Linear, linear
from model.packing import Batch, Run

Norm = tuple[Tensor, Tensor]  # weight and bias, both (hidden,)
_MODERATE = 60.0  # of a score: e^60 and e^-60 leave room for sums and products in float32


@dataclass(frozen=True, slots=True)
class _Layer:
    queries_keys_values: Linear
    attended: Linear
    attended_norm: Norm
    wide: Linear
    narrow: Linear
    narrow_norm: Norm


def is_bert(config: Mapping[str, Any]) -> bool:
    """Say whether an encoder's `config.json` describes what this file computes."""
    return (
        config.get("model_type") == "bert"
        and config.get("hidden_act", "gelu") == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and not config.get("is_decoder", False)
    )


class PackedNetwork:
    """A trained network, ready to be asked. Read-only; may be called from several threads at once.

    Args:
        weights: by their names in a `CauseNetwork`, merged, float32.
        config: the encoder's `config.json`; `is_bert` must say so.
        dtype: of weights and activations.
        device: where it computes.
        tokens: the usual width of a batch.
    """

    def __init__(
        self,
        weights: Mapping[str, Tensor],
        config: Mapping[str, Any],
        *,
        dtype: torch.dtype,
        device: str = "cpu",
        tokens: int,
    ) -> None:
        source = _Source(weights, dtype, device, tokens)
        self._device = device
        self._heads = int(config["num_attention_heads"])
        self._eps = float(config.get("layer_norm_eps", 1e-12))
        self._words = source.tensor("encoder.embeddings.word_embeddings.weight")  # (vocabulary, hidden)
        kinds = source.tensor("encoder.embeddings.token_type_embeddings.weight")
        self._places = source.tensor("encoder.embeddings.position_embeddings.weight") + kinds[0]
        self._norm = source.norm("encoder.embeddings")
        self._layers = [source.layer(index, self._heads) for index in range(int(config["num_hidden_layers"]))]
        # oneDNN compiles a product in bfloat16 for every number of rows of every length; float32 needs none.
        scores = torch.float32 if device == "cpu" else dtype
        self._ones = torch.ones(len(self._places), 1, dtype=scores, device=device)
        self._head = (weights["head.weight"].to(device), weights["head.bias"].to(device))  # float32

    @torch.inference_mode()
    def __call__(self, batch: Batch) -> Tensor:
        """Return float32 logits (n, causes) for the rows of a batch, in its order."""
        ids = torch.from_numpy(batch.ids).to(self._device)
        positions = torch.from_numpy(batch.positions).to(self._device)
        x = self._normed(self._words[ids] + self._places[positions], self._norm)  # (tokens, hidden)
        attended = torch.zeros_like(x)
        for layer in self._layers:
            mixed = layer.queries_keys_values(x)  # (tokens, 3 * hidden)
            for run in batch.runs:
                self._attend(mixed[run.start : run.end], run, attended[run.start : run.end])
            x = self._normed(layer.attended.plus(attended, x), layer.attended_norm)
            x = self._normed(layer.narrow.plus(layer.wide.gelu(x), x), layer.narrow_norm)
        blocks = [x[run.start : run.end].view(run.rows, run.length, -1) for run in batch.runs]
        mean = torch.cat([block.mean(dim=1, dtype=torch.float32) for block in blocks])
        maximum = torch.cat([block.amax(dim=1) for block in blocks])
        return F.linear(torch.cat([mean, maximum.float()], dim=1), *self._head)

    def _attend(self, mixed: Tensor, run: Run, out: Tensor) -> None:
        """Let every row of a run attend to itself: `mixed` (tokens, 3 * hidden) into `out` (tokens, hidden).

        Softmax over a dozen keys is slow as an operator of its own, so it is an exp, and a division by its
        sums after the values are weighed. So is taking each row's greatest score off first, which is left
        out where no exp needs it. The scale is in the queries' weights.
        """
        parts = mixed.view(run.rows, run.length, 3, self._heads, -1).permute(2, 0, 3, 1, 4)
        parts = parts.to(self._ones.dtype, memory_format=torch.contiguous_format)
        queries, keys, values = parts.reshape(3, run.rows * self._heads, run.length, -1)
        scores = torch.bmm(queries, keys.transpose(1, 2))
        if not _exp_holds(scores):
            scores.sub_(scores.amax(dim=-1, keepdim=True))
        shares = scores.exp_()
        sums = torch.matmul(shares, self._ones[: run.length])  # (rows * heads, length, 1)
        mean = torch.bmm(shares, values).mul_(sums.reciprocal_())
        target = out.view(run.rows, run.length, self._heads, -1)
        target.copy_(mean.view(run.rows, self._heads, run.length, -1).transpose(1, 2))

    def _normed(self, x: Tensor, norm: Norm) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], *norm, self._eps)


def _exp_holds(scores: Tensor) -> bool:
    """Say whether no exp and no sum of them can overflow or vanish; a GPU is not waited for, to be asked."""
    if scores.is_cuda:
        return False
    least, greatest = scores.aminmax()
    return bool(least >= -_MODERATE) and bool(greatest <= _MODERATE)


@dataclass(frozen=True, slots=True)
class _Source:
    """Weights by name, brought into the form that computes."""

    weights: Mapping[str, Tensor]
    dtype: torch.dtype
    device: str
    tokens: int

    def layer(self, index: int, heads: int) -> _Layer:
        name = f"encoder.encoder.layer.{index}"
        return _Layer(
            self.queries_keys_values(f"{name}.attention.self", heads),
            self.linear(f"{name}.attention.output.dense"),
            self.norm(f"{name}.attention.output"),
            self.linear(f"{name}.intermediate.dense"),
            self.linear(f"{name}.output.dense"),
            self.norm(f"{name}.output"),
        )

    def queries_keys_values(self, name: str, heads: int) -> Linear:
        scale = 1 / math.sqrt(len(self.weights[f"{name}.query.bias"]) // heads)
        weight, bias = (
            torch.cat(
                [self.weights[f"{name}.query.{kind}"] * scale]
                + [self.weights[f"{name}.{part}.{kind}"] for part in ("key", "value")]
            )
            for kind in ("weight", "bias")
        )
        return linear(self.placed(weight), self.placed(bias), tokens=self.tokens)

    def linear(self, name: str) -> Linear:
        return linear(self.tensor(f"{name}.weight"), self.tensor(f"{name}.bias"), tokens=self.tokens)

    def norm(self, name: str) -> Norm:
        return self.tensor(f"{name}.LayerNorm.weight"), self.tensor(f"{name}.LayerNorm.bias")

    def tensor(self, name: str) -> Tensor:
        return self.placed(self.weights[name])

    def placed(self, tensor: Tensor) -> Tensor:
        return tensor.to(self.device, self.dtype)
