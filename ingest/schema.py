"""The ledger's tables, and opening a file that holds them.

The file says what it is: `application_id` marks a ledger, `user_version` its schema. Instants are
integers, microseconds since 1970 in UTC, so that they compare and index as numbers. This file holds no
queries; those are in `ingest/selection.py`, `ingest/writing.py` and `ingest/ledger.py`.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, StatementError

from errors import LedgerError

SCHEMA_VERSION = 1
APPLICATION_ID = 0x43575245  # 'CWRE'
BUSY_TIMEOUT_S = 30.0

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware datetime as microseconds since 1970 in UTC; a naive one is refused."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:  # noqa: ARG002 - the hook's signature
        """Aware datetime to integer.

        Raises:
            LedgerError: the datetime has no zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise LedgerError(f"the time {value.isoformat()} has no zone", "give an aware UTC datetime")
        return (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ANN401, ARG002 - the hook's signature
        """Integer to aware UTC datetime."""
        return None if value is None else _EPOCH + timedelta(microseconds=int(value))


metadata = sa.MetaData()

# Whose headline it is, and when it was first seen: written once, never updated.
headlines = sa.Table(
    "headlines",
    metadata,
    sa.Column("key", sa.Integer, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("market", sa.Text, nullable=False),
    sa.Column("first_seen_at", Instant, nullable=False),
)

# What it said: one row for each distinct content, never updated.
revisions = sa.Table(
    "revisions",
    metadata,
    sa.Column("key", sa.Integer, primary_key=True),
    sa.Column("headline", sa.ForeignKey("headlines.key"), nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
    sa.Column("digest", sa.LargeBinary(16), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("link", sa.Text),
    sa.Column("published_at", Instant),
    sa.Column("published_quality", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("timezone", sa.Text, nullable=False),
    sa.UniqueConstraint("headline", "digest"),
    sa.CheckConstraint("length(title) > 0", name="title_not_empty"),
    sa.CheckConstraint("published_quality IN ('exact', 'day_only', 'missing')", name="quality_known"),
    sa.CheckConstraint("(published_at IS NULL) = (published_quality = 'missing')", name="quality_fits"),
    sa.Index("revisions_by_headline", "headline", "seen_at"),
    sa.Index("revisions_by_published", "published_at"),
)

models = sa.Table(
    "models",
    metadata,
    sa.Column("key", sa.Integer, primary_key=True),
    sa.Column("version", sa.Text, nullable=False, unique=True),
)

scores = sa.Table(
    "scores",
    metadata,
    sa.Column("revision", sa.ForeignKey("revisions.key"), primary_key=True),
    sa.Column("model", sa.ForeignKey("models.key"), primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True),  # the cause's place in the model's own order
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("intensity", sa.Float, nullable=False),
    sa.CheckConstraint("intensity BETWEEN 0 AND 1", name="intensity_is_a_probability"),
    sqlite_with_rowid=False,
)

# Not scored, for the language that it is in: a model looks at a revision once, whatever comes of it.
withheld = sa.Table(
    "withheld",
    metadata,
    sa.Column("revision", sa.ForeignKey("revisions.key"), primary_key=True),
    sa.Column("model", sa.ForeignKey("models.key"), primary_key=True),
    sa.Column("language", sa.Text, nullable=False),
    sa.CheckConstraint("length(language) > 0", name="language_not_empty"),
    sqlite_with_rowid=False,
)

feed_states = sa.Table(
    "feed_states",
    metadata,
    sa.Column("url", sa.Text, primary_key=True),
    sa.Column("etag", sa.Text),
    sa.Column("last_modified", sa.Text),
    sa.Column("last_success", Instant),
    sa.Column("last_error", sa.Text),
    sa.Column("failures", sa.Integer, nullable=False),
)


@contextmanager
def database_errors(path: Path) -> Iterator[None]:
    """Turns what the database raises into a LedgerError that names the file.

    Raises:
        LedgerError: the database is locked for too long, damaged, full or read-only.
    """
    try:
        yield
    except StatementError as error:
        if isinstance(error.orig, LedgerError):  # our own refusal of a value, wrapped on its way out
            raise error.orig from error
        if not isinstance(error, DBAPIError):
            raise
        raise LedgerError(f"ledger {path}: {error.orig}", _remedy(str(error.orig))) from error
    except sqlite3.Error as error:
        words = str(error)
        raise LedgerError(f"ledger {path}: {words}", _remedy(words)) from error


def open_engine(path: Path) -> sa.Engine:
    """An engine on the ledger at `path`, whose schema is there and is ours.

    Raises:
        LedgerError: the file is not a ledger, is from a newer causewire, or cannot be opened.
    """
    # StaticPool and the like would share one connection between threads; the default pool does not.
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)), connect_args={"timeout": BUSY_TIMEOUT_S}
    )
    sa.event.listen(engine, "connect", _on_connect)
    sa.event.listen(engine, "begin", _on_begin)
    try:
        with database_errors(path):
            _prepare(engine, path)
    except BaseException:
        engine.dispose()
        raise
    return engine


def writing(engine: sa.Engine) -> sa.Engine:
    """The same engine, whose transactions take the write lock at once.

    A transaction that reads first and takes the lock later would fail when another process writes in between.
    """
    return engine.execution_options(begin="BEGIN IMMEDIATE")


def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by _on_begin, not by the driver
    connection.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT_S * 1000)}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")


def _on_begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))


def _prepare(engine: sa.Engine, path: Path) -> None:
    with engine.connect() as connection:
        if _holds_ledger(connection, path):
            return
    with writing(engine).begin() as connection:  # under the lock: another process may have been faster
        if not _holds_ledger(connection, path):
            metadata.create_all(connection)
            connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")
    _switch_to_wal(engine)


def _holds_ledger(connection: sa.Connection, path: Path) -> bool:
    """True for our schema, False for an empty file; anything else is an error."""

    def number(sql: str) -> int:
        return int(connection.exec_driver_sql(sql).scalar_one())

    application, version = number("PRAGMA application_id"), number("PRAGMA user_version")
    if application == APPLICATION_ID and version == SCHEMA_VERSION:
        return True
    if application == APPLICATION_ID:
        raise LedgerError(
            f"ledger {path} has schema {version}, this causewire knows schema {SCHEMA_VERSION}",
            "upgrade causewire, or name another ledger file",
        )
    if application == 0 and number("SELECT count(*) FROM sqlite_schema") == 0:
        return False
    raise LedgerError(f"{path} is a database but not a causewire ledger", "name another ledger file")


def _switch_to_wal(engine: sa.Engine, attempts: int = 50, pause_s: float = 0.05) -> None:
    """WAL is kept in the file. The switch ignores the busy timeout, hence the loop."""
    raw = engine.raw_connection()
    try:
        for attempt in range(attempts):
            try:
                raw.cursor().execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError:
                if attempt == attempts - 1:
                    raise
                time.sleep(pause_s)
            else:
                return
    finally:
        raw.close()


def _remedy(words: str) -> str:
    if "not a database" in words or "malformed" in words:
        return "name another ledger file, or restore this one from a backup"
    if "locked" in words:
        return "wait until the other process has finished, then run this again"
    if "readonly" in words or "unable to open" in words:
        return "check the path, its permissions, and that it is a file"
    if "full" in words:
        return "free some disk space, then run this again"
    return "run this again; if it stays, restore the ledger from a backup"
