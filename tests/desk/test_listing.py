"""Pages of headlines: together they are the whole list, whatever its ties and whatever is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.web.listing import Cursor, page
from errors import DataError
from ingest.records import Headline, ScoredHeadline

NOON = datetime(2026, 7, 29, 12, tzinfo=UTC)


def row(minute: int, name: int) -> ScoredHeadline:
    at = NOON + timedelta(minutes=minute)
    headline = Headline(
        id=f"{name:08d}",
        title="A",
        summary="",
        link=None,
        source="s",
        market="US",
        published_at=at,
        published_quality="exact",
        first_seen_at=at,
        language="en",
    )
    return ScoredHeadline(headline=headline, intensities={}, model_version="m")


def read_from(rows):
    """Read as the ledger does: newest first, then by id, at most `limit`."""
    ordered = sorted(rows, key=lambda one: (-one.headline.published_at.timestamp(), one.headline.id))

    def read(until, limit):
        return [one for one in ordered if until is None or one.headline.published_at <= until][:limit]

    return read, ordered


def all_pages(rows, keep, limit):
    read, ordered = read_from(rows)
    seen, cursor = [], None
    while True:
        found, cursor = page(read, keep, limit=limit, cursor=cursor)
        assert len(found) <= limit
        seen += found
        if cursor is None:
            return seen, ordered
        cursor = Cursor.parse(str(cursor))


@given(st.lists(st.integers(0, 3), max_size=40), st.integers(1, 7), st.integers(1, 3))
def test_pages_together_are_the_kept_list_in_order(minutes, limit, every):
    rows = [row(minute, name) for name, minute in enumerate(minutes)]

    def keep(one):
        return int(one.headline.id) % every == 0

    seen, ordered = all_pages(rows, keep, limit)
    assert seen == [one for one in ordered if keep(one)]


def test_more_headlines_of_one_instant_than_one_reading_holds_are_all_listed():
    rows = [row(0, name) for name in range(700)] + [row(1, 900), row(-1, 901)]
    seen, ordered = all_pages(rows, lambda _: True, 150)
    assert seen == ordered


def test_a_cursor_at_the_end_of_the_list_is_none():
    read, _ = read_from([row(0, 1), row(1, 2)])
    assert page(read, lambda _: True, limit=2, cursor=None)[1] is None


@pytest.mark.parametrize("text", ["", "zzz", "MjAyNg==", "é"])
def test_a_cursor_that_is_none_is_an_error(text):
    with pytest.raises(DataError, match="none of ours"):
        Cursor.parse(text)
