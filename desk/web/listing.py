"""Headlines page by page, newest first, with a cursor that stays right while ingest writes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from errors import DataError
from ingest.records import ScoredHeadline

Read = Callable[[datetime | None, int], Sequence[ScoredHeadline]]  # until, limit -> newest first
_CHUNK = 200


@dataclass(frozen=True, slots=True)
class Cursor:
    """The headline after which a page begins: its publication, aware UTC, and its id."""

    published_at: datetime
    id: str

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Read a cursor that a page gave.

        Raises:
            DataError: it is none.
        """
        try:
            stamp, _, id_ = base64.urlsafe_b64decode(text.encode()).decode().partition(" ")
            published_at = datetime.fromisoformat(stamp)
            if published_at.tzinfo is not None:
                published_at = published_at.astimezone(UTC)
        except (ValueError, OverflowError, binascii.Error) as error:
            raise DataError(f"cursor {text!r} is none of ours", "take next_cursor as it was given") from error
        if not id_ or published_at.tzinfo is None:
            raise DataError(f"cursor {text!r} is none of ours", "take next_cursor as it was given")
        return cls(published_at, id_)

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(f"{self.published_at.isoformat()} {self.id}".encode()).decode()


def page(
    read: Read, keep: Callable[[ScoredHeadline], bool], *, limit: int, cursor: Cursor | None
) -> tuple[list[ScoredHeadline], Cursor | None]:
    """Take the next `limit` headlines that are kept.

    Args:
        read: gives headlines published at or before an instant, newest first, then by id.
        keep: which ones are wanted.
        limit: at most so many, 1 or more.
        cursor: where the page before ended.

    Returns:
        The headlines, and the cursor for the page after them; None where nothing comes after.
    """
    found: list[ScoredHeadline] = []
    chunk, last = max(_CHUNK, limit + 1), cursor
    while True:
        rows = read(last.published_at if last else None, chunk)
        for row in (row for row in rows if _after(row, last)):
            if keep(row):
                if len(found) == limit:
                    return found, _at(found[-1])
                found.append(row)
        if len(rows) < chunk:
            return found, None
        if _after(rows[-1], last):
            last = _at(rows[-1])
        else:  # more headlines of one instant than a chunk holds
            chunk *= 2


def _at(row: ScoredHeadline) -> Cursor:
    assert row.headline.published_at is not None  # undated ones are not listed
    return Cursor(row.headline.published_at, row.headline.id)


def _after(row: ScoredHeadline, cursor: Cursor | None) -> bool:
    at = _at(row)
    if cursor is None or at.published_at < cursor.published_at:
        return True
    return at.published_at == cursor.published_at and at.id > cursor.id
