"""Files of headlines into the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path

from desk.formats import plural
from errors import ArchiveError
from ingest.archive_headlines import ArchiveDefaults
from ingest.archives import RowError, archive_headlines
from ingest.ledger import Ledger
from ingest.records import Headline
from ingest.writing import Added

SHOWN_ERRORS = 5


@dataclass(frozen=True, slots=True)
class ArchiveOutcome:
    """What a file gave: headlines, how many lack a time, rows that gave none and their first errors."""

    added: Added
    undated: int
    bad_rows: int
    first_errors: tuple[RowError, ...]

    def words(self) -> str:
        """Say it in one line."""
        added = self.added
        said = f"{plural(added.new, 'new headline')}, {added.revised:,} revised, {added.unchanged:,} known"
        said += f", {plural(self.bad_rows, 'row')} without one" if self.bad_rows else ""
        if self.undated:
            have, count = ("has", "counts") if self.undated == 1 else ("have", "count")
            said += f"; {self.undated:,} {have} no time that can be read (write 2026-03-02), "
            said += f"so {count} to no session"
        return said


def take_in(
    path: Path,
    ledger: Ledger,
    *,
    now: datetime,
    title: str = "title",
    columns: Mapping[str, str | None] | None = None,
    defaults: ArchiveDefaults | None = None,
) -> ArchiveOutcome:
    """Take the headlines of one file in, streamed, in one transaction.

    Args:
        path: the file.
        ledger: is written.
        now: aware; when the headlines are seen.
        title: the column of titles.
        columns: the other columns, see `ingest.archives.archive_headlines`.
        defaults: what a headline gets where the file says nothing.

    Raises:
        ArchiveError: the file cannot be read, lacks a column, or no row of it gives a headline.
        LedgerError: the ledger cannot be written.
    """
    errors: list[RowError] = []
    bad_rows = undated = 0

    def good() -> Iterator[Headline]:
        nonlocal bad_rows, undated
        for row in rows:
            if isinstance(row, RowError):
                bad_rows += 1
                if len(errors) < SHOWN_ERRORS:
                    errors.append(row)
            else:
                undated += row.published_quality == "missing"
                yield row

    rows = archive_headlines(path, now=now, title=title, defaults=defaults, **(columns or {}))
    wanted = good()
    first = next(wanted, None)
    if first is None:
        why = f": {errors[0]}" if errors else ""
        raise ArchiveError(
            f"no row of {path} gives a headline{why}", "name the column of titles with --title"
        )
    added = ledger.add(chain([first], wanted), seen_at=now)
    return ArchiveOutcome(added, undated, bad_rows, tuple(errors))
