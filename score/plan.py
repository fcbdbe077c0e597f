"""What is fixed before the first row is scored, and the rows cut into shards by it.

A plan is plain data: whoever has it, a shard's rows and the model can make the shard.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from errors import ArchiveError
from ingest.archives import Archive, archive_format, read_archive
from ingest.places import is_same, stamp
from ingest.streams import estimated_lines, stream_errors
from model.scorer import Scorer
from score.columns import TextColumns, output_schema, text_columns
from score.identity import ModelIdentity, model_identity

SHARD_ROWS = 25_000  # some seconds of work to lose, some ten MB to hold
SHARD_BYTES = 32_000_000  # of text: the bound where rows are articles
_MEASURED = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
_LISTS = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)


@dataclass(frozen=True, slots=True)
class ShardRows:
    """A shard's place among all shards, and its rows: the input's columns, then their `ROW_ERROR`."""

    index: int
    rows: pa.Table


@dataclass(frozen=True, slots=True)
class Plan:
    """A run as decided.

    Args:
        archive: opened, none of its rows read.
        stamp: of the archive's file, from before it was opened.
        columns: which of its columns make the text.
        schema: of the output.
        model: which model scores.
        shard_rows: most rows of a shard.
        shard_bytes: a shard ends with the row that brings its texts to so many bytes of UTF-8.
    """

    archive: Archive
    stamp: str
    columns: TextColumns
    schema: pa.Schema
    model: ModelIdentity
    shard_rows: int
    shard_bytes: int = SHARD_BYTES

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639-1 codes of what the model knows."""
        return tuple(self.model.languages)

    def shards(self) -> Iterator[ShardRows]:
        """Read the archive, shard by shard.

        Raises:
            ArchiveError: the archive turns out to be damaged, or has changed since the plan was made.
        """
        for index, rows in enumerate(cut(self.archive.tables(), self.shard_rows, self.shard_bytes)):
            self.refuse_changed()  # now, for a run that is killed comes to no end, and its shards are kept
            yield ShardRows(index, rows)

    def refuse_changed(self) -> None:
        """Refuse to call rows those of one archive that were read of more than one state of its file.

        Raises:
            ArchiveError: the file has changed since before it was opened.
        """
        path = self.archive.path
        with stream_errors(path):
            if stamp(path) != self.stamp:
                raise ArchiveError(
                    f"{path} changed while it was read", "score it again, into a new file or folder"
                )


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
    if is_same(target, source):
        raise ArchiveError(f"{target} is the input itself", "name another output")
    with stream_errors(source):
        before = stamp(source)
    archive = read_archive(source)
    return Plan(
        archive=archive,
        stamp=before,
        columns=text_columns(source, archive.columns, title, summary),
        schema=output_schema(source, archive.schema, tagger.causes),
        model=model_identity(tagger),
        shard_rows=shard_rows,
    )


def expected_rows(archive: Archive) -> int:
    """Estimate an archive's rows: Parquet says them (0 if it is packed), text has a line for each."""
    if archive.format == "parquet":
        if archive.path.suffix != ".parquet":
            return 0
        with archive.path.open("rb") as file:
            return int(pq.read_metadata(file).num_rows)
    return max(estimated_lines(archive.path) - (archive.format == "csv"), 1)


def cut(tables: Iterator[pa.Table], most_rows: int, most_bytes: int) -> Iterator[pa.Table]:
    """Cut a stream of rows anew; where it is cut depends on the rows alone, not on the tables they come in.

    Args:
        tables: any number of rows each.
        most_rows: of a piece.
        most_bytes: a piece ends with the row that brings its texts to so many bytes.
    """
    held: list[pa.Table] = []
    rows = size = 0
    for table in tables:
        remaining = table
        while len(remaining):
            sizes = np.cumsum(_text_bytes(remaining))
            within = int(np.searchsorted(sizes, most_bytes - size)) + 1  # with the row that fills it
            taken = min(len(remaining), most_rows - rows, within)
            held.append(remaining.slice(0, taken))
            rows, size = rows + taken, size + int(sizes[taken - 1])
            remaining = remaining.slice(taken)
            if rows >= most_rows or size >= most_bytes:
                yield pa.concat_tables(held)
                held, rows, size = [], 0, 0
    if held:
        yield pa.concat_tables(held)


def _text_bytes(table: pa.Table) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return for every row the bytes of its texts, and of what else has a length of its own: (rows,)."""
    return sum((_bytes(column) for column in table.columns), np.zeros(len(table), dtype=np.int64))


def _bytes(column: pa.ChunkedArray | pa.Array) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return for every value the bytes of the texts in it: (values,)."""
    if pa.types.is_string_view(column.type):
        column = column.cast(pa.large_string())  # Arrow measures no views
    if any(is_long(column.type) for is_long in _MEASURED):
        return np.asarray(pc.fill_null(pc.binary_length(column), 0), dtype=np.int64)
    sizes = np.zeros(len(column), dtype=np.int64)
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if pa.types.is_struct(column.type):
        for field in column.flatten():
            sizes += _bytes(field)
    elif any(is_list(column.type) for is_list in _LISTS):
        np.add.at(sizes, pc.list_parent_indices(column).to_numpy(), _bytes(pc.list_flatten(column)))
    return sizes
