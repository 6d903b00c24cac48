"""The start line: threads that begin at the same instant, and people to race."""

import logging
from collections.abc import Iterator

import pytest

from dispatch.states import Role
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.world import World
from tests.races.start import Course, StartLine


@pytest.fixture
def line() -> Iterator[StartLine]:
    """Threads waiting for the shot."""
    with StartLine(threads=32) as made:
        yield made


@pytest.fixture(autouse=True)
def no_turn_failed(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """An engine logs a turn that failed and goes on; here that is no better than an exception."""
    yield
    failed = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert not failed, [record.getMessage() for record in failed]


@pytest.fixture
def course(db: Database, clock: ManualClock) -> Course:
    """One hospital whose first wave asks as many as there are, on a clock that stands still."""
    world = World(db, clock)
    admin = world.network(waves=[{"after_s": 0, "size": 100}, {"after_s": 90, "size": 100}])
    site = world.site(admin)
    nurse = world.user(admin, "Hannah L.", Role.STAFF, site)
    manager = world.user(admin, "Renee A.", Role.MANAGER)
    return Course(world, admin, nurse, manager)
