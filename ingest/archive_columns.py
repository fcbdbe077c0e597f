"""Which columns a JSONL archive has, and of what type: every line may bring another.

A column of one scalar type, or of lists of one, gets that type. Whatever is mixed or nested deeper
becomes text (JSON) where a format asks for one type, so that no value is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa


class ColumnTypes:
    """Collects columns in the order of their first appearance; `see` every batch, then ask for `schema`."""

    def __init__(self) -> None:
        self._types: dict[str, pa.DataType] = {}

    def see(self, batch: Sequence[dict[str, Any]]) -> None:
        """Takes the columns of some rows into account."""
        columns: dict[str, list[Any]] = {}
        for values in batch:
            for name, value in values.items():
                columns.setdefault(name, []).append(value)
        for name, column in columns.items():
            self._types[name] = _merged(self._types.get(name, pa.null()), _type_of(column))

    def schema(self) -> pa.Schema:
        """All columns seen; one that was always null is text."""
        return pa.schema(
            [
                pa.field(name, pa.string() if pa.types.is_null(kind) else kind)
                for name, kind in self._types.items()
            ]
        )


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
