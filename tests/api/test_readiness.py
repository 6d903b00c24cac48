"""Will my phone ring? What a phone says back, and what becomes of an address that is gone."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from dispatch.models import Duty
from notifications.channels.base import Channel, Outcome, Result
from notifications.channels.memory import MemoryChannel
from notifications.messages import Tone
from notifications.models import Delivery, Kind
from server.wiring import Loops, Wired
from storage.clock import ManualClock
from tests.api.conftest import Api, problem
from tests.api.people import Person, World
from tests.api.test_devices import PHONE, turn
from tests.api.test_walk import ask, on_duty


@pytest.fixture
def channels(phones: MemoryChannel) -> dict[Kind, Channel] | None:
    """The phones that the test listens to."""
    return {Kind.FCM: phones}


def ready(api: Api, person: Person) -> dict[str, Any]:
    """What somebody is told of their phone."""
    body: dict[str, Any] = api.get("/readiness", person).get_json()
    return body


def register(api: Api, person: Person, address: str = "one") -> str:
    """Register a phone; its id."""
    answer = api.post("/devices", person, json=PHONE | {"address": address})
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["id"])


def close_app(wired: Wired, person: Person) -> None:
    """Nothing was heard of this peer's app for an hour."""
    with wired.db.transaction() as tx:
        gone = {"contact_at": tx.now - timedelta(hours=1)}
        tx.session.execute(update(Duty).where(Duty.peer_id == person.id).values(gone))


def is_reachable(api: Api, world: World, person: Person) -> bool:
    """Whether the manager's list says so."""
    answer = api.get(f"/peers/{person.id}", world.here.manager).get_json()
    return bool(answer["is_reachable"])


def test_readiness_names_the_devices_and_never_an_address(api: Api, world: World) -> None:
    peer = world.here.peers[0]
    assert ready(api, peer) == {"reachable": False, "devices": [], "problems": ["no_device"]}
    device_id = register(api, peer, "a-secret-token")
    told = ready(api, peer)
    assert told["reachable"]
    assert told["problems"] == []
    (device,) = told["devices"]
    assert (device["id"], device["kind"], device["state"]) == (device_id, "fcm", "active")
    assert "a-secret-token" not in str(told)
    assert api.get("/phone", peer).get_json()["readiness"] == told


def test_an_open_app_is_reached_without_any_device(api: Api, world: World, wired: Wired) -> None:
    peer = world.here.peers[0]
    on_duty(api, peer)
    assert ready(api, peer)["reachable"]
    close_app(wired, peer)
    assert not ready(api, peer)["reachable"]


def test_a_test_must_be_answered(
    api: Api, world: World, wired: Wired, loops: Loops, clock: ManualClock, phones: MemoryChannel
) -> None:
    peer = world.here.peers[0]
    device_id = register(api, peer)
    sent = api.post(f"/devices/{device_id}/test", peer).get_json()
    turn(loops)
    assert phones.sent[0].data["delivery_id"] == sent["delivery_id"]
    clock.advance(121)
    assert ready(api, peer)["problems"] == ["test_unanswered"]
    path = f"/deliveries/{sent['delivery_id']}/receipt"
    assert api.post(path, peer, json={"event": "delivered"}).status_code == 204
    told = ready(api, peer)
    assert told["problems"] == []
    assert told["devices"][0]["heard_at"] is not None
    for event in ("opened", "opened", "delivered"):
        clock.advance(1)
        assert api.post(path, peer, json={"event": event}).status_code == 204
    with wired.db.read() as tx:
        row = tx.session.get_one(Delivery, sent["delivery_id"])
        assert row.delivered_at is not None
        assert row.opened_at is not None
        assert (row.opened_at - row.delivered_at).total_seconds() == 1


def test_only_ones_own_delivery_can_be_acknowledged(api: Api, world: World) -> None:
    peer, other = world.here.peers
    sent = api.post(f"/devices/{register(api, peer)}/test", peer).get_json()
    path = f"/deliveries/{sent['delivery_id']}/receipt"
    problem(api.post(path, other, json={"event": "opened"}), 404, "not_found")
    problem(api.post(path, world.here.manager, json={"event": "opened"}), 404, "not_found")
    problem(api.post(path, peer, json={"event": "read"}), 422, "invalid")


def test_a_blocked_phone_is_as_a_dead_one(
    api: Api, world: World, wired: Wired, loops: Loops, clock: ManualClock
) -> None:
    peer, other = world.here.peers
    device_id = register(api, peer)
    register(api, other, "two")
    on_duty(api, peer)
    on_duty(api, other)
    request = ask(api, world.here.staff)
    close_app(wired, peer)
    problem(api.post(f"/devices/{device_id}/blocked", other), 404, "not_found")
    assert api.post(f"/devices/{device_id}/blocked", peer).status_code == 204
    assert not is_reachable(api, world, peer)
    facts = api.get(f"/requests/{request['id']}/facts", world.here.manager).get_json()["items"]
    assert [fact["type"] for fact in facts].count("offer_unreachable") == 1
    told = ready(api, peer)
    assert (told["reachable"], told["problems"]) == (False, ["blocked"])
    assert told["devices"][0]["state"] == "disabled"
    problem(api.post(f"/devices/{device_id}/blocked", peer), 404, "not_found")
    clock.advance(1)
    register(api, peer)
    assert is_reachable(api, world, peer)
    assert ready(api, peer)["problems"] == []


def test_a_phone_that_says_it_is_blocked_in_an_open_app_is_reached_there(
    api: Api, world: World
) -> None:
    peer = world.here.peers[0]
    device_id = register(api, peer)
    on_duty(api, peer)
    api.post(f"/devices/{device_id}/blocked", peer)
    assert is_reachable(api, world, peer)


def test_who_loses_their_last_phone_to_another_is_not_reachable(
    api: Api, world: World, wired: Wired
) -> None:
    peer, other = world.here.peers
    register(api, peer, "shared")
    register(api, other, "elsewhere")
    on_duty(api, peer)
    on_duty(api, other)
    close_app(wired, peer)
    close_app(wired, other)
    register(api, other, "shared")
    assert not is_reachable(api, world, peer)
    assert is_reachable(api, world, other)
    assert ready(api, peer)["problems"] == ["moved"]


def test_one_phone_of_two_is_enough(api: Api, world: World, wired: Wired) -> None:
    peer = world.here.peers[0]
    first, _ = register(api, peer, "one"), register(api, peer, "two")
    on_duty(api, peer)
    close_app(wired, peer)
    api.call("DELETE", f"/devices/{first}", peer)
    assert is_reachable(api, world, peer)


def test_a_mailbox_makes_no_peer_reachable(api: Api, world: World, wired: Wired) -> None:
    peer = world.here.peers[0]
    device_id = register(api, peer)
    on_duty(api, peer)
    close_app(wired, peer)
    api.call("DELETE", f"/devices/{device_id}", peer)
    mailbox = {"kind": "email", "address": "marcus@peers.example", "platform": "mail"}
    assert api.post("/devices", peer, json=mailbox).status_code == 201
    assert not is_reachable(api, world, peer)


def test_a_dead_phone_says_so(
    api: Api, world: World, wired: Wired, loops: Loops, phones: MemoryChannel
) -> None:
    peer = world.here.peers[0]
    phones.script("one", Outcome(Result.DEAD_ADDRESS, "UNREGISTERED"))
    register(api, peer)
    on_duty(api, peer)
    ask(api, world.here.staff)
    turn(loops)
    close_app(wired, peer)
    told = ready(api, peer)
    assert (told["reachable"], told["problems"]) == (False, ["dead"])


def test_a_shift_begins_with_a_quiet_test_and_says_what_is_wrong(
    api: Api, world: World, loops: Loops, phones: MemoryChannel, clock: ManualClock
) -> None:
    peer = world.here.peers[0]
    register(api, peer)
    sent = {"on_duty": True, "modalities": ["video"], "until": None}
    assert api.call("PUT", "/duty", peer, json=sent).status_code == 200
    assert ready(api, peer)["reachable"]
    turn(loops)
    (test,) = phones.sent
    assert test.words.tone is Tone.QUIET
    clock.advance(121)
    assert ready(api, peer)["problems"] == ["test_unanswered"]
    path = f"/deliveries/{test.data['delivery_id']}/receipt"
    assert api.post(path, peer, json={"event": "delivered"}).status_code == 204
    assert ready(api, peer)["problems"] == []


def test_managers_see_who_cannot_be_reached_and_why(
    api: Api, world: World, wired: Wired, loops: Loops, clock: ManualClock
) -> None:
    peer, other = world.here.peers
    device_id = register(api, peer)
    register(api, other, "two")
    on_duty(api, peer)
    on_duty(api, other)
    api.post(f"/devices/{device_id}/blocked", peer)
    clock.advance(90)
    turn(loops)
    shown = api.get(f"/peers/{peer.id}", world.here.manager).get_json()
    assert shown["is_reachable"] is False
    assert shown["reach"] == {"reachable": False, "problems": ["blocked"]}
    board = api.get("/board", world.here.manager).get_json()
    assert board["numbers"]["peers_available"] == 1
    assert {one["id"]: one["is_reachable"] for one in board["peers"]} == {
        peer.id: False,
        other.id: True,
    }
    ways = api.get("/reach?language=en", world.here.staff).get_json()["ways"]
    assert {way["modality"]: way["peers"] for way in ways}["video"] == 1
    made = ask(api, world.here.staff)
    turn(loops)
    shown = api.get(f"/requests/{made['id']}", world.here.staff).get_json()
    assert (shown["asked"], shown["eligible"]) == (1, 1)
    going = api.get(f"/requests/{made['id']}/candidates", world.here.manager).get_json()["items"]
    assert {one["peer"]["id"]: one["reason"] for one in going}[peer.id] == "unreachable"


def test_a_page_without_a_socket_is_heard_of_when_it_asks(
    api: Api, world: World, loops: Loops, clock: ManualClock
) -> None:
    peer = world.here.peers[0]
    on_duty(api, peer)
    for _ in range(6):
        clock.advance(40)
        assert api.get("/phone", peer).status_code == 200
        turn(loops)
        assert is_reachable(api, world, peer)
    clock.advance(90)
    turn(loops)
    assert not is_reachable(api, world, peer)
    told = api.get("/phone", peer).get_json()
    assert told["readiness"]["problems"] == ["no_device"]
    assert is_reachable(api, world, peer), "and is back when they open it"


def test_an_app_off_duty_leaves_no_trace(api: Api, world: World, wired: Wired) -> None:
    peer = world.here.peers[0]
    assert api.get("/phone", peer).status_code == 200
    with wired.db.read() as tx:
        assert tx.session.get(Duty, peer.id) is None
