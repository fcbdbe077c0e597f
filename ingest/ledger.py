"""The ledger: headlines, their revisions, what models say of them and each feed's state, in one SQLite file.

    with Ledger.open("causewire.sqlite") as ledger:
        ledger.add(headlines, seen_at=now)            # twice changes nothing
        ledger.headlines(Selection(start, end))       # as they stand
        ledger.headlines(Selection(as_of=instant))    # as they stood: nothing seen later shows

Nothing seen is overwritten. A headline's id, source, market and first_seen_at are those of its first
sighting; what it says is a chain of revisions, one for each distinct content, and the latest new content
is the current one. (So a title that goes back to earlier words keeps its later revision: two feeds that
tell one story in different words must not take turns for ever.) When it was published is said by its first
sighting too, for a story counts to the session in which it came out: a feed that carries it undated, or a
publisher who dates it anew after the close, takes it out of no session. Only a time that can be trusted
further (missing < day_only < exact) replaces the one that is known. A link under which another title comes,
dated more than a week later, names another headline. What a model says of a headline, its
scores or that it is withheld for its language, belongs to a revision, and is said once.
Several threads and processes may use one file at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from errors import LedgerError
from ingest import schema as t
from ingest.records import FeedState, Headline, ScoredHeadline
from ingest.selection import (
    EVERYTHING,
    Selection,
    columns_of_a_headline,
    current_revisions,
    headline_of,
    scored_of,
    unscored_revisions,
    withheld_revisions,
)
from ingest.writing import CHUNK, Added, add_chunk, add_scores, add_withheld

# connection, model version, headline id to answer, headline id to revision -> how many were new
AddAnswers = Callable[[sa.Connection, str, Mapping[str, Any], Mapping[str, int]], int]


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a ledger holds; `undated` are current revisions without a publication time."""

    headlines: int
    revisions: int
    undated: int
    sources: int
    feeds: int


class Ledger:
    """A ledger that is open. Make one with `Ledger.open`."""

    def __init__(self, path: Path, engine: sa.Engine) -> None:
        self.path = path
        self._engine = engine
        self._writing = t.writing(engine)
        # Which revision `unscored` handed out: a model's answer belongs to that one, even if the
        # headline is revised by another process while the model runs.
        self._handed_out: dict[str, int] = {}

    @classmethod
    def open(cls, path: str | Path, *, create: bool = True) -> Ledger:
        """Opens the ledger at `path`; makes it, and its folder, unless `create` is False.

        Raises:
            LedgerError: no such file (with `create=False`), not a ledger, a newer schema, or unreadable.
        """
        path = Path(path)
        if not create and not path.exists():
            raise LedgerError(f"no ledger at {path}", "run `causewire ingest` first, or name another file")
        if path.is_dir():
            raise LedgerError(f"{path} is a folder, not a ledger", "name a file in it")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerError(
                f"cannot make a folder for {path}: {error.strerror}", "name another path"
            ) from error
        return cls(path, t.open_engine(path))

    def close(self) -> None:
        """Closes every connection; the ledger cannot be used afterwards."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ---- writing

    def add(self, headlines: Iterable[Headline], seen_at: datetime) -> Added:
        """Takes headlines in, all in one transaction.

        Args:
            headlines: any number, streamed; the same id may come more than once.
            seen_at: aware; becomes `first_seen_at` of new headlines (theirs is not read) and dates revisions.

        Raises:
            LedgerError: `seen_at` is naive, a headline breaks its own rules, or the database fails.
        """
        added = Added()
        remaining = iter(headlines)
        with t.database_errors(self.path), self._writing.begin() as connection:
            while chunk := list(islice(remaining, CHUNK)):
                added += add_chunk(connection, chunk, seen_at)
        return added

    def add_scores(self, model_version: str, scores: Mapping[str, Mapping[str, float]]) -> int:
        """Stores intensities: headline id to cause to probability in [0, 1], causes in the model's order.

        They go to the revision that this ledger's `unscored` handed out for the headline, else to the
        current one. What this model has scored or withheld already is kept as it is. Returns how many
        headlines were new to the model.

        Raises:
            LedgerError: an id is unknown, an intensity is outside [0, 1], or the database fails.
        """
        return self._add_answers(add_scores, model_version, scores)

    def withhold(self, model_version: str, languages: Mapping[str, str]) -> int:
        """Stores that the model is not to score headlines: headline id to the language code that they are in.

        It holds for the same revision as `add_scores`; a new revision is `unscored` again. What this model
        has scored or withheld already is kept as it is. Returns how many headlines were new to the model.

        Raises:
            LedgerError: an id is unknown, a language is empty, or the database fails.
        """
        return self._add_answers(add_withheld, model_version, languages)

    def save_feed_state(self, state: FeedState) -> None:
        """Keeps `state`, replacing what was known of its URL.

        Raises:
            LedgerError: its time is naive, or the database fails.
        """
        values = {field.name: getattr(state, field.name) for field in fields(FeedState)}
        statement = insert(t.feed_states).values(values)
        with t.database_errors(self.path), self._writing.begin() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["url"], set_=values))

    # ---- reading

    def headlines(self, wanted: Selection = EVERYTHING) -> list[Headline]:
        """Headlines in the revision that is current, ordered by publication, then by id; undated ones last.

        Raises:
            LedgerError: a bound is naive, or the database fails.
        """
        return [headline_of(row) for row in self._read(current_revisions(wanted))]

    def unscored(self, model_version: str, limit: int | None = None) -> list[Headline]:
        """Headlines with the earliest revision that this model has not scored or withheld, oldest first.

        Each headline comes once, so that an answer is to one revision: when all are answered, ask again.

        Raises:
            LedgerError: the database fails.
        """
        rows = self._read(unscored_revisions(model_version, limit))
        self._handed_out.update((row.id, row.revision) for row in rows)
        return [headline_of(row) for row in rows]

    def scored(self, model_version: str, wanted: Selection = EVERYTHING) -> list[ScoredHeadline]:
        """Like `headlines`, but only those scored by the model in that revision, with their intensities.

        Raises:
            LedgerError: a bound is naive, or the database fails.
        """
        return scored_of(self._read(current_revisions(wanted, scored_by=model_version)), model_version)

    def withheld(self, model_version: str, wanted: Selection = EVERYTHING) -> dict[str, str]:
        """Like `headlines`, but only those that the model withholds in that revision: id to language code.

        Raises:
            LedgerError: a bound is naive, or the database fails.
        """
        return {row.id: row.language for row in self._read(withheld_revisions(wanted, model_version))}

    def revisions(self, id_: str) -> list[tuple[datetime, Headline]]:
        """Every revision of one headline with the instant it was first seen, oldest first.

        Raises:
            LedgerError: the database fails.
        """
        statement = (
            sa.select(*columns_of_a_headline(), t.revisions.c.seen_at)
            .join_from(t.revisions, t.headlines)
            .where(t.headlines.c.id == id_)
            .order_by(t.revisions.c.seen_at, t.revisions.c.key)
        )
        return [(row.seen_at, headline_of(row)) for row in self._read(statement)]

    def feed_state(self, url: str) -> FeedState:
        """What is known of a feed; an empty state for one never fetched.

        Raises:
            LedgerError: the database fails.
        """
        rows = self._read(sa.select(t.feed_states).where(t.feed_states.c.url == url))
        return FeedState(**rows[0]._asdict()) if rows else FeedState(url=url)

    def span(self) -> tuple[datetime, datetime] | None:
        """First and last publication among current revisions, or None when nothing is dated.

        Raises:
            LedgerError: the database fails.
        """
        ends = [
            self._read(current_revisions(Selection(undated=False, newest_first=newest, limit=1)))
            for newest in (False, True)
        ]
        first, last = ([row.published_at for row in end] for end in ends)
        return (first[0], last[0]) if first and last else None

    def counts(self) -> Counts:
        """How much the ledger holds.

        Raises:
            LedgerError: the database fails.
        """

        def count(table: sa.FromClause) -> Any:  # noqa: ANN401 - an SQL expression
            return sa.select(sa.func.count()).select_from(table).scalar_subquery()

        undated = current_revisions(Selection(undated=True)).order_by(None).subquery()
        sources = sa.select(sa.func.count(sa.distinct(t.headlines.c.source))).scalar_subquery()
        without_time = (
            sa.select(sa.func.count())
            .select_from(undated)
            .where(undated.c.published_at.is_(None))
            .scalar_subquery()
        )
        row = self._read(
            sa.select(
                count(t.headlines).label("headlines"),
                count(t.revisions).label("revisions"),
                without_time.label("undated"),
                sources.label("sources"),
                count(t.feed_states).label("feeds"),
            )
        )[0]
        return Counts(**row._asdict())

    # ---- inside

    def _add_answers(self, add: AddAnswers, model_version: str, answers: Mapping[str, Any]) -> int:
        with t.database_errors(self.path), self._writing.begin() as connection:
            added = add(connection, model_version, answers, self._handed_out)
        for id_ in answers:
            self._handed_out.pop(id_, None)
        return added

    def _read(self, statement: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        with t.database_errors(self.path), self._engine.connect() as connection:
            return connection.execute(statement).all()
