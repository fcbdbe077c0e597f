"""How fast an archive is scored, end to end, against peers in the same run: one table.

    python benchmarks/speed.py ARCHIVE                                            # our kernels alone
    python benchmarks/speed.py ARCHIVE --peers-python .venv-peers/bin/python      # and peers
    python benchmarks/speed.py ARCHIVE ... --static-python .venv-static/bin/python

Ours reads, judges, tokenizes, scores and writes distinct rows of the archive (`score_archive`); peers are
handed the same texts as a list and write nothing. Every round runs every system once, and the median
counts. The peers live in an environment of their own (for the static one see `quality.py`):

    python3 -m venv .venv-peers
    .venv-peers/bin/pip install 'torch==2.13.*' transformers sentence-transformers onnx onnxscript onnxruntime

On a machine that others use too, pin it to one core with OMP_NUM_THREADS=1 and take `--clock cpu`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import torch
from agreement import distinct_texts
from quality import static_embeddings

from model.base import locate
from model.kernels import EAGER, this_machine
from model.linear import linear
from model.tagger import Tagger
from model.tokens import encode
from model.workers import Workers
from score.run import score_archive
from training.corpus import CORPUS, read_labelled
from training.split import split_by_batch

PEERS = ("pipeline-fp32", "pipeline-bf16", "sentence-transformers", "onnx-fp32", "onnx-int8")
TOKENIZING, STATIC = "our tokenizing alone", "static embeddings"  # neither has the encoder's products
BASE = "pipeline-fp32"  # what the ratios are to
Seconds = Callable[[], float]
_WIDTH, _PASSES = 1024, 40  # tokens and repetitions of the measured matrix products


def ours(kernel: str, texts: list[str], work: Path, now: Seconds) -> Seconds:
    """Return a run of `score_archive` with a kernel, everything that loads late loaded."""
    tagger = Tagger.from_pretrained(kernel=kernel)
    archive = written(texts, work / "texts.jsonl")
    score_archive(written(texts[:256], work / "few.jsonl"), work / "few.parquet", tagger)

    def run() -> float:
        began = now()
        score_archive(archive, work / "scored.parquet", tagger)
        return now() - began

    return run


@contextmanager
def peer(name: str, python: Path, texts: Path, clock: str) -> Iterator[tuple[str, Seconds]]:
    """Start a peer; give its package's version, and a run of it."""
    program = [str(python), str(Path(__file__).with_name("speed_peers.py"))]
    command = [*program, name, str(locate().folder), str(texts), clock]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        to, of = process.stdin, process.stdout
        assert to, "a pipe"
        assert of, "a pipe"
        said = ""
        while not said.startswith("ready"):
            said = of.readline()
            if not said:
                raise SystemExit(f"{name} did not start; see `{' '.join(command)}`")

        def run() -> float:
            to.write("\n")
            to.flush()
            return float(of.readline())

        yield said.removeprefix("ready ").strip(), run
        to.close()


def tokenizing(texts: list[str], now: Seconds) -> Seconds:
    """Return a run of the tokenizer alone."""
    tokenizer = Tagger.from_pretrained().tokenizer

    def run() -> float:
        began = now()
        encode(tokenizer, texts)
        return now() - began

    return run


def matrix_limit(dtype: torch.dtype, now: Seconds) -> float:
    """Measure the matrix products of one encoder layer on every core; returns FLOP a second."""
    shapes = ((384, 1152), (384, 384), (384, 1536), (1536, 384))  # inputs, outputs
    layers = [
        linear(torch.randn(o, i, dtype=dtype), torch.zeros(o, dtype=dtype), tokens=_WIDTH) for i, o in shapes
    ]
    inputs = [torch.randn(_WIDTH, i, dtype=dtype) for i, _ in shapes]
    threads = torch.get_num_threads()

    def work(_: int) -> None:
        with torch.inference_mode():
            for _ in range(_PASSES):
                for layer, x in zip(layers, inputs, strict=True):
                    layer(x)

    workers = Workers()
    workers.map(work, range(threads))
    began = now()
    workers.map(work, range(threads))
    flop = 2 * _WIDTH * sum(i * o for i, o in shapes) * _PASSES * threads
    return flop / (now() - began)


def flop_of(texts: list[str]) -> float:
    """Return the matrix products' FLOP for all texts: six layers, all tokens, attention's own left out."""
    tokens = sum(map(len, encode(Tagger.from_pretrained().tokenizer, texts)))
    return tokens * 6 * 2.0 * (384 * 1152 + 384 * 384 + 2 * 384 * 1536)


def machine() -> str:
    """Say what this was measured on."""
    processor = torch.cpu.get_capabilities()
    has = [name for name in ("amx_bf16", "avx512_bf16", "avx512_vnni", "avx2") if processor.get(name)]
    cores = len(os.sched_getaffinity(0))
    name = processor.get("cpu_name", platform.machine())
    software = f"torch {torch.__version__}, Python {platform.python_version()}"
    return f"{name}, {cores} core(s), {torch.get_num_threads()} thread(s), {', '.join(has)}; {software}"


def written(texts: list[str], path: Path) -> Path:
    """Write texts as an archive."""
    path.write_text("".join(json.dumps({"title": text}) + "\n" for text in texts), encoding="utf-8")
    return path


def table(seconds: dict[str, list[float]], texts: list[str], now: Seconds) -> None:
    """Print rates, ratios and shares."""
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    limits = {"bf16": matrix_limit(torch.bfloat16, now), "fp32": matrix_limit(torch.float32, now)}
    n = len(texts)
    flop = flop_of(texts) / n  # a headline
    for kind, limit in limits.items():
        print(f"matrix limit in {kind}: {limit / 1e9:,.0f} GFLOP/s, {limit / flop:,.0f} headlines/s")
    print(f"\n| system | headlines/s | times {BASE} | times pipeline-bf16 | share of the bf16 limit |")
    print("| --- " * 5 + "|")
    for name, median in medians.items():
        ratios = [
            f"{medians[base] / median:.2f}" if base in medians else "" for base in (BASE, "pipeline-bf16")
        ]
        share = "" if name in (TOKENIZING, STATIC) else f"{n / median * flop / limits['bf16']:.0%}"
        print(f"| {name} | {n / median:,.0f} | {' | '.join(ratios)} | {share} |")


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--rows", type=int, default=4_000, help="distinct headlines of the archive")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall", help="which seconds count")
    parser.add_argument("--peers-python", type=Path, help="Python of the environment that has the peers")
    parser.add_argument("--static-python", type=Path, help="Python of the environment that has model2vec")
    options = parser.parse_args()
    now = time.process_time if options.clock == "cpu" else time.perf_counter
    texts = distinct_texts(options.archive, options.rows)
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (work / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
        kernels = [name for name in this_machine().kernels() if name != EAGER]
        runs = {f"ours, {kernel}": ours(kernel, texts, work, now) for kernel in kernels}
        runs[TOKENIZING] = tokenizing(texts, now)
        versions = []
        for name in PEERS if options.peers_python else ():
            said, run = stack.enter_context(
                peer(name, options.peers_python, work / "texts.json", options.clock)
            )
            runs[name], versions = run, [*versions, said]
        if options.static_python:
            causes = Tagger.from_pretrained().causes
            score = static_embeddings(
                split_by_batch(read_labelled(CORPUS, causes)), causes, options.static_python, work
            )
            runs[STATIC] = lambda: score(texts)[1]
        seconds: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(options.rounds):
            for name, run in runs.items():
                seconds[name].append(run())
        print(f"{len(texts)} distinct headlines of {options.archive.name}; {machine()}")
        print(f"seconds: {options.clock}; {', '.join(dict.fromkeys(versions))}")
        table(seconds, texts, now)


if __name__ == "__main__":
    main()
