"""Archives of headlines: the one place to import from.

`read_archive` and `ArchiveWriter` serve any table (scoring keeps every column), and `table_of` makes one of
rows; `archive_headlines` takes the columns that it needs and makes headlines of them.
"""

from __future__ import annotations

from ingest.archive_headlines import ArchiveDefaults, RowError, archive_headlines
from ingest.archive_reader import Archive, archive_format, read_archive
from ingest.archive_rows import ROW_ERROR, Row, table_of
from ingest.archive_writer import ArchiveWriter

__all__ = [
    "ROW_ERROR",
    "Archive",
    "ArchiveDefaults",
    "ArchiveWriter",
    "Row",
    "RowError",
    "archive_format",
    "archive_headlines",
    "read_archive",
    "table_of",
]
