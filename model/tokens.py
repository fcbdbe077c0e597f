"""Text to token ids: the same for training and for tagging.

It uses the `tokenizers` library straight from a `tokenizer.json`, which is what transformers' fast
tokenizers do inside, without their start-up cost. It loads no torch.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self, overload

import numpy as np
from numpy.typing import NDArray
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


class TokenRows(Sequence[list[int]]):
    """Rows of token ids in one array: to keep many, or hand them to another process, in little memory.

    Args:
        ids: (tokens,) of all rows, one after another.
        ends: (rows,) the token after each row's last.
    """

    def __init__(self, ids: NDArray[np.int32], ends: NDArray[np.int64]) -> None:
        self._ids, self._ends = ids, ends

    @classmethod
    def of(cls, rows: Iterable[Sequence[int]]) -> Self:
        """Copy rows."""
        kept = list(rows)
        ends = np.cumsum(np.fromiter(map(len, kept), dtype=np.int64, count=len(kept)))
        ids = np.fromiter(itertools.chain.from_iterable(kept), np.int32, count=int(ends[-1]) if kept else 0)
        return cls(ids, ends)

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, place: int) -> list[int]: ...

    @overload
    def __getitem__(self, place: slice) -> list[list[int]]: ...

    def __getitem__(self, place: int | slice) -> list[int] | list[list[int]]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        if not 0 <= place < len(self):
            raise IndexError(place)
        begin = self._ends[place - 1] if place else 0
        row: list[int] = self._ids[begin : self._ends[place]].tolist()
        return row
