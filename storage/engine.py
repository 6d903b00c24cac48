"""One SQLAlchemy engine from one address: SQLite for the embedded run, PostgreSQL for production.

It knows how each database must be opened to be safe under concurrent writers; it refuses to know
any table.
"""

from datetime import datetime, timedelta
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from storage.clock import SystemClock

BUSY_TIMEOUT_S = 10.0
"""How long a SQLite writer waits for another before it gives up."""

ASKED_AFTER = timedelta(seconds=1)
"""A connection that lay idle for so long is asked whether it lives, which takes a round trip; before
that it is enough that its socket has not been told otherwise."""

_USED_AT = "alongside_used_at"

READ_ONLY_SERVER = "25006"
"""What PostgreSQL says to a write on a server or a connection that only reads."""

READ_ONLY = "alongside_read_only"
"""Execution option of a connection that will only read."""


def parse_url(url: str) -> URL:
    """The address with its driver made explicit.

    `postgres://` (as hosting platforms write it) and `postgresql://` both mean psycopg 3.
    Raises `ValueError` for a database the product does not run on.
    """
    parsed = make_url(url)
    if parsed.drivername in {"postgres", "postgresql", "postgresql+psycopg"}:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername in {"sqlite", "sqlite+pysqlite"}:
        return parsed.set(drivername="sqlite+pysqlite")
    raise ValueError(
        f"DATABASE_URL: {parsed.drivername} is not supported; use sqlite or postgresql"
    )


def make_engine(url: str, *, pool_size: int = 16) -> Engine:
    """An engine for `url`, with at most `pool_size` connections kept and as many again in a rush."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _make_sqlite(parsed, pool_size)
    engine = create_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=5,
        connect_args={"connect_timeout": 5, "options": "-c timezone=UTC"},
    )

    @event.listens_for(engine, "handle_error")
    def _look(context: ExceptionContext) -> None:
        # While a standby takes over, an address may lead to one that only reads (or to a primary
        # that is one no longer): not the database we want, and its connections are not kept.
        if getattr(context.original_exception, "sqlstate", None) == READ_ONLY_SERVER:
            context.is_disconnect = True

    _notice_cut_connections(engine)
    return engine


def _notice_cut_connections(engine: Engine) -> None:
    """Replace a connection that no longer leads anywhere before somebody works with it."""
    clock = SystemClock()
    dialect = engine.dialect

    @event.listens_for(engine, "checkin")
    def _put_back(_connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        entry.info[_USED_AT] = clock.now()

    @event.listens_for(engine, "checkout")
    def _take(connection: Any, entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
        used_at: datetime | None = entry.info.get(_USED_AT)
        if used_at is None:
            return
        try:
            if timedelta(0) <= clock.now() - used_at < ASKED_AFTER:
                # Twice: before it hangs up, a server that is stopped says why.
                connection.pgconn.consume_input()
                connection.pgconn.consume_input()
            else:
                dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            if dialect.is_disconnect(error, connection, None):
                raise InvalidatePoolError from error
            raise


def _make_sqlite(url: URL, pool_size: int) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _open(connection: SqliteConnection, _entry: ConnectionPoolEntry) -> None:
        # The driver's own transaction control begins too late (at the first write); ours begins
        # in `_begin` below, so the driver's is switched off.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT_S * 1000)}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A deferred BEGIN that reads first and writes later dies with "database is locked" when
        # another writer came between (3,252 of 8,000 attempts measured); IMMEDIATE queues up.
        read_only: Any = connection.get_execution_options().get(READ_ONLY, False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine
