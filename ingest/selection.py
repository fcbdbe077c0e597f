"""Which revisions a reader of the ledger gets: the statements, and rows to records. It executes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import KW_ONLY, dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from ingest.records import Headline, ScoredHeadline
from ingest.schema import headlines, models, revisions, scores, withheld


@dataclass(frozen=True, slots=True)
class Selection:
    """Which headlines a reader of the ledger asks for.

    Args:
        since: aware; only those published at or after it.
        until: aware; only those published at or before it.
        as_of: aware; only what had been seen by then, in the revision that was current then.
        undated: whether headlines without a publication time come too; by default only when
            neither `since` nor `until` is given.
        markets: only these markets.
        sources: only these sources.
        ids: only these headlines.
        newest_first: the latest publication first (undated ones still last).
        limit: at most so many.
    """

    since: datetime | None = None
    until: datetime | None = None
    as_of: datetime | None = None
    _: KW_ONLY
    undated: bool | None = None
    markets: Collection[str] | None = None
    sources: Collection[str] | None = None
    ids: Collection[str] | None = None
    newest_first: bool = False
    limit: int | None = None


EVERYTHING = Selection()


def current_revisions(selection: Selection, *, scored_by: str | None = None) -> sa.Select[Any]:
    """Headlines with the revision that is current (as of the selection's instant), in a fixed order.

    With `scored_by`, only revisions that this model has scored, one row for each cause in the model's order.
    """
    statement = _columns().where(_is_current(selection.as_of), *_bounds(selection))
    if scored_by is None:
        return statement.order_by(*_order(revisions.c.published_at, headlines.c.id, selection)).limit(
            selection.limit
        )
    model = sa.select(models.c.key).where(models.c.version == scored_by).scalar_subquery()
    has_scores = sa.exists().where(scores.c.revision == revisions.c.key, scores.c.model == model)
    # The limit counts headlines, so it is applied before the join with one row for each cause.
    wanted = (
        statement.where(has_scores)
        .order_by(*_order(revisions.c.published_at, headlines.c.id, selection))
        .limit(selection.limit)
        .subquery()
    )
    return (
        sa.select(wanted, scores.c.cause, scores.c.intensity)
        .select_from(wanted)
        .join(scores, sa.and_(scores.c.revision == wanted.c.revision, scores.c.model == model))
        .order_by(*_order(wanted.c.published_at, wanted.c.id, selection), scores.c.place)
    )


def unscored_revisions(model_version: str, limit: int | None) -> sa.Select[Any]:
    """Of each headline the earliest revision that this model has neither scored nor withheld, oldest first.

    Not the current one alone: a reader as of an earlier instant gets the one that was current then.
    """
    unknown = (~_has_answer(table, model_version) for table in (scores, withheld))
    earliest = (
        sa.select(sa.func.min(revisions.c.key).label("key"))
        .where(*unknown)
        .group_by(revisions.c.headline)
        .subquery()
    )
    return _columns().join(earliest, earliest.c.key == revisions.c.key).order_by(revisions.c.key).limit(limit)


def withheld_revisions(selection: Selection, model_version: str) -> sa.Select[Any]:
    """Ids of headlines whose current revision this model withholds, and the language it does so for."""
    return (
        sa.select(headlines.c.id, withheld.c.language)
        .join_from(revisions, headlines)
        .join(withheld, withheld.c.revision == revisions.c.key)
        .join(models, models.c.key == withheld.c.model)
        .where(models.c.version == model_version, _is_current(selection.as_of), *_bounds(selection))
        .order_by(*_order(revisions.c.published_at, headlines.c.id, selection))
    )


def headline_of(row: sa.Row[Any]) -> Headline:
    """A row of any statement here as a record."""
    return Headline(
        id=row.id,
        title=row.title,
        summary=row.summary,
        link=row.link,
        source=row.source,
        market=row.market,
        published_at=row.published_at,
        published_quality=row.published_quality,
        first_seen_at=row.first_seen_at,
        language=row.language,
        timezone=row.timezone,
    )


def scored_of(rows: Iterable[sa.Row[Any]], model_version: str) -> list[ScoredHeadline]:
    """Rows of `current_revisions(..., scored_by=...)`, one a cause, as one record a headline."""
    result = []
    for _, group in groupby(rows, key=lambda row: row.revision):
        members = list(group)
        intensities = {row.cause: row.intensity for row in members}
        result.append(
            ScoredHeadline(
                headline=headline_of(members[0]), intensities=intensities, model_version=model_version
            )
        )
    return result


def columns_of_a_headline() -> tuple[sa.Column[Any], ...]:
    """The columns that `headline_of` reads."""
    return (
        headlines.c.id,
        headlines.c.source,
        headlines.c.market,
        headlines.c.first_seen_at,
        revisions.c.title,
        revisions.c.summary,
        revisions.c.link,
        revisions.c.published_at,
        revisions.c.published_quality,
        revisions.c.language,
        revisions.c.timezone,
    )


def _columns() -> sa.Select[Any]:
    return sa.select(revisions.c.key.label("revision"), *columns_of_a_headline()).join_from(
        revisions, headlines
    )


def _is_current(as_of: datetime | None) -> sa.ColumnElement[bool]:
    """True for the latest revision of each headline among those seen by `as_of`."""
    newer = revisions.alias("newer")
    is_newer = sa.and_(
        newer.c.headline == revisions.c.headline,
        sa.or_(
            newer.c.seen_at > revisions.c.seen_at,
            sa.and_(newer.c.seen_at == revisions.c.seen_at, newer.c.key > revisions.c.key),
        ),
    )
    if as_of is None:
        return ~sa.exists().where(is_newer)
    return sa.and_(revisions.c.seen_at <= as_of, ~sa.exists().where(is_newer, newer.c.seen_at <= as_of))


def _has_answer(table: sa.Table, model_version: str) -> sa.ColumnElement[bool]:
    """True for revisions with a row of this model in `table`, a table by revision and model."""
    return sa.exists().where(
        table.c.revision == revisions.c.key, table.c.model == models.c.key, models.c.version == model_version
    )


def _bounds(selection: Selection) -> list[sa.ColumnElement[bool]]:
    published = revisions.c.published_at
    dated = [published >= selection.since] if selection.since is not None else []
    dated += [published <= selection.until] if selection.until is not None else []
    undated = selection.undated if selection.undated is not None else not dated
    bounds: list[sa.ColumnElement[bool]] = []
    if undated and dated:
        bounds.append(sa.or_(published.is_(None), sa.and_(*dated)))
    elif not undated:
        bounds += [*dated, published.is_not(None)]
    for column, wanted in (
        (headlines.c.market, selection.markets),
        (headlines.c.source, selection.sources),
        (headlines.c.id, selection.ids),
    ):
        if wanted is not None:
            bounds.append(column.in_(wanted))
    return bounds


def _order(
    published: sa.ColumnElement[Any], id_: sa.ColumnElement[Any], selection: Selection
) -> tuple[sa.ColumnElement[Any], ...]:
    by_time = published.desc() if selection.newest_first else published.asc()
    return (by_time.nulls_last(), id_.asc())
