"""An iterator's items worked off in processes, their results in order: for work that holds Python's lock."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from threading import Thread
from typing import TypeVar

from errors import ArchiveError

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_processes(
    work: Callable[[Item], Result], items: Iterator[Item], *, processes: int
) -> Generator[Result, None, None]:
    """Yield `work(item)` for the items in order, up to two a process begun ahead of the consumer.

    Args:
        work: can be pickled, as items and results can.
        items: read here, in the consumer's thread.
        processes: so many.

    Raises:
        ArchiveError: a process has ended before its time.
    """
    # A fresh process, for one that is forked from threads and a GPU's driver may hang.
    context = multiprocessing.get_context("spawn")
    begun: deque[Future[Result]] = deque()
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_begin) as pool:
        try:
            for item in items:
                begun.append(pool.submit(work, item))
                if len(begun) == 2 * processes:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        except BrokenProcessPool as error:
            raise ArchiveError(
                "a process that prepares rows has ended before its time",
                "see that there is memory for it, and start the same command again: finished shards are kept",
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _begin() -> None:
    """Leave Ctrl-C to the consumer, and end with it: a pool's processes would outlive one that is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_consumer, name="end-with-consumer", daemon=True).start()


def _end_with_consumer() -> None:
    if consumer := multiprocessing.parent_process():
        consumer.join()
    os._exit(1)
