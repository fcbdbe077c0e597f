"""How headlines and models' answers enter the ledger: by chunks, in a transaction that the ledger opened."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from errors import LedgerError
from ingest.identity import again_id
from ingest.records import Headline, PublishedQuality
from ingest.schema import headlines, models, revisions, scores, withheld
from ingest.selection import Selection, current_revisions

CHUNK = 500  # rows a statement: SQLite takes 32,766 variables, and equal statements stay in the cache
REUSED_AFTER = timedelta(days=7)  # a publisher who dates a story anew does it sooner


_TRUST: dict[PublishedQuality, int] = {"missing": 0, "day_only": 1, "exact": 2}


@dataclass(frozen=True, slots=True)
class Added:
    """What one `Ledger.add` did: headlines never seen before, seen with new content, and known already."""

    new: int = 0
    revised: int = 0
    unchanged: int = 0

    def __add__(self, other: Added) -> Added:
        """The sum of two."""
        return Added(self.new + other.new, self.revised + other.revised, self.unchanged + other.unchanged)


@dataclass(frozen=True, slots=True)
class _Publication:
    at: datetime | None
    quality: PublishedQuality
    timezone: str


def add_chunk(connection: sa.Connection, chunk: Sequence[Headline], seen_at: datetime) -> Added:
    """Takes up to `CHUNK` headlines in and says what they did.

    Publication is the first sighting's: a later one brings another only if it can be trusted further.
    A link used again for a later story names a headline of its own.
    """
    known = _keys(connection, {headline.id for headline in chunk})
    stored = _stored(connection, set(known.values()))
    chunk, again = _told_apart(chunk, known, stored)
    if again:
        keys = _keys(connection, again)
        known |= keys
        stored += _stored(connection, set(keys.values()))
    fresh = {headline.id: headline for headline in reversed(chunk) if headline.id not in known}
    if fresh:
        rows = [
            {"id": h.id, "source": h.source, "market": h.market, "first_seen_at": seen_at}
            for h in reversed(fresh.values())  # in the order of the chunk, the first mention of each
        ]
        connection.execute(sa.insert(headlines), rows)
        known |= _keys(connection, set(fresh))
    seen = {(row.headline, row.digest) for row in stored}
    published = _publications(stored)
    new_content: dict[tuple[int, bytes], Headline] = {}
    for sighting in chunk:
        key = known[sighting.id]
        headline = _as_published(sighting, published.get(key))
        published[key] = _publication(headline)
        content = (key, content_digest(headline))
        if content not in seen:
            new_content.setdefault(content, headline)
    if new_content:
        connection.execute(
            sa.insert(revisions),
            [_revision(key, digest, h, seen_at) for (key, digest), h in new_content.items()],
        )
    revised = len({key for key, _ in new_content} - {known[id_] for id_ in fresh})
    return Added(new=len(fresh), revised=revised, unchanged=len(chunk) - len(fresh) - revised)


def _told_apart(
    chunk: Sequence[Headline], known: Mapping[str, int], stored: Iterable[sa.Row[Any]]
) -> tuple[list[Headline], set[str]]:
    """The chunk, where a later story under an id used again has an id of its own; and these new ids.

    It is one with another title, dated more than `REUSED_AFTER` after the publication that is known. What
    is `known` by its id and what is `stored` of it are the chunk's, as it came.
    """
    ids = {key: id_ for id_, key in known.items()}
    published = {ids[key]: one for key, one in _publications(stored).items()}
    titles = {(ids[row.headline], row.title) for row in stored}
    told, again = [], set()
    for sighting in chunk:
        id_, before = sighting.id, published.get(sighting.id)
        if (id_, sighting.title) not in titles and _is_later(sighting, before):
            told.append(replace(sighting, id=again_id(id_, sighting.published_at)))
            again.add(told[-1].id)
        else:
            published[id_] = _publication(_as_published(sighting, before))
            titles.add((id_, sighting.title))
            told.append(sighting)
    return told, again


def _is_later(sighting: Headline, known: _Publication | None) -> bool:
    if known is None or known.at is None or sighting.published_at is None:
        return False
    return sighting.published_at - known.at > REUSED_AFTER


def add_scores(
    connection: sa.Connection,
    model_version: str,
    intensities: Mapping[str, Mapping[str, float]],
    handed_out: Mapping[str, int],
) -> int:
    """Stores scores for the revisions handed out, else the current ones; returns how many were new.

    Raises:
        LedgerError: an id is unknown or an intensity is outside [0, 1].
    """
    rows = {id_: list(_score_rows(id_, values)) for id_, values in intensities.items()}
    return _add_answers(connection, scores, model_version, rows, handed_out)


def add_withheld(
    connection: sa.Connection,
    model_version: str,
    languages: Mapping[str, str],
    handed_out: Mapping[str, int],
) -> int:
    """Stores languages for the revisions handed out, else the current ones; returns how many were new.

    Raises:
        LedgerError: an id is unknown or a language is empty.
    """
    rows = {id_: [_withheld_row(id_, language)] for id_, language in languages.items()}
    return _add_answers(connection, withheld, model_version, rows, handed_out)


def content_digest(headline: Headline) -> bytes:
    """16 bytes that differ when what a headline says or when it was published differs.

    Its link is no part: feeds append campaign marks to it. Nor is the source: the same words in a
    second feed are no revision.
    """
    published = headline.published_at.isoformat() if headline.published_at else ""
    parts = (headline.title, headline.summary, published, headline.published_quality, headline.language)
    return hashlib.sha256("\x1f".join(parts).encode()).digest()[:16]


def _keys(connection: sa.Connection, ids: set[str]) -> dict[str, int]:
    statement = sa.select(headlines.c.id, headlines.c.key).where(headlines.c.id.in_(sorted(ids)))
    return {row.id: row.key for row in connection.execute(statement)}


def _stored(connection: sa.Connection, keys: set[int]) -> list[sa.Row[Any]]:
    """What is to be compared of the revisions of these headlines, in the order in which they were stored."""
    columns = (
        revisions.c.headline,
        revisions.c.digest,
        revisions.c.title,
        revisions.c.published_at,
        revisions.c.published_quality,
        revisions.c.timezone,
    )
    statement = sa.select(*columns).where(revisions.c.headline.in_(sorted(keys))).order_by(revisions.c.key)
    return list(connection.execute(statement))


def _publications(stored: Iterable[sa.Row[Any]]) -> dict[int, _Publication]:
    """By headline, the first publication among those that can be trusted furthest."""
    found: dict[int, _Publication] = {}
    for row in stored:
        known = found.get(row.headline)
        if known is None or _TRUST[row.published_quality] > _TRUST[known.quality]:
            found[row.headline] = _Publication(row.published_at, row.published_quality, row.timezone)
    return found


def _publication(headline: Headline) -> _Publication:
    return _Publication(headline.published_at, headline.published_quality, headline.timezone)


def _as_published(sighting: Headline, known: _Publication | None) -> Headline:
    """The sighting under the publication that is known, unless its own can be trusted further."""
    if known is None or _TRUST[sighting.published_quality] > _TRUST[known.quality]:
        return sighting
    return replace(sighting, published_at=known.at, published_quality=known.quality, timezone=known.timezone)


def _revision(key: int, digest: bytes, headline: Headline, seen_at: datetime) -> dict[str, Any]:
    return {
        "headline": key,
        "seen_at": seen_at,
        "digest": digest,
        "title": headline.title,
        "summary": headline.summary,
        "link": headline.link,
        "published_at": headline.published_at,
        "published_quality": headline.published_quality,
        "language": headline.language,
        "timezone": headline.timezone,
    }


def _model_key(connection: sa.Connection, version: str) -> int:
    connection.execute(insert(models).values(version=version).on_conflict_do_nothing())
    return int(connection.execute(sa.select(models.c.key).where(models.c.version == version)).scalar_one())


def _add_answers(
    connection: sa.Connection,
    table: sa.Table,
    model_version: str,
    answers: Mapping[str, list[dict[str, Any]]],
    handed_out: Mapping[str, int],
) -> int:
    """Gives `table` a model's answers, headline id to rows; a revision that has one of any kind keeps it."""
    model = _model_key(connection, model_version)
    added = 0
    for ids in _chunked(answers):
        keys = _answered_revisions(connection, ids, handed_out)
        known = _judged(connection, model, keys.values())
        fresh = [id_ for id_ in ids if keys[id_] not in known]
        rows = [{"revision": keys[id_], "model": model, **row} for id_ in fresh for row in answers[id_]]
        if rows:
            connection.execute(sa.insert(table), rows)
        added += len(fresh)
    return added


def _answered_revisions(
    connection: sa.Connection, ids: Sequence[str], handed_out: Mapping[str, int]
) -> dict[str, int]:
    keys = {id_: handed_out[id_] for id_ in ids if id_ in handed_out}
    others = [id_ for id_ in ids if id_ not in keys]
    if others:
        keys.update(
            (row.id, row.revision) for row in connection.execute(current_revisions(Selection(ids=others)))
        )
    for id_ in ids:
        if id_ not in keys:
            raise LedgerError(
                f"the ledger has no headline {id_}", "add the headline before what a model says of it"
            )
    return keys


def _judged(connection: sa.Connection, model: int, keys: Collection[int]) -> set[int]:
    """Those of the revisions `keys` that the model has scored or withheld."""
    return {
        key
        for table in (scores, withheld)
        for key in connection.scalars(
            sa.select(table.c.revision).where(table.c.model == model, table.c.revision.in_(keys))
        )
    }


def _score_rows(id_: str, intensities: Mapping[str, float]) -> Iterator[dict[str, Any]]:
    if not intensities:
        raise LedgerError(f"headline {id_} has no intensities", "give one for each cause of the model")
    for place, (cause, intensity) in enumerate(intensities.items()):
        if not (math.isfinite(intensity) and 0 <= intensity <= 1):
            raise LedgerError(
                f"headline {id_}: the intensity of {cause} is {intensity}", "give a probability from 0 to 1"
            )
        yield {"place": place, "cause": cause, "intensity": float(intensity)}


def _withheld_row(id_: str, language: str) -> dict[str, Any]:
    if not language:
        raise LedgerError(f"headline {id_} is withheld for no language", "give its ISO 639-1 code")
    return {"language": language}


def _chunked(ids: Iterable[str]) -> Iterator[list[str]]:
    remaining = iter(ids)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk
