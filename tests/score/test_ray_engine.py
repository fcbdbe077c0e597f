from __future__ import annotations

import gzip
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from common import contents
from errors import SettingsError
from score.ray_engine import RayEngine
from score.run import score_archive

pytest.importorskip("ray", reason="Ray is an extra: pip install '.[ray]'")

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
pytestmark = pytest.mark.timeout(600)  # every process of a cluster imports torch
SHARDS = 30
ENVIRONMENT = {
    **os.environ,
    "OMP_NUM_THREADS": "1",
    "PYTHONPATH": str(ROOT),
    "RAY_AUTH_MODE": "disabled",  # no token is left in the home of whoever tests
    "RAY_USAGE_STATS_ENABLED": "0",
}


def children(pid: int) -> dict[int, str]:
    """Return all processes below one, and their titles."""
    below: dict[int, list[int]] = {}
    titles = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(") ")[2].split()[1])
            titles[int(folder.name)] = (folder / "cmdline").read_bytes().decode()
        except OSError:
            continue  # it has ended meanwhile
        below.setdefault(parent, []).append(int(folder.name))
    found = list(below.get(pid, []))
    for one in found:
        found += below.get(one, [])
    return {one: titles[one] for one in found}


@dataclass(frozen=True)
class Cluster:
    """A real Ray cluster of this machine: a process of its own, and those below it."""

    process: subprocess.Popen[bytes]
    address: str

    def workers(self, name: str) -> list[int]:
        return [pid for pid, title in children(self.process.pid).items() if name in title]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    for _ in range(3):  # Ray gives a node half a minute to start, which a busy machine may not keep
        log = tmp_path_factory.mktemp("ray") / "log"
        command = [Path(sys.executable).with_name("ray"), "start", "--head", "--block", "--num-cpus=2"]
        command += [f"--port={free_port()}", "--include-dashboard=false", "--object-store-memory=200000000"]
        with log.open("w") as file:
            process = subprocess.Popen(command, stdout=file, stderr=file, env=ENVIRONMENT, cwd=ROOT)
        try:
            while process.poll() is None and "To connect to this Ray cluster" not in log.read_text():
                time.sleep(0.1)
            if process.poll() is None:
                yield Cluster(process, re.search(r"--address='([^']+)'", log.read_text())[1])
                return
        finally:
            for one in (*children(process.pid), process.pid):  # asked nicely, it takes half a minute
                with suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)
            process.wait()
    pytest.fail(f"no cluster could be started: {log.read_text()}")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def wait_for(condition, process: subprocess.Popen, timeout_s: float = 280) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)


def begin(
    engine: str, cluster: Cluster | None, source: Path, folder: Path, **options
) -> subprocess.Popen[str]:
    address = cluster.address if cluster else "-"
    command = [sys.executable, HERE / "ray_run.py", source, folder, engine, address]
    command += [
        "--log",
        source.with_suffix(".log"),
        *(f"--{name}={value}" for name, value in options.items()),
    ]
    return subprocess.Popen(
        command, cwd=ROOT, env=ENVIRONMENT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def end(run: subprocess.Popen[str]) -> dict[str, int]:
    out, err = run.communicate(timeout=280)
    assert run.returncode == 0, err
    told: dict[str, int] = json.loads(out.splitlines()[-1])  # before it Ray tells of workers that died
    return told


def last_words(run: subprocess.Popen[str]) -> str:
    """Let a run end, and return the last line of its own: Ray's may come after it."""
    _, said = run.communicate(timeout=280)
    return [line for line in said.splitlines() if "logging.cc" not in line][-1]


@pytest.fixture
def source(jsonl) -> Path:
    dice = random.Random(7)
    odd = [None, "", "Oil slips", "日銀、金利を据え置き"]
    titles = [
        dice.choice(odd) if n % 5 == 0 else f"Fund {n} raises its stake" for n in range(20 * SHARDS - 7)
    ]
    return jsonl([{"id": n, "title": title} for n, title in enumerate(titles)])


@pytest.fixture
def whole(source, tmp_path) -> dict[str, bytes]:
    """Return what an unbroken run of this machine alone makes."""
    assert end(begin("local", None, source, tmp_path / "whole"))["rows"] == 20 * SHARDS - 7
    return contents(tmp_path / "whole")


def made(folder: Path) -> int:
    return len(list(folder.glob("part-*.parquet")))


def test_a_run_whose_worker_is_killed_ends_with_the_bytes_of_one_machine(cluster, source, whole, tmp_path):
    out = tmp_path / "out"
    run = begin("ray", cluster, source, out, seconds=0.2)
    wait_for(lambda: made(out) >= 3, run)
    os.kill(cluster.workers("ray::MapWorker")[0], signal.SIGKILL)
    assert 3 <= made(out) < SHARDS - 4
    assert end(run) == {"rows": 20 * SHARDS - 7, "resumed": 0}
    assert contents(out) == whole
    loads = source.with_suffix(".log").read_text().split()
    assert len(loads) == len(set(loads))  # no process loads the model twice


@pytest.mark.slow
def test_the_command_makes_with_the_shipped_model_on_a_cluster_what_it_makes_here(cluster, source, tmp_path):
    where = {"local": (), "ray": ("--address", cluster.address, "--workers", "2")}
    for engine, options in where.items():
        command = [sys.executable, ROOT / "cli.py", "score", source, "-o", tmp_path / engine]
        command += ["--engine", engine, *options, "--threads", "1"]
        subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, check=True)
    assert contents(tmp_path / "ray") == contents(tmp_path / "local")


@pytest.mark.slow
def test_a_run_begun_on_ray_and_interrupted_ends_on_this_machine_and_the_other_way_round(
    cluster, source, whole, tmp_path
):
    out = tmp_path / "out"
    run = begin("ray", cluster, source, out, seconds=0.2)
    wait_for(lambda: made(out) >= 3, run)
    run.send_signal(signal.SIGINT)
    assert last_words(run) == "KeyboardInterrupt"
    before = made(out)
    assert before < SHARDS
    assert json.loads((out / "_manifest.json").read_text())["finished"] is None
    assert end(begin("local", None, source, out))["resumed"] >= 3 * 13
    assert contents(out) == whole
    for index in range(0, SHARDS, 2):
        (out / f"part-{index:05d}.parquet").unlink()
    assert end(begin("ray", cluster, source, out))["resumed"] == 20 * SHARDS // 2 - 7
    assert contents(out) == whole


def test_a_shard_that_fails_is_named_and_the_others_stay(cluster, jsonl, tmp_path):
    titles = [f"Fund {n} raises its stake" for n in range(100)]
    titles[70] = "a text that fails"
    run = begin("ray", cluster, jsonl([{"title": title} for title in titles]), tmp_path / "out", seconds=0.1)
    assert last_words(run).startswith("part-00003.parquet cannot be made (ValueError: no such thing)")
    assert run.returncode == 1
    assert made(tmp_path / "out") >= 1


@pytest.mark.slow
def test_a_shard_that_ends_every_worker_is_given_up_and_named(cluster, jsonl, tmp_path):
    titles = [f"Fund {n} raises its stake" for n in range(60)]
    titles[30] = "a text that kills"
    run = begin("ray", cluster, jsonl([{"title": title} for title in titles]), tmp_path / "out")
    _, said = run.communicate(timeout=280)
    assert run.returncode == 1
    assert "part-00001.parquet: it ended 2 workers, one after another" in said


@pytest.mark.slow
def test_an_archive_that_is_cut_short_is_told_of(cluster, source, tmp_path):
    packed = tmp_path / "cut.csv.gz"
    lines = "title\n" + "".join(f"Fund {n} raises its stake {n * n * n}\n" for n in range(20_000))
    packed.write_bytes(gzip.compress(lines.encode())[:-20_000])
    run = begin("ray", cluster, packed, tmp_path / "out")
    assert "cut.csv.gz is damaged or cut short" in last_words(run)
    assert run.returncode == 1


@pytest.mark.parametrize("address", ["127.0.0.1:9", "ray://127.0.0.1:9", "nonsense"])
def test_a_cluster_that_is_not_there_is_an_error(source, tmp_path, tagger, address):
    with pytest.raises(SettingsError, match=f"no Ray cluster at {address}.*; check --address"):
        score_archive(
            source, tmp_path / "out", tagger, engine=RayEngine(load=lambda: tagger, address=address)
        )


def test_the_environment_names_a_cluster_too_and_nobody_waits_long_for_it(
    source, tmp_path, tagger, monkeypatch
):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:9")
    with pytest.raises(SettingsError, match=r"no Ray cluster at 127\.0\.0\.1:9 .*refused.*RAY_ADDRESS"):
        score_archive(source, tmp_path / "out", tagger, engine=RayEngine(load=lambda: tagger))
