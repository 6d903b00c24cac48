"""The cast and the stage of every story: one hospital, a nurse, a manager, peers near and far."""

import logging
from collections.abc import Iterator

import pytest

from dispatch.states import Role
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.story import Story
from tests.scenarios.cast import Cast


@pytest.fixture
def story(db: Database, clock: ManualClock, caplog: pytest.LogCaptureFixture) -> Iterator[Story]:
    """The story; when it is over, no push was a surprise and every snapshot has caught up."""
    told = Story(db, clock)
    yield told
    told.end()
    # An engine logs a turn that failed and goes on; in a story that is a failure too.
    failed = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert not failed, [record.getMessage() for record in failed]


@pytest.fixture
def cast(story: Story) -> Cast:
    """The stage before anything happens."""
    admin = story.network()
    site = story.site(admin)
    nurse = story.user(admin, "Hannah L.", Role.STAFF, site)
    manager = story.user(admin, "Renee A.", Role.MANAGER)
    return Cast(story, admin, site, nurse, manager)
