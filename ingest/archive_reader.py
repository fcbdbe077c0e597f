"""Reading archives: CSV, JSONL or Parquet, plain, .gz or .zst, as a stream of rows with all their columns.

A row that cannot be read is a `Row` with an error in its place, so that whoever writes the rows out
again keeps their order. What concerns the whole file is an ArchiveError. Use it through `ingest.archives`.
"""

from __future__ import annotations

import csv
import json
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from errors import ArchiveError
from ingest.archive_columns import ColumnTypes
from ingest.streams import COMPRESSIONS, MAX_LINE_BYTES, lines, reading, seekable, stream_errors

FORMATS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
BATCH_ROWS = 2_000  # of Parquet, or of what decides a column's type, held at once

MAX_FIELD_CHARS = 1 << 21  # of CSV: an article fits; a quote that is never closed may not fill the memory

_TOO_LONG = f"is longer than {MAX_LINE_BYTES // 1024 // 1024} MB"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of an archive.

    Args:
        number: counted from 1 over all rows, good and bad; a CSV's heading is not counted.
        values: column to value as the file has it; whatever could be read of a bad row.
        error: why the row could not be read, in one line; empty for a good row.
    """

    number: int
    values: dict[str, Any]
    error: str = ""


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive whose heading has been read. Make one with `read_archive`.

    Args:
        path: the file.
        format: `csv`, `jsonl` or `parquet`.
        schema: every column in its order, with its type; in CSV all are strings.
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
        if self.format == "parquet":
            yield from _parquet_rows(self.path)
            return
        with reading(self.path) as stream:
            yield from _csv_rows(stream, self.path) if self.format == "csv" else _jsonl_rows(stream)


def read_archive(path: str | Path) -> Archive:
    """Opens an archive; its rows are read when they are asked for, and again whenever they are.

    Raises:
        ArchiveError: the file is missing, of an unknown ending, empty, damaged, or names a column twice.
    """
    path = Path(path)
    kind = archive_format(path)
    schema = {"csv": _csv_schema, "jsonl": _jsonl_schema, "parquet": _parquet_schema}[kind](path)
    twice = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if twice:
        raise ArchiveError(f"{path} has the column '{twice[0]}' twice", "rename one of them")
    return Archive(path, kind, schema)


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


# ---- CSV


def _csv_schema(path: Path) -> pa.Schema:
    with reading(path) as stream:
        records = _csv_records(_csv_lines(stream, path))
        header = next(records, None)
        if header is None or next(records, None) is None:
            raise ArchiveError(f"{path} has no rows", "give a file with a heading and at least one row")
    if isinstance(header, str):
        raise ArchiveError(f"{path}: its heading {header}", "mend the first line")
    return pa.schema([pa.field(name, pa.string()) for name in header])


def _csv_rows(stream: BinaryIO, path: Path) -> Iterator[Row]:
    records = _csv_records(_csv_lines(stream, path))
    header = next(records)
    assert not isinstance(header, str), "read_archive has read it"
    for number, record in enumerate(records, 1):
        if isinstance(record, str):
            yield Row(number, {}, record)
        elif len(record) != len(header):
            values = dict(zip(header, record, strict=False))
            yield Row(number, values, f"has {len(record)} fields where the heading has {len(header)}")
        else:
            yield Row(number, dict(zip(header, record, strict=True)))


def _csv_lines(stream: BinaryIO, path: Path) -> Iterator[str | None]:
    """Lines as text, bytes that are not UTF-8 as lone surrogates; None for one that is too long."""
    first = next(lines(stream), b"")
    if first is not None and first.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ArchiveError(f"{path} is UTF-16", "save it as UTF-8")
    if first is not None:
        first = first.removeprefix(b"\xef\xbb\xbf")
    for line in chain([first], lines(stream)):
        yield None if line is None else line.decode("utf-8", "surrogateescape")


def _csv_records(source: Iterable[str | None]) -> Iterator[list[str] | str]:
    """Each record's fields, or words that say what is wrong with it. Empty lines are passed over.

    When a quote is never closed, the reader has swallowed later lines before it notices: they are put
    back, so that only the line with the quote is lost.
    """
    csv.field_size_limit(MAX_FIELD_CHARS)  # the csv module keeps it for the process, not for a reader
    ahead: deque[str | None] = deque()
    remaining = iter(source)
    taken: list[str] = []

    def feed() -> Iterator[str]:
        while (line := ahead.popleft() if ahead else next(remaining, "")) != "":
            if line is None:
                raise csv.Error(_TOO_LONG)
            taken.append(line)
            yield line

    while True:
        taken.clear()
        try:
            record = next(csv.reader(feed(), strict=True))
        except StopIteration:
            return
        except csv.Error as error:
            ahead.extendleft(reversed(taken[1:]))
            yield _TOO_LONG if str(error) == _TOO_LONG else f"is not proper CSV ({error})"
            continue
        if any(_has_surrogate(field) for field in record):
            yield "has bytes that are not UTF-8"
        elif record:
            yield record


def _has_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


# ---- JSONL


def _jsonl_schema(path: Path) -> pa.Schema:
    """Reads the whole file once: any line may bring a column, and a writer needs them all at the start."""
    types = ColumnTypes()
    good = rows = 0
    with reading(path) as stream:
        batch: list[dict[str, Any]] = []
        for row in _jsonl_rows(stream):
            rows += 1
            if not row.error:
                good += 1
                batch.append(row.values)
            if len(batch) >= BATCH_ROWS:
                types.see(batch)
                batch = []
        types.see(batch)
    if not rows:
        raise ArchiveError(f"{path} has no rows", "give a file with at least one line")
    if not good:
        raise ArchiveError(f"{path} has no line that is a JSON object", "write one JSON object a line")
    return types.schema()


def _jsonl_rows(stream: BinaryIO) -> Iterator[Row]:
    number = 0
    for line in lines(stream):
        if line is not None and not line.strip():
            continue
        number += 1
        yield Row(number, {}, _TOO_LONG) if line is None else _jsonl_row(number, line)


def _jsonl_row(number: int, line: bytes) -> Row:
    try:
        values = json.loads(line.removeprefix(b"\xef\xbb\xbf").decode())
    except UnicodeDecodeError:
        return Row(number, {}, "has bytes that are not UTF-8")
    except (ValueError, RecursionError) as error:
        return Row(number, {}, f"is not JSON ({error})")
    if not isinstance(values, dict):
        return Row(number, {}, "is JSON but not an object")
    if b"\\u" in line and _has_surrogate(json.dumps(values, ensure_ascii=False)):
        return Row(number, {}, "has half a character (a lone surrogate)")
    return Row(number, values)


# ---- Parquet


def _parquet_schema(path: Path) -> pa.Schema:
    with seekable(path) as stream, stream_errors(path):
        file = pq.ParquetFile(stream)
        if file.metadata.num_rows == 0:
            raise ArchiveError(f"{path} has no rows", "give a file with at least one row")
        return file.schema_arrow


def _parquet_rows(path: Path) -> Iterator[Row]:
    number = 0
    with seekable(path) as stream, stream_errors(path):
        for batch in pq.ParquetFile(stream).iter_batches(batch_size=BATCH_ROWS):
            for values in _pylist(batch):
                number += 1
                yield Row(number, {}, values) if isinstance(values, str) else Row(number, values)


def _pylist(batch: pa.RecordBatch) -> list[dict[str, Any] | str]:
    try:
        return list(batch.to_pylist())
    except (UnicodeDecodeError, ValueError, OverflowError) as error:
        if batch.num_rows == 1:
            text = isinstance(error, UnicodeDecodeError)
            return ["has bytes that are not UTF-8" if text else f"has a value that no row can hold ({error})"]
        return [row for at in range(batch.num_rows) for row in _pylist(batch.slice(at, 1))]
