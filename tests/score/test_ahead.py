from __future__ import annotations

import threading

import pytest

from score.ahead import ahead


def test_items_come_in_order():
    assert list(ahead(range(100), depth=3)) == list(range(100))


def test_the_thread_is_at_most_depth_and_one_ahead():
    made: list[int] = []

    def items():
        for number in range(50):
            made.append(number)
            yield number

    for number in ahead(items(), depth=2):
        assert len(made) <= number + 1 + 2 + 1
    assert len(made) == 50


def test_an_error_comes_after_the_items_before_it():
    def items():
        yield 1
        yield 2
        raise OSError("gone")

    stream = ahead(items())
    assert (next(stream), next(stream)) == (1, 2)
    with pytest.raises(OSError, match="gone"):
        next(stream)


def test_a_consumer_that_stops_closes_the_source_and_ends_the_thread():
    closed = threading.Event()

    def items():
        try:
            while True:
                yield 0
        finally:
            closed.set()

    stream = ahead(items())
    assert next(stream) == 0
    stream.close()
    assert closed.is_set()
    assert "read-ahead" not in [thread.name for thread in threading.enumerate()]
