"""Vectors of texts from the base encoder as it comes: for likeness between texts, not for tagging."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from model.base import BaseFiles
from model.network import load_encoder
from model.padding import batches_by_length, pad
from model.tokens import encode, load_tokenizer

_BATCH_TOKENS = 4096


class Embedder:
    """The base encoder with its tokenizer, loaded once.

    Args:
        base: which encoder.
        max_tokens: texts are cut after so many tokens.
    """

    def __init__(self, base: BaseFiles, *, max_tokens: int = 128) -> None:
        self._encoder = load_encoder(base.folder)
        self._encoder.train(mode=False)
        self._tokenizer = load_tokenizer(base.folder, max_tokens)

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return mean-pooled vectors (n, hidden) of unit length, so that a dot product is a cosine."""
        rows = encode(self._tokenizer, texts)
        vectors = np.zeros((len(rows), self._encoder.config.hidden_size), dtype=np.float32)
        with torch.inference_mode():
            for batch in batches_by_length([len(row) for row in rows], max_tokens=_BATCH_TOKENS):
                input_ids, mask = pad([rows[index] for index in batch])
                hidden = self._encoder(input_ids=input_ids, attention_mask=mask).last_hidden_state
                pooled = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
                vectors[batch] = torch.nn.functional.normalize(pooled, dim=-1).numpy()
        return vectors
