"""Requests a second of `POST /v1/tag`, with gathering and without, and how long an answer takes at half load.

    python benchmarks/server.py [--seconds 10] [--rounds 3] [--connections 64] [--model FOLDER]

Needs Linux and wrk (https://github.com/wg/wrk; `apt install wrk`). Both servers run from this folder, at the
same time and on the same cores as wrk; they are asked in turns, and the medians of the rounds are told. Each
request is one headline of the corpus, another one each time. At half load every connection rests between two
requests, for so long on average that half of what the server can do is asked of it. What a request costs the
processor is told too: on a machine that others use it is steadier than the wall's time. A connection that
rests for over five seconds is closed by the server and counts as failed. Other options are serve.py's.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from ingest.ledger import Ledger
from training.corpus import CORPUS

ROOT = Path(__file__).parents[1]
SCRIPT = Path(__file__).with_suffix(".lua")
GATHERED, ALONE = "gathered", "each alone"
MAX_BATCH = 64  # server.max_batch's default


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw: requests a second, milliseconds until half and until 99% of the answers, failures.

    `cpu_ms` is the server's processor time for a request, in milliseconds.
    """

    rate: float
    p50_ms: float
    p99_ms: float
    failed: int
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its address and its process."""

    address: str
    pid: int

    def cpu_s(self) -> float:
        """Return the processor time that it has taken so far."""
        after_name = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def server(folder: Path, max_batch: int, options: Sequence[str]) -> Iterator[Server]:
    """Run a server over an empty ledger."""
    config = folder / f"{max_batch}.toml"
    ledger = folder / "ledger.db"
    Ledger.open(ledger).close()
    config.write_text(f'[ledger]\npath = "{ledger}"\n[server]\nport = 0\nmax_batch = {max_batch}\n')
    command = [sys.executable, "-u", str(ROOT / "serve.py"), "--config", str(config), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline().split()
        if not said:
            raise SystemExit("the server did not start")
        try:
            yield Server(said[1], process.pid)
        finally:
            process.terminate()


Loads = dict[str, list[Load]]


class Wrk:
    """Asks servers; every call goes on in the corpus where the one before ended."""

    def __init__(self, bodies: Path, connections: int, seconds: int) -> None:
        self.bodies, self.connections, self.seconds = bodies, connections, seconds
        self.next = 0

    def __call__(self, server: Server, *, pause_ms: float = 0) -> Load:
        """Ask for `seconds`, each connection resting for `pause_ms` on average between two requests."""
        command = ["wrk", "-t1", f"-c{self.connections}", f"-d{self.seconds}s", "--timeout", "30s"]
        command += ["-s", str(SCRIPT), f"{server.address}v1/tag"]
        command += ["--", str(self.bodies), f"{pause_ms}", f"{self.next}"]
        used = server.cpu_s()
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        used = server.cpu_s() - used
        result = next(line for line in out.splitlines() if line.startswith("RESULT"))
        requests, rate, p50, p99, failed = map(float, result.split()[1:])
        self.next += int(requests)
        return Load(rate, p50, p99, int(failed), 1e3 * used / max(requests, 1))

    def half(self, server: Server, full: Load) -> Load:
        """Ask for half of what the server gave under full load."""
        return self(server, pause_ms=2e3 * self.connections / max(full.rate, 1))


def median(loads: Sequence[Load]) -> Load:
    """Return the medians; failures are added up."""
    names = ("rate", "p50_ms", "p99_ms", "cpu_ms")
    middle = {name: statistics.median(getattr(load, name) for load in loads) for name in names}
    return Load(**middle, failed=sum(load.failed for load in loads))


def measure(wrk: Wrk, servers: Mapping[str, Server], rounds: int) -> tuple[Loads, Loads]:
    """Ask the servers in turns; returns each one's loads in full and at half."""
    full: Loads = {name: [] for name in servers}
    half: Loads = {name: [] for name in servers}
    for one in servers.values():
        wrk(one)  # not counted: detectors load, buffers grow
    for _ in range(rounds):
        for name, one in servers.items():
            full[name].append(wrk(one))
            half[name].append(wrk.half(one, full[name][-1]))
    return full, half


def report(full: Loads, half: Loads) -> None:
    """Print the table and the ratios."""
    print(
        "| requests | a second | p50 ms | p99 ms | processor ms | at half load | p50 ms | p99 ms | failed |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in full:
        one, two = median(full[name]), median(half[name])
        print(
            f"| {name} | {one.rate:.0f} | {one.p50_ms:.0f} | {one.p99_ms:.0f} | {one.cpu_ms:.2f} "
            f"| {two.rate:.0f} | {two.p50_ms:.1f} | {two.p99_ms:.1f} | {one.failed + two.failed} |"
        )
    pairs = list(zip(full[GATHERED], full[ALONE], strict=True))
    rates = [gathered.rate / alone.rate for gathered, alone in pairs]
    costs = [alone.cpu_ms / gathered.cpu_ms for gathered, alone in pairs]
    said = (
        f"{statistics.median(rates):.1f} times ({min(rates):.1f} to {max(rates):.1f}) the requests a second"
    )
    print(f"\ngathered / alone: {said}, {statistics.median(costs):.1f} times for the same processor time")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10, help="of each turn")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=64)
    known, options = parser.parse_known_args()  # the rest is serve.py's
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = (json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines())
        bodies = folder / "bodies.jsonl"
        bodies.write_text("".join(json.dumps({"texts": [row["title"]]}) + "\n" for row in rows))
        wrk = Wrk(bodies, known.connections, known.seconds)
        with server(folder, 1, options) as alone, server(folder, MAX_BATCH, options) as gathered:
            report(*measure(wrk, {ALONE: alone, GATHERED: gathered}, known.rounds))
    print(f"{known.connections} connections, {len(os.sched_getaffinity(0))} cores, torch {torch.__version__}")


if __name__ == "__main__":
    main()
