"""How long `causewire tag "one headline"` takes from nothing, beside `python -c 'import torch'`.

    python benchmarks/start.py [--rounds 15]

The two take turns, after one of each that is not counted (it fills the page cache). Told are medians of the
time on the wall and on the processor, and the ratio of the medians.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
COMMANDS = {
    "import torch": [sys.executable, "-c", "import torch"],
    "causewire tag": [sys.executable, "-m", "cli", "tag", "Fed holds rates as inflation cools"],
}


def timed(command: Sequence[str]) -> tuple[float, float]:
    """Run a command; return seconds on the wall and on the processor."""
    begun, used = time.perf_counter(), os.times()
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    wall, now = time.perf_counter() - begun, os.times()
    return wall, now.children_user + now.children_system - used.children_user - used.children_system


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    for number in range(rounds + 1):
        for name, command in COMMANDS.items():
            seconds = timed(command)
            if number:
                taken[name].append(seconds)
    walls, cpus = (
        {name: statistics.median(one[kind] for one in seconds) for name, seconds in taken.items()}
        for kind in (0, 1)
    )
    print("| command | wall s | processor s |")
    print("| --- | --- | --- |")
    for name in COMMANDS:
        print(f"| {name} | {walls[name]:.2f} | {cpus[name]:.2f} |")
    torch, tag = COMMANDS
    print(
        f"\nratio {walls[tag] / walls[torch]:.2f} on the wall, {cpus[tag] / cpus[torch]:.2f} on the processor"
    )
    print(f"{rounds} rounds, {len(os.sched_getaffinity(0))} cores, Python {sys.version.split()[0]}")


if __name__ == "__main__":
    main()
