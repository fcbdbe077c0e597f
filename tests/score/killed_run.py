"""Score an archive into a folder, killed again and again until enough kills came at a bad moment.

    python killed_run.py SOURCE WHOLE KILLED BETWEEN HALF_WRITTEN SEED

WHOLE gets an unbroken run, KILLED one that is killed until BETWEEN kills left some shards there and some
missing, and HALF_WRITTEN kills a half-written file. How many kills that takes is the machine's affair, so
it is counted and not laid down. Every life is a process of its own (a fork of this one, which has paid
for the imports) and is killed with SIGKILL: at a random moment, or as soon as a file is half written.
After the kills one life is let be. Prints JSON: {"kills", "between", "half_written"}.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from pathlib import Path

import pandas as pd  # pyarrow imports it at first use: half a second that no life should pay

from common import FakeScorer
from score.run import score_archive

SHARD_ROWS = 20
_LONGEST_LIFE = 0.4  # of the time of the unbroken run
_MOST_KILLS = 20  # for each that is asked for: then no such moment comes, and the test says so


class SlowTagger(FakeScorer):
    """Takes its time over a shard, so that a kill can come in the middle of one."""

    def predict_proba(self, texts):
        time.sleep(0.003)
        return super().predict_proba(texts)


def live(source: Path, target: Path) -> int:
    """Start a life and return its process id."""
    child = os.fork()
    if child == 0:
        try:
            score_archive(source, target, SlowTagger(), shard_rows=SHARD_ROWS)
            os._exit(0)
        finally:  # whatever went wrong, a child never goes on as its parent
            traceback.print_exc()
            os._exit(1)
    return child


def unbroken(source: Path, target: Path) -> float:
    """Let a life be, and return its seconds."""
    start = time.monotonic()
    _, status = os.waitpid(live(source, target), 0)
    assert status == 0
    return time.monotonic() - start


def wait_for_the_moment(target: Path, dice: random.Random, longest_s: float) -> None:
    """Wait a random while; half of the times, wait on from there until a file is half written."""
    start, life_s = time.monotonic(), dice.uniform(0.0, longest_s)
    time.sleep(life_s)
    if dice.random() < 0.5:
        while time.monotonic() < start + longest_s and not list(target.glob(".*.partial")):
            pass


def main() -> None:
    """Kill, count, let be, report."""
    source, whole, target = map(Path, sys.argv[1:4])
    between, half_written, seed = map(int, sys.argv[4:7])
    assert pd, "imported for pyarrow"
    longest_s = _LONGEST_LIFE * unbroken(source, whole)
    shards = len(list(whole.glob("part-*.parquet")))
    dice = random.Random(seed)
    told = {"kills": 0, "between": 0, "half_written": 0}
    while told["between"] < between or told["half_written"] < half_written:
        assert told["kills"] < _MOST_KILLS * (between + half_written), told
        child = live(source, target)
        wait_for_the_moment(target, dice, longest_s)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):  # it had finished before the kill: begin anew
            assert os.WEXITSTATUS(status) == 0
            shutil.rmtree(target)
            continue
        told["kills"] += 1
        made = len(list(target.glob("part-*.parquet")))
        if not made:  # it takes longer than when it was measured
            longest_s *= 1.2
        told["between"] += 0 < made < shards
        told["half_written"] += bool(list(target.glob(".*.partial")))
    unbroken(source, target)
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
