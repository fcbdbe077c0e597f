"""An iterator's items worked off in processes, their results in order: for work that holds Python's lock."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from threading import Thread
from typing import Any, TypeVar

from errors import ArchiveError

Item = TypeVar("Item")
Result = TypeVar("Result")
_END: Any = object()
_work: Callable[[Any], Any]  # what a process does, from its beginning on


def in_processes(
    work: Callable[[Item], Result], items: Iterator[Item], *, processes: int, before: int = 0
) -> Generator[Result, None, None]:
    """Yield `work(item)` for the items in order, up to two a process begun ahead of the consumer.

    Args:
        work: can be pickled, as items and results can; each process gets it once.
        items: read here, in the consumer's thread.
        processes: so many.
        before: so many items are worked off here before there is any process, and then, since a process takes
            a second or more to begin, more of them until one has. 0: all are worked off in processes.

    Raises:
        ArchiveError: a process has ended before its time.
    """
    yield from map(work, islice(items, before))
    following = next(items, _END)
    if following is _END:
        return
    # A fresh process, for one that is forked from threads and a GPU's driver may hang.
    context = multiprocessing.get_context("spawn")
    begun: deque[Future[Result]] = deque()
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(work,)) as pool:
        try:
            beginning = [pool.submit(int) for _ in range(processes)]
            for item in chain([following], items):
                if before and not any(process.done() for process in beginning):
                    yield work(item)
                    continue
                begun.append(pool.submit(_do, item))
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


def _begin(work: Callable[[Any], Any]) -> None:
    """Leave Ctrl-C to the consumer, and end with it: a pool's processes would outlive one that is killed."""
    global _work  # noqa: PLW0603 (a process has one for its life, and a pool no other place for it)
    _work = work
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # else each takes all cores
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_consumer, name="end-with-consumer", daemon=True).start()


def _end_with_consumer() -> None:
    if consumer := multiprocessing.parent_process():
        consumer.join()
    os._exit(1)


def _do(item: Any) -> Any:  # noqa: ANN401 (whatever the work takes and gives)
    return _work(item)
