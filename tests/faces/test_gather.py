"""Requests that come at once share the model's batches, and nothing else."""

from __future__ import annotations

import asyncio
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.web.gather import Gatherer
from errors import BusyError, ModelError


class Held:
    """A model that notes its batches, is held until it is let go, and cannot read 'broken'."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.go_on = threading.Event()

    def __call__(self, texts):
        self.batches.append(list(texts))
        assert self.go_on.wait(20)
        if "broken" in texts:
            raise ModelError("cannot read 'broken'", "")
        return [text.upper() for text in texts]


async def during_the_first(held: Held, gather: Gatherer, *requests: list[str]):
    """Send `requests` while the model works on a first one; return the tasks that wait for the answers."""
    first = asyncio.create_task(gather(["first"]))
    await until(lambda: held.batches)
    tasks = [asyncio.create_task(gather(texts)) for texts in requests]
    await asyncio.sleep(0)
    return first, tasks


async def until(condition) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.001)


def test_what_comes_while_the_model_works_goes_to_it_together_and_each_gets_its_own():
    async def run():
        held = Held()
        gather = Gatherer(held, max_batch=64, max_waiting=100)
        first, tasks = await during_the_first(held, gather, ["a"], ["b", "c"], ["d"])
        held.go_on.set()
        assert await first == ["FIRST"]
        assert await asyncio.gather(*tasks) == [["A"], ["B", "C"], ["D"]]
        assert held.batches == [["first"], ["a", "b", "c", "d"]]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("max_batch", "batches"),
    [
        (3, [["a"], ["b", "c", "d"], ["e", "f", "g", "h"], ["i"]]),
        (1, [["a"], ["b", "c", "d"], ["e", "f", "g", "h"], ["i"]]),
        (5, [["a", "b", "c", "d"], ["e", "f", "g", "h", "i"]]),
    ],
)
def test_a_batch_is_full_at_its_bound_and_no_request_is_parted(max_batch, batches):
    async def run():
        held = Held()
        gather = Gatherer(held, max_batch=max_batch, max_waiting=100)
        _, tasks = await during_the_first(held, gather, ["a"], ["b", "c", "d"], list("efgh"), ["i"])
        held.go_on.set()
        await asyncio.gather(*tasks)
        assert held.batches == [["first"], *batches]

    asyncio.run(run())


def test_a_request_that_fails_costs_the_others_of_its_batch_nothing():
    async def run():
        held = Held()
        gather = Gatherer(held, max_batch=64, max_waiting=100)
        _, tasks = await during_the_first(held, gather, ["a"], ["b", "broken"], ["c"])
        held.go_on.set()
        a, broken, c = await asyncio.gather(*tasks, return_exceptions=True)
        assert (a, c) == (["A"], ["C"])
        assert isinstance(broken, ModelError)
        assert await gather(["later"]) == ["LATER"]

    asyncio.run(run())


def test_more_than_may_wait_is_refused_and_taken_again_later():
    async def run():
        held = Held()
        gather = Gatherer(held, max_batch=64, max_waiting=3)
        _, tasks = await during_the_first(held, gather, ["a"])
        with pytest.raises(BusyError, match="1 text is waiting"):
            await gather(["b", "c", "d"])
        tasks.append(asyncio.create_task(gather(["b"])))
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match="2 texts are waiting") as caught:
            await gather(["c", "d"])
        assert caught.value.retry_after_s >= 1
        held.go_on.set()
        await asyncio.gather(*tasks)
        assert await gather(["c", "d"]) == ["C", "D"]

    asyncio.run(run())


def test_a_request_whose_handler_is_cancelled_is_not_worked_out():
    async def run():
        held = Held()
        gather = Gatherer(held, max_batch=64, max_waiting=100)
        _, (a, b) = await during_the_first(held, gather, ["a"], ["b"])
        a.cancel()
        held.go_on.set()
        assert await b == ["B"]
        assert held.batches == [["first"], ["b"]]

    asyncio.run(run())


def test_a_cancelled_request_in_the_models_hands_leaves_the_rest_of_the_batch_alone():
    async def run():
        held = Held()
        gather = Gatherer(held, max_batch=64, max_waiting=100)
        first, (a,) = await during_the_first(held, gather, ["a"])
        first.cancel()
        held.go_on.set()
        assert await a == ["A"]

    asyncio.run(run())


def test_whoever_has_waited_for_a_while_is_asked_whether_he_still_does():
    async def gone() -> bool:
        return True

    async def run():
        held = Held()
        gather = Gatherer(held, max_batch=64, max_waiting=100, surely_here_s=0)
        _, (b,) = await during_the_first(held, gather, ["b"])
        left = asyncio.create_task(gather(["left"], gone=gone))
        await asyncio.sleep(0)
        held.go_on.set()
        assert (await left, await b) == ([], ["B"])
        assert held.batches == [["first"], ["b"]]

    asyncio.run(run())


@settings(max_examples=50)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=20), st.integers(1, 8))
def test_every_text_is_worked_out_once_in_the_order_in_which_it_came(sizes, max_batch):
    async def run():
        held = Held()
        gather = Gatherer(held, max_batch=max_batch, max_waiting=100)
        requests = [[f"{number}.{index}" for index in range(size)] for number, size in enumerate(sizes)]
        _, tasks = await during_the_first(held, gather, *requests)
        held.go_on.set()
        assert await asyncio.gather(*tasks) == requests  # digits have no upper case
        assert [text for batch in held.batches[1:] for text in batch] == [
            text for texts in requests for text in texts
        ]
        assert all(len(batch) <= max(max_batch, *sizes) for batch in held.batches)

    asyncio.run(run())
