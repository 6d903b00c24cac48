"""Fresh databases for tests: one SQLite file or one PostgreSQL database each, schema and all.

It knows that the real migrations make the schema, once per session, and that a copy of the result
costs milliseconds. It refuses to know any table: `dispatch.invariants` looks at those.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Protocol

from dispatch import invariants
from storage import migrate
from storage.clock import Clock
from storage.database import Database
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
        for suffix in ("", "-wal", "-shm"):
            Path(path + suffix).unlink(missing_ok=True)


class PostgresBackend:
    """Databases of one real server; a fresh one is made from the migrated one as template."""

    name = "postgresql"

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self._numbers = count(1)
        server.create("migrated")
        apply_migrations(server.url("migrated"))

    def fresh(self) -> str:
        """The address of a new database of the server."""
        database = f"test_{next(self._numbers)}"
        self.server.create(database, template="migrated")
        return self.server.url(database)

    def discard(self, url: str) -> None:
        """Drop the database, cutting the connections a test left open."""
        self.server.drop(url.rsplit("/", 1)[1])


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
    """Fail with one sentence for every invariant that the rows at `url` break."""
    with open_database(url, clock) as database, database.read() as tx:
        broken = invariants.check(tx)
    assert not broken, "invariants broken:\n  " + "\n  ".join(broken)
