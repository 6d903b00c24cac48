"""A dispatcher's player of previews: it begins one, lets go of it when it stops, ends what nobody wants."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dispatch.access import Actor
from dispatch.actions import previews
from dispatch.previewing.previews import Preview, PreviewState
from dispatch.states import Role
from server import previews as playing
from server.previews import Players
from storage.clock import ManualClock, SystemClock
from storage.database import Database
from tests.api.conftest import make_settings
from tests.harness.databases import open_database
from tests.harness.weeks import weeks
from tests.harness.world import World

pytestmark = pytest.mark.process


@pytest.fixture
def waiting(database_url: str) -> Iterator[tuple[Database, Actor, str]]:
    """A preview that takes some seconds, in the queue."""
    with open_database(database_url, SystemClock()) as db:
        world = World(db, ManualClock(SystemClock().now()))
        admin = world.network()
        nurse = world.user(admin, "Hannah L.", Role.STAFF, world.site(admin))
        peers = [world.peer(admin, f"Peer{n} T.", on_duty=False).id for n in range(12)]
        weeks(db, nurse.id, peers, requests=120, days=20)
        with db.transaction() as tx:
            row = previews.ask(tx, admin, settings={}, more_peers=[], days=30)
        yield db, admin, row.id


def test_a_dispatcher_that_stops_leaves_it_to_the_next_at_once(
    waiting: tuple[Database, Actor, str], database_url: str, tmp_path: Path
) -> None:
    db, _, preview_id = waiting
    players = Players(db, make_settings(database_url, tmp_path))
    assert players.tick() == 1
    assert players.tick() == 0
    players.close()
    players.close()
    with db.read() as tx:
        row = tx.session.get_one(Preview, preview_id)
    assert (row.state, row.attempts) == (PreviewState.RUNNING, 0)
    assert previews.begin(db) is not None


def test_what_is_taken_back_is_ended(
    waiting: tuple[Database, Actor, str],
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    db, admin, preview_id = waiting
    monkeypatch.setattr(playing, "HOLD_S", 0.0)
    players = Players(db, make_settings(database_url, tmp_path))
    players.tick()
    with db.transaction() as tx:
        previews.take_back(tx, admin, preview_id)
    deadline = time.monotonic() + 60
    while players.is_playing and time.monotonic() < deadline:
        players.tick()
        time.sleep(0.05)
    assert not players.is_playing
    assert players.tick() == 0


def test_what_takes_too_long_fails_with_its_reason(
    waiting: tuple[Database, Actor, str],
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    db, _, preview_id = waiting
    monkeypatch.setattr(playing, "TOO_SLOW_S", 0.0)
    players = Players(db, make_settings(database_url, tmp_path))
    players.tick()
    players.tick()
    assert not players.is_playing
    with db.read() as tx:
        row = tx.session.get_one(Preview, preview_id)
    assert (row.state, row.error) == (PreviewState.FAILED, "too_slow")
