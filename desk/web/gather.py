"""Gathers requests that come at once into batches for the model, which works on one batch at a time.

    gatherer = Gatherer(tag, max_batch=64, max_waiting=1024)
    answers = await gatherer(texts)

Nothing waits for company: whenever the model is free, it is given what is waiting then, first come first
served. So a lone request is answered at once, and batches grow by themselves with the load.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from desk.formats import plural
from errors import BusyError

Answer = TypeVar("Answer")
Answers = list[Answer]
_SURELY_HERE_S = 1.0  # hardly anyone hangs up sooner, and asking everyone would cost a tenth of a request
_FIRST_RATE = 100.0  # texts a second, until a batch has been measured


def model_thread() -> Executor:
    """Return what runs one call of the model at a time, in a thread of its own."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")


async def _here() -> bool:
    return False


@dataclass(slots=True, eq=False)
class _Request(Generic[Answer]):
    texts: Sequence[str]
    gone: Callable[[], Awaitable[bool]]
    ask_from: float  # on the loop's clock, in seconds: until then somebody waits for sure
    answers: asyncio.Future[Answers[Answer]]

    async def is_awaited(self, now: float) -> bool:
        if self.answers.done():  # its handler was cancelled
            return False
        return now < self.ask_from or not await self.gone()


class Gatherer(Generic[Answer]):
    """Gives every request its own answers, and its own error, out of batches that it shares with others.

    It belongs to one event loop. The model runs in one thread, since one call uses every core by itself.

    Attributes:
        waiting: so many texts wait for the model now.

    Args:
        work: gives texts their answers, one each, in order; runs in the model's thread.
        max_batch: requests are gathered up to so many texts; 1 turns gathering off. One request is
            never parted, however many texts it has.
        max_waiting: at most so many texts wait for the model, those in its hands not counted.
        thread: the model's, where several gatherers share one model; else the gatherer makes its own.
        surely_here_s: of those who have waited for less, nobody is asked whether they still do.
    """

    def __init__(
        self,
        work: Callable[[Sequence[str]], Answers[Answer]],
        *,
        max_batch: int,
        max_waiting: int,
        thread: Executor | None = None,
        surely_here_s: float = _SURELY_HERE_S,
    ) -> None:
        self._work = work
        self._max_batch = max_batch
        self._max_waiting = max_waiting
        self._surely_here_s = surely_here_s
        self._thread = thread or model_thread()
        self._requests: deque[_Request[Answer]] = deque()
        self.waiting = 0
        self._rate = _FIRST_RATE  # texts a second in the last batch
        self._running: asyncio.Task[None] | None = None

    async def __call__(
        self, texts: Sequence[str], gone: Callable[[], Awaitable[bool]] = _here
    ) -> Answers[Answer]:
        """Wait for the answers to `texts`.

        Args:
            texts: one or more.
            gone: asked before the model begins with what has waited for a while: true where nobody waits
                for the answers any more. They are then not worked out, and none are returned.

        Raises:
            BusyError: too many texts are waiting already.
        """
        if self.waiting + len(texts) > self._max_waiting:
            wait = "is waiting" if self.waiting == 1 else "are waiting"
            raise BusyError(
                f"{plural(self.waiting, 'text')} {wait} for the model",
                "send it again later",
                retry_after_s=max(1, math.ceil(self.waiting / self._rate)),
            )
        loop = asyncio.get_running_loop()
        request: _Request[Answer] = _Request(
            texts, gone, loop.time() + self._surely_here_s, loop.create_future()
        )
        self._requests.append(request)
        self.waiting += len(texts)
        if self._running is None:
            self._running = loop.create_task(self._run())
        return await request.answers

    async def _run(self) -> None:
        """Work until nothing waits."""
        loop = asyncio.get_running_loop()
        try:
            while self._requests:
                batch = await self._take()
                if not batch:
                    continue
                answers = await loop.run_in_executor(self._thread, self._answer, batch)
                for request, answer in zip(batch, answers, strict=True):
                    _settle(request.answers, answer)
        finally:
            self._running = None

    async def _take(self) -> list[_Request[Answer]]:
        """Take requests as they came, while their texts fit together; leave out those that nobody awaits."""
        batch: list[_Request[Answer]] = []
        texts = 0
        while self._requests and (not batch or texts + len(self._requests[0].texts) <= self._max_batch):
            request = self._requests.popleft()
            self.waiting -= len(request.texts)
            if await request.is_awaited(asyncio.get_running_loop().time()):
                batch.append(request)
                texts += len(request.texts)
            else:
                _settle(request.answers, [])
        return batch

    def _answer(self, batch: Sequence[_Request[Answer]]) -> list[Answers[Answer] | Exception]:
        """Work on a batch, in the model's thread; where that fails, on each request alone."""
        begun = time.perf_counter()
        texts = [text for request in batch for text in request.texts]
        try:
            found = iter(self._work(texts))
        except Exception as error:  # noqa: BLE001 (it is raised again where the request is awaited)
            return [error] if len(batch) == 1 else [self._answer([request])[0] for request in batch]
        self._rate = len(texts) / max(time.perf_counter() - begun, 1e-6)
        return [[next(found) for _ in request.texts] for request in batch]


def _settle(future: asyncio.Future[Answers[Answer]], answer: Answers[Answer] | Exception) -> None:
    if future.done():  # whoever awaited it was cancelled meanwhile
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)
