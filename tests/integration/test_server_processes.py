"""The server as real processes: started, used over real sockets, stopped, killed, started again."""

import json
import signal
import socket
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from server.health import FRESH_FOR
from tests.harness.postgres import PostgresServer
from tests.harness.servers import ServerProcess

pytestmark = pytest.mark.process


class Server(ServerProcess):
    """A server with the demonstration's people in it."""

    def token(self, role: str, number: int = 0) -> str:
        """An access token of the demonstration's `number`th user with this role."""
        user = self.demo_user(role, number)
        return self.sign_in(user["email"], user["password"])


Start = Callable[..., Server]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts servers on one data folder; whatever still runs is killed afterwards."""
    started: list[Server] = []

    def begin(command: str = "run", **environment: str) -> Server:
        server = Server(command, tmp_path, **environment)
        started.append(server)
        return server

    yield begin
    for server in started:
        server.kill()


ASK = {"modality": "in_person", "place": "Room 3", "language": "en", "consent": True}


def test_a_fresh_start_is_ready_and_tells_how_to_get_in(start: Start) -> None:
    server = start()
    server.until_ready()
    told = server.demo()
    assert told["url"] == server.url
    assert stat.S_IMODE((server.folder / "demo.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((server.folder / "alongside.sqlite3").stat().st_mode) == 0o600
    first = [user for user in told["users"] if user["network"] == told["users"][0]["network"]]
    roles = [user["role"] for user in first]
    assert {role: roles.count(role) for role in set(roles)} == {
        "manager": 1,
        "supervisor": 1,
        "admin": 1,
        "staff": 2,
        "peer": 6,
    }
    assert len({user["site_id"] for user in first if user["role"] == "staff"}) == 2
    assert len({user["network"] for user in told["users"]}) == 2
    out = server.log.read_text()
    assert server.url in out
    for user in told["users"]:
        assert user["email"] in out
        assert user["email"] in requests.get(server.url, timeout=5).text
    assert server.end() == 0


def test_everybody_of_the_demonstration_can_be_asked(start: Start) -> None:
    server = start()
    server.until_ready()
    for number in range(6):
        peer = server.token("peer", number)
        body = {"on_duty": True, "modalities": ["in_person", "video"]}
        server.call("PUT", "/duty", peer, body)
    asked = server.call("POST", "/requests", server.token("staff"), ASK)
    assert asked["eligible"] == 6
    assert asked["asked"] == 3
    time.sleep(1)
    assert server.log.read_text().count("[ring]") == 3


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_stopped_and_started_again_it_goes_on(start: Start, how: signal.Signals) -> None:
    """A request that was searching is carried on by the next process, sign-ins included."""
    server = start()
    server.until_ready()
    staff = server.token("staff")
    made = server.call("POST", "/requests", staff, ASK)
    status = server.end(how)
    assert status == (-signal.SIGKILL if how is signal.SIGKILL else 0)
    again = start()
    again.until_ready()
    assert again.demo()["url"] == again.url != server.url
    assert again.demo()["users"] == server.demo()["users"]
    shown = again.call("GET", f"/requests/{made['id']}", staff)
    deadline = time.monotonic() + 40
    while shown["state"] != "escalated" and time.monotonic() < deadline:
        time.sleep(0.5)
        shown = again.call("GET", f"/requests/{made['id']}", staff)
    assert shown["state"] == "escalated"
    assert shown["owner"]["kind"] == "manager"
    story = again.call("GET", f"/requests/{made['id']}/facts", staff)["items"]
    assert [fact["seq"] for fact in story] == list(range(1, len(story) + 1))


def test_a_call_under_way_is_finished_and_a_kept_connection_ends(start: Start) -> None:
    """SIGTERM of the one process: a call whose second half comes later has its answer."""
    server = start()
    server.until_ready()
    body = json.dumps(ASK)
    head = (
        "POST /api/v1/requests HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {server.token('staff')}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    address = ("127.0.0.1", server.port)
    with (
        socket.create_connection(address, 20) as call,
        socket.create_connection(address, 20) as kept,
    ):
        kept.sendall(b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n")
        heard = b""
        while not heard.endswith(b'{"status": "ok"}'):
            heard += kept.recv(65536)
        call.sendall((head + body[:10]).encode())
        time.sleep(0.3)
        server.process.send_signal(signal.SIGTERM)
        assert kept.recv(65536) == b"", "nobody waits for what a client may say next"
        assert server.process.poll() is None
        call.sendall(body[10:].encode())
        assert call.recv(65536).startswith(b"HTTP/1.1 201")
    assert server.process.wait(timeout=30) == 0


def test_a_taken_port_is_named(start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = start(PORT=str(taken.getsockname()[1]))
        assert server.until_ended() == 1
        assert server.log.read_text().startswith("PORT: cannot listen on")


def test_unsafe_settings_are_named_and_nothing_starts(start: Start) -> None:
    for command in ("run", "web", "dispatcher", "migrate", "doctor"):
        server = start(command, ALONGSIDE_ENV="production", SECRET_KEY="short")
        assert server.until_ended() == 2
        out = server.log.read_text()
        assert "SECRET_KEY:" in out
        assert "PUSH:" in out
        assert not (server.folder / "alongside.sqlite3").exists()


def test_a_production_database_gets_no_invented_people(start: Start, tmp_path: Path) -> None:
    key = tmp_path / "firebase.json"
    key.write_text("{}")
    server = start(
        "seed",
        ALONGSIDE_ENV="production",
        SECRET_KEY="kZ3v9QmT7xW1sB5nL8rC2yF6hJ4dG0pA",
        PUBLIC_URL="https://alongside.example",
        PUSH="fcm",
        FIREBASE_CREDENTIALS=str(key),
    )
    assert server.until_ended() == 2
    assert "ALONGSIDE_ENV" in server.log.read_text()


def test_the_doctor_says_what_it_found(start: Start) -> None:
    before = start("doctor")
    assert before.until_ended() == 1
    assert "BAD  revision" in before.log.read_text()
    server = start()
    server.until_ready()
    well = start("doctor")
    assert well.until_ended() == 0, well.log.read_text()
    assert "invariants  all hold" in well.log.read_text()


@pytest.mark.parametrize("dispatchers", [1, 2])
def test_web_and_dispatchers_apart(
    start: Start, postgres_server: PostgresServer, dispatchers: int
) -> None:
    """Production's shape: gunicorn, dispatchers of their own, PostgreSQL; SIGTERM drains."""
    database = f"apart_{dispatchers}"
    postgres_server.create(database)
    url = {"DATABASE_URL": postgres_server.url(database)}
    refused = start("dispatcher", **url)
    assert refused.until_ended() == 1
    assert "migrate" in refused.log.read_text()
    for command in ("migrate", "seed"):
        assert start(command, **url).until_ended() == 0
    web = start("web", **url)
    running = [start("dispatcher", **url) for _ in range(dispatchers)]
    web.until_ready()
    peer = web.token("peer")
    web.call("PUT", "/duty", peer, {"on_duty": True, "modalities": ["in_person"]})
    web.call("POST", "/requests", web.token("staff"), ASK)
    deadline = time.monotonic() + 5
    rang = 0
    while time.monotonic() < deadline and not rang:
        rang = sum(each.log.read_text().count("[ring]") for each in running)
        time.sleep(0.1)
    time.sleep(1)
    assert sum(each.log.read_text().count("[ring]") for each in running) == 1
    for each in running:
        assert each.end() == 0, each.log.read_text()
    assert web.end() == 0, web.log.read_text()


def test_without_a_dispatcher_the_alarm_is_in_readyz(
    start: Start, postgres_server: PostgresServer
) -> None:
    assert FRESH_FOR.total_seconds() <= 60
    postgres_server.create("alone")
    url = {"DATABASE_URL": postgres_server.url("alone")}
    assert start("migrate", **url).until_ended() == 0
    web = start("web", **url)
    answer = web.until_answering("/readyz", is_well=False)
    assert (answer.status_code, answer.json()["checks"]["dispatcher"]) == (503, "has never run")
