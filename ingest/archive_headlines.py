"""An archive's rows as headlines. Use it through `ingest.archives`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from errors import ArchiveError
from ingest.archive_reader import Archive, read_archive
from ingest.archive_rows import Row
from ingest.cleaning import MAX_SUMMARY_CHARS, MAX_TITLE_CHARS, plain_text
from ingest.dates import as_day, read_published
from ingest.feeds import zone_of
from ingest.identity import archive_id, headline_id
from ingest.languages import language_code
from ingest.links import absolute_link
from ingest.records import Headline
from ingest.streams import COMPRESSIONS

MAX_FIELD_CHARS = 2_000  # of a source, a link, an id


@dataclass(frozen=True, slots=True)
class RowError:
    """A row of an archive that gave no headline: its number, counted from 1, and why, in one line."""

    number: int
    what: str

    def __str__(self) -> str:
        return f"row {self.number} {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveDefaults:
    """What a headline gets where the archive says nothing; an empty `source` is the file's name."""

    source: str = ""
    market: str = "GLOBAL"
    language: str = "und"
    timezone: str = "UTC"


def archive_headlines(
    path: str | Path,
    *,
    now: datetime,
    title: str = "title",
    summary: str | None = None,
    published: str | None = None,
    id_: str | None = None,
    source: str | None = None,
    link: str | None = None,
    market: str | None = None,
    language: str | None = None,
    defaults: ArchiveDefaults | None = None,
) -> Iterator[Headline | RowError]:
    """The headlines of an archive, streamed in its order; a bad row comes as a RowError and costs that row.

    Titles and summaries are cleaned as those of feeds are. A time that is missing or cannot be trusted makes
    the headline's quality `missing`, not an error. A row with an id is known by it within its source and day.

    Args:
        path: CSV, JSONL or Parquet, plain, .gz or .zst.
        now: aware; becomes `first_seen_at`.
        title: the column of titles. Of this and every other column: a name must be there, None means the
            usual name if there is such a column, empty text means that the archive has none.
        summary: the column of summaries.
        published: the column of publication times: text, seconds since 1970, dates or datetimes; one of 00:00
            counts as its day alone.
        id_: the column of the archive's own ids, usually `id`.
        source: the column of publishers.
        link: the column of links.
        market: the column of markets.
        language: the column of languages.
        defaults: what a headline gets where the archive says nothing.

    Raises:
        ArchiveError: the archive cannot be opened, or lacks a column that was named.
    """
    archive = read_archive(path)
    named = _present(
        archive,
        {
            "title": title,
            "summary": summary,
            "published": published,
            "id": id_,
            "source": source,
            "link": link,
            "market": market,
            "language": language,
        },
    )
    defaults = defaults or ArchiveDefaults()
    if not defaults.source:
        defaults = replace(defaults, source=_bare_name(archive.path))
    try:
        zone = zone_of(defaults.timezone)
    except ValueError as error:
        raise ArchiveError(
            f"unknown time zone '{defaults.timezone}'", "give an IANA name such as Asia/Seoul"
        ) from error
    return _stream(archive, lambda row: _headline(row, named, defaults, zone, now))


def _stream(archive: Archive, read: Callable[[Row], Headline | RowError]) -> Iterator[Headline | RowError]:
    for row in archive.rows():
        yield RowError(row.number, row.error) if row.error else read(row)


def _present(archive: Archive, columns: Mapping[str, str | None]) -> dict[str, str]:
    """Field to column, for the fields that the archive has."""
    named: dict[str, str] = {}
    for field, column in columns.items():
        if column is None:
            if field in archive.columns:
                named[field] = field
        elif column:
            archive.require(column)
            named[field] = column
    if "title" not in named:
        archive.require("title")
    return named


def _headline(
    row: Row, named: Mapping[str, str], defaults: ArchiveDefaults, zone: ZoneInfo, now: datetime
) -> Headline | RowError:
    values = {field: row.values.get(column) for field, column in named.items()}
    title = values["title"]
    if not isinstance(title, str):
        return RowError(row.number, "has no title" if title is None else "has a title that is not text")
    if not (title := plain_text(title, MAX_TITLE_CHARS)):
        return RowError(row.number, "has an empty title")
    summary = values.get("summary")
    source = _text(values.get("source")) or defaults.source
    link = absolute_link(_link(values.get("link")), "")
    stated = read_published(values.get("published"), zone, now)
    # A column of days is often saved as timestamps. A row does not show whether it was, and a true midnight
    # that waits for a later session is the lesser harm.
    published = as_day(stated, zone)
    own_id = _text(values.get("id"))
    return Headline(
        id=archive_id(source, own_id, published.at)
        if own_id
        else headline_id(link=link, source=source, guid=None, title=title, published_at=stated.at),
        title=title,
        summary=plain_text(summary, MAX_SUMMARY_CHARS) if isinstance(summary, str) else "",
        link=link,
        source=source,
        market=_text(values.get("market")) or defaults.market,
        published_at=published.at,
        published_quality=published.quality,
        first_seen_at=now,
        language=language_code(_text(values.get("language"))) or defaults.language,
        timezone=defaults.timezone,
    )


def _text(value: Any) -> str:  # noqa: ANN401 - any value that an archive can hold
    return "" if value is None or value != value else plain_text(str(value), MAX_FIELD_CHARS)  # noqa: PLR0124 - NaN


def _link(value: Any) -> str:  # noqa: ANN401 - any value that an archive can hold
    # A link that is cut leads elsewhere, so one that is too long is none.
    return "" if len(str(value)) > MAX_FIELD_CHARS else _text(value)


def _bare_name(path: Path) -> str:
    stem = Path(path.stem) if path.suffix in COMPRESSIONS else path
    return stem.stem
