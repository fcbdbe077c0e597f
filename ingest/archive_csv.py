"""CSV archives: all columns are text. Use it through `ingest.archives`.

The standard library's parser does it, for it is the one that says which line is torn.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from errors import ArchiveError
from ingest.archive_rows import Row, table_of, with_errors
from ingest.streams import TOO_LONG, has_surrogate, lines, reading

MAX_FIELD_CHARS = 1 << 21  # an article fits; a longer field costs its row
_HARD_LIMIT_CHARS = 1 << 24  # what is looked through for the end of a quote
_TABLE_ROWS = 500


@dataclass(frozen=True, slots=True)
class _Bad:
    """In place of a record's fields: what is wrong with it."""

    what: str


def csv_schema(path: Path) -> pa.Schema:
    """The heading's columns.

    Raises:
        ArchiveError: the file cannot be read, is no UTF-8, or has no rows.
    """
    with reading(path) as stream:
        records = _records(stream, path)
        header = next(records, None)
        if header is None or next(records, None) is None:
            raise ArchiveError(f"{path} has no rows", "give a file with a heading and at least one row")
    if isinstance(header, _Bad):
        raise ArchiveError(f"{path}: its heading {header.what}", "mend the first line")
    return pa.schema([pa.field(name, pa.string()) for name in header])


def csv_rows(path: Path, schema: pa.Schema) -> Iterator[Row]:
    """All rows, one at a time."""
    for number, record in enumerate(_body(path), 1):
        yield _row(number, record, schema.names)


def csv_tables(path: Path, schema: pa.Schema) -> Iterator[pa.Table]:
    """All rows as tables with a `ROW_ERROR`."""
    records = _body(path)
    number = 1
    while batch := list(islice(records, _TABLE_ROWS)):
        if any(isinstance(record, _Bad) or len(record) != len(schema) for record in batch):
            rows = [_row(number + at, record, schema.names) for at, record in enumerate(batch)]
            yield table_of(rows, schema)
        else:
            columns = [pa.array(column, pa.string()) for column in zip(*batch, strict=True)]
            yield with_errors(pa.table(columns, schema=schema))
        number += len(batch)


def _body(path: Path) -> Iterator[list[str] | _Bad]:
    with reading(path) as stream:
        records = _records(stream, path)
        next(records)  # the heading
        yield from records


def _row(number: int, record: list[str] | _Bad, names: list[str]) -> Row:
    if isinstance(record, _Bad):
        return Row(number, {}, record.what)
    values = dict(zip(names, record, strict=False))
    if len(record) == len(names):
        return Row(number, values)
    return Row(number, values, f"has {len(record)} fields where the heading has {len(names)}")


def _lines(stream: BinaryIO, path: Path) -> Iterator[str | None]:
    """Lines as text, bytes that are not UTF-8 as lone surrogates; None for one that is too long."""
    remaining = lines(stream)
    first = next(remaining, b"")
    if first is not None and first.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ArchiveError(f"{path} is UTF-16", "save it as UTF-8")
    if first is not None:
        first = first.removeprefix(b"\xef\xbb\xbf")
    for line in chain([first], remaining):
        yield None if line is None else line.decode("utf-8", "surrogateescape")


def _records(stream: BinaryIO, path: Path) -> Iterator[list[str] | _Bad]:
    """Each record's fields, or words that say what is wrong with it. Empty lines are passed over.

    When a quote is never closed, the reader has swallowed later lines before it notices: they are put
    back, so that only the line with the quote is lost.
    """
    csv.field_size_limit(_HARD_LIMIT_CHARS)  # the csv module keeps it for the process, not for a reader
    ahead: deque[str | None] = deque()
    remaining = _lines(stream, path)
    taken: list[str] = []
    number = 0  # of the records before; the heading is one of them

    def feed() -> Iterator[str]:
        while (line := ahead.popleft() if ahead else next(remaining, "")) != "":
            if line is None:
                raise csv.Error(TOO_LONG)
            taken.append(line)
            yield line

    reader = csv.reader(feed(), strict=True)
    while True:
        taken.clear()
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "field limit" in str(error) or (str(error) == TOO_LONG and taken):
                raise _endless(path, number) from error
            ahead.extendleft(reversed(taken[1:]))
            reader = csv.reader(feed(), strict=True)
            number += 1
            yield _Bad(TOO_LONG if str(error) == TOO_LONG else f"is not proper CSV ({error})")
            continue
        if record:
            number += 1
            yield _checked(record, taken)


def _checked(record: list[str], taken: list[str]) -> list[str] | _Bad:
    if not all(line.isascii() for line in taken) and any(map(has_surrogate, record)):
        return _Bad("has bytes that are not UTF-8")
    may_be_long = len(taken) > 1 or len(taken[0]) > MAX_FIELD_CHARS
    if may_be_long and any(len(field) > MAX_FIELD_CHARS for field in record):
        return _Bad(f"has a field longer than {MAX_FIELD_CHARS:,} characters")
    return record


def _endless(path: Path, number: int) -> ArchiveError:
    return ArchiveError(
        f"{path}: row {number} has a field longer than {_HARD_LIMIT_CHARS:,} characters, or a quote that is "
        f"never closed",
        "mend the row, or save the archive as JSONL or Parquet",
    )
