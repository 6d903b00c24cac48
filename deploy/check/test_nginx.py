"""Production on one machine: PostgreSQL, Redis, two web processes, two dispatchers, nginx, TLS."""

import http.client
import json
import signal
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
import websocket

from deploy.check.front import Nginx
from storage.clock import SystemClock
from tests.api.people import PASSWORD, World, build
from tests.harness.databases import PostgresBackend, open_database
from tests.harness.postgres import free_port
from tests.harness.redis import RedisServer
from tests.harness.servers import ServerProcess

pytestmark = pytest.mark.process

ASK = {"modality": "in_person", "place": "Room 12", "language": "en", "consent": True}


@dataclass
class Machine:
    """All of it."""

    nginx: Nginx
    up: ServerProcess
    world: World

    def get(self, path: str, **more: Any) -> requests.Response:
        """A call from outside."""
        return self.send("GET", path, **more)

    def send(self, method: str, path: str, **more: Any) -> requests.Response:
        """A call from outside."""
        url = f"{self.nginx.url}{path}"
        return requests.request(method, url, verify=str(self.nginx.certificate), timeout=20, **more)

    def token(self, person: Any) -> str:
        """A fresh sign-in through the front."""
        body = {"email": person.email, "password": PASSWORD}
        answer = self.send("POST", "/api/v1/sessions", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["access_token"])

    def trusting(self) -> ssl.SSLContext:
        """What a client that knows the certificate uses."""
        return ssl.create_default_context(cafile=str(self.nginx.certificate))


@pytest.fixture(scope="module")
def machine(
    postgresql_backend: PostgresBackend, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Machine]:
    """Started once, by the one command, in production."""
    folder = tmp_path_factory.mktemp("machine")
    redis = RedisServer(folder)
    redis.start()
    url = postgresql_backend.fresh()
    with open_database(url, SystemClock()) as database:
        world = build(database)
    port = free_port()
    nginx = Nginx(folder, port, port + 1)
    trust = {"SSL_CERT_FILE": nginx.certificate, "REQUESTS_CA_BUNDLE": nginx.certificate}
    settings = {
        "ALONGSIDE_ENV": "production",
        "DATABASE_URL": url,
        "REDIS_URL": redis.url,
        "SECRET_KEY": "kZ3v9QmT7xW1sB5nL8rC2yF6hJ4dG0pA",
        "PUBLIC_URL": nginx.url,
        "PROXY_HOPS": "1",
        "PUSH": "webpush",
        "VAPID_SUBJECT": "mailto:it@example.org",
        "PORT": str(port),
        **{name: str(value) for name, value in trust.items()},
    }
    up = Up(folder, settings)
    up.port, up.url = port, f"http://127.0.0.1:{port}"
    try:
        for one in (port, port + 1):
            up.url = f"http://127.0.0.1:{one}"
            up.until_ready()
        nginx.until_answering()
        yield Machine(nginx, up, world)
    finally:
        status = up.end()
        nginx.stop()
        redis.stop()
        postgresql_backend.discard(url)
    assert status == 0, up.log.read_text()[-3000:]


class Up(ServerProcess):
    """The one command, with two web processes side by side."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        super().__init__("up web=2", folder, **settings)


def test_the_doctor_finds_production_well(machine: Machine) -> None:
    settings = dict(machine.up.environment)
    for name in ("HOME", "PATH", "LANG", "ALONGSIDE_DATA", "PORT"):
        settings.pop(name, None)
    doctor = ServerProcess("doctor", machine.up.folder, **settings)
    doctor.until_ended()
    told = doctor.log.read_text()
    lines = {line.split()[1]: line.split()[0] for line in told.splitlines()}
    for name in ("front", "sockets", "tls", "redis", "dispatchers", "clock", "invariants"):
        assert lines[name] == "ok", told
    # The tests' database does not force its log, and nobody has made a backup or named a relay.
    assert {name for name, mark in lines.items() if mark == "BAD"} <= {"durability", "video"}, told


def test_plain_http_is_sent_to_tls_and_http2_is_spoken(machine: Machine) -> None:
    plain = requests.get(
        f"http://127.0.0.1:{machine.nginx.plain}/ed", timeout=5, allow_redirects=False
    )
    assert plain.status_code == 308
    assert plain.headers["Location"].startswith("https://")
    context = machine.trusting()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", machine.nginx.tls), timeout=5) as line,
        context.wrap_socket(line, server_hostname="localhost") as tls,
    ):
        assert tls.selected_alpn_protocol() == "h2"


def test_headers_come_once_and_files_are_kept(machine: Machine) -> None:
    line = http.client.HTTPSConnection(
        "localhost", machine.nginx.tls, timeout=10, context=machine.trusting()
    )
    line.request("GET", "/", headers={"Accept-Encoding": "gzip"})
    answer = line.getresponse()
    page = requests.get(machine.nginx.url, verify=str(machine.nginx.certificate), timeout=10).text
    for name in (
        "Content-Security-Policy",
        "Strict-Transport-Security",
        "X-Frame-Options",
        "X-Content-Type-Options",
        "Referrer-Policy",
        "Cache-Control",
    ):
        assert len(answer.headers.get_all(name) or []) == 1, name
    line.close()
    address = next(
        part for part in page.replace("'", '"').split('"') if part.startswith("/static/")
    )
    for _ in range(2):
        kept = machine.get(address)
        assert kept.status_code == 200
        assert "immutable" in kept.headers["Cache-Control"]


def until(connection: websocket.WebSocket, beginning: str) -> None:
    """Read on until a packet begins like this."""
    heard = str(connection.recv())
    while not heard.startswith(beginning):
        if heard == "2":
            connection.send("3")
        heard = str(connection.recv())


def test_sockets_pass_and_hear(machine: Machine) -> None:
    here = machine.world.here
    first = machine.token(here.peers[0])
    connection = websocket.create_connection(
        f"wss://localhost:{machine.nginx.tls}/socket.io/?EIO=4&transport=websocket",
        sslopt={"ca_certs": str(machine.nginx.certificate)},
        origin=machine.nginx.url,
        timeout=20,
    )
    assert str(connection.recv()).startswith("0{")
    connection.send("40/live," + json.dumps({"token": first}))
    until(connection, "40/live,{")
    on_duty = {"on_duty": True, "modalities": ["in_person"]}
    bearer = {"Authorization": f"Bearer {first}"}
    machine.send("PUT", "/api/v1/duty", json=on_duty, headers=bearer).raise_for_status()
    staff = {"Authorization": f"Bearer {machine.token(here.staff)}"}
    machine.send("POST", "/api/v1/requests", json=ASK, headers=staff).raise_for_status()
    until(connection, '42/live,["offer"')
    connection.close()


def test_what_a_caller_claims_to_be_counts_for_nothing(machine: Machine) -> None:
    """Failed sign-ins are counted by the address that nginx saw, whatever a header says."""
    body = {"email": "nobody@here.example", "password": "wrong"}
    statuses = []
    for number in range(12):
        claimed = {"X-Forwarded-For": f"203.0.113.{number}", "X-Real-IP": "203.0.113.9"}
        statuses.append(
            machine.send("POST", "/api/v1/sessions", json=body, headers=claimed).status_code
        )
    assert statuses[:10] == [401] * 10
    assert statuses[10:] == [429] * 2


def test_too_much_is_refused_at_the_door(machine: Machine) -> None:
    answer = machine.send("POST", "/api/v1/sessions", data="x" * 200_000)
    assert answer.status_code == 413


def test_one_process_is_restarted_and_nobody_notices(machine: Machine) -> None:
    staff = {"Authorization": f"Bearer {machine.token(machine.world.there.staff)}"}
    # By its port: the processes of the one command differ in nothing else.
    [first] = [
        child
        for child in psutil.Process(machine.up.process.pid).children()
        if any(argument.endswith(f":{machine.up.port}") for argument in child.cmdline())
    ]
    first.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + 6
    statuses = []
    while time.monotonic() < deadline:
        statuses.append(machine.get("/api/v1/requests", headers=staff).status_code)
        body = {**ASK, "place": f"Room {len(statuses)}"}
        made = machine.send("POST", "/api/v1/requests", json=body, headers=staff)
        statuses.append(made.status_code)
    assert set(statuses) == {200, 201}
    deadline = time.monotonic() + 30
    while "web.1        | -- ended with 0; started again" not in machine.up.log.read_text():
        assert time.monotonic() < deadline, machine.up.log.read_text()[-3000:]
        time.sleep(0.2)
    assert not first.is_running()
