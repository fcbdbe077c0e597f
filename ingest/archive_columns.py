"""The columns of an archive's tables: which a JSONL archive has, and Python's values in and out of them.

In JSONL every line may bring another column or type. A column of one scalar type, or of lists of one, gets
that type. Whatever is mixed or nested deeper is kept as the JSON text of each value, in a column of strings
that is marked: `holds_json` tells it from a column of plain text. No value is lost, and `python_values` gives
every one back.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from errors import ArchiveError

_MAX_EXACT = 2**53  # up to here a float64 holds every whole number

_MARK = {b"causewire": b"json"}
_MIXED = pa.binary()  # stands for a column of JSON text while types are collected: JSON has no bytes


class ColumnTypes:
    """Collects columns in the order of their first appearance; `see` every batch, then ask for `schema`."""

    def __init__(self) -> None:
        self._types: dict[str, pa.DataType] = {}
        self._wide: set[str] = set()  # columns with a whole number that a float cannot hold

    def see(self, batch: Sequence[dict[str, Any]]) -> None:
        """Takes the columns of some rows into account."""
        columns: dict[str, list[Any]] = {}
        for values in batch:
            for name, value in values.items():
                columns.setdefault(name, []).append(value)
        for name, column in columns.items():
            if any(isinstance(value, int) and abs(value) > _MAX_EXACT for value in column):
                self._wide.add(name)
            self._types[name] = _merged(self._types.get(name, pa.null()), _type_of(column))

    def settled(self) -> pa.Schema:
        """The columns seen so far that a parser can be told to expect; those of JSON text are left out."""
        return pa.schema([(name, kind) for name, kind in self._types.items() if kind != _MIXED])

    def add_nothing(self, table: pa.Table) -> bool:
        """True if a table that was parsed by `settled` brings no column and no number that is new."""
        return self._types.keys() >= set(table.schema.names) and not any(
            _has_wide(table[name]) for name in table.schema.names if name not in self._wide
        )

    def schema(self) -> pa.Schema:
        """All columns seen; one that was always null is text."""
        return pa.schema([self._final(name, kind) for name, kind in self._types.items()])

    def _final(self, name: str, kind: pa.DataType) -> pa.Field:
        if kind == _MIXED or (name in self._wide and pa.types.is_floating(kind)):
            return json_field(name)
        return pa.field(name, pa.string() if pa.types.is_null(kind) else kind)


def json_field(name: str) -> pa.Field:
    """A column of JSON text."""
    return pa.field(name, pa.string(), metadata=_MARK)


def holds_json(field: pa.Field) -> bool:
    """True for a column whose strings are the JSON text of its values."""
    return bool(field.metadata) and field.metadata.get(b"causewire") == _MARK[b"causewire"]


def unmarked(field: pa.Field) -> pa.Field:
    """The field as others see it."""
    return field.remove_metadata() if holds_json(field) else field


def column_of(values: list[Any], field: pa.Field) -> pa.Array:
    """Python's values as a column.

    Raises:
        ArchiveError: a value does not fit the column's type.
    """
    if holds_json(field):
        values = [None if value is None else json.dumps(value, ensure_ascii=False) for value in values]
    try:
        return pa.array(values, type=field.type)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise ArchiveError(
            f"column '{field.name}': a value does not fit {field.type} ({error})",
            "write .jsonl instead of Parquet",
        ) from error


def python_values(column: pa.ChunkedArray, field: pa.Field) -> list[Any]:
    """A column's values as Python's.

    A float32 comes by way of its shortest text, so that 0.1 is 0.1. A time that no calendar has is text.

    Raises:
        ArchiveError: such a time lies deeper than that.
    """
    if holds_json(field):
        return [None if value is None else json.loads(value) for value in column.to_pylist()]
    if field.type == pa.float32():
        column = pc.cast(pc.cast(column, pa.string()), pa.float64())
    try:
        return list(column.to_pylist())
    except (ValueError, OverflowError):
        return [_value_or_text(scalar, field) for scalar in column]


def plain_text(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    """A column as formats with one type a column have it: JSON text loses the quotes around what is text."""
    if not holds_json(field):
        return column
    texts = [
        value if value is None or isinstance(value, str) else text
        for value, text in zip(python_values(column, field), column.to_pylist(), strict=True)
    ]
    return pa.chunked_array([pa.array(texts, pa.string())])


def _value_or_text(scalar: pa.Scalar, field: pa.Field) -> Any:  # noqa: ANN401 - any value of an archive
    try:
        return scalar.as_py()
    except (ValueError, OverflowError) as error:
        try:
            return pc.cast(scalar, pa.string()).as_py()
        except pa.ArrowException:
            raise ArchiveError(
                f"column '{field.name}' has a value that only Parquet can hold ({error})",
                "name the output .parquet, or leave its ending out",
            ) from error


def _type_of(column: list[Any]) -> pa.DataType:
    try:
        kind = pa.array(column).type  # pa.infer_type answers int64 for [1, 'x']
    except (pa.ArrowException, OverflowError, UnicodeEncodeError):
        return _MIXED
    inner = kind.value_type if pa.types.is_list(kind) else kind
    if pa.types.is_null(inner) and pa.types.is_list(kind):
        return pa.list_(pa.string())  # only empty lists so far
    return _MIXED if pa.types.is_nested(inner) else kind


def _merged(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    if {one, other} == {pa.int64(), pa.float64()}:
        return pa.float64()
    return _MIXED


def _has_wide(column: pa.ChunkedArray) -> bool:
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        return False
    ends = pc.min_max(column).as_py()
    return any(value is not None and abs(value) > _MAX_EXACT for value in ends.values())
