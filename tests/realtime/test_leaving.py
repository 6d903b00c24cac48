"""Connections that the server ends: a client that does not read, and everybody when it stops."""

import json
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import websocket

from server.realtime import rooms
from server.realtime.fanout import Fanout
from server.realtime.leaving import MOST_UNREAD
from server.realtime.outlets import SocketOutlet
from tests.api.people import World
from tests.harness.redis import RedisServer
from tests.realtime.production import database_url, world
from tests.realtime.servers import Phone, Server
from tests.realtime.test_real_server import ASK, is_closed

__all__ = ["database_url", "world"]

pytestmark = pytest.mark.process

SOON_S = 60.0


@pytest.fixture
def server(
    world: World, database_url: str, redis_server: RedisServer, tmp_path: Path
) -> Iterator[Server]:
    """A web process as in production."""
    started = Server("web", tmp_path, database_url, REDIS_URL=redis_server.url)
    try:
        started.until_answering()
        yield started
        assert "Traceback" not in started.log.read_text()
    finally:
        started.kill()


def slow(server: Server, token: str) -> websocket.WebSocket:
    """A client whose network takes next to nothing, let in."""
    url = f"ws://127.0.0.1:{server.port}/socket.io/?EIO=4&transport=websocket"
    small = [(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)]
    connection = websocket.create_connection(url, timeout=10, sockopt=small)
    connection.recv()
    connection.send("40/live," + json.dumps({"token": token}))
    assert str(connection.recv()).startswith("40/live,{")
    return connection


def test_a_client_that_does_not_read_is_cut_and_nobody_else(
    server: Server, world: World, redis_server: RedisServer
) -> None:
    """Another process says more than one of two phones takes; the other hears all of it."""
    first = world.here.peers[0]
    token = server.token(first)
    reads = Phone(server.url, token, ["websocket"])
    deaf = slow(server, token)
    elsewhere = SocketOutlet(Fanout(redis_server.url, write_only=True))
    said = 2 * MOST_UNREAD
    for number in range(said):
        elsewhere.emit("resync", {"number": number, "more": "x" * 4000}, [rooms.peer(first.id)])
    reads.hears("resync", lambda told: told.get("number") == said - 1, within_s=SOON_S)
    counted = "alongside_slow_readers_total 1.0"
    deadline = time.monotonic() + SOON_S
    while counted not in requests.get(f"{server.url}/metrics", timeout=10).text:
        assert time.monotonic() < deadline, server.log.read_text()[-1500:]
        time.sleep(0.5)
        elsewhere.emit("resync", {"spread_s": 0}, [rooms.peer(first.id)])
    numbers = [told["number"] for told in reads.heard("resync") if "number" in told]
    assert numbers == [*range(said - 1)]
    assert is_closed(deaf, SOON_S)
    # Who was cut comes again, and is told as before.
    again = Phone(server.url, token, ["websocket"])
    server.call("PUT", "/duty", token, {"on_duty": True, "modalities": ["in_person"]})
    assert again.hears("duty")["on_duty"] is True
    for phone in (reads, again):
        phone.leave()


@pytest.mark.parametrize("arrives", [0, 10])
def test_a_call_of_which_only_a_part_arrives_changes_nothing_and_may_be_made_again(
    server: Server, world: World, arrives: int
) -> None:
    """As when a process stops between the head of a call and its body, and hears no more."""
    token, body = server.token(world.here.staff), json.dumps({**ASK, "place": "Room 9"})
    head = (
        "POST /api/v1/requests HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as call:
        call.sendall((head + body[:arrives]).encode())
        call.shutdown(socket.SHUT_WR)
        answer = call.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 503")
    assert b"Retry-After: 1" in answer
    assert b'"code": "cut_off"' in answer or b'"code":"cut_off"' in answer
    assert server.call("GET", "/requests", token)["items"] == []


def test_a_process_that_stops_hangs_up_on_everybody_and_finishes_calls(
    server: Server, world: World
) -> None:
    token = server.token(world.here.staff)
    phones = [Phone(server.url, token, ["websocket"]) for _ in range(20)]
    goodbye = slow(server, token)
    body = json.dumps({**ASK, "place": "Room 7"})
    head = (
        "POST /api/v1/requests HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as call:
        # A call whose second half comes after the stop was asked for.
        call.sendall((head + body[:10]).encode())
        time.sleep(0.3)
        server.process.send_signal(signal.SIGTERM)
        for phone in phones:
            phone.until_out(within_s=10)
        while (packet := goodbye.recv()) == "2":
            goodbye.send("3")
        assert packet == ""
        assert goodbye.sock is None or not goodbye.connected
        call.sendall(body[10:].encode())
        assert call.recv(4096).startswith(b"HTTP/1.1 201")
    assert server.process.wait(timeout=30) == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(server.url, timeout=1)
