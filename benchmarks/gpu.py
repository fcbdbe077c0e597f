"""What a GPU gives: an archive end to end, its stages by the size of a call, and transformers.pipeline on it.

    python benchmarks/gpu.py ARCHIVE [--rows 65536] [--kernel cuda-bf16]

Distinct headlines of an archive; the median of three rounds by the clock, after one that does not count.
With another kernel the same is measured of the processor.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import torch
from agreement import distinct_texts
from speed import machine, written
from speed_peers import pipeline_of
from transformers.utils import logging

from model.base import locate
from model.compute import BATCH_TOKENS
from model.kernels import CUDA_BF16
from model.packing import pack
from model.tagger import Tagger
from model.tokens import encode
from score.run import score_archive

CALLS = (2_048, 8_192, 32_768)  # texts a call
BATCHES = (32, 512)  # texts a batch of the peer
_ROUNDS = 3


def seconds(work: Callable[[], object]) -> float:
    """Return the median of a few rounds."""
    times = []
    for _ in range(_ROUNDS + 1):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times[1:])


def stages(tagger: Tagger, texts: Sequence[str]) -> dict[str, Callable[[], object]]:
    """Return what is measured of ours, by name."""
    ids = encode(tagger.tokenizer, texts)

    def by(call: int, work: Callable[[Sequence[Sequence[int]]], object]) -> Callable[[], object]:
        return lambda: [work(ids[start : start + call]) for start in range(0, len(ids), call)]

    found: dict[str, Callable[[], object]] = {"tokenizing": lambda: encode(tagger.tokenizer, texts)}
    found["packing"] = by(CALLS[-1], lambda rows: pack(rows, max_tokens=BATCH_TOKENS[tagger.kernel]))
    for call in CALLS:
        found[f"packing and the network, {call:,} texts a call"] = by(call, tagger.compute)
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--rows", type=int, default=65_536, help="distinct headlines of the archive")
    parser.add_argument("--kernel", default=CUDA_BF16)
    options = parser.parse_args()
    logging.set_verbosity_error()  # the peer's head is new, as it says
    logging.disable_progress_bar()
    texts = distinct_texts(options.archive, options.rows)
    tagger = Tagger.from_pretrained(kernel=options.kernel)
    device = "cuda" if options.kernel == CUDA_BF16 else "cpu"
    print(f"{torch.cuda.get_device_name() if device == 'cuda' else 'no GPU'}; {machine()}")
    print("\n| what | headlines/s |\n| --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        archive, scored = written(texts, Path(folder) / "in.jsonl"), Path(folder) / "out.parquet"
        whole = seconds(lambda: score_archive(archive, scored, tagger))
        print(f"| an archive, end to end, {tagger.kernel} | {len(texts) / whole:,.0f} |", flush=True)
    for name, work in stages(tagger, texts).items():
        print(f"| {name} | {len(texts) / seconds(work):,.0f} |", flush=True)
    few = texts[: max(len(texts) // 16, 1)]
    for dtype in (torch.float32, torch.bfloat16):
        for batch in BATCHES:
            peer = pipeline_of(dtype, device=device, batch=batch)(str(locate().folder))
            rate = len(few) / seconds(partial(peer, few))
            print(f"| transformers.pipeline, {dtype}, batches of {batch} | {rate:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
