"""Where labelled rows come from: a JSONL, CSV or Parquet file, or a hub id; rows as they stand, unchecked.

    for row in raw_rows("mine.jsonl"):
        row.where, row.values, row.error    # "mine.jsonl:3", {"title": ...}, ""

JSONL and CSV are read here, so that an error can name its line; Parquet by pyarrow, the hub by `datasets`.
What a row must hold is `training.corpus`'s business.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
from datasets.exceptions import DatasetsError
from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined] # the hub client's own, no OSError

from errors import DataError
from model.base import sha256_of

DEFAULT_SPLIT = "train"
_NEEDED = ("title", "labels")
_READ = (*_NEEDED, "summary", "judged", "id")
_ENDINGS = (".jsonl", ".ndjson", ".csv", ".parquet")
_SHOWN_CHARS = 120
_REMEDY = "name a .jsonl, .csv or .parquet file, or a data set's hub id such as org/name"

Load = Callable[..., datasets.Dataset]


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as it stands: `where` names it in errors, `error` says why it could not be read, if so."""

    where: str
    values: dict[str, Any]
    error: str = ""


def raw_rows(
    source: str | Path, *, split: str = DEFAULT_SPLIT, load: Load = datasets.load_dataset
) -> Iterator[RawRow]:
    """Give the rows of a file or of a hub data set, in order.

    Args:
        source: a `.jsonl`, `.ndjson`, `.csv` or `.parquet` file, or a hub id (needs the internet or a cache).
            What holds exactly one `/`, is no file and has none of these endings is a hub id.
        split: which split of a hub data set; a file has but one.
        load: `datasets.load_dataset`, or what stands in for it.

    Raises:
        DataError: no such file or data set, an unknown ending, a file that cannot be read, or one without
            a column that every row needs or with one twice.
    """
    if not _is_file(source):
        return _hub_rows(str(source), split, load)
    path = Path(source)
    if not path.is_file():
        raise DataError(f"there is no file {path}", _REMEDY)
    ending = path.suffix.lower()
    if ending not in _ENDINGS:
        raise DataError(f"{path} has an unknown ending", _REMEDY)
    if ending == ".parquet":
        return _parquet_rows(path)
    return _csv_rows(path) if ending == ".csv" else _jsonl_rows(path)


def digest_of(source: str | Path, *, split: str = DEFAULT_SPLIT, load: Load = datasets.load_dataset) -> str:
    """Return a hexadecimal sha256 of a source: of a file's bytes, of a hub data set's rows."""
    if _is_file(source):
        return sha256_of(Path(source))
    digest = hashlib.sha256()
    for row in _hub_rows(str(source), split, load):
        digest.update(json.dumps(row.values, sort_keys=True, default=str).encode() + b"\n")
    return digest.hexdigest()


def _is_file(source: str | Path) -> bool:
    text = str(source)
    return (
        Path(text).exists()
        or text.lower().endswith(_ENDINGS)
        or text.startswith((".", "/", "~"))
        or text.count("/") != 1
    )


def _jsonl_rows(path: Path) -> Iterator[RawRow]:
    data = _bytes(path)
    if data.lstrip().startswith(b"[") and data.rstrip().endswith(b"]"):
        raise DataError(f"{path} is one JSON array", "write one object a line, without [ and ] around them")
    lines = data.split(b"\n")  # at newlines alone: a text may hold U+2028 and its like
    return (_jsonl_row(f"{path}:{number}", line) for number, line in enumerate(lines, 1) if line.strip())


def _jsonl_row(where: str, line: bytes) -> RawRow:
    try:
        values = json.loads(line.decode())
    except UnicodeDecodeError as error:
        return RawRow(where, {}, f"not UTF-8 ({error.reason} at byte {error.start})")
    except (ValueError, RecursionError) as error:
        return RawRow(where, {}, f"not JSON ({_json_fault(error)})")
    if not isinstance(values, dict):
        return RawRow(where, {}, "not a JSON object")
    return RawRow(where, values)


def _json_fault(error: Exception) -> str:
    """Say what is wrong without the line that the parser counts: a row has but one."""
    return f"{error.msg} at column {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)


def _csv_rows(path: Path) -> Iterator[RawRow]:
    """Read a CSV whole, so that a file that turns out not to be one is an error before any row."""
    rows: list[RawRow] = []
    before = 0  # the last line of the record before
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        heading = [name.strip() for name in next(reader, [])]
        if len(heading) == 1 and (mark := next((mark for mark in ";\t|" if mark in heading[0]), "")):
            raise DataError(f"{path} has {mark!r} between its columns", "save it as CSV with commas")
        _require(str(path), heading)
        before = reader.line_num
        for record in reader:
            if record:  # an empty line is no row
                rows.append(_csv_row(f"{path}:{before + 1}", heading, record))
            before = reader.line_num
    except csv.Error as error:
        raise DataError(
            f"{path}:{before + 1}: not proper CSV ({error})", "mend its quotes, or shorten the field"
        ) from error
    return iter(rows)


def _csv_row(where: str, heading: list[str], record: list[str]) -> RawRow:
    if len(record) != len(heading):
        return RawRow(where, {}, f"{len(record)} fields where the heading has {len(heading)}")
    return RawRow(where, dict(zip(heading, record, strict=True)))


def _text(path: Path) -> str:
    data = _bytes(path)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path}:{line}: not UTF-8 ({error.reason})", "save it as CSV in UTF-8") from error


def _bytes(path: Path) -> bytes:
    """Return a file's bytes without the mark that some programs put before UTF-8."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror})", _REMEDY) from error
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DataError(f"{path} is UTF-16", "save it as UTF-8")
    return data.removeprefix(codecs.BOM_UTF8)


def _parquet_rows(path: Path) -> Iterator[RawRow]:
    try:
        with pq.ParquetFile(path) as file:
            _require(str(path), file.schema_arrow.names)
            rows = file.read().to_pylist()
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DataError(f"{path} cannot be read ({_first_line(error)})", _REMEDY) from error
    return (RawRow(f"{path} row {number}", row) for number, row in enumerate(rows, 1))


def _hub_rows(name: str, split: str, load: Load) -> Iterator[RawRow]:
    where = f"{name} ({split})"
    datasets.disable_progress_bars()
    datasets.logging.set_verbosity(datasets.logging.CRITICAL)
    try:
        table = load(name, split=split)
    except (DatasetsError, HTTPError, OSError, ValueError) as error:
        reason = _first_line(error.__cause__ or error)
        raise DataError(
            f"{where} cannot be read ({reason})", f"check name, split and connection, or {_REMEDY}"
        ) from error
    _require(where, table.column_names)
    return (RawRow(f"{where} row {number}", row) for number, row in enumerate(table, 1))


def _require(where: str, columns: list[str]) -> None:
    missing = [name for name in _NEEDED if name not in columns]
    if missing:
        lacking = " and no column ".join(missing)
        raise DataError(
            f"{where} has no column {lacking} (it has {shortened(', '.join(columns) or 'none')})",
            "name the columns title, labels and, if there are any, summary and judged, in small letters",
        )
    twice = [name for name in _READ if columns.count(name) > 1]  # spreadsheets leave columns without a name
    if twice:
        raise DataError(f"{where} has two columns {twice[0]}", "take one out")


def shortened(text: str) -> str:
    """Return what an error shows of a text that may be a page long."""
    return text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "…"


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0]
