"""Dropout whose masks come from random bytes.

torch draws a number for each element, one after the other, on processors for which MKL does not draw: an
eighth of a training step on two cores (docs/log.md). A byte for each, eight to a draw, is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 (its name everywhere)
from torch.overrides import TorchFunctionMode

_BYTE = 256


class ByteDropout(TorchFunctionMode):
    """Within it every `F.dropout` is `byte_dropout`; in attention too, where that is by plain operators.

    with ByteDropout():
        network(input_ids, attention_mask)
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 (whatever `func` returns)
        """Call `func`, or what stands in for it."""
        return (byte_dropout if func is F.dropout else func)(*args, **(kwargs or {}))


def byte_dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:  # noqa: A002, ARG001, FBT001, FBT002 (torch's signature)
    """Return `input` with elements zeroed at random and the others scaled up, never in place.

    Args:
        input: of any shape.
        p: share that is zeroed, in [0, 1], rounded to a 256th: 0.1 is 26 of 256.
        training: without it `input` is returned as it is.
        inplace: not heeded.
    """
    dropped = round(_BYTE * p)
    if not training or not dropped:
        return input
    if dropped == _BYTE:
        return input * 0
    words = torch.empty(-(-input.numel() // 8), dtype=torch.int64, device=input.device)
    drawn = words.random_(-(2**63), None).view(torch.uint8)[: input.numel()].view(input.shape)
    return input * (drawn >= dropped).to(input.dtype).mul_(_BYTE / (_BYTE - dropped))
