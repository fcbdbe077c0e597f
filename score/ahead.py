"""Reading ahead: a thread that works off an iterator while its consumer is busy."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from queue import Full, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")
_END = object()
_LOOK_EVERY_S = 0.1


def ahead(items: Iterable[T], depth: int = 1) -> Generator[T, None, None]:
    """Yield `items` in order, made by a thread that is up to `depth` + 1 of them ahead.

    What the iterator raises is raised here, after the items before it. When the consumer stops
    early, the thread stops with it.
    """
    queue: Queue[object] = Queue(depth)
    stopped = Event()
    thread = Thread(target=_work, args=(items, queue, stopped), name="read-ahead", daemon=True)
    thread.start()
    try:
        while (item := queue.get()) is not _END:
            if isinstance(item, _Failure):
                raise item.error
            yield item  # type: ignore[misc] # the queue holds items of T besides the two above
    finally:
        stopped.set()
        thread.join()


class _Failure:
    """An error on its way to the consumer."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


def _work(items: Iterable[T], queue: Queue[object], stopped: Event) -> None:
    try:
        for item in items:
            if not _put(item, queue, stopped):
                return
        _put(_END, queue, stopped)
    except BaseException as error:  # noqa: BLE001 - it is raised again on the consumer's side
        _put(_Failure(error), queue, stopped)
    finally:
        if isinstance(items, Generator):
            items.close()  # its files, in the thread that opened them


def _put(item: object, queue: Queue[object], stopped: Event) -> bool:
    """Hand an item over; False when nobody wants it any more."""
    while not stopped.is_set():
        try:
            queue.put(item, timeout=_LOOK_EVERY_S)
        except Full:
            continue
        return True
    return False
