"""`score_archive`: an archive in, the same rows with their causes out, in a memory that does not grow.

    read, judge (a thread ahead) -> score each distinct text of a shard once -> write (a thread behind)

The output is one file if its name has an ending, else a folder of numbered Parquet shards that a
later run goes on with when this one was killed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from errors import ArchiveError
from ingest.archives import ArchiveWriter
from ingest.places import place
from model.scorer import Scorer
from score.columns import DEFAULT_TITLE
from score.folder import ShardFolder
from score.identity import kernel_of
from score.local import Advance, fill_locally, score_locally
from score.manifest import Manifest, fingerprint
from score.plan import SHARD_ROWS, Plan, expected_rows, make_plan
from score.prepare import Prepared
from score.report import ScoreReport, Tally
from score.shard import Intensities, scored_table

Progress = Callable[[int, int], None]  # rows done, rows expected (an estimate until the end)


class Engine(Protocol):
    """Makes the shards that a folder lacks."""

    def __call__(self, plan: Plan, folder: ShardFolder, advance: Advance) -> None:
        """Go through all shards of the plan; each must be in `folder` at the end.

        Args:
            plan: the run.
            folder: opened; its manifest says the kernel and the threads to compute with.
            advance: to be told of rows that are done, those that were there among them.
        """


def score_archive(
    source: str | Path,
    target: str | Path,
    tagger: Scorer,
    *,
    title: str = DEFAULT_TITLE,
    summary: str | None = None,
    progress: Progress | None = None,
    shard_rows: int = SHARD_ROWS,
    engine: Engine | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> ScoreReport:
    """Score every row of an archive.

    Rows keep their order and columns and gain one float32 in [0, 1] a cause, `causes` (names at or above
    threshold, strongest first), `error` and `model_version`. A row without a usable text, a bad line, and
    a row in a language that the model does not know have an `error` and nulls for scores and causes.

    Args:
        source: .csv, .jsonl or .parquet, plain or with .gz or .zst after it; here, or at a URL that fsspec
            knows, such as s3://.
        target: with such an ending one file, which appears when all of it is written; without an ending a
            folder of Parquet shards and a `_manifest.json`, gone on with where an earlier run stopped.
        tagger: the model.
        title: the title column.
        summary: the summary column; None means `summary` if there is one, else none.
        progress: called with rows done and rows expected; by a second thread too, but never by two at once.
        shard_rows: rows a shard; texts are computed once within one.
        engine: makes the shards of a folder; None is this process.
        clock: seconds that only grow.

    Raises:
        ArchiveError: the input cannot be read or lacks a column, the output cannot be written, or its folder
            was begun with another input, model, kernel or plan, or the input changes meanwhile.
    """
    began = clock()
    source, target = place(source), place(target)
    plan = make_plan(source, target, tagger, title=title, summary=summary, shard_rows=shard_rows)
    steps = _Steps(progress, expected_rows(plan.archive) if progress else 0)
    if target.suffix:
        if engine:
            raise ArchiveError(f"{target} is one file", "give this engine a folder: a name without an ending")
        tally, resumed_rows = _into_file(plan, target, tagger, steps), 0
    else:
        tally, resumed_rows = _into_folder(plan, target, tagger, steps, engine)
    steps.end()
    return ScoreReport.of(tally, resumed_rows=resumed_rows, seconds=clock() - began)


class _Steps:
    """Adds up the rows that are done and tells of them, whichever thread has them done."""

    def __init__(self, progress: Progress | None, expected: int) -> None:
        self._lock = threading.Lock()
        self._progress = progress
        self._rows = 0
        self._expected = expected
        self.advance(0)

    def advance(self, rows: int) -> None:
        with self._lock:  # around the telling too, or a smaller sum could be told after a larger one
            self._rows += rows
            if self._progress:
                self._progress(self._rows, max(self._expected, self._rows))

    def end(self) -> None:
        self._expected = self._rows
        self.advance(0)


def _into_file(plan: Plan, target: Path, tagger: Scorer, steps: _Steps) -> Tally:
    total = Tally()
    with (
        ArchiveWriter(target, plan.schema) as writer,
        closing(score_locally(plan, plan.shards(), tagger, _table_and_tally, steps.advance)) as made,
    ):
        for _, (table, tally) in made:
            writer.write(table)
            total += tally
        plan.refuse_changed()
    return total


def _table_and_tally(plan: Plan, prepared: Prepared, intensities: Intensities) -> tuple[pa.Table, Tally]:
    return scored_table(plan, prepared, intensities), prepared.tally


def _into_folder(
    plan: Plan, target: Path, tagger: Scorer, steps: _Steps, engine: Engine | None
) -> tuple[Tally, int]:
    manifest = Manifest.of(plan, fingerprint(plan.archive.path), kernel_of(tagger))
    with ShardFolder(target, manifest) as folder:
        if engine:
            engine(plan, folder, steps.advance)
        else:
            fill_locally(plan, folder, tagger, steps.advance)
        plan.refuse_changed()
        return folder.finish(), folder.resumed_rows
