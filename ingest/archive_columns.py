"""Which columns a JSONL archive has, and of what type: every line may bring another.

A column of one scalar type, or of lists of one, gets that type. Whatever is mixed or nested deeper
becomes text (JSON) where a format asks for one type, so that no value is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

_MAX_EXACT = 2**53  # up to here a float64 holds every whole number


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

    def schema(self) -> pa.Schema:
        """All columns seen; one that was always null is text."""
        return pa.schema([pa.field(name, self._final(name, kind)) for name, kind in self._types.items()])

    def _final(self, name: str, kind: pa.DataType) -> pa.DataType:
        mixed = name in self._wide and pa.types.is_floating(kind)
        return pa.string() if mixed or pa.types.is_null(kind) else kind


def _type_of(column: list[Any]) -> pa.DataType:
    try:
        kind = pa.array(column).type  # pa.infer_type answers int64 for [1, 'x']
    except (pa.ArrowException, OverflowError, UnicodeEncodeError):
        return pa.string()
    inner = kind.value_type if pa.types.is_list(kind) else kind
    if pa.types.is_null(inner) and pa.types.is_list(kind):
        return pa.list_(pa.string())  # only empty lists so far
    return pa.string() if pa.types.is_nested(inner) else kind


def _merged(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    if {one, other} == {pa.int64(), pa.float64()}:
        return pa.float64()
    return pa.string()
