"""The process that plays a preview is killed in the middle, and so is its dispatcher: it is played again.

Real processes, a real SIGKILL, both databases.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dispatch.actions import previews
from dispatch.previewing.previews import Preview, PreviewState
from dispatch.states import Role
from storage.clock import ManualClock, SystemClock
from storage.database import Database
from tests.harness.databases import open_database
from tests.harness.servers import ServerProcess, on_database
from tests.harness.weeks import weeks
from tests.harness.world import World

pytestmark = pytest.mark.process
PATIENCE_S = 120.0


@pytest.fixture
def asked(database_url: str, tmp_path: Path) -> Iterator[tuple[Database, str]]:
    """A preview that takes some seconds, in the queue; the database and its id."""
    with open_database(database_url, SystemClock()) as db:
        world = World(db, ManualClock(SystemClock().now()))
        admin = world.network()
        nurse = world.user(admin, "Hannah L.", Role.STAFF, world.site(admin))
        peers = [world.peer(admin, f"Peer{n} T.", on_duty=False, km_north=n).id for n in range(16)]
        weeks(db, nurse.id, peers, requests=120, days=20)
        with db.transaction() as tx:
            row = previews.ask(tx, admin, settings={"strategy": "priced"}, more_peers=[], days=30)
        yield db, row.id


def until(db: Database, preview_id: str, is_so: Callable[[Preview], bool]) -> Preview:
    """Wait until the row is so; the row."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        with db.read() as tx:
            row = tx.session.get_one(Preview, preview_id)
        if is_so(row):
            return row
        told = f"still {row.state} at {row.progress}, attempt {row.attempts}"
        assert time.monotonic() < deadline, told
        time.sleep(0.05)


def player_of(preview_id: str) -> int | None:
    """The process that plays it, by its command line."""
    found = subprocess.run(
        ["pgrep", "-f", f"server preview {preview_id}"], capture_output=True, text=True, check=False
    )
    return int(found.stdout.split()[0]) if found.stdout else None


def test_killed_in_the_middle_it_is_played_again_and_by_another_dispatcher_too(
    asked: tuple[Database, str], database_url: str, tmp_path: Path
) -> None:
    db, preview_id = asked
    settings = on_database(database_url)
    first = ServerProcess("dispatcher", tmp_path, **settings)
    second = None
    try:
        until(db, preview_id, lambda row: row.progress > 0)
        player = player_of(preview_id)
        assert player is not None
        os.kill(player, signal.SIGKILL)
        until(db, preview_id, lambda row: row.attempts == 2 and row.lease is not None)
        until(db, preview_id, lambda row: row.progress > 0)
        assert player_of(preview_id) not in (None, player)
        first.kill()
        # The process does not outlive its dispatcher, and nobody gives the preview back.
        until(db, preview_id, lambda _: player_of(preview_id) is None)
        with db.transaction() as tx:
            row = tx.session.get_one(Preview, preview_id)
            assert row.state is PreviewState.RUNNING
            assert row.leased_until is not None
            assert row.leased_until > tx.now
            row.leased_until = tx.now
        second = ServerProcess("dispatcher", tmp_path, **settings)
        row = until(db, preview_id, lambda row: row.state is not PreviewState.RUNNING)
        assert (row.state, row.attempts) == (PreviewState.DONE, 3)
        assert row.result is not None
        assert row.result["verdict"] == "compared"
        assert second.end() == 0
    finally:
        first.kill()
        if second is not None:
            second.kill()
    assert player_of(preview_id) is None
