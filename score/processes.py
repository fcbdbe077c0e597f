"""An iterator's items worked off in processes, their results in order: for work that holds Python's lock."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any, TypeVar

from errors import ArchiveError
from ingest.streams import stream_errors

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
    reading = _UntilItFails(chain([following], items))
    begun: deque[Future[Result]] = deque()
    with _pool(processes, work) as pool:
        try:
            beginning = [_submit(pool, int) for _ in range(processes)]
            for item in reading:
                if before and not any(process.done() for process in beginning):
                    yield work(item)
                    continue
                begun.append(_submit(pool, _do, item))
                if len(begun) == 2 * processes:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        except BrokenProcessPool as error:
            raise ArchiveError(
                "a process that prepares rows has ended before its time",
                "see that there is memory for it, and that a script of your own begins below "
                "`if __name__ == '__main__'`; start the same again: finished shards are kept",
            ) from error
    if reading.failure:
        raise reading.failure


class _UntilItFails(Iterator[Item]):
    """Ends where an iterator fails, so that what was made of the items before it is not lost."""

    def __init__(self, items: Iterator[Item]) -> None:
        self._items = items
        self.failure: Exception | None = None

    def __next__(self) -> Item:
        try:
            return next(self._items)
        except StopIteration:
            raise
        except Exception as failure:
            self.failure = failure
            raise StopIteration from failure


@contextmanager
def _pool(processes: int, work: Callable[[Any], Any]) -> Iterator[ProcessPoolExecutor]:
    """Give a pool whose processes have `work`.

    It is in a file: who hands a beginning process more than a pipe holds waits until it is read, and for ever
    if the process dies first. Processes are fresh ones, since a fork of threads and a GPU's driver may hang.
    """
    with TemporaryDirectory(prefix="causewire-") as folder:
        path = Path(folder) / "work"
        with stream_errors(path):
            path.write_bytes(pickle.dumps(work))
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(str(path),))
        try:
            yield pool
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _submit(pool: ProcessPoolExecutor, do: Callable[..., Result], *arguments: object) -> Future[Result]:
    """Submit to a pool; one that cannot begin a process counts as broken.

    That may be for want of memory, or because another has died this instant and closed what beginning takes:
    a handle is closed (OSError), or was given out anew and stands twice among those to pass on (ValueError).
    """
    try:
        return pool.submit(do, *arguments)
    except (OSError, ValueError) as error:
        raise BrokenProcessPool(str(error)) from error


def _begin(work: str) -> None:
    """Leave Ctrl-C to the consumer, and end with it: a pool's processes would outlive one that is killed."""
    global _work  # noqa: PLW0603 (a process has one for its life, and a pool no other place for it)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_consumer, name="end-with-consumer", daemon=True).start()
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # else each takes all cores
    _work = pickle.loads(Path(work).read_bytes())  # noqa: S301 (the consumer has written it)


def _end_with_consumer() -> None:
    if consumer := multiprocessing.parent_process():
        consumer.join()
    os._exit(1)


def _do(item: Any) -> Any:  # noqa: ANN401 (whatever the work takes and gives)
    return _work(item)
