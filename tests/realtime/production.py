"""What production runs on, for tests of whole processes: a migrated PostgreSQL with people in it.

Import both fixtures into the module that uses them.
"""

from collections.abc import Iterator

import pytest

from storage.clock import SystemClock
from tests.api import people
from tests.api.people import World
from tests.harness.databases import PostgresBackend, assert_invariants, open_database

__all__ = ["database_url", "world"]


@pytest.fixture
def database_url(postgresql_backend: PostgresBackend) -> Iterator[str]:
    """A migrated database, whose invariants hold at the end."""
    url = postgresql_backend.fresh()
    yield url
    assert_invariants(url, SystemClock())
    postgresql_backend.discard(url)


@pytest.fixture
def world(database_url: str) -> World:
    """Its people."""
    with open_database(database_url, SystemClock()) as database:
        return people.build(database)
