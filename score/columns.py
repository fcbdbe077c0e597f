"""Which columns are read and which are added: pure decisions about an archive's heading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from errors import ArchiveError, ModelError

DEFAULT_TITLE = "title"
DEFAULT_SUMMARY = "summary"


@dataclass(frozen=True, slots=True)
class TextColumns:
    """The columns that make the text: a title, and a summary if there is one."""

    title: str
    summary: str | None


def text_columns(path: Path, columns: Sequence[str], title: str, summary: str | None) -> TextColumns:
    """Find the text's columns among an archive's.

    Args:
        path: for the errors.
        columns: the archive's columns.
        title: its title column.
        summary: its summary column; None means `summary` if there is such a column, else none.

    Raises:
        ArchiveError: a column that was asked for is not there.
    """
    if summary is None and DEFAULT_SUMMARY in columns and title != DEFAULT_SUMMARY:
        summary = DEFAULT_SUMMARY
    for name, option in ((title, "--title"), (summary, "--summary")):
        if name is not None and name not in columns:
            raise ArchiveError(
                f"{path} has no column '{name}' (it has {', '.join(columns)})",
                f"name one of them with {option}",
            )
    return TextColumns(title, summary)


def output_schema(path: Path, schema: pa.Schema, causes: Sequence[str]) -> pa.Schema:
    """Return the input's columns as they are, then one float a cause, `causes`, `error`, `model_version`.

    Raises:
        ArchiveError: the input has a column of such a name already.
        ModelError: a cause has the name of another column that is added.
    """
    added = [
        *(pa.field(cause, pa.float32()) for cause in causes),
        pa.field("causes", pa.list_(pa.string())),
        pa.field("error", pa.string()),
        pa.field("model_version", pa.string()),
    ]
    names = [field.name for field in added]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ModelError(
            f"scoring would add the column '{twice[0]}' twice: a cause of the model has its name",
            "train with another name for the cause",
        )
    clashes = [name for name in names if name in schema.names]
    if clashes:
        raise ArchiveError(
            f"{path} has already a column that scoring adds: {', '.join(clashes)}",
            "rename or drop it in the input (a scored archive need not be scored again)",
        )
    # pandas' notes describe the input's columns and index alone; everything else in the metadata stays.
    metadata = {key: value for key, value in (schema.metadata or {}).items() if key != b"pandas"}
    return pa.schema([*schema, *added], metadata=metadata or None)
