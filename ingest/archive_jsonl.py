"""JSONL archives: every line may bring another column. Use it through `ingest.archives`.

Blocks of lines go through Arrow's parser. A block of which it cannot make what the lines say, for a bad line
or a column of mixed values, goes through Python's, line by line.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.json as pj

from errors import ArchiveError
from ingest.archive_columns import ColumnTypes, holds_json
from ingest.archive_rows import Row, table_of, with_errors
from ingest.streams import MAX_LINE_BYTES, TOO_LONG, has_surrogate, lines, reading, skip_line

_BLOCK_BYTES = 1 << 20


def jsonl_schema(path: Path) -> pa.Schema:
    """All columns; reads the whole file, since any line may bring one and a writer needs them at the start.

    Raises:
        ArchiveError: the file cannot be read, or has no line that is a JSON object.
    """
    types = ColumnTypes()
    good = rows = 0
    with reading(path) as stream:
        for block in _blocks(stream):
            table = _parsed(block, types.settled(), unexpected="infer")
            if table is None or not types.add_nothing(table):
                read = list(_rows(io.BytesIO(block)))
                values = [row.values for row in read if not row.error]
                types.see(values)
                rows, good = rows + len(read), good + len(values)
            else:
                rows, good = rows + len(table), good + len(table)
    if not rows:
        raise ArchiveError(f"{path} has no rows", "give a file with at least one line")
    if not good:
        raise ArchiveError(f"{path} has no line that is a JSON object", "write one JSON object a line")
    return types.schema()


def jsonl_rows(path: Path, _schema: pa.Schema) -> Iterator[Row]:
    """All rows, one at a time, with their values as the file has them."""
    with reading(path) as stream:
        yield from _rows(stream)


def jsonl_tables(path: Path, schema: pa.Schema) -> Iterator[pa.Table]:
    """All rows as tables with a `ROW_ERROR`."""
    number = 1
    mixed = any(holds_json(field) for field in schema)
    with reading(path) as stream:
        for block in _blocks(stream):
            table = None if mixed else _parsed(block, schema, unexpected="error")
            table = (
                table_of(list(_rows(io.BytesIO(block), number)), schema)
                if table is None
                else with_errors(table)
            )
            number += len(table)
            if len(table):
                yield table


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    """Whole lines, about a megabyte at a time; the end of a line that is too long is left out."""
    while block := stream.read(_BLOCK_BYTES):
        rest = b"" if block.endswith(b"\n") else stream.readline(MAX_LINE_BYTES)
        yield block + rest
        if len(rest) == MAX_LINE_BYTES and not rest.endswith(b"\n"):
            skip_line(stream)


def _parsed(block: bytes, schema: pa.Schema, *, unexpected: str) -> pa.Table | None:
    """The rows of a block if every line of it is proper and fits `schema`, else None."""
    count = block.count(b"\n") + (not block.endswith(b"\n"))
    if not block.startswith(b"{") or block.count(b"\n{") != count - 1:
        return None  # Arrow passes over empty lines, and 'null' before an object makes it crash
    try:
        table = pj.read_json(
            io.BytesIO(block),
            read_options=pj.ReadOptions(use_threads=False, block_size=len(block) + 1),
            parse_options=pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior=unexpected),
        )
        table.validate(full=True)  # for text that is not UTF-8
    except (pa.ArrowException, UnicodeDecodeError):  # the latter for a column's name
        return None
    return table if len(table) == count else None  # a line may hold two objects


def _rows(stream: BinaryIO, number: int = 1) -> Iterator[Row]:
    for line in lines(stream):
        if line is not None and not line.strip():
            continue
        yield Row(number, {}, TOO_LONG) if line is None else _row(number, line)
        number += 1


def _row(number: int, line: bytes) -> Row:
    try:
        values = json.loads(line.removeprefix(b"\xef\xbb\xbf").decode())
    except UnicodeDecodeError:
        return Row(number, {}, "has bytes that are not UTF-8")
    except (ValueError, RecursionError) as error:
        return Row(number, {}, f"is not JSON ({error})")
    if not isinstance(values, dict):
        return Row(number, {}, "is JSON but not an object")
    if b"\\u" in line and has_surrogate(json.dumps(values, ensure_ascii=False)):
        return Row(number, {}, "has half a character (a lone surrogate)")
    return Row(number, values)
