"""Rows of token ids to padded tensors, and which rows share a batch: for training and `eager`."""

from __future__ import annotations

from collections.abc import Sequence

import torch


def pad(rows: Sequence[Sequence[int]], *, multiple: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    """Pad rows of ids at the right.

    Args:
        rows: one or more.
        multiple: the width is the longest's length, rounded up to a multiple of this.

    Returns:
        `input_ids` and `attention_mask`, both (n, width) int64; the mask is 1 on tokens, 0 on padding.
        The padding id is 0, which the mask hides from the encoder.
    """
    width = -(-max(map(len, rows)) // multiple) * multiple
    input_ids = torch.zeros(len(rows), width, dtype=torch.long)
    mask = torch.zeros(len(rows), width, dtype=torch.long)
    for index, row in enumerate(rows):
        input_ids[index, : len(row)] = torch.tensor(row)
        mask[index, : len(row)] = 1
    return input_ids, mask


def batches_by_length(lengths: Sequence[int], *, max_tokens: int) -> list[list[int]]:
    """Group row indices so that rows of like length share a batch of at most `max_tokens` padded tokens.

    Ties keep the order of the rows, so the same rows give the same batches.
    """
    batches: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        # Sorted upwards, so this row is the batch's longest and sets its padded width.
        if batches and (len(batches[-1]) + 1) * lengths[index] <= max_tokens:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches
