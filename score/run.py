"""`score_archive`: an archive in, the same rows with their causes out, in a memory that does not grow.

    read (a thread ahead) -> judge -> score each distinct text of a shard once -> write

The output is one file if its name has an ending, else a folder of numbered Parquet shards that a
later run goes on with when this one was killed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from errors import ArchiveError
from ingest.archives import ArchiveWriter
from model.scorer import Scorer
from score.ahead import ahead
from score.columns import DEFAULT_TITLE
from score.folder import ShardFolder
from score.identity import kernel_of, model_identity, threads
from score.manifest import Manifest, fingerprint
from score.plan import SHARD_CHARACTERS, SHARD_ROWS, Plan, expected_rows, make_plan, shards
from score.report import ScoreReport, Tally
from score.rows import Prepared, ScoredRows, score

Progress = Callable[[int, int], None]  # rows done, rows expected (an estimate until the end)


def score_archive(
    source: str | Path,
    target: str | Path,
    tagger: Scorer,
    *,
    title: str = DEFAULT_TITLE,
    summary: str | None = None,
    progress: Progress | None = None,
    shard_rows: int = SHARD_ROWS,
    clock: Callable[[], float] = time.monotonic,
) -> ScoreReport:
    """Score every row of an archive.

    Rows keep their order and columns and gain one float32 in [0, 1] a cause, `causes` (names at or above
    threshold, strongest first), `error` and `model_version`. A row without a usable text, a bad line, and
    a row in a language that the model does not know have an `error` and nulls for scores and causes.

    Args:
        source: .csv, .jsonl or .parquet, plain or with .gz or .zst after it.
        target: with such an ending one file, which appears when all of it is written; without an ending a
            folder of Parquet shards and a `manifest.json`, gone on with where an earlier run stopped.
        tagger: the model.
        title: the title column.
        summary: the summary column; None means `summary` if there is one, else none.
        progress: called with rows done and rows expected.
        shard_rows: rows a shard; texts are computed once within one.
        clock: seconds that only grow.

    Raises:
        ArchiveError: the input cannot be read or lacks a column, the output cannot be written, or its folder
            was begun with another input, model, kernel or plan.
    """
    began = clock()
    source, target = Path(source), Path(target)
    plan = make_plan(source, target, tagger, title=title, summary=summary, shard_rows=shard_rows)
    steps = _Steps(tagger, progress, expected_rows(plan.archive) if progress else 0)
    run = _into_file if target.suffix else _into_folder
    tallies, resumed_rows = run(plan, target, tagger, steps)
    steps.end()
    return ScoreReport.of(sum(tallies, Tally()), resumed_rows=resumed_rows, seconds=clock() - began)


class _Steps:
    """Scores shards and tells the progress between them."""

    def __init__(self, tagger: Scorer, progress: Progress | None, expected: int) -> None:
        self._tagger = tagger
        self._progress = progress
        self._rows = 0
        self._expected = expected
        self._tell(0)

    def score(self, prepared: Prepared) -> ScoredRows:
        rows, texts = prepared.tally.rows, max(len(prepared.texts), 1)
        return score(prepared, self._tagger, lambda done: self._tell(rows * done // texts))

    def passed(self, rows: int) -> None:
        self._rows += rows
        self._tell(0)

    def end(self) -> None:
        self._expected = self._rows
        self._tell(0)

    def _tell(self, ahead_of_rows: int) -> None:
        if self._progress:
            done = self._rows + ahead_of_rows
            self._progress(done, max(self._expected, done))


def _into_file(plan: Plan, target: Path, _tagger: Scorer, steps: _Steps) -> tuple[list[Tally], int]:
    tallies = []
    with (
        ArchiveWriter(target, plan.schema) as writer,
        closing(ahead(shards(plan, lambda _index, _rows: None))) as coming,
    ):
        for shard in coming:
            assert isinstance(shard.work, Prepared), "nothing is done before"
            writer.write(steps.score(shard.work).rows)
            steps.passed(shard.tally.rows)
            tallies.append(shard.tally)
    return tallies, 0


def _into_folder(plan: Plan, target: Path, tagger: Scorer, steps: _Steps) -> tuple[list[Tally], int]:
    path = plan.archive.path
    before = _stamp(path)
    now = Manifest(
        input=fingerprint(path),
        columns=plan.columns,
        model=model_identity(tagger),
        kernel=kernel_of(tagger),
        shard_rows=plan.shard_rows,
        shard_characters=SHARD_CHARACTERS,
    )
    tallies, resumed_rows = [], 0
    with (
        ShardFolder(target, now) as folder,
        threads(folder.manifest.kernel.threads),
        closing(ahead(shards(plan, folder.done))) as coming,
    ):
        for shard in coming:
            if isinstance(shard.work, Prepared):
                folder.write(shard.index, plan.schema, steps.score(shard.work))
            else:
                resumed_rows += shard.tally.rows
            steps.passed(shard.tally.rows)
            tallies.append(shard.tally)
        if _stamp(path) != before:
            raise ArchiveError(f"{path} changed while it was read", "score it again into a new folder")
        folder.finish(tallies)
    return tallies, resumed_rows


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns
