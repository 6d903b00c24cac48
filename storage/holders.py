"""Who holds leases and lives: that a process is gone is known at once, not when its leases end.

A holder has a mark, which stands in front of the token of every lease it takes, and a lock of that
name for as long as it lives. However it ends, somebody else lets go of the lock: PostgreSQL when the
connection is gone, the system (for SQLite) when the process is. A lock that is free says that nobody
waits for these leases; that their holder writes nothing any more is never inferred from it: that is
what the token is for. It knows locks; it refuses to know what is leased.
"""

import fcntl
import secrets
from pathlib import Path
from typing import IO, Protocol

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

MARK_CHARS = 8
"""The length of a mark. It begins with a letter that is no hexadecimal digit, other tokens do not."""
_BITS = 28
_CLASS = 0x41_4C_4F_53
"""Our name space among the advisory locks of a database."""

_LIVING = text(
    "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = :class AND objsubid = 2"
    " AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_LOCK = text("SELECT pg_try_advisory_lock(:class, :number)")


class Holder(Protocol):
    """This process as a holder of leases."""

    mark: str
    looks: int
    """After how many looks in a row without a lock a holder is taken for gone."""

    def living(self) -> frozenset[str] | None:
        """The marks of all holders that live, our own among them; None when that cannot be known."""
        ...

    def close(self) -> None:
        """Let go of the lock: what is still leased to us is nobody's now."""
        ...


def holder_on(engine: Engine) -> Holder:
    """A new holder on this database. Takes no lock yet."""
    if engine.dialect.name == "postgresql":
        return SessionHolder(engine)
    return FileHolder(engine.url.database)


def _marked(number: int) -> str:
    return f"h{number:07x}"


class SessionHolder:
    """On PostgreSQL: a lock of a connection that is kept for nothing else.

    Through a pooler in transaction mode the lock is the pooler's: then nobody is ever found gone,
    and leases end by themselves.
    """

    looks = 2
    """A connection may be cut and come back: whoever lives has its lock again at its next look."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._number = secrets.randbits(_BITS)
        self.mark = _marked(self._number)
        self._connection: Connection | None = None

    def living(self) -> frozenset[str] | None:
        """As `Holder`. Raises `DBAPIError` when the database is away."""
        try:
            return self._look()
        except DBAPIError:
            # The connection was cut, perhaps long ago. A new one, once, before it is said.
            self.close()
            return self._look()

    def _look(self) -> frozenset[str]:
        if self._connection is None:
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            connection.detach()
            self._connection = connection
        connection = self._connection
        living = set(connection.execute(_LIVING, {"class": _CLASS}).scalars())
        if self._number not in living:
            connection.execute(_LOCK, {"class": _CLASS, "number": self._number})
            living.add(self._number)
        return frozenset(_marked(number) for number in living)

    def close(self) -> None:
        """As `Holder`."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


class FileHolder:
    """On SQLite: a lock on a file beside the database. Whoever has it is the only one there is."""

    looks = 1

    def __init__(self, database: str | None) -> None:
        self.mark = _marked(secrets.randbits(_BITS))
        self._path = Path(f"{database}.lock") if database and database != ":memory:" else None
        self._file: IO[bytes] | None = None

    def living(self) -> frozenset[str] | None:
        """As `Holder`: only ourselves, or None when another process has the file."""
        if self._path is None:
            return None
        if self._file is None:
            opened = self._path.open("ab")
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                opened.close()
                return None
            self._file = opened
        return frozenset({self.mark})

    def close(self) -> None:
        """As `Holder`."""
        opened, self._file = self._file, None
        if opened is not None:
            opened.close()
