"""A disk with no room left under PostgreSQL, on any Linux, without a mount and without rights.

The kernel has a file that is always full: `/dev/full`. Every table and index that holds no page yet
is, for as long as the block runs, a link to it: read it and it is empty, as before; write the first
page and the kernel says that no space is left on the device. Tables that have pages keep the room in
their last one, as on a disk that is full. It knows files; it refuses to know any table.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.harness.postgres import PostgresServer

FULL = Path("/dev/full")
_EMPTY = """
    SELECT pg_relation_filepath(oid) FROM pg_class
    WHERE oid >= 16384 AND relkind IN ('r', 't') AND relfilenode <> 0 AND pg_relation_size(oid) = 0
"""
_CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE pid <> pg_backend_pid() AND datname = current_database()
"""


@contextmanager
def full_disk(server: PostgresServer, database: str) -> Iterator[int]:
    """No empty table of `database` takes a first page meanwhile; how many there are.

    Connections are cut at both ends: a server keeps the files that it has opened.
    """
    with psycopg.connect(server.url(database), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        paths = [server.data / str(path) for (path,) in connection.execute(_EMPTY)]
        for path in paths:
            path.rename(_kept(path))
            path.symlink_to(FULL)
        connection.execute(_CUT)
    try:
        yield len(paths)
    finally:
        with psycopg.connect(server.url(database), autocommit=True) as connection:
            for path in paths:
                _kept(path).replace(path)
            connection.execute(_CUT)


def _kept(path: Path) -> Path:
    return path.with_name(f"{path.name}.kept")
