"""Where the time of scoring an archive goes, by stage, by operator, and by how many texts a call has.

    OMP_NUM_THREADS=1 python benchmarks/where.py ARCHIVE [--rows 4000] [--kernel NAME]

Runs the stages of `score_archive` one after another in one thread, and takes for each the least processor
time of a few rounds. Within the network the shares are those of torch's profiler, whose clock is the wall's:
its microseconds are these shares of the network's processor time. A server makes calls of a few texts.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import torch
from agreement import distinct_texts
from speed import machine, written
from torch.profiler import ProfilerActivity, profile

from model.compute import BATCH_TOKENS
from model.kernels import CUDA_BF16, EAGER, this_machine
from model.packing import pack
from model.tagger import Tagger
from model.tokens import encode
from score.plan import SHARD_ROWS, make_plan
from score.prepare import prepare
from score.shard import encoded

T = TypeVar("T")
_CALLS, _CALLS_EACH = ((1, 1), (2, 12), (13, 40), (41, 64)), 60  # texts a call, from and to; calls of each
_PARTS = {
    "mkldnn::_linear_pointwise": "linear layers, with GELU and sums",
    "aten::linear": "linear layers",
    "aten::addmm": "the head",
    "aten::bmm": "attention: products",
    "aten::mm": "attention: sums",
    "aten::exp_": "attention: exp",
    "aten::aminmax": "attention: exp",
    "aten::ge": "attention: exp",
    "aten::le": "attention: exp",
    "aten::sub_": "attention: exp",
    "aten::copy_": "attention: moving heads",
    "aten::_to_copy": "attention: moving heads",
    "aten::mul_": "attention: division",
    "aten::reciprocal_": "attention: division",
    "aten::native_layer_norm": "layer norms",
    "aten::index": "embeddings",
    "aten::add": "embeddings",
}


def least(work: Callable[[], T], rounds: int) -> tuple[T, float]:
    """Return what `work` gives and the least seconds of processor time that it took."""
    times = []
    for _ in range(rounds):
        began = time.process_time()
        found = work()
        times.append(time.process_time() - began)
    return found, min(times)


def operators(work: Callable[[], object], rounds: int, whole: float) -> dict[str, float]:
    """Part `whole` seconds among the parts of the network; of each operator's rounds the least counts."""
    seen: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        with profile(activities=[ProfilerActivity.CPU]) as profiler:
            work()
        for event in profiler.key_averages():
            seen[event.key].append(event.self_cpu_time_total / 1e6)
    parts: dict[str, float] = defaultdict(float)
    for key, seconds in seen.items():
        parts[_PARTS.get(key, "everything else")] += min(seconds)
    return {part: whole * seconds / sum(parts.values()) for part, seconds in parts.items()}


def by_call(tagger: Tagger, texts: Sequence[str]) -> dict[tuple[int, int], float]:
    """Return the milliseconds of processor time a text in calls of so many texts, others each time."""
    dice = random.Random(0)  # noqa: S311 (which texts come together, nothing secret)
    found = {}
    for fewest, most in _CALLS:
        calls = [dice.sample(texts, dice.randint(fewest, most)) for _ in range(_CALLS_EACH)]
        began = time.process_time()
        for call in calls:
            tagger.predict_proba(call)
        found[fewest, most] = (time.process_time() - began) / sum(map(len, calls)) * 1e3
    return found


def show(heading: str, seconds: dict[str, float], rows: int) -> None:
    """Print a table of microseconds a headline, and shares."""
    total = sum(seconds.values())
    print(f"\n| {heading} | µs a headline | share |\n| --- | --- | --- |")
    for name, value in sorted(seconds.items(), key=lambda item: -item[1]):
        print(f"| {name} | {value / rows * 1e6:,.1f} | {value / total:.1%} |")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--rows", type=int, default=4_000, help="distinct headlines of the archive")
    parser.add_argument("--rounds", type=int, default=3)
    kernels = [name for name in this_machine().kernels() if name not in {CUDA_BF16, EAGER}]
    parser.add_argument("--kernel", choices=kernels, default=kernels[0], help="default: the fastest")
    options = parser.parse_args()
    if options.rows > SHARD_ROWS:
        parser.error(f"--rows {options.rows}: a shard has {SHARD_ROWS}, and one is looked at")
    torch.set_num_threads(1)
    tagger = Tagger.from_pretrained(kernel=options.kernel)
    texts = distinct_texts(options.archive, options.rows)
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        source = written(texts, Path(name) / "texts.jsonl")
        target = Path(name) / "scored"
        plan = make_plan(source, target, tagger, title="title", summary=None, shard_rows=SHARD_ROWS)
        shards, seconds["reading"] = least(lambda: list(plan.shards()), options.rounds)
    rows = shards[0].rows
    prepared, seconds["judging rows, finding distinct texts"] = least(
        lambda: prepare(plan, rows), options.rounds
    )
    found = prepared.texts
    ids, seconds["tokenizing"] = least(lambda: encode(tagger.tokenizer, found), options.rounds)
    batches, seconds["packing"] = least(
        lambda: pack(ids, max_tokens=BATCH_TOKENS[tagger.kernel]), options.rounds
    )
    intensities, _ = least(lambda: tagger.predict_proba(found), 1)
    _, seconds["the network"] = least(lambda: tagger.compute(ids), options.rounds)
    seconds["the network"] -= seconds["packing"]
    _, seconds["assembling and encoding"] = least(
        lambda: encoded(plan, prepared, intensities), options.rounds
    )
    print(f"{len(found)} headlines, {len(batches)} batches, kernel {tagger.kernel}; {machine()}")
    show("stage", seconds, len(found))
    parts = operators(
        lambda: [tagger.compute.network(batch) for batch in batches], options.rounds, seconds["the network"]
    )
    show("part of the network", parts, len(found))
    print("\n| texts a call | ms a headline |\n| --- | --- |")
    for (fewest, most), each in by_call(tagger, found).items():
        print(f"| {fewest} to {most} | {each:.2f} |")


if __name__ == "__main__":
    main()
