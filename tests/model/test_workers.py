"""Threads that compute a batch each."""

import torch

from model.workers import Workers


def test_each_worker_computes_with_one_thread_and_keeps_to_it():
    workers, before = Workers(), torch.get_num_threads()
    for _ in range(2):
        assert workers.map(lambda _: torch.get_num_threads(), range(8)) == [1] * 8
    assert torch.get_num_threads() == before


def test_results_come_in_the_order_of_the_items():
    assert Workers().map(lambda item: -item, range(50)) == [-item for item in range(50)]
