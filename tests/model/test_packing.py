"""Packing: every token once, rows whole, batches within their bound, the same for the same rows."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.packing import pack

ROWS = st.lists(st.lists(st.integers(1, 30_000), min_size=1, max_size=40), max_size=60)


def unpacked(batches):
    found = {}
    for batch in batches:
        places = iter(batch.rows.tolist())
        for run in batch.runs:
            for start in range(run.start, run.end, run.length):
                place = next(places)
                assert place not in found
                found[place] = batch.ids[start : start + run.length].tolist()
                assert batch.positions[start : start + run.length].tolist() == list(range(run.length))
        assert next(places, None) is None
    return found


@given(ROWS, st.integers(1, 300), st.integers(1, 5))
def test_every_row_is_in_one_batch_as_it_was(rows, max_tokens, parts):
    assert unpacked(pack(rows, max_tokens=max_tokens, parts=parts)) == dict(enumerate(rows))


@given(ROWS, st.integers(1, 300), st.integers(1, 5))
def test_no_batch_but_that_of_a_single_longer_row_is_over_its_bound(rows, max_tokens, parts):
    for batch in pack(rows, max_tokens=max_tokens, parts=parts):
        assert batch.runs[-1].end <= max_tokens or len(batch.rows) == 1


@given(ROWS)
def test_what_the_rows_leave_is_filled_with_zeros_up_to_one_of_few_widths(rows):
    for batch in pack(rows, max_tokens=512):
        end, width = batch.runs[-1].end, len(batch.ids)
        assert end <= width == len(batch.positions)
        assert width % (64 if width > 256 else 16) == 0
        assert not batch.ids[end:].any()


def test_rows_of_one_length_lie_side_by_side():
    (batch,) = pack([[1] * 3, [2] * 5, [3] * 3], max_tokens=100)
    assert batch.rows.tolist() == [0, 2, 1]
    assert [(run.start, run.rows, run.length) for run in batch.runs] == [(0, 2, 3), (6, 1, 5)]


def test_work_for_several_threads_is_parted_when_there_is_enough():
    rows = [[7] * 10 for _ in range(100)]
    assert len(pack(rows, max_tokens=1024, parts=2)) == 2
    assert len(pack(rows[:5], max_tokens=1024, parts=2)) == 1


def test_batches_are_of_a_width_and_as_many_as_keep_every_thread_busy():
    rows = [[7] * (10 + n % 9) for n in range(480)]  # 6,711 tokens, seven batches by their bound
    widths = [len(batch.ids) for batch in pack(rows, max_tokens=1024, parts=2)]
    assert len(widths) == 8
    assert set(widths[:-1]) == {896}


def test_what_rows_leave_of_full_batches_makes_no_tiny_one():
    rows = [[7] * 17 for _ in range(481)]  # two times 240 rows in 4,096 tokens, and one
    widths = [len(batch.ids) for batch in pack(rows, max_tokens=4096, parts=2)]
    assert len(widths) == 4
    assert min(widths) > 1500


def test_the_same_rows_give_the_same_batches():
    rows = [list(range(1, 2 + n % 7)) for n in range(50)]
    for one, two in zip(pack(rows, max_tokens=64), pack(rows, max_tokens=64), strict=True):
        np.testing.assert_array_equal(one.ids, two.ids)
        np.testing.assert_array_equal(one.rows, two.rows)


def test_no_rows_make_no_batch():
    assert pack([], max_tokens=64, parts=2) == []
