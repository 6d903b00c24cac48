"""Fresh databases for tests: one SQLite file or one PostgreSQL database each, schema and all.

It knows that the real migrations make the schema, once per session, and that a copy of the result
costs milliseconds, and emptying a used one as few. It refuses to know any table: `dispatch.invariants` looks at those,
and `dispatch.recorded.recording` at what was decided.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg import sql
from sqlalchemy import select

from dispatch import invariants
from dispatch.recorded import decisions, recording
from dispatch.recorded.decisions import RecordedDecision
from storage import migrate
from storage.clock import Clock
from storage.database import Database, Transaction
from storage.engine import make_engine
from tests.harness.postgres import PostgresServer

START = datetime(2026, 3, 3, 2, 40, tzinfo=UTC)
"""Where a test's clock starts: a Tuesday, 20 minutes to three at night."""

BACKENDS = ("sqlite", "postgresql")


class Backend(Protocol):
    """One kind of database that hands out fresh copies of the migrated schema."""

    name: str

    def fresh(self) -> str:
        """The address of a new, migrated, empty database."""
        ...

    def discard(self, url: str) -> None:
        """Throw a database away, whoever is still connected to it."""
        ...


class SqliteBackend:
    """SQLite files in one folder; a fresh one is a copy of the migrated one."""

    name = "sqlite"

    def __init__(self, home: Path) -> None:
        self._home = home
        self._numbers = count(1)
        self._template = home / "template.sqlite3"
        # Closing its last connection also folds the write-ahead log back into the file.
        apply_migrations(f"sqlite:///{self._template}")

    def fresh(self) -> str:
        """The address of a new file."""
        path = self._home / f"test-{next(self._numbers)}.sqlite3"
        shutil.copyfile(self._template, path)
        return f"sqlite:///{path}"

    def discard(self, url: str) -> None:
        """Delete the file and what SQLite keeps beside it."""
        path = url.removeprefix("sqlite:///")
        for suffix in ("", "-wal", "-shm", ".lock"):
            Path(path + suffix).unlink(missing_ok=True)


class PostgresBackend:
    """Databases of one real server, each used by several tests, one after another.

    Making one from a template takes two checkpoints, emptying one a fifth of that. What a test left
    open is cut off first; a database whose schema is not as it was made is thrown away.
    """

    name = "postgresql"
    USES = 40
    """A database is thrown away after so many tests: emptied tables keep their dead rows."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self._numbers = count(1)
        self._free: list[str] = []
        self._uses: dict[str, int] = {}
        server.create("migrated")
        apply_migrations(server.url("migrated"))
        with psycopg.connect(server.url("migrated")) as connection:
            self._schema = _fingerprint(connection)
            self._empty = _emptying(connection)

    def fresh(self) -> str:
        """The address of an empty database of the server."""
        if self._free:
            return self._free.pop()
        database = f"test_{next(self._numbers)}"
        self.server.create(database, template="migrated")
        return self.server.url(database)

    def discard(self, url: str) -> None:
        """Cut the connections a test left open, and empty the database for the next one."""
        self._uses[url] = self._uses.get(url, 0) + 1
        if self._uses[url] < self.USES and self._is_emptied(url):
            self._free.append(url)
        else:
            self.server.drop(url.rsplit("/", 1)[1])

    def _is_emptied(self, url: str) -> bool:
        """Empty it; False when it cannot be used again."""
        try:
            with psycopg.connect(url) as connection:
                connection.execute(_CUT_OTHERS)
                if _fingerprint(connection) != self._schema:
                    return False
                connection.execute(self._empty)
        except psycopg.Error:
            return False
        return True


_CUT_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def _fingerprint(connection: psycopg.Connection) -> tuple[Any, ...] | None:
    """Every column, index, constraint and setting of the schema, as one value."""
    return connection.execute("""
        SELECT
            (SELECT md5(string_agg(concat_ws(' ', attrelid::regclass, attname, atttypid, attnotnull),
                ',' ORDER BY attrelid, attnum)) FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
                WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped),
            (SELECT md5(string_agg(pg_get_indexdef(indexrelid), ',' ORDER BY indexrelid))
                FROM pg_index JOIN pg_class ON oid = indexrelid
                WHERE relnamespace = 'public'::regnamespace),
            (SELECT md5(string_agg(pg_get_constraintdef(oid), ',' ORDER BY oid))
                FROM pg_constraint WHERE connamespace = 'public'::regnamespace),
            (SELECT string_agg(version_num, ',') FROM alembic_version),
            (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal)
    """).fetchone()


def _emptying(connection: psycopg.Connection) -> sql.Composed:
    """One statement list that leaves every table empty and every counter at its beginning."""
    tables = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    ).fetchall()
    sequences = connection.execute(
        "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'"
    ).fetchall()
    # Foreign keys need no order this way: they are not looked at while everything goes.
    return sql.SQL("; ").join(
        [
            sql.SQL("SET LOCAL session_replication_role = replica"),
            *(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for (name,) in tables),
            *(
                sql.SQL("ALTER SEQUENCE {} RESTART").format(sql.Identifier(name))
                for (name,) in sequences
            ),
        ]
    )


def apply_migrations(url: str) -> None:
    """Bring the database at `url` up to the newest revision, as a release does."""
    engine = make_engine(url)
    try:
        migrate.upgrade(engine)
    finally:
        engine.dispose()


@contextmanager
def open_database(url: str, clock: Clock) -> Iterator[Database]:
    """A `Database` without hooks on the database at `url`; its connections end with the block."""
    database = Database(make_engine(url), clock)
    try:
        yield database
    finally:
        database.engine.dispose()


@contextmanager
def fresh_database(backend: Backend, clock: Clock) -> Iterator[Database]:
    """A fresh `Database` for one example of a property test, checked and discarded afterwards."""
    url = backend.fresh()
    try:
        with open_database(url, clock) as database:
            yield database
        assert_invariants(url, clock)
    finally:
        backend.discard(url)


def assert_invariants(url: str, clock: Clock) -> None:
    """Fail with one sentence for every invariant that the rows at `url` break.

    One of them takes the code of deciding: what was decided is decided again from its record.
    """
    with open_database(url, clock) as database, database.read() as tx:
        broken = invariants.check(tx) + decided_otherwise(tx)
    assert not broken, "invariants broken:\n  " + "\n  ".join(broken)


def decided_otherwise(tx: Transaction) -> list[str]:
    """A sentence for every recorded decision that cannot be made again from its record."""
    wrong = []
    for row in tx.session.scalars(select(RecordedDecision)):
        packed = decisions.packed(row)
        if packed is not None:
            inputs, decided = recording.unpack(packed)
            again = recording.replay(inputs)
            if again != decided:
                wrong.append(f"wave {row.wave} of {row.request_id}: {decided} became {again}")
    return wrong
