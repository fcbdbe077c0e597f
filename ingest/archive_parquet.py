"""Parquet archives. Use it through `ingest.archives`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from errors import ArchiveError
from ingest.archive_rows import Row, table_of, with_errors
from ingest.streams import seekable, stream_errors

_BATCH_ROWS = 2_000
_BUFFER_BYTES = 1 << 20  # of each column, so that a large row group is not read at once
_NOT_UTF8 = "has bytes that are not UTF-8"


def parquet_schema(path: Path) -> pa.Schema:
    """All columns, nullable; one whose values stand in a dictionary has the type of the values.

    Raises:
        ArchiveError: the file cannot be read or has no rows.
    """
    with seekable(path) as stream, stream_errors(path):
        file = pq.ParquetFile(stream)
        if file.metadata.num_rows == 0:
            raise ArchiveError(f"{path} has no rows", "give a file with at least one row")
        schema = file.schema_arrow
        return pa.schema([_plain(field) for field in schema], metadata=schema.metadata)


def parquet_rows(path: Path, _schema: pa.Schema) -> Iterator[Row]:
    """All rows, one at a time."""
    number = 0
    for batch in _batches(path):
        for values in _pylist(batch):
            number += 1
            yield Row(number, {}, values) if isinstance(values, str) else Row(number, values)


def parquet_tables(path: Path, schema: pa.Schema) -> Iterator[pa.Table]:
    """All rows as tables with a `ROW_ERROR`; they hold values that Python has not, such as the year 30000."""
    number = 1
    for batch in _batches(path):
        table = pa.Table.from_batches([batch]).cast(schema)
        yield _with_errors(table, number)
        number += len(table)


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    with seekable(path) as stream, stream_errors(path):
        file = pq.ParquetFile(stream, buffer_size=_BUFFER_BYTES)
        yield from file.iter_batches(batch_size=_BATCH_ROWS, use_threads=False)


def _plain(field: pa.Field) -> pa.Field:
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    return field.with_type(kind).with_nullable(nullable=True)  # a row that is unreadable becomes nulls


def _pylist(batch: pa.RecordBatch) -> list[dict[str, Any] | str]:
    try:
        return list(batch.to_pylist())
    except (UnicodeDecodeError, ValueError, OverflowError) as error:
        if batch.num_rows == 1:
            text = isinstance(error, UnicodeDecodeError)
            return [_NOT_UTF8 if text else f"has a value that no row can hold ({error})"]
        return [row for at in range(batch.num_rows) for row in _pylist(batch.slice(at, 1))]


def _with_errors(table: pa.Table, number: int) -> pa.Table:
    if _is_valid(table):
        return with_errors(table)
    if len(table) > 1:
        rows = [_with_errors(table.slice(at, 1), number + at) for at in range(len(table))]
        return pa.concat_tables(rows)
    return table_of([Row(number, {}, _NOT_UTF8)], table.schema)


def _is_valid(table: pa.Table) -> bool:
    try:
        table.validate(full=True)
    except (pa.ArrowException, UnicodeDecodeError):
        return False
    return True
