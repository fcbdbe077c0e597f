"""Threads that compute a batch each, instead of torch's own threads sharing one batch.

A barrier after every operator is dear on small matrices, and ruinous where another process takes a core
for a while. torch lets go of Python's lock while it computes, so threads scale here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, RLock
from typing import TypeVar

import torch

# A thread's first question for its number gives it the number that is common then, and a thread that sets
# its own sets the common one too: so nobody asks while somebody sets.
_ASKING = RLock()

Item = TypeVar("Item")
Result = TypeVar("Result")


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let torch compute with so many threads inside."""
    before = thread_count()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute with one thread inside, for a moment, and other threads not ask meanwhile."""
    with _ASKING, threads(1):
        yield


def thread_count() -> int:
    """Return how many threads torch uses in the thread that asks."""
    with _ASKING:
        return torch.get_num_threads()


class Workers:
    """As many threads as torch would use in the thread that asks (`thread_count()`)."""

    def __init__(self) -> None:
        self._count = 0
        self._pool: ThreadPoolExecutor | None = None

    def map(self, work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """Return the results in the items' order; which thread works on which item changes none of them."""
        return list(self._threads().map(work, items))

    def _threads(self) -> ThreadPoolExecutor:
        with _ASKING:
            count = thread_count()
            if self._pool is None or self._count != count:
                self._pool, self._count = _single_threaded(count), count
            return self._pool


def _single_threaded(count: int) -> ThreadPoolExecutor:
    """Start `count` threads in each of which torch uses one."""
    ready = Barrier(count + 1)

    def begin() -> None:
        torch.get_num_threads()  # the first question would set it anew, see above
        torch.set_num_threads(1)
        ready.wait()

    pool = ThreadPoolExecutor(count, thread_name_prefix="network", initializer=begin)
    for _ in range(count):
        pool.submit(int)
    ready.wait()
    # What threads that come later begin with was set above too; put that back.
    torch.set_num_threads(count)
    return pool
