"""One command runs the Procfile: two web processes and two dispatchers, kept alive, then drained."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from tests.api.people import World
from tests.harness.redis import RedisServer
from tests.harness.servers import START_S
from tests.realtime.production import database_url, world
from tests.realtime.servers import Phone, Server

__all__ = ["database_url", "world"]

pytestmark = pytest.mark.process

ASK = {"modality": "in_person", "place": "Room 12", "language": "en", "consent": True}
ON_DUTY = {"on_duty": True, "modalities": ["in_person"]}


@pytest.fixture
def up(
    database_url: str, world: World, redis_server: RedisServer, tmp_path: Path
) -> Iterator[Server]:
    """The one command."""
    more = {"REDIS_URL": redis_server.url, "WEB_CONCURRENCY": "2", "PUBLIC_URL": "http://127.0.0.1"}
    server = Server("up", tmp_path, database_url, **more)
    family: list[psutil.Process] = []
    try:
        server.until_ready()
        family = psutil.Process(server.process.pid).children(recursive=True)
        yield server
    finally:
        server.kill()
        for each in family:
            if each.is_running():
                each.kill()


def running(server: Server, command: str) -> list[psutil.Process]:
    """The processes of this command that the one command started, by the lines of the Procfile."""
    found = []
    for child in psutil.Process(server.process.pid).children():
        try:
            line = child.cmdline()
        except psutil.NoSuchProcess:
            continue
        if command in line:
            found.append(child)
    return found


def until_back(server: Server, command: str, many: int) -> None:
    """Wait until so many of them run."""
    deadline = time.monotonic() + START_S
    while len(running(server, command)) < many:
        assert time.monotonic() < deadline, server.log.read_text()
        time.sleep(0.1)


def test_one_command_runs_everything_keeps_it_running_and_drains(up: Server, world: World) -> None:
    here = world.here
    [gunicorn] = running(up, "gunicorn")
    assert len(gunicorn.children()) == 2
    until_back(up, "dispatcher", 2)
    staff, first = up.token(here.staff), up.token(here.peers[0])
    phone = Phone(up.url, first, ["websocket"])
    up.call("PUT", "/duty", first, ON_DUTY)
    request = up.call("POST", "/requests", staff, ASK)
    offer = phone.hears("offer")
    assert offer["request_id"] == request["id"]

    # One dispatcher and the whole web are killed; both come back by themselves.
    running(up, "dispatcher")[0].kill()
    for each in [*gunicorn.children(), gunicorn]:
        each.kill()
    phone.until_out(within_s=10)
    time.sleep(0.5)
    up.until_ready()
    until_back(up, "dispatcher", 2)
    phone = Phone(up.url, first, ["websocket"])
    assert phone.is_in
    visit = up.call("POST", f"/offers/{offer['id']}/accept", first)["visit"]
    up.call("POST", f"/visits/{visit['id']}/withdraw", staff)
    up.call("POST", f"/requests/{request['id']}/cancel", staff, {"reason": "left"})

    # Told to stop, it hangs up on the phone, finishes, and leaves nobody behind.
    family = psutil.Process(up.process.pid).children(recursive=True)
    up.process.send_signal(signal.SIGTERM)
    assert phone.until_out(within_s=10) < 5
    status = up.process.wait(timeout=40)
    told = up.log.read_text()
    assert status == 0, told
    assert not [each for each in family if each.is_running()]
    assert "release      | Schema is at revision" in told
    assert "web.1        | -- ended with -9; started again" in told
    assert "dispatcher.1 | " in told
    assert "Traceback" not in told


def test_what_is_refused_ends_everything_and_says_so(
    database_url: str, world: World, redis_server: RedisServer, tmp_path: Path
) -> None:
    both = {"REDIS_URL": redis_server.url, "WEB_CONCURRENCY": "2"}
    for changes, said in (
        ({**both, "REDIS_URL": ""}, "REDIS_URL: must be set"),
        ({**both, "DATABASE_URL": f"sqlite:///{tmp_path}/x.sqlite3"}, "python -m server run"),
    ):
        refused = Server("up", tmp_path, database_url, **changes)
        assert refused.until_ended() == 2
        assert said in refused.log.read_text()
    nowhere = Server("up", tmp_path, "postgresql://postgres@127.0.0.1:9/none", **both)
    assert nowhere.until_ended() == 1
    assert "release      | -- ended with 1: nothing is started" in nowhere.log.read_text()
    with pytest.raises(requests.ConnectionError):
        requests.get(nowhere.url, timeout=1)
