"""Writing archives: the twin of the reader, by the same endings. Use it through `ingest.archives`.

    with ArchiveWriter("scored.csv.zst", schema) as writer:
        writer.write(table)     # as many calls as you like

The file appears under its name only when all of it is on the disk; after an error nothing is there.
In CSV a list becomes its items joined by '|', null an empty field.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import math
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import date, datetime, time
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol, Self

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.archive_columns import holds_json, plain_text, python_values, unmarked
from ingest.archive_reader import archive_format
from ingest.places import place
from ingest.streams import write_errors, writing


class _Rows(Protocol):
    """A format: tables go in, bytes go out to the stream that it was made with."""

    def write(self, table: pa.Table) -> None: ...

    def close(self) -> None: ...


class _Abandoned(Exception):  # noqa: N818 - not an error, a signal inside this file
    """The caller failed; what was written must go."""


class ArchiveWriter:
    """Writes one file, as a context manager.

    Args:
        path: .csv, .jsonl or .parquet, with .gz or .zst after it if it is to be packed.
        schema: of every table that will be written.

    Raises:
        ArchiveError: the ending is unknown, the place cannot be written, a value does not fit its column.
    """

    def __init__(self, path: str | Path, schema: pa.Schema) -> None:
        self.path = place(path)
        self._schema = schema
        self._format = archive_format(self.path)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stream = stack.enter_context(writing(self.path))
            kinds: dict[str, Callable[[IO[bytes], pa.Schema], _Rows]] = {
                "csv": _CsvRows,
                "jsonl": _JsonlRows,
                "parquet": ParquetRows,
            }
            self._rows: _Rows = kinds[self._format](stream, self._schema)
            self._stack = stack.pop_all()
        return self

    def write(self, table: pa.Table) -> None:
        """Appends the rows of a table."""
        with write_errors(self.path):
            self._rows.write(table)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The stream's own context must see every error, the caller's and one in closing the rows: then it
        # leaves no file. The caller's error itself is not for it to translate, hence the stand-in.
        with suppress(_Abandoned), self._stack:
            if error is not None:
                # Closed all the same, for Parquet's writer would try it later, on a closed stream.
                with suppress(pa.ArrowException, OSError, ValueError):
                    self._rows.close()
                raise _Abandoned
            self._rows.close()


class _CsvLines(io.StringIO):
    """Takes lines that end in CR LF, one a call, and ends them in LF."""

    def write(self, line: str) -> int:
        return super().write(line.removesuffix("\r\n") + "\n")


class _CsvRows:
    def __init__(self, stream: IO[bytes], schema: pa.Schema) -> None:
        self._text = _CsvLines(newline="")
        self._stream = stream
        # The csv module puts quotes around a field with a character of its own line end, and around no other.
        self._csv = csv.writer(self._text, lineterminator="\r\n")
        self._csv.writerow(schema.names)

    def write(self, table: pa.Table) -> None:
        self._csv.writerows(zip(*(_csv_column(table, field) for field in table.schema), strict=True))
        self.close()

    def close(self) -> None:
        self._stream.write(self._text.getvalue().encode())
        self._text.seek(0)
        self._text.truncate()


class _JsonlRows:
    def __init__(self, stream: IO[bytes], _schema: pa.Schema) -> None:
        self._stream = stream

    def write(self, table: pa.Table) -> None:
        names = table.schema.names
        rows = zip(*(python_values(table[field.name], field) for field in table.schema), strict=True)
        text = "".join(_json(dict(zip(names, row, strict=True))) + "\n" for row in rows)
        self._stream.write(text.encode())

    def close(self) -> None:
        """Nothing is held back."""


class ParquetRows:
    """Parquet, packed by zstd, a row group a call; the bytes depend on the values, not on Arrow's chunks."""

    def __init__(self, stream: IO[bytes], schema: pa.Schema) -> None:
        plain = pa.schema([unmarked(field) for field in schema], metadata=schema.metadata)
        self._writer = pq.ParquetWriter(stream, plain, compression="zstd")

    def write(self, table: pa.Table) -> None:
        """Appends the rows of a table."""
        columns = [plain_text(table[field.name], field) for field in table.schema]
        self._writer.write_table(pa.table(columns, schema=self._writer.schema).combine_chunks())

    def close(self) -> None:
        """Writes the end of the file; the stream stays open."""
        self._writer.close()


def _csv_column(table: pa.Table, field: pa.Field) -> list[Any]:
    values = python_values(table[field.name], field)
    if pa.types.is_string(field.type) and not holds_json(field):
        return values
    return [_csv_value(value) for value in values]


def _csv_value(value: Any) -> Any:  # noqa: ANN401 - any value that an archive can hold
    if isinstance(value, list | tuple):
        return "|".join(str(_csv_value(item)) for item in value)
    if isinstance(value, bool | dict):
        return _json(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _json(value: Any) -> str:  # noqa: ANN401 - any value that an archive can hold
    try:
        return json.dumps(value, ensure_ascii=False, default=_json_default, allow_nan=False)
    except ValueError:  # JSON has no NaN and no infinity
        return json.dumps(_without_nan(value), ensure_ascii=False, default=_json_default)


def _without_nan(value: Any) -> Any:  # noqa: ANN401 - any value that an archive can hold
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _json_default(value: Any) -> Any:  # noqa: ANN401 - any value that an archive can hold
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
