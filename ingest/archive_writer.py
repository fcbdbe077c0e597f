"""Writing archives: the twin of the reader, by the same endings. Use it through `ingest.archives`.

    with ArchiveWriter("scored.csv.zst", schema) as writer:
        writer.write(rows)     # mappings of column to value, as many calls as you like

The file appears under its name only when all of it is on the disk; after an error nothing is there.
In CSV a list becomes its items joined by '|', null an empty field.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import date, datetime, time
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol, Self

import pyarrow as pa
import pyarrow.parquet as pq

from errors import ArchiveError
from ingest.archive_reader import archive_format
from ingest.streams import write_errors, writing


class _Rows(Protocol):
    """A format: rows go in, bytes go out to the stream that it was made with."""

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None: ...

    def close(self) -> None: ...


class _Abandoned(Exception):  # noqa: N818 - not an error, a signal inside this file
    """The caller failed; what was written must go."""


class ArchiveWriter:
    """Writes one file, as a context manager.

    Args:
        path: .csv, .jsonl or .parquet, with .gz or .zst after it if it is to be packed.
        schema: the columns in order; their types matter to Parquet alone.

    Raises:
        ArchiveError: the ending is unknown, the place cannot be written, a value does not fit its column.
    """

    def __init__(self, path: str | Path, schema: pa.Schema) -> None:
        self.path = Path(path)
        self._schema = schema
        self._format = archive_format(self.path)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stream = stack.enter_context(writing(self.path))
            kinds: dict[str, Callable[[IO[bytes], pa.Schema], _Rows]] = {
                "csv": _CsvRows,
                "jsonl": _JsonlRows,
                "parquet": _ParquetRows,
            }
            self._rows: _Rows = kinds[self._format](stream, self._schema)
            self._stack = stack.pop_all()
        return self

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Appends rows; a column that a row lacks is null, one that the schema lacks is left out."""
        with write_errors(self.path):
            self._rows.write(rows)

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


class _CsvRows:
    def __init__(self, stream: IO[bytes], schema: pa.Schema) -> None:
        self._text = io.StringIO(newline="")
        self._stream = stream
        self._names = schema.names
        self._csv = csv.writer(self._text, lineterminator="\n")
        self._csv.writerow(self._names)

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._csv.writerows([_csv_value(row.get(name)) for name in self._names] for row in rows)
        self._flush()

    def close(self) -> None:
        self._flush()

    def _flush(self) -> None:
        self._stream.write(self._text.getvalue().encode())
        self._text.seek(0)
        self._text.truncate()


class _JsonlRows:
    def __init__(self, stream: IO[bytes], schema: pa.Schema) -> None:
        self._stream = stream
        self._names = schema.names

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        text = "".join(_json({name: row.get(name) for name in self._names}) + "\n" for row in rows)
        self._stream.write(text.encode())

    def close(self) -> None:
        """Nothing is held back."""


class _ParquetRows:
    def __init__(self, stream: IO[bytes], schema: pa.Schema) -> None:
        self._schema = schema
        self._writer = pq.ParquetWriter(stream, schema, compression="zstd")

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        columns = [_column([row.get(field.name) for row in rows], field) for field in self._schema]
        self._writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


def _column(values: list[Any], field: pa.Field) -> pa.Array:
    if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
        values = [value if value is None or isinstance(value, str) else _json(value) for value in values]
    try:
        return pa.array(values, type=field.type)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise ArchiveError(
            f"column '{field.name}': a value does not fit {field.type} ({error})",
            "write .jsonl instead of Parquet",
        ) from error


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
