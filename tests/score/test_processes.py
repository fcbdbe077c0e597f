"""Work in processes: in order, with its errors, and none left behind."""

import multiprocessing
import multiprocessing.resource_tracker
import multiprocessing.spawn
import operator
import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import count, islice, repeat
from pathlib import Path

import pytest

from errors import ArchiveError
from score.processes import in_processes

MORE_THAN_A_PIPE_HOLDS = bytes(1_000_000)


def test_results_come_in_the_order_of_the_items():
    assert list(in_processes(operator.neg, iter(range(9)), processes=2)) == [-n for n in range(9)]


def test_a_short_run_is_over_before_there_is_any_process():
    results = in_processes(operator.neg, iter(range(3)), processes=2, before=3)
    assert next(results) == 0
    assert not multiprocessing.active_children()
    assert list(results) == [-1, -2]


def test_until_a_process_has_begun_the_work_is_done_here():
    pids = in_processes(partial(whose, MORE_THAN_A_PIPE_HOLDS), repeat(0), processes=2, before=1)
    seen = list(islice(pids, 5))
    assert seen == [os.getpid()] * 5
    assert any(pid != os.getpid() for pid in pids)


def whose(_luggage: bytes, _item: int) -> int:
    time.sleep(0.001)
    return os.getpid()


def test_results_of_what_was_read_before_reading_failed_come_first():
    def damaged():
        yield from range(5)
        raise ArchiveError("row 5 is damaged", "mend it")

    results = in_processes(operator.neg, damaged(), processes=4)
    assert list(islice(results, 5)) == [0, -1, -2, -3, -4]
    with pytest.raises(ArchiveError, match="row 5"):
        next(results)


def test_processes_that_die_as_they_begin_are_told(monkeypatch):
    multiprocessing.resource_tracker.ensure_running()  # a process too, and no matter of this test
    monkeypatch.setattr(multiprocessing.spawn, "_python_exe", b"/bin/false")
    results = in_processes(partial(whose, MORE_THAN_A_PIPE_HOLDS), repeat(0), processes=2)
    with pytest.raises(ArchiveError, match="ended before its time"):
        next(results)


@pytest.mark.parametrize("error", [OSError("handle is closed"), ValueError("bad value(s) in fds_to_keep")])
def test_a_pool_that_closes_while_it_is_given_work_is_told(monkeypatch, error):
    def closed(*_):
        raise error

    monkeypatch.setattr(ProcessPoolExecutor, "submit", closed)
    with pytest.raises(ArchiveError, match="ended before its time"):
        next(in_processes(operator.neg, repeat(0), processes=2))


def test_a_process_that_prepares_rows_loads_no_torch():
    code = "import sys, score.prepare, score.processes; sys.exit('torch' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode
        == 0
    )


def test_what_the_work_raises_is_raised_after_the_results_before_it():
    results = in_processes(int, iter(["1", "2", "x", "4"]), processes=1)
    assert list(islice(results, 2)) == [1, 2]
    with pytest.raises(ValueError, match="'x'"):
        next(results)


def test_a_process_that_dies_is_told_with_a_remedy():
    with pytest.raises(ArchiveError, match="ended before its time; see that there is memory"):
        list(in_processes(os._exit, iter([1]), processes=1))


def test_a_consumer_that_stops_leaves_no_process_and_reads_little_ahead():
    items = count()
    results = in_processes(operator.neg, items, processes=2)
    assert next(results) == 0
    results.close()
    assert next(items) <= 5
    assert not multiprocessing.active_children()


KILLED = """
from score.processes import in_processes
if __name__ == "__main__":
    work = iter(["__import__('os').getpid()", "__import__('time').sleep(600)"])
    for pid in in_processes(eval, work, processes=1):
        print(pid, flush=True)
"""


def test_no_process_outlives_a_consumer_that_is_killed(tmp_path):
    program = tmp_path / "killed.py"
    program.write_text(KILLED)
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root}
    with subprocess.Popen(
        [sys.executable, program],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    ) as consumer:
        worker = Path("/proc") / consumer.stdout.readline().strip()
        assert worker.exists()
        consumer.kill()
    deadline = time.monotonic() + 30
    while worker.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not worker.exists()
