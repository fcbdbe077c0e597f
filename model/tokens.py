"""Text to token ids, and ids to padded tensors: the same for training and for tagging.

It uses the `tokenizers` library straight from a `tokenizer.json`, which is what transformers' fast
tokenizers do inside, without their start-up cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer

from model.base import unreadable


def load_tokenizer(folder: Path, max_tokens: int) -> Tokenizer:
    """Load `tokenizer.json` from a folder; texts longer than `max_tokens` are cut, none are padded.

    Raises:
        ModelError: it cannot be read.
    """
    path = folder / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises nothing narrower
        raise unreadable(path, error) from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=max_tokens)
    return tokenizer


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """Return the token ids of every text, special tokens included."""
    return [encoding.ids for encoding in tokenizer.encode_batch_fast(list(texts))]


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
