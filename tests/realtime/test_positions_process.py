"""Positions and real processes: what was acknowledged outlives a kill, what was said outlives a stop."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dispatch.models import Duty
from dispatch.shapes import stamp
from storage.clock import SystemClock
from tests.api import people
from tests.api.people import World
from tests.harness.databases import open_database
from tests.realtime.servers import Json, Phone, Server
from tests.realtime.test_real_server import ON_DUTY

pytestmark = pytest.mark.process

PEERS = 6
BASE = 39.97


@pytest.fixture
def world(database_url: str) -> World:
    """People in real time."""
    with open_database(database_url, SystemClock()) as database:
        return people.build(database, PEERS)


@pytest.fixture
def server(world: World, database_url: str, tmp_path: Path) -> Iterator[Server]:
    """A process of the shape that belongs to the database."""
    command = "run" if database_url.startswith("sqlite") else "web"
    started = Server(command, tmp_path, database_url)
    try:
        started.until_answering()
        yield started
        assert "Traceback" not in started.log.read_text()
    finally:
        started.kill()


class Walker:
    """A phone that reports place after place: the number of a step is its place."""

    def __init__(self, server: Server, world: World, number: int) -> None:
        self.peer = world.here.peers[number]
        token = server.token(self.peer)
        server.call("PUT", "/duty", token, ON_DUTY)
        self.phone = Phone(server.url, token, ["websocket"])
        self.said = 0
        self.acknowledged = 0

    def step(self) -> None:
        """Report the next place."""
        self.said += 1
        number = self.said
        body = {
            "latitude": BASE + number / 1e6,
            "longitude": -82.99,
            "accuracy_m": 10.0,
            "recorded_at": stamp(SystemClock().now()),
        }

        def heard(answer: Json) -> None:
            if answer.get("used") == "used":
                self.acknowledged = max(self.acknowledged, number)

        self.phone.client.emit("position", body, namespace="/live", callback=heard)

    def stored(self, tx: Any) -> int:
        """The number of the place that is in the rows; 0 for none."""
        latitude = tx.session.get_one(Duty, self.peer.id).latitude
        return 0 if latitude is None else round((latitude - BASE) * 1e6)


def walk(walkers: list[Walker], until: Callable[[], bool]) -> None:
    """Everybody takes steps, a few a second."""
    while not until():
        for walker in walkers:
            walker.step()
        time.sleep(0.04)


def until_acknowledged(walkers: list[Walker], least: int) -> None:
    """Wait until everybody has an acknowledgement of this step or a later one."""
    deadline = time.monotonic() + 30
    while min(walker.acknowledged for walker in walkers) < least:
        assert time.monotonic() < deadline, [walker.acknowledged for walker in walkers]
        time.sleep(0.02)


def test_what_was_acknowledged_is_there_after_a_kill(
    server: Server, world: World, database_url: str
) -> None:
    walkers = [Walker(server, world, number) for number in range(PEERS)]
    stop = threading.Event()

    def go() -> None:
        try:
            walk(walkers, stop.is_set)
        except Exception:  # noqa: BLE001  # the server is gone: that is what is tried
            stop.set()

    walking = threading.Thread(target=go)
    walking.start()
    until_acknowledged(walkers, 20)
    server.end(signal.SIGKILL)
    stop.set()
    walking.join(30)
    with open_database(database_url, SystemClock()) as database, database.read() as tx:
        for walker in walkers:
            assert walker.acknowledged <= walker.stored(tx) <= walker.said


def test_the_last_places_are_written_before_a_process_leaves(
    server: Server, world: World, database_url: str
) -> None:
    walkers = [Walker(server, world, number) for number in range(PEERS)]
    for walker in walkers:
        walker.step()
    until_acknowledged(walkers, 1)
    for walker in walkers:
        walker.step()
        # The same socket: when this is answered, the position before it has been heard.
        assert walker.phone.say("unfollow", {"request_id": "x"}) == {"ok": True}
    assert server.end() == 0
    with open_database(database_url, SystemClock()) as database, database.read() as tx:
        assert [walker.stored(tx) for walker in walkers] == [2] * PEERS
