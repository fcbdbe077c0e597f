"""Reading archives: CSV, JSONL or Parquet, plain, .gz or .zst, as a stream of rows with all their columns.

A row that cannot be read has an error in its place, so that whoever writes the rows out again keeps their
order. What concerns the whole file is an ArchiveError. Use it through `ingest.archives`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from errors import ArchiveError
from ingest.archive_csv import csv_rows, csv_schema, csv_tables
from ingest.archive_jsonl import jsonl_rows, jsonl_schema, jsonl_tables
from ingest.archive_parquet import parquet_rows, parquet_schema, parquet_tables
from ingest.archive_rows import ROW_ERROR, Row
from ingest.places import is_remote, place
from ingest.streams import COMPRESSIONS, stream_errors


@dataclass(frozen=True, slots=True)
class _Format:
    """What reads one format: its columns, its rows as Python's values, its rows as tables."""

    schema: Callable[[Path], pa.Schema]
    rows: Callable[[Path, pa.Schema], Iterator[Row]]
    tables: Callable[[Path, pa.Schema], Iterator[pa.Table]]


_READERS = {
    "csv": _Format(csv_schema, csv_rows, csv_tables),
    "jsonl": _Format(jsonl_schema, jsonl_rows, jsonl_tables),
    "parquet": _Format(parquet_schema, parquet_rows, parquet_tables),
}
FORMATS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive whose heading has been read. Make one with `read_archive`.

    Args:
        path: the file.
        format: `csv`, `jsonl` or `parquet`.
        schema: every column in its order, with its type; in CSV all are strings. See `archive_columns` for
            what becomes of JSONL's mixed columns.
    """

    path: Path
    format: str
    schema: pa.Schema

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of all columns, in order."""
        return tuple(self.schema.names)

    def require(self, *columns: str) -> None:
        """Checks that these columns are there.

        Raises:
            ArchiveError: one is not; the words list those that are.
        """
        for column in columns:
            if column not in self.columns:
                raise ArchiveError(
                    f"{self.path} has no column '{column}'",
                    f"name one of its columns: {', '.join(self.columns)}",
                )

    def rows(self) -> Iterator[Row]:
        """All rows, one at a time, in the file's order.

        Raises:
            ArchiveError: the file turns out to be damaged or cut short.
        """
        yield from _READERS[self.format].rows(self.path, self.schema)

    def tables(self) -> Iterator[pa.Table]:
        """All rows in the file's order, some thousand a table: the columns of `schema`, then `ROW_ERROR`.

        Raises:
            ArchiveError: the file turns out to be damaged or cut short, or to have changed.
        """
        yield from _READERS[self.format].tables(self.path, self.schema)


def read_archive(path: str | Path) -> Archive:
    """Opens an archive; its rows are read when they are asked for, and again whenever they are.

    Raises:
        ArchiveError: the file is missing, no plain file, of an unknown ending, empty, damaged, or names a
            column twice.
    """
    path = place(path)
    kind = archive_format(path)
    _refuse_pipe(path)
    schema = _READERS[kind].schema(path)
    names = [*schema.names, ROW_ERROR]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ArchiveError(f"{path} has the column '{twice[0]}' twice", "rename one of them")
    return Archive(path, kind, schema)


def _refuse_pipe(path: Path) -> None:
    """Refuse what would wait for ever for a second writer."""
    with stream_errors(path):
        if not is_remote(path) and path.exists() and not (path.is_file() or path.is_dir()):
            raise ArchiveError(
                f"{path} is no plain file, and archives are read twice", "save it as a file first"
            )


def archive_format(path: Path) -> str:
    """`csv`, `jsonl` or `parquet`, by the ending.

    Raises:
        ArchiveError: the ending is none of those known.
    """
    inner = Path(path.stem) if path.suffix in COMPRESSIONS else path
    kind = FORMATS.get(inner.suffix)
    if kind is None:
        raise ArchiveError(
            f"{path} has an unknown ending",
            "name it .csv, .jsonl or .parquet, with .gz or .zst after it if packed",
        )
    return kind
