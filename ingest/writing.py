"""How headlines and scores enter the ledger: a chunk at a time, in a transaction that the ledger opened."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from errors import LedgerError
from ingest.records import Headline
from ingest.schema import headlines, models, revisions, scores
from ingest.selection import Selection, current_revisions

CHUNK = 500  # rows a statement: SQLite takes 32,766 variables, and equal statements stay in the cache


@dataclass(frozen=True, slots=True)
class Added:
    """What one `Ledger.add` did: headlines never seen before, seen with new content, and known already."""

    new: int = 0
    revised: int = 0
    unchanged: int = 0

    def __add__(self, other: Added) -> Added:
        """The sum of two."""
        return Added(self.new + other.new, self.revised + other.revised, self.unchanged + other.unchanged)


def add_chunk(connection: sa.Connection, chunk: Sequence[Headline], seen_at: datetime) -> Added:
    """Takes up to `CHUNK` headlines in and says what they did."""
    known = _keys(connection, {headline.id for headline in chunk})
    fresh = {headline.id: headline for headline in reversed(chunk) if headline.id not in known}
    if fresh:
        rows = [
            {"id": h.id, "source": h.source, "market": h.market, "first_seen_at": seen_at}
            for h in reversed(fresh.values())  # in the order of the chunk, the first mention of each
        ]
        connection.execute(sa.insert(headlines), rows)
        known |= _keys(connection, set(fresh))
    seen = _digests(connection, set(known.values()))
    new_content: dict[tuple[int, bytes], Headline] = {}
    for headline in chunk:
        content = (known[headline.id], content_digest(headline))
        if content not in seen:
            new_content.setdefault(content, headline)
    if new_content:
        connection.execute(
            sa.insert(revisions),
            [_revision(key, digest, h, seen_at) for (key, digest), h in new_content.items()],
        )
    revised = len({key for key, _ in new_content} - {known[id_] for id_ in fresh})
    return Added(new=len(fresh), revised=revised, unchanged=len(chunk) - len(fresh) - revised)


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
    model = _model_key(connection, model_version)
    added = 0
    for ids in _chunked(intensities):
        keys = _revisions_to_score(connection, ids, handed_out)
        scored = sa.select(scores.c.revision).where(
            scores.c.model == model, scores.c.revision.in_(keys.values())
        )
        there = set(connection.scalars(scored))
        fresh = [id_ for id_ in ids if keys[id_] not in there]
        rows = [row for id_ in fresh for row in _score_rows(id_, keys[id_], model, intensities[id_])]
        if rows:
            connection.execute(sa.insert(scores), rows)
        added += len(fresh)
    return added


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


def _digests(connection: sa.Connection, keys: set[int]) -> set[tuple[int, bytes]]:
    statement = sa.select(revisions.c.headline, revisions.c.digest).where(
        revisions.c.headline.in_(sorted(keys))
    )
    return {(row.headline, row.digest) for row in connection.execute(statement)}


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


def _revisions_to_score(
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
            raise LedgerError(f"the ledger has no headline {id_}", "add the headline before its scores")
    return keys


def _score_rows(
    id_: str, revision: int, model: int, intensities: Mapping[str, float]
) -> Iterator[dict[str, Any]]:
    if not intensities:
        raise LedgerError(f"headline {id_} has no intensities", "give one for each cause of the model")
    for place, (cause, intensity) in enumerate(intensities.items()):
        if not (math.isfinite(intensity) and 0 <= intensity <= 1):
            raise LedgerError(
                f"headline {id_}: the intensity of {cause} is {intensity}", "give a probability from 0 to 1"
            )
        yield {
            "revision": revision,
            "model": model,
            "place": place,
            "cause": cause,
            "intensity": float(intensity),
        }


def _chunked(ids: Iterable[str]) -> Iterator[list[str]]:
    remaining = iter(ids)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk
