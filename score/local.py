"""The engine of one machine: reading and judging ahead of the model, writing a thread behind it.

Ahead is a thread, which keeps up with a processor's kernels. A GPU is faster than any one process can feed:
for it rows are judged and tokenized in several.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import TypeVar

from model.kernels import CUDA_BF16
from model.scorer import Scorer, TokenScorer
from model.workers import thread_count, threads
from score.ahead import ahead
from score.folder import ShardFolder
from score.identity import kernel_of
from score.plan import Plan, ShardRows
from score.prepare import Prepared, Preparing
from score.processes import in_processes
from score.shard import Intensities, encoded, predict

T = TypeVar("T")
Advance = Callable[[int], None]  # so many more rows are done
_MOST_PROCESSES = 12  # each prepares some 25,000 rows a second
_SPARED = 2  # cores, for the thread that feeds the GPU and the one that writes
_BEFORE_PROCESSES = 4  # shards: a smaller archive is done before a process has begun


def fill_locally(plan: Plan, folder: ShardFolder, tagger: Scorer, advance: Advance) -> None:
    """Make the shards that a folder lacks; see `score.run.Engine`."""
    with (
        threads(folder.manifest.kernel.threads),
        closing(score_locally(plan, _missing(plan, folder, advance), tagger, encoded, advance)) as made,
    ):
        for index, shard in made:
            folder.write(index, shard)


def _missing(plan: Plan, folder: ShardFolder, advance: Advance) -> Iterator[ShardRows]:
    for shard in plan.shards():
        if folder.keeps(shard.index, len(shard.rows)):
            advance(len(shard.rows))
        else:
            yield shard


def score_locally(
    plan: Plan,
    shards: Iterator[ShardRows],
    tagger: Scorer,
    finish: Callable[[Plan, Prepared, Intensities], T],
    advance: Advance,
) -> Generator[tuple[int, T]]:
    """Score shards in order; yields each one's index and what `finish` makes of it.

    Args:
        plan: the run.
        shards: those that are to be made; read in a thread.
        tagger: asked in this thread alone.
        finish: such as `encoded`; called in a thread.
        advance: called now and then.
    """
    with (
        ThreadPoolExecutor(1, "finish") as behind,
        closing(ahead(_prepared(plan, shards, tagger))) as coming,
    ):
        before: tuple[int, Future[T]] | None = None
        for index, prepared in coming:
            intensities = _predicted(prepared, tagger, advance)
            if before:
                yield before[0], before[1].result()
            before = index, behind.submit(finish, plan, prepared, intensities)
        if before:
            yield before[0], before[1].result()


def _prepared(plan: Plan, shards: Iterator[ShardRows], tagger: Scorer) -> Iterator[tuple[int, Prepared]]:
    if kernel_of(tagger).name != CUDA_BF16:
        return map(Preparing(plan), shards)
    work = Preparing(plan, tagger.tokenizer if isinstance(tagger, TokenScorer) else None)
    processes = min(max(thread_count() - _SPARED, 1), _MOST_PROCESSES)
    return in_processes(work, shards, processes=processes, before=_BEFORE_PROCESSES)


def _predicted(prepared: Prepared, tagger: Scorer, advance: Advance) -> Intensities:
    rows, texts = prepared.tally.rows, max(len(prepared.texts), 1)
    told = 0

    def on_texts(done: int) -> None:
        nonlocal told
        now = rows * done // texts
        advance(now - told)
        told = now

    intensities = predict(prepared, tagger, on_texts)
    advance(rows - told)
    return intensities
