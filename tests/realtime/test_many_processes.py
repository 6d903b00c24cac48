"""Two web processes and a dispatcher over Redis, and Redis going away in the middle."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
import requests
from sqlalchemy import update

from dispatch.models import SupportRequest
from storage.clock import SystemClock
from tests.api import people
from tests.api.people import World
from tests.harness.databases import PostgresBackend, assert_invariants, open_database
from tests.harness.redis import RedisServer
from tests.realtime.servers import Json, Phone, Server
from tests.realtime.sockets import brought_up_to_date
from tests.realtime.test_real_server import ASK, ON_DUTY

pytestmark = pytest.mark.process

BACK_S = 20.0
"""How soon after Redis is back announcements are heard everywhere."""


@dataclass
class Site:
    """What runs, and who is there."""

    one: Server
    two: Server
    dispatcher: Server
    world: World
    database_url: str

    def hurry(self, request_id: str) -> None:
        """Let the first waves of a request be long past, so that the dispatcher acts now."""
        with (
            open_database(self.database_url, SystemClock()) as database,
            database.transaction() as tx,
        ):
            tx.session.execute(
                update(SupportRequest)
                .where(SupportRequest.id == request_id)
                .values(
                    search_started_at=tx.now - timedelta(seconds=100),
                    next_action_at=tx.now,
                )
            )


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """The Redis of this module, whose processes are started once."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def site(
    postgresql_backend: PostgresBackend,
    redis_server: RedisServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """Two web processes and a dispatcher on one PostgreSQL and one Redis."""
    database_url = postgresql_backend.fresh()
    with open_database(database_url, SystemClock()) as database:
        world = people.build(database)
    folder = tmp_path_factory.mktemp("servers")
    environment = {"REDIS_URL": redis_server.url, "PUBLIC_URL": "http://127.0.0.1"}
    one, two, dispatcher = (
        Server(command, folder, database_url, **environment)
        for command in ("web", "web", "dispatcher")
    )
    try:
        for server in (one, two):
            server.until_answering()
        yield Site(one, two, dispatcher, world, database_url)
    finally:
        for server in (one, two, dispatcher):
            server.kill()
    assert_invariants(database_url, SystemClock())
    postgresql_backend.discard(database_url)


def facts(server: Server, request_id: str, token: str, after: int) -> list[Json]:
    """The facts of a request over HTTP."""
    path = f"/requests/{request_id}/facts?after={after}"
    items: list[Json] = server.call("GET", path, token)["items"]
    return items


def test_what_one_process_does_is_heard_in_the_others(site: Site) -> None:
    here = site.world.here
    staff, manager, first, second = (
        site.one.token(one) for one in (here.staff, here.manager, *here.peers)
    )
    nurse = Phone(site.one.url, staff, ["websocket"])
    board = Phone(site.two.url, manager, ["websocket"])
    phone, late = Phone(site.two.url, first, ["websocket"]), Phone(site.one.url, second)
    assert not late.is_in, "a client that begins with polling would land on the wrong process"
    late = Phone(site.one.url, second, ["websocket"])
    for each in (nurse, board, phone, late):
        assert each.is_in
    board.done("follow_board", {})
    site.one.call("PUT", "/duty", first, ON_DUTY)
    assert phone.hears("duty")["on_duty"] is True
    assert board.hears("board", lambda told: bool(told["peers"]))
    request = site.one.call("POST", "/requests", staff, ASK)
    request_id = request["id"]
    snapshot = nurse.done("follow", {"request_id": request_id})["snapshot"]
    assert phone.hears("offer")["request_id"] == request_id
    assert board.hears("board", lambda told: any(row["id"] == request_id for row in told["rows"]))

    # A wave of the dispatcher, which has no sockets of its own, reaches them all the same.
    site.one.call("PUT", "/duty", second, ON_DUTY)
    site.hurry(request_id)
    offer = late.hears("offer", within_s=10)
    visit = site.one.call("POST", f"/offers/{offer['id']}/accept", second)["visit"]
    assert phone.hears("offer_closed")["state"] == "superseded"

    # The visitor follows in one process; the visit is ended in the other.
    late.done("follow", {"request_id": request_id})
    site.two.call("POST", f"/visits/{visit['id']}/withdraw", staff)
    assert late.hears("fact", lambda fact: fact["type"] == "visit_withdrawn")
    assert nurse.hears("fact", lambda fact: fact["type"] == "visit_withdrawn")["seq"]
    site.two.call("POST", f"/requests/{request_id}/cancel", staff, {"reason": "left"})
    last = nurse.hears("fact", lambda fact: fact["type"] == "request_cancelled")
    late.say("unfollow", {"request_id": "x"})
    assert "request_cancelled" not in [fact["type"] for fact in late.heard("fact")]
    missed = facts(site.two, request_id, staff, snapshot["seq"])
    assert brought_up_to_date(snapshot, missed)["seq"] == last["seq"]
    assert brought_up_to_date(snapshot, missed) == site.one.call(
        "GET", f"/requests/{request_id}", staff
    )


def test_two_sides_of_a_room_meet_across_processes(site: Site) -> None:
    here = site.world.here
    staff, first = site.one.token(here.staff), site.one.token(here.peers[0])
    site.one.call("PUT", "/duty", first, {"on_duty": True, "modalities": ["video"]})
    request = site.one.call("POST", "/requests", staff, ASK | {"modality": "video"})
    offer = next(
        one
        for one in site.one.call("GET", "/offers", first)["items"]
        if one["request_id"] == request["id"]
    )
    visit_id = site.one.call("POST", f"/offers/{offer['id']}/accept", first)["visit"]["id"]
    token = site.two.call("POST", f"/visits/{visit_id}/link", staff)["link"].rsplit("/", 1)[1]
    opened = requests.get(f"{site.one.url}/join/{token}", timeout=10)
    phone = Phone(site.one.url, first, ["websocket"])
    cookie = opened.cookies["alongside_guest"]
    bed = Phone(site.two.url, None, ["websocket"], guest_cookie=cookie)
    assert bed.is_in
    tabs = {"peer": "peer-page", "guest": "guest-page"}
    for side, socket in (("peer", phone), ("guest", bed)):
        socket.done("room_join", {"visit_id": visit_id, "tab": tabs[side]})
    said = {"visit_id": visit_id, "tab": tabs["peer"], "to": tabs["guest"]}
    phone.done("signal", said | {"data": {"candidate": {"candidate": "x"}}})
    assert bed.hears("signal")["sender"] == tabs["peer"]
    for side, socket in (("peer", phone), ("guest", bed)):
        state = {"visit_id": visit_id, "tab": tabs[side], "camera": False, "muted": False}
        socket.done("room_state", state | {"state": "connected"})
    assert phone.hears("room", lambda room: room["state"] == "in_session")
    assert bed.hears("room", lambda room: room["state"] == "in_session")
    # Revoked in one process, out of the other within seconds.
    site.one.call("DELETE", f"/visits/{visit_id}/link", staff)
    assert bed.until_out(within_s=5) < 5
    site.one.call("POST", f"/visits/{visit_id}/complete", first)
    assert phone.hears("room", lambda room: room["is_over"])


def test_redis_gone_costs_announcements_and_nothing_else(
    site: Site, redis_server: RedisServer
) -> None:
    here = site.world.there
    staff, first = site.one.token(here.staff), site.two.token(here.peers[0])
    nurse = Phone(site.two.url, staff, ["websocket"])
    phone = Phone(site.one.url, first, ["websocket"])
    site.one.call("PUT", "/duty", first, ON_DUTY)
    request = site.one.call("POST", "/requests", staff, ASK)
    snapshot = nurse.done("follow", {"request_id": request["id"]})["snapshot"]

    redis_server.stop()
    slowest = 0.0
    began = time.monotonic()
    offer = site.one.call("GET", "/offers", first)["items"][0]
    visit = site.one.call("POST", f"/offers/{offer['id']}/accept", first)["visit"]
    # Who is connected to the process that did it hears of it as ever.
    assert phone.hears("offer_closed")["state"] == "accepted"
    for step in ("depart", "arrive"):
        step_began = time.monotonic()
        site.one.call("POST", f"/visits/{visit['id']}/{step}", first)
        slowest = max(slowest, time.monotonic() - step_began)
    assert slowest < 2.0
    assert time.monotonic() - began < 8.0
    assert nurse.heard("fact") == []
    missed = facts(site.two, request["id"], staff, snapshot["seq"])
    caught_up = brought_up_to_date(snapshot, missed)
    assert caught_up == site.two.call("GET", f"/requests/{request['id']}", staff)
    assert caught_up["state"] == "arrived"
    assert requests.get(f"{site.two.url}/healthz", timeout=2).status_code == 200

    redis_server.start()
    # Whoever may have missed something is told to look again, and then hears as before.
    assert nurse.hears("resync", within_s=BACK_S)["spread_s"] > 0
    manager = site.one.token(here.manager)
    deadline = time.monotonic() + BACK_S
    while not nurse.heard("fact"):
        assert time.monotonic() < deadline, "nothing is heard of the other process"
        site.one.call("POST", f"/requests/{request['id']}/claim", manager)
        time.sleep(0.2)
    assert nurse.heard("fact")[0]["type"] == "request_claimed"


def test_a_client_that_comes_while_redis_is_away(site: Site, redis_server: RedisServer) -> None:
    redis_server.stop()
    here = site.world.here
    staff = site.one.token(here.staff)
    nurse = Phone(site.one.url, staff, ["websocket"])
    request = site.one.call("POST", "/requests", staff, ASK)
    nurse.done("follow", {"request_id": request["id"]})
    site.one.call("POST", f"/requests/{request['id']}/cancel", staff, {"reason": "left"})
    assert nurse.hears("fact", lambda fact: fact["type"] == "request_cancelled")
    redis_server.start()
    assert nurse.hears("resync", within_s=BACK_S)


def test_what_is_written_at_one_process_is_read_at_the_other(site: Site) -> None:
    here = site.world.here
    staff, first, second = (site.one.token(one) for one in (here.staff, *here.peers))
    for token in (first, second):
        site.one.call("PUT", "/duty", token, ON_DUTY)
    request_id = site.one.call("POST", "/requests", staff, ASK)["id"]
    nurse = Phone(site.one.url, staff, ["websocket"])
    nurse.done("follow", {"request_id": request_id})
    offer_id, token = next(
        (one["id"], token)
        for token in (first, second)
        for one in site.two.call("GET", "/offers", token)["items"]
        if one["request_id"] == request_id
    )
    visit_id = site.two.call("POST", f"/offers/{offer_id}/accept", token, {})["visit"]["id"]
    path = f"/visits/{visit_id}/talk"
    for number, (server, who) in enumerate([(site.two, token), (site.one, staff)] * 3):
        body = {"id": f"message-{number}", "text": f"text {number}"}
        # Sent to both processes, as after an answer that was lost: it is one message.
        said = [one.call("POST", path, who, body) for one in (server, site.one, site.two)]
        assert [one["seq"] for one in said] == [number + 1] * 3
    assert nurse.hears("talk", lambda told: told["seq"] == 6)
    read = [
        one.call("GET", path, who)["items"] for one, who in ((site.one, token), (site.two, staff))
    ]
    assert read[0] == read[1]
    assert [one["text"] for one in read[0]] == [f"text {number}" for number in range(6)]
    site.one.call("POST", f"/requests/{request_id}/cancel", staff, {"reason": "other"})
