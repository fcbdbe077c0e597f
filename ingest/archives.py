"""Archives of headlines: the one place to import from.

`read_archive` and the writers serve any table (scoring keeps every column); `archive_headlines` takes the
columns that it needs and makes headlines of them.
"""

from __future__ import annotations

from ingest.archive_headlines import ArchiveDefaults, RowError, archive_headlines
from ingest.archive_reader import Archive, Row, archive_format, read_archive
from ingest.archive_writer import ArchiveWriter, ShardWriter, archive_writer, write_archive

__all__ = [
    "Archive",
    "ArchiveDefaults",
    "ArchiveWriter",
    "Row",
    "RowError",
    "ShardWriter",
    "archive_format",
    "archive_headlines",
    "archive_writer",
    "read_archive",
    "write_archive",
]
