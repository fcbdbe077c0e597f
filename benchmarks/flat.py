"""Whether a row costs the same in a small archive and in a large one: rate and memory by size.

    python benchmarks/flat.py ARCHIVE --model stand-in         # reading, judging, writing alone: minutes
    python benchmarks/flat.py ARCHIVE                          # the shipped model: hours on a small machine
    python benchmarks/flat.py ARCHIVE --model stand-in --rows 10000000 --each 1000000

ARCHIVE is a `.jsonl.gz` of headlines with a `title`, told again and again with changed words, so that rows
are distinct. Every size is scored into a folder by a process of its own; loading the models is left out.
Resident memory is that of all processes together, looked at twice a second. On a machine that others use too,
compare the processor's microseconds a row rather than the rates.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.streams import writing
from model.scorer import Scorer

_LOOK_EVERY_S = 0.5
_LINES_A_WRITE = 10_000


class StandIn:
    """A scorer that costs next to nothing: what is left is the pipeline. Its answers mean nothing."""

    version = "stand-in"
    causes = ("infrastructure_cost", "valuation", "regulation", "macro")
    thresholds = (0.5,) * 4
    languages = ("en",)

    def predict_proba(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return digests of the texts as if they were intensities: (n, 4) in [0, 1)."""
        digests = np.array([zlib.crc32(text.encode()) for text in texts], dtype=np.uint32)
        return (digests.view(np.uint8).reshape(-1, 4) / 256).astype(np.float32)


def told_again(wire: Sequence[dict[str, str]], rows: int) -> Iterator[str]:
    """Give so many lines of JSON; from the second round on a word or two of each title are another row's."""
    words = [row["title"].split() for row in wire]
    for number in range(rows):
        again, at = divmod(number, len(wire))
        title = list(words[at])
        for step in range(min(again, 2)):
            other = words[(at * 7919 + again * 104_729 + step * 31) % len(wire)]
            title[(again + step * 3) % len(title)] = other[again % len(other)]
        yield json.dumps({**wire[at], "id": f"{number:09d}", "title": " ".join(title)}, ensure_ascii=False)


def make_archive(archive: Path, path: Path, rows: int) -> None:
    """Write such lines of an archive to a file."""
    with gzip.open(archive, "rt", encoding="utf-8") as file:
        wire = [row for row in map(json.loads, file) if row["title"].strip()]
    lines: list[str] = []
    with writing(path) as stream:
        for line in told_again(wire, rows):
            lines.append(line)
            if len(lines) == _LINES_A_WRITE:
                stream.write(("\n".join(lines) + "\n").encode())
                lines.clear()
        stream.write("".join(line + "\n" for line in lines).encode())


def score_one(source: Path, target: Path, model: str, each: int) -> None:
    """Score an archive in this process and print what became of it, and the rate of every so many rows."""
    from score.run import score_archive  # noqa: PLC0415 (which a process that prepares rows need not load)

    tagger: Scorer = StandIn() if model == "stand-in" else _tagger(model)
    _load(target.with_name("first"), tagger)
    last_rows, last_s = 0, time.monotonic()

    def progress(done: int, _expected: int) -> None:
        nonlocal last_rows, last_s
        if each and done - last_rows >= each:
            now = time.monotonic()
            print(f"  {done:>11,} rows: {(done - last_rows) / (now - last_s):,.0f} rows/s, {_own_mb():,} MB")
            last_rows, last_s = done, now

    busy_s = _busy_s()
    report = score_archive(source, target, tagger, progress=progress)
    busy_us = (_busy_s() - busy_s) / report.rows * 1e6
    rates = f"{report.rows:,} | {report.rows_per_second:,.0f} | {busy_us:.1f} | {report.seconds:.1f}"
    print(f"{rates} | {report.withheld:,} | {report.duplicates:,}")


def _busy_s() -> float:
    times = os.times()  # of this process, and of those that prepared its rows
    return times.user + times.system + times.children_user + times.children_system


def _tagger(model: str) -> Scorer:
    from model.tagger import Tagger  # noqa: PLC0415 (likewise)

    return Tagger.from_pretrained(None if model == "shipped" else model)


def _load(folder: Path, tagger: Scorer) -> None:
    """Score one line, a foreign one: what is loaded when it is first needed is loaded now."""
    from score.run import score_archive  # noqa: PLC0415 (likewise)

    folder.mkdir()
    (folder / "in.jsonl").write_text('{"title": "Kursziel gesenkt, Banken gefragt"}\n', encoding="utf-8")
    score_archive(folder / "in.jsonl", folder / "out", tagger)


def resident_bytes(root: int) -> int:
    """Add up the resident memory of a process and all that descend from it."""
    parents, resident = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
        except OSError:
            continue
        parents[int(folder.name)] = int(fields[1])
        resident[int(folder.name)] = int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    family = {root}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return sum(resident.get(pid, 0) for pid in family)


def _own_mb() -> int:
    return resident_bytes(os.getpid()) // 1_000_000


def measured(source: Path, model: str, each: int) -> str:
    """Score in a process of its own and return one line of the table."""
    with (
        tempfile.TemporaryDirectory(dir=source.parent) as folder,
        tempfile.TemporaryFile("w+", encoding="utf-8") as lines,  # a pipe would fill up, unread
    ):
        command = [sys.executable, __file__, "--model", model, "--each", str(each), "--one", str(source)]
        child = subprocess.Popen([*command, folder + "/out"], stdout=lines)
        peak = 0
        while child.poll() is None:
            peak = max(peak, resident_bytes(child.pid))
            time.sleep(_LOOK_EVERY_S)
        lines.seek(0)
        said = lines.read().rstrip()
    if child.returncode:
        raise SystemExit(child.returncode)
    return f"| {said} | {peak / 1e6:,.0f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("archive", nargs="?", type=Path)
    parser.add_argument("--model", default="shipped", help="stand-in, shipped, or a model folder")
    parser.add_argument("--rows", type=int, nargs="+", default=[200_000, 1_000_000, 3_000_000])
    parser.add_argument("--each", type=int, default=0, help="tell the rate of every so many rows")
    parser.add_argument("--ending", default="jsonl.zst", help="of the archives")
    parser.add_argument("--one", nargs=2, type=Path, metavar=("IN", "OUT"), help="score this and no more")
    options = parser.parse_args()
    if options.one:
        score_one(*options.one, options.model, options.each)
        return
    if options.archive is None:
        parser.error("name an archive of headlines, a .jsonl.gz")
    columns = ("rows", "rows/s", "µs of processor a row", "seconds", "withheld", "duplicates", "peak MB")
    print(f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}")
    with tempfile.TemporaryDirectory() as folder:
        for rows in options.rows:
            source = Path(folder) / f"archive.{options.ending}"
            make_archive(options.archive, source, rows)
            print(measured(source, options.model, options.each), flush=True)


if __name__ == "__main__":
    main()
