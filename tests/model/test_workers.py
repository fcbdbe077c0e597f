"""Threads that compute a batch each."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import sleep

import torch

from model.workers import Workers, one_thread, thread_count


def test_each_worker_computes_with_one_thread_and_keeps_to_it():
    workers, before = Workers(), torch.get_num_threads()
    for _ in range(2):
        assert workers.map(lambda _: torch.get_num_threads(), range(8)) == [1] * 8
    assert torch.get_num_threads() == before


def test_results_come_in_the_order_of_the_items():
    assert Workers().map(lambda item: -item, range(50)) == [-item for item in range(50)]


def test_a_thread_that_asks_while_another_has_one_is_told_the_common_number():
    before, inside = thread_count(), Event()

    def ask() -> int:
        inside.wait()
        return thread_count()

    torch.set_num_threads(3)
    try:
        with ThreadPoolExecutor(1) as other:
            asked = other.submit(ask)
            with one_thread():
                inside.set()
                sleep(0.2)
            assert asked.result() == 3
    finally:
        torch.set_num_threads(before)
