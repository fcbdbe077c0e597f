"""A row of an archive, alone and in an Arrow table. Use it through `ingest.archives`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ingest.archive_columns import column_of

ROW_ERROR = "causewire:row_error"  # the last column of every table that is read: why a row is unreadable


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


def table_of(rows: Sequence[Row], schema: pa.Schema) -> pa.Table:
    """Rows as a table: the columns of `schema`, then `ROW_ERROR`, null for a good row.

    Raises:
        ArchiveError: a value does not fit its column.
    """
    columns = [column_of([row.values.get(field.name) for row in rows], field) for field in schema]
    errors = [f"row {row.number} {row.error}" if row.error else None for row in rows]
    return with_errors(pa.table(columns, schema=schema), pa.array(errors, pa.string()))


def with_errors(table: pa.Table, errors: pa.Array | None = None) -> pa.Table:
    """The table with its `ROW_ERROR`; all rows are good without `errors`."""
    return table.append_column(ROW_ERROR, pa.nulls(len(table), pa.string()) if errors is None else errors)
