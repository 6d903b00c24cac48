"""The doctor beside a real database, a real Redis, a web process, and this machine."""

import os
import resource
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import redis
from sqlalchemy import text

from server.doctor import database, front, host, live
from server.doctor.finding import Finding, warning
from server.settings import Settings
from server.wiring import Wired, wire
from storage.clock import ManualClock, SystemClock
from storage.database import Database
from tests.harness.databases import PostgresBackend
from tests.harness.redis import RedisServer
from tests.harness.servers import ServerProcess

SAFE = {
    "alongside_env": "production",
    "secret_key": "kZ3v9QmT7xW1sB5nL8rC2yF6hJ4dG0pA",
    "push": "webpush",
}


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Any]:
    """Makes installations with these settings in production."""
    made: list[Wired] = []

    def begin(**values: object) -> Wired:
        told = {**SAFE, "alongside_data": tmp_path, "public_url": "https://a.example", **values}
        made.append(wire(Settings.model_validate(told)))
        return made[-1]

    yield begin
    for each in made:
        each.close()


def marks(findings: Iterator[Finding]) -> dict[str, str]:
    """What stands before each line, by name; the worst where there are several."""
    told: dict[str, str] = {}
    order = ["ok", "warn", "BAD"]
    for one in findings:
        mark = str(one).split()[0]
        told[one.name] = max(told.get(one.name, "ok"), mark, key=order.index)
    return told


def test_a_warning_is_seen_and_makes_nothing_fail() -> None:
    assert str(warning("files", "few")).startswith("warn files")
    assert str(Finding("files", False, "few")).startswith("BAD  files")
    assert not warning("files", "few").is_grave


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_database_is_looked_at_as_a_server(db: Database, database_url: str, town: Any) -> None:
    told = {one.name: one for one in database.examine(town(database_url=database_url))}
    assert told["database"].sentence.startswith("PostgreSQL 1")
    # The tests' own server does not force its log to the disk.
    assert "fsync is off" in told["durability"].sentence
    assert told["clock"].is_well
    assert "2 dispatchers may open 96 connections" in told["connections"].sentence
    many = town(database_url=database_url, database_pool_size=100)
    assert marks(database.examine(many))["connections"] == "warn"
    for late_s, mark in ((3, "warn"), (60, "BAD")):
        slow = wire(
            Settings.model_validate({**SAFE, "database_url": database_url}),
            ManualClock(SystemClock().now() + timedelta(seconds=late_s)),
        )
        assert marks(database.examine(slow))["clock"] == mark
        slow.close()
    with db.engine.begin() as connection:
        connection.execute(text("DROP TABLE heartbeats"))
    assert marks(database.dispatchers(many)) == {}
    gone = town(database_url="postgresql://postgres@127.0.0.1:9/none")
    assert marks(database.examine(gone)) == {"database": "BAD"}


def test_a_file_is_looked_at_for_room(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    here = town()
    for least, mark in ((10, "warn"), (20, "BAD")):
        monkeypatch.setattr(database, "ROOM_WARN_BYTES", 10**18)
        monkeypatch.setattr(database, "ROOM_BAD_BYTES", 10**18 if least == 20 else 0)
        assert marks(database.examine(here)) == {"disk": mark}
    monkeypatch.setattr(database, "ROOM_WARN_BYTES", 0)
    monkeypatch.setattr(database, "ROOM_BAD_BYTES", 0)
    assert marks(database.examine(here)) == {"disk": "ok"}


def test_redis_is_said_something_and_heard(town: Any, redis_server: RedisServer) -> None:
    here = town(redis_url=redis_server.url)
    assert marks(live.examine(here)) == {"redis": "ok"}
    with redis.Redis(port=redis_server.port) as client:
        client.config_set("maxmemory", "100mb")
        client.config_set("maxmemory-policy", "allkeys-lru")
        assert marks(live.examine(here)) == {"redis": "warn"}
        client.config_set("maxmemory-policy", "volatile-ttl")
        assert marks(live.examine(here)) == {"redis": "ok"}
    redis_server.stop()
    assert marks(live.examine(here)) == {"redis": "BAD"}
    assert marks(live.examine(town(web_concurrency=2))) == {"redis": "BAD"}
    assert marks(live.examine(town())) == {}


def test_open_files_and_backups(town: Any, tmp_path: Path) -> None:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert marks(host.examine(town(web_connections=soft)))["files"] == "warn"
    assert marks(host.examine(town(web_connections=1)))["files"] == "ok"
    assert marks(host.examine(town()))["backups"] == "warn"
    folder = tmp_path / "backups"
    folder.mkdir()
    here = town(backup_folder=folder)
    assert marks(host.examine(here))["backups"] == "BAD"
    made = folder / "alongside-20261126T030000Z.dump"
    made.write_bytes(b"")
    assert marks(host.examine(here))["backups"] == "BAD"
    made.write_bytes(b"something")
    assert marks(host.examine(here))["backups"] == "ok"
    old = SystemClock().now().timestamp() - 30 * 3600
    os.utime(made, (old, old))
    assert marks(host.examine(here))["backups"] == "BAD"


class Proxy(BaseHTTPRequestHandler):
    """A proxy that thinks it knows better."""

    headers_sent: tuple[tuple[str, str], ...] = ()

    def do_GET(self) -> None:
        """Answer, whatever was asked."""
        self.send_response(200)
        for name, value in self.headers_sent:
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.mark.process
def test_the_way_in_is_tried_from_outside(
    town: Any, tmp_path: Path, postgresql_backend: PostgresBackend
) -> None:
    url = postgresql_backend.fresh()
    safe = {name.upper(): value for name, value in SAFE.items()}
    web = ServerProcess(
        "web", tmp_path, DATABASE_URL=url, PUBLIC_URL="https://alongside.example", **safe
    )
    try:
        web.until_answering()
        here = town(public_url=web.url, proxy_hops=1)
        assert marks(front.examine(here)) == {"front": "ok", "sockets": "ok"}
        assert marks(front.examine(town(public_url=web.url)))["proxy"] == "warn"
        tls = town(public_url=web.url.replace("http:", "https:"), proxy_hops=1)
        assert marks(front.examine(tls)) == {"front": "BAD"}
        assert web.end() == 0
    finally:
        web.kill()
        postgresql_backend.discard(url)
    assert marks(front.examine(here)) == {"front": "warn"}

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        here = town(public_url=f"http://127.0.0.1:{server.server_port}", proxy_hops=1)
        assert marks(front.examine(here)) == {"front": "BAD", "sockets": "BAD"}
        strict = ("Strict-Transport-Security", "max-age=1")
        Proxy.headers_sent = (
            strict,
            ("X-Frame-Options", "DENY"),
            ("X-Frame-Options", "SAMEORIGIN"),
        )
        [doubled] = [one for one in front.examine(here) if one.name == "front"]
        assert "X-Frame-Options came twice" in doubled.sentence
    finally:
        server.shutdown()
        server.server_close()
