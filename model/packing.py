"""Rows of token ids packed one after another into batches, without padding between them.

Rows of one length lie side by side in a `Run`, which attention sees as a dense (rows, length) block;
everything else in the network works token by token and sees the batch as (tokens,). Pure: the same rows
give the same batches.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Widths of a batch. Matrix kernels are compiled for a width when it is first met, so there are few of them.
_FINE, _COARSE, _FINE_UP_TO = 16, 64, 256
_LEAST_PART = 128  # tokens, below which it does not pay to part a batch


@dataclass(frozen=True, slots=True)
class Run:
    """Rows of one length, from token `start` of the batch on."""

    start: int
    rows: int
    length: int

    @property
    def end(self) -> int:
        """The token after the last."""
        return self.start + self.rows * self.length


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows packed for one pass.

    Args:
        rows: (n,) where each row stands among the rows that were packed.
        ids: (width,) token ids; zeros fill what the rows leave, after the last of them.
        positions: (width,) each token's place in its row.
        runs: in order, one a length.
    """

    rows: NDArray[np.intp]
    ids: NDArray[np.int64]
    positions: NDArray[np.int64]
    runs: tuple[Run, ...]


def pack(rows: Sequence[Sequence[int]], *, max_tokens: int, parts: int = 1) -> list[Batch]:
    """Pack rows by length into batches of at most `max_tokens` tokens (one longer row is a batch of its own).

    Args:
        rows: token ids, none of them empty; batches take them shortest first, ties in their order.
        max_tokens: the most tokens of a batch.
        parts: make about so many batches, or a multiple of that, of one width but for the last, where there
            is work for them.
    """
    lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))  # (n,)
    order = np.argsort(lengths, kind="stable")
    ends = lengths[order].cumsum()
    return [_batch(rows, lengths, places) for places in _cut_evenly(order, ends, parts, max_tokens)]


def _cut_evenly(
    order: NDArray[np.intp], ends: NDArray[np.int64], parts: int, most: int
) -> list[NDArray[np.intp]]:
    """Cut into at most a multiple of `parts` batches, the least by which none has over `most` tokens."""
    if not len(order):
        return []
    batches = parts * -(-int(ends[-1]) // (parts * most))
    budget = 0
    while True:
        budget = max(budget, _width(-(-int(ends[-1]) // batches)), _LEAST_PART)
        cut = list(_cut(order, ends, min(budget, most)))
        if len(cut) <= batches:
            return cut
        if budget < most:
            budget = _width(budget + 1)  # what rows leave of each batch made one more
        else:
            batches, budget = batches + parts, 0


def _cut(order: NDArray[np.intp], ends: NDArray[np.int64], budget: int) -> Iterator[NDArray[np.intp]]:
    first, used = 0, 0
    while first < len(order):
        last = max(int(np.searchsorted(ends, used + budget, side="right")), first + 1)
        yield order[first:last]
        first, used = last, int(ends[last - 1])


def _batch(rows: Sequence[Sequence[int]], lengths: NDArray[np.int64], places: NDArray[np.intp]) -> Batch:
    runs: list[Run] = []
    for length, same in itertools.groupby(lengths[places].tolist()):
        runs.append(Run(runs[-1].end if runs else 0, sum(1 for _ in same), length))
    ids = np.zeros(_width(runs[-1].end), dtype=np.int64)
    positions = np.zeros_like(ids)
    ids[: runs[-1].end] = list(itertools.chain.from_iterable(rows[place] for place in places))
    for run in runs:
        positions[run.start : run.end] = np.tile(np.arange(run.length), run.rows)
    return Batch(places, ids, positions, tuple(runs))


def _width(tokens: int) -> int:
    step = _FINE if tokens <= _FINE_UP_TO else _COARSE
    return -(-tokens // step) * step
