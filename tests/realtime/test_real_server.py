"""One real process and real sockets: what the library does at its edges, held to our limits."""

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import websocket
from sqlalchemy import update

from dispatch.models import User
from server.realtime.websocket import MOST_INBOUND_BYTES
from storage.clock import SystemClock
from tests.api import people
from tests.api.people import World
from tests.harness.databases import SqliteBackend, assert_invariants, open_database
from tests.realtime.servers import Phone, Server

pytestmark = pytest.mark.process

ASK = {"modality": "in_person", "place": "Room 12", "language": "en", "consent": True}
ON_DUTY = {"on_duty": True, "modalities": ["in_person"]}


@pytest.fixture(scope="module")
def database_url(sqlite_backend: SqliteBackend) -> Iterator[str]:
    """One database for this module, whose server is started once."""
    url = sqlite_backend.fresh()
    yield url
    assert_invariants(url, SystemClock())
    sqlite_backend.discard(url)


@pytest.fixture(scope="module")
def world(database_url: str) -> World:
    """Two networks, in real time."""
    with open_database(database_url, SystemClock()) as database:
        return people.build(database)


@pytest.fixture(scope="module")
def server(
    world: World, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Everything in one process. Whatever the tests send it, it has nothing to complain of."""
    started = Server("run", tmp_path_factory.mktemp("server"), database_url)
    try:
        started.until_answering()
        yield started
        told = started.log.read_text()
        assert "Traceback" not in told
        assert '"level": "error"' not in told
    finally:
        started.kill()


@pytest.mark.parametrize(
    "transports", [None, ["polling"], ["websocket"]], ids=["upgrade", "polling", "websocket"]
)
def test_a_request_travels_over_real_sockets(
    server: Server, world: World, transports: list[str] | None
) -> None:
    here = world.here
    tokens = [server.token(one) for one in (here.staff, *here.peers)]
    nurse, first, second = (Phone(server.url, token, transports) for token in tokens)
    for token in tokens[1:]:
        server.call("PUT", "/duty", token, ON_DUTY)
    assert first.hears("duty")["on_duty"] is True
    request = server.call("POST", "/requests", tokens[0], ASK)
    followed = nurse.done("follow", {"request_id": request["id"]})
    offer = first.hears("offer")
    assert offer["request_id"] == request["id"]
    assert second.hears("offer")["id"] != offer["id"]
    assert first.done("seen", {"offer_id": offer["id"]})["offer"]["id"] == offer["id"]
    visit = server.call("POST", f"/offers/{offer['id']}/accept", tokens[1])["visit"]
    assert second.hears("offer_closed")["state"] == "superseded"
    assert first.hears("offer_closed")["state"] == "accepted"
    server.call("POST", f"/visits/{visit['id']}/depart", tokens[1])
    departed = nurse.hears("fact", lambda fact: fact["type"] == "visit_departed")
    seqs = [fact["seq"] for fact in nurse.heard("fact")] + [departed["seq"]]
    assert sorted(seqs) == list(range(followed["seq"] + 1, departed["seq"] + 1))
    server.call("POST", f"/requests/{request['id']}/cancel", tokens[0], {"reason": "left"})
    assert nurse.hears("fact", lambda fact: fact["type"] == "request_cancelled")
    for token in tokens[1:]:
        server.call("PUT", "/duty", token, {"on_duty": False})
    for phone in (nurse, first, second):
        phone.leave()


def test_who_is_refused_is_told_why(server: Server, world: World) -> None:
    for token in (None, "nonsense"):
        phone = Phone(server.url, token)
        assert not phone.is_in
        assert phone.refusal is not None
        assert phone.refusal["data"]["code"] == "not_signed_in"


def test_a_revoked_user_is_out_within_five_seconds(
    server: Server, world: World, database_url: str
) -> None:
    token = server.token(world.here.staff)
    phones = [Phone(server.url, token, ["websocket"]), Phone(server.url, token, ["polling"])]
    other = Phone(server.url, server.token(world.there.manager))
    server.call("DELETE", "/sessions/current", token)
    for phone in phones:
        phone.until_out(5.0)
    with open_database(database_url, SystemClock()) as database, database.transaction() as tx:
        tx.session.execute(
            update(User).where(User.id == world.there.manager.id).values(is_active=False)
        )
    assert other.is_in
    other.until_out(5.0)


PINGED_S, LET_GO_S = 30.0, 25.0


def said(connection: websocket.WebSocket) -> str:
    """The next packet of the server."""
    return str(connection.recv())


def opened(server: Server, *headers: str, origin: str | None = None) -> websocket.WebSocket:
    """A websocket at the Engine.IO level, its greeting read."""
    url = f"ws://127.0.0.1:{server.port}/socket.io/?EIO=4&transport=websocket"
    connection = websocket.create_connection(url, header=list(headers), origin=origin, timeout=10)
    assert said(connection).startswith("0{")
    return connection


def is_closed(connection: websocket.WebSocket, within_s: float = 5.0) -> bool:
    """Whether the server closes the connection."""
    connection.settimeout(within_s)
    try:
        while True:
            packet = said(connection)
            if packet == "2":
                connection.send("3")
            if packet in ("", "1"):
                return True
    except (websocket.WebSocketConnectionClosedException, ConnectionError):
        return True
    except websocket.WebSocketTimeoutException:
        return False


def test_compression_is_refused(server: Server) -> None:
    offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
    connection = opened(server, offer)
    assert "sec-websocket-extensions" not in {name.lower() for name in connection.headers}
    connection.send("40/live,{}")
    assert "not_signed_in" in said(connection)
    connection.close()


@pytest.mark.parametrize(
    "packet",
    [
        "4" + "x" * MOST_INBOUND_BYTES,
        "nonsense",
        "9",
        "bQUJD",
        "4" + "[" * 10_000,
        "42/live,[",
        "42/live,{}",
        "42/live,7",
        "42/live,[]",
        '4\N{SUPERSCRIPT TWO}["x"]',
        "451-/live,[]",
        "44/live,{}",
        "47",
        "4",
    ],
    ids=lambda packet: packet[:12],
)
def test_what_is_no_packet_ends_the_connection_or_says_nothing(
    server: Server, world: World, packet: str
) -> None:
    connection = opened(server)
    token = server.token(world.here.staff)
    connection.send("40/live," + json.dumps({"token": token}))
    assert said(connection).startswith("40/live,{")
    connection.send(packet)
    if not is_closed(connection, 0.5):
        connection.send('42/live,5["unfollow",{"request_id":"x"}]')
        assert said(connection) == '43/live,5[{"ok":true}]'
    assert requests.get(f"{server.url}/healthz", timeout=5).status_code == 200


def test_bytes_end_the_connection(server: Server) -> None:
    connection = opened(server)
    connection.send_binary(b"\x00\x01")
    assert is_closed(connection)


def test_a_large_post_is_refused(server: Server) -> None:
    url = f"{server.url}/socket.io/?EIO=4&transport=polling"
    greeting = requests.get(url, timeout=5).text
    sid = json.loads(greeting[1:])["sid"]
    answer = requests.post(f"{url}&sid={sid}", data="4" * (MOST_INBOUND_BYTES + 1), timeout=5)
    assert answer.status_code == 400


def test_other_namespaces_are_refused(server: Server, world: World) -> None:
    connection = opened(server)
    token = server.token(world.here.staff)
    for namespace in ("/", "/other"):
        where = "" if namespace == "/" else f"{namespace},"
        connection.send(f"40{where}" + json.dumps({"token": token}))
        assert said(connection).startswith(f"44{where}")
    connection.close()


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null"])
def test_a_page_of_another_origin_gets_no_socket(server: Server, origin: str) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        opened(server, origin=origin)
    assert refused.value.status_code == 400
    url = f"{server.url}/socket.io/?EIO=4&transport=polling"
    assert requests.get(url, headers={"Origin": origin}, timeout=5).status_code == 400


def test_a_page_of_ours_gets_one(server: Server) -> None:
    opened(server, origin=server.url).close()


@pytest.mark.parametrize(
    "lines",
    [
        ["Upgrade: websocket", "Connection: Upgrade"],
        ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: x"],
        [
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
            "Sec-WebSocket-Version: 7",
        ],
        ["Upgrade: websocket"],
        [],
    ],
)
def test_a_bad_handshake_is_a_bad_request(server: Server, lines: list[str]) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as raw:
        head = [
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
            f"Host: 127.0.0.1:{server.port}",
            *lines,
        ]
        raw.sendall(("\r\n".join(head) + "\r\n\r\n").encode())
        assert raw.recv(4096).split(b"\r\n")[0].split()[1] == b"400"


def test_a_flood_waits_in_its_own_socket_and_nobody_else_does(server: Server, world: World) -> None:
    quiet = Phone(server.url, server.token(world.here.manager), ["websocket"])
    connection = opened(server)
    token = server.token(world.here.staff)
    connection.send("40/live," + json.dumps({"token": token}))
    connection.recv()
    event = '42/live,5["follow",{"request_id":"x"}]'
    slowest = 0.0
    try:
        for _ in range(5_000):
            connection.send(event)
    except OSError:
        pass
    began = time.monotonic()
    assert quiet.done("follow_board", {})
    slowest = max(slowest, time.monotonic() - began)
    assert slowest < 5
    quiet.leave()


def test_who_never_enters_is_closed(server: Server) -> None:
    connection = opened(server)
    assert is_closed(connection, 20.0)


def test_who_answers_no_ping_is_let_go_and_who_does_stays(server: Server, world: World) -> None:
    """An interval and a time limit, as the greeting says: 25 and 20 s."""
    quiet, alive = opened(server), opened(server)
    token = server.token(world.here.staff)
    for connection in (quiet, alive):
        connection.send("40/live," + json.dumps({"token": token}))
        assert said(connection).startswith("40/live,{")
    connected_at = time.monotonic()
    alive.settimeout(PINGED_S)
    assert said(alive) == "2"
    alive.send("3")
    quiet.settimeout(PINGED_S)
    assert said(quiet) == "2"
    quiet.settimeout(LET_GO_S)
    with contextlib.suppress(websocket.WebSocketConnectionClosedException):
        assert said(quiet) in ("1", "")
    assert time.monotonic() - connected_at > PINGED_S
    alive.send('42/live,5["unfollow",{"request_id":"x"}]')
    assert '43/live,5[{"ok":true}]' in (said(alive), said(alive))
    alive.close()


def test_the_document_names_the_transports_that_work(server: Server) -> None:
    described: dict[str, Any] = requests.get(f"{server.url}/asyncapi.json", timeout=5).json()
    assert "polling, websocket" in described["servers"]["this"]["description"]
    assert described["servers"]["this"]["host"] == f"127.0.0.1:{server.port}"
