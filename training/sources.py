"""Where labelled rows come from: a JSONL, CSV or Parquet file, or a hub id; rows as they stand, unchecked.

    for row in raw_rows("mine.jsonl"):
        row.where, row.values, row.error    # "mine.jsonl:3", {"title": ...}, ""

JSONL and CSV are read here, so that an error can name its line; Parquet and the hub go through `datasets`.
What a row must hold is `training.corpus`'s business.
"""

from __future__ import annotations

import csv
import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets
from datasets.exceptions import DatasetsError

from errors import DataError
from model.base import sha256_of

DEFAULT_SPLIT = "train"
_NEEDED = ("title", "labels")
_ENDINGS = (".jsonl", ".ndjson", ".csv", ".parquet")
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
        split: which split of a hub data set; a file has but one.
        load: `datasets.load_dataset`, or what stands in for it.

    Raises:
        DataError: no such file or data set, an unknown ending, a file that cannot be read, or one without
            a column that every row needs.
    """
    if not _is_file(source):
        return _hub_rows(str(source), split, load)
    path = Path(source)
    if not path.is_file():
        raise DataError(f"there is no file {path}", _REMEDY)
    if path.suffix not in _ENDINGS:
        raise DataError(f"{path} has an unknown ending", _REMEDY)
    if path.suffix == ".parquet":
        return _parquet_rows(path, load)
    return _csv_rows(path) if path.suffix == ".csv" else _jsonl_rows(path)


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
        or text.endswith(_ENDINGS)
        or text.startswith((".", "/", "~"))
        or text.count("/") != 1
    )


def _jsonl_rows(path: Path) -> Iterator[RawRow]:
    try:
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror})", _REMEDY) from error
    # Parted at newlines alone: a text may hold U+2028 and its like.
    return (_jsonl_row(f"{path}:{number}", line) for number, line in enumerate(lines, 1) if line.strip())


def _jsonl_row(where: str, line: bytes) -> RawRow:
    try:
        values = json.loads(line.decode())
    except UnicodeDecodeError as error:
        return RawRow(where, {}, f"not UTF-8 ({error.reason} at byte {error.start})")
    except (ValueError, RecursionError) as error:
        return RawRow(where, {}, f"not JSON ({error})")
    if not isinstance(values, dict):
        return RawRow(where, {}, "not a JSON object")
    return RawRow(where, values)


def _csv_rows(path: Path) -> Iterator[RawRow]:
    """Read a CSV whole, so that a file that turns out not to be one is an error before any row."""
    rows: list[RawRow] = []
    before = 0  # the last line of the record before
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            heading = next(reader, [])
            _require(str(path), heading)
            before = reader.line_num
            for record in reader:
                if record:  # an empty line is no row
                    rows.append(_csv_row(f"{path}:{before + 1}", heading, record))
                before = reader.line_num
    except csv.Error as error:
        raise DataError(f"{path}:{before + 1}: not proper CSV ({error})", "mend its quotes") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read ({error})", "save it as CSV in UTF-8") from error
    return iter(rows)


def _csv_row(where: str, heading: list[str], record: list[str]) -> RawRow:
    if len(record) != len(heading):
        return RawRow(where, {}, f"{len(record)} fields where the heading has {len(heading)}")
    return RawRow(where, dict(zip(heading, record, strict=True)))


def _parquet_rows(path: Path, load: Load) -> Iterator[RawRow]:
    """Read a table whole: its rows are in memory before the folder that `datasets` fills is gone again."""
    with tempfile.TemporaryDirectory() as folder, _loading(str(path), _REMEDY):
        table = load("parquet", data_files=str(path), split="train", cache_dir=folder)
        _require(str(path), table.column_names)
        rows = table.to_list()
    return (RawRow(f"{path} row {number}", row) for number, row in enumerate(rows, 1))


def _hub_rows(name: str, split: str, load: Load) -> Iterator[RawRow]:
    where = f"{name} ({split})"
    with _loading(where, f"check name, split and connection, or {_REMEDY}"):
        table = load(name, split=split)
    _require(where, table.column_names)
    return (RawRow(f"{where} row {number}", row) for number, row in enumerate(table, 1))


def _require(where: str, columns: list[str]) -> None:
    missing = [name for name in _NEEDED if name not in columns]
    if missing:
        lacking = " and no column ".join(missing)
        raise DataError(
            f"{where} has no column {lacking} (it has {', '.join(columns) or 'none'})",
            "name the columns title, labels and, if there are any, summary and judged",
        )


@contextmanager
def _loading(where: str, remedy: str) -> Iterator[None]:
    """Keep `datasets` quiet, and turn what it raises into an error that names the source."""
    datasets.disable_progress_bars()
    datasets.logging.set_verbosity(datasets.logging.CRITICAL)
    try:
        yield
    except (DatasetsError, OSError, ValueError) as error:  # pyarrow's errors are ValueErrors or OSErrors
        reason = str(error.__cause__ or error).strip().split("\n")[0]
        raise DataError(f"{where} cannot be read ({reason})", remedy) from error
