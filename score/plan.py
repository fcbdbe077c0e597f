"""What is fixed before the first row is read, and the rows cut into shards by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from errors import ArchiveError
from ingest.archives import Archive, Row, archive_format, read_archive
from ingest.streams import reading
from model.scorer import Scorer
from score.columns import TextColumns, output_schema, text_columns
from score.report import Tally
from score.rows import Prepared, prepare

SHARD_ROWS = 25_000  # some seconds of work to lose, some ten MB to hold
SHARD_CHARACTERS = 32_000_000  # the bound where rows are articles


@dataclass(frozen=True, slots=True)
class Plan:
    """A run as decided: the archive, its text columns, the output's schema, the shards.

    Args:
        archive: opened, none of its rows read.
        columns: which of its columns make the text.
        schema: of the output.
        languages: ISO 639-1 codes of what the model knows.
        shard_rows: most rows of a shard.
    """

    archive: Archive
    columns: TextColumns
    schema: pa.Schema
    languages: tuple[str, ...]
    shard_rows: int


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard on its way: prepared, or, if an earlier run has written it, its tally alone."""

    index: int
    work: Prepared | Tally

    @property
    def tally(self) -> Tally:
        """What becomes of its rows."""
        return self.work if isinstance(self.work, Tally) else self.work.tally


def make_plan(
    source: Path, target: Path, tagger: Scorer, *, title: str, summary: str | None, shard_rows: int
) -> Plan:
    """Decide a run, so that what cannot work is told before an hour of it.

    Raises:
        ArchiveError: input and output are one file, an ending is unknown, a column is missing or taken, the
            output is a folder where a file is meant or a file where a folder is.
    """
    if target.suffix:
        archive_format(target)
        if target.is_dir():
            raise ArchiveError(f"{target} is a folder", "name a file, or a folder without an ending")
    elif target.exists() and not target.is_dir():
        raise ArchiveError(f"{target} is a file, not a folder of shards", "give it an ending such as .jsonl")
    if target.exists() and source.exists() and target.samefile(source):
        raise ArchiveError(f"{target} is the input itself", "name another output")
    archive = read_archive(source)
    return Plan(
        archive=archive,
        columns=text_columns(source, archive.columns, title, summary),
        schema=output_schema(source, archive.schema, tagger.causes),
        languages=tagger.languages,
        shard_rows=shard_rows,
    )


def expected_rows(archive: Archive) -> int:
    """Estimate an archive's rows: Parquet says them (0 if it is packed), text has a line for each."""
    if archive.format == "parquet":
        plain = archive.path.suffix == ".parquet"
        return int(pq.read_metadata(archive.path).num_rows) if plain else 0
    with reading(archive.path) as stream:
        ends = sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(1 << 20), b""))
    return max(ends - (archive.format == "csv"), 1)


def shards(plan: Plan, done: Callable[[int, int], Tally | None]) -> Iterator[Shard]:
    """Read and judge, shard by shard.

    Args:
        plan: the run.
        done: gives the tally of a shard (by its index and number of rows) that need not be made again.
    """
    rows = plan.archive.rows()
    index = 0
    while shard := _next_rows(rows, plan.shard_rows):
        yield Shard(index, done(index, len(shard)) or prepare(shard, plan.columns, plan.languages))
        index += 1


def _next_rows(rows: Iterator[Row], most: int) -> list[Row]:
    taken: list[Row] = []
    characters = 0
    for row in islice(rows, most):
        taken.append(row)
        characters += sum(len(value) for value in row.values.values() if isinstance(value, str))
        if characters >= SHARD_CHARACTERS:
            break
    return taken
