"""A fine-tuned network as a compact difference to its base encoder.

Matrices are stored as int8 differences with one float32 scale a row, so a fine-tuned encoder of
22 million weights takes about 11 MB instead of 91; vectors (biases, layer norms) and the head are
stored whole. What training left as it was is not stored. Adding the difference back is exact to
half a step of the int8 grid (1/254 of the row's largest change).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

_QUANTIZED = ".int8"
_SCALE = ".scale"
_WHOLE = ".float32"


def pack_delta(
    base: Mapping[str, torch.Tensor], tuned: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """Return the tensors to save.

    Args:
        base: the base network's weights by name.
        tuned: the fine-tuned weights; names that `base` lacks (the head) are stored whole.
    """
    packed: dict[str, torch.Tensor] = {}
    for name, trained in tuned.items():
        weight = trained.detach().float().cpu()
        if name not in base or weight.ndim != 2:
            packed[name + _WHOLE] = weight.contiguous()
            continue
        change = weight - base[name].float().cpu()  # (rows, columns)
        if not change.any():
            continue
        scale = change.abs().amax(dim=1, keepdim=True) / 127  # (rows, 1)
        steps = torch.where(scale > 0, change / scale.clamp_min(torch.finfo(torch.float32).tiny), 0)
        packed[name + _QUANTIZED] = steps.round().to(torch.int8)
        packed[name + _SCALE] = scale
    return packed


def apply_delta(
    base: Mapping[str, torch.Tensor], packed: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """Return the fine-tuned weights by name: `base` with what `pack_delta` stored added or put in.

    Raises:
        KeyError: `packed` changes a matrix that `base` lacks.
    """
    tuned = dict(base)
    for name, tensor in packed.items():
        if name.endswith(_WHOLE):
            tuned[name.removesuffix(_WHOLE)] = tensor
        elif name.endswith(_QUANTIZED):
            weight = name.removesuffix(_QUANTIZED)
            tuned[weight] = tensor.float().mul_(packed[weight + _SCALE]).add_(base[weight])
    return tuned
