"""How far the asking of each peer got: "no answer" and "cannot be reached" are two things."""

from typing import Any

import pytest

from notifications.channels.base import Channel, Outcome, Result
from notifications.channels.memory import MemoryChannel
from notifications.models import Kind
from server.wiring import Loops, Wired
from storage.clock import ManualClock
from tests.api import people
from tests.api.conftest import Api, problem
from tests.api.people import Person, World
from tests.api.test_devices import PHONE, turn
from tests.api.test_walk import ask, on_duty, step

DEAD = Outcome(Result.DEAD_ADDRESS, "UNREGISTERED")
REFUSED = Outcome(Result.MISCONFIGURED, "THIRD_PARTY_AUTH")
BUSY = Outcome(Result.BUSY, "UNAVAILABLE")


@pytest.fixture
def channels(phones: MemoryChannel) -> dict[Kind, Channel] | None:
    """The phones that the test listens to, and texts."""
    return {Kind.FCM: phones, Kind.SMS: MemoryChannel(Kind.SMS)}


@pytest.fixture
def world(wired: Wired) -> World:
    """Two networks with three peers each."""
    return people.build(wired.db, peers=3)


def equip(api: Api, *persons: Person) -> None:
    """A phone each, with their name as its address, and duty; the shift's quiet test is sent."""
    for person in persons:
        made = api.post("/devices", person, json=PHONE | {"address": person.name.replace(" ", "-")})
        assert made.status_code == 201, made.text
        on_duty(api, person)


def read(api: Api, world: World, request_id: str) -> dict[str, dict[str, Any]]:
    """The ladders by the peer's name."""
    answer = api.get(f"/requests/{request_id}/ladders", world.here.manager)
    assert answer.status_code == 200, answer.text
    return {one["peer"]["name"]: one for one in answer.get_json()["items"]}


def pushes(phones: MemoryChannel, person: Person) -> list[str]:
    """The ids of the deliveries of offers to this person, oldest first."""
    return [
        one.data["delivery_id"]
        for one in phones.sent
        if one.user_id == person.id and one.data["opens"] == "offer"
    ]


def test_a_ladder_goes_from_sent_to_answered(
    api: Api, world: World, loops: Loops, phones: MemoryChannel, clock: ManualClock
) -> None:
    peer, other, third = world.here.peers
    equip(api, peer, other, third)
    turn(loops)
    request = ask(api, world.here.staff)["id"]
    fresh = read(api, world, request)
    assert {one["standing"] for one in fresh.values()} == {"sending"}
    turn(loops)
    assert {one["standing"] for one in read(api, world, request).values()} == {"sent"}

    (push,) = pushes(phones, peer)
    api.post(f"/deliveries/{push}/receipt", peer, json={"event": "delivered"})
    shown = read(api, world, request)[peer.name]
    assert (shown["standing"], shown["problem"]) == ("on_phone", None)
    assert [rung["rung"] for rung in shown["rungs"]] == ["push", "push_again"]
    assert shown["rungs"][0]["state"] == "delivered"
    assert shown["rungs"][1]["due_at"] is not None, "a receipt stops no ladder"

    api.post(f"/deliveries/{push}/receipt", peer, json={"event": "opened"})
    assert read(api, world, request)[peer.name]["standing"] == "opened"
    clock.advance(21)
    turn(loops)
    assert len(pushes(phones, peer)) == 2, "opening an alert is not seeing the offer"

    (offer,) = api.get("/offers", peer).get_json()["items"]
    step(api, f"/offers/{offer['id']}/seen", peer)
    assert read(api, world, request)[peer.name]["standing"] == "seen"
    (declined,) = api.get("/offers", other).get_json()["items"]
    step(api, f"/offers/{declined['id']}/decline", other)
    step(api, f"/offers/{offer['id']}/accept", peer)
    last = read(api, world, request)
    assert last[peer.name]["standing"] == "said_yes"
    assert last[other.name]["standing"] == "said_no"
    assert last[third.name]["standing"] == "closed"


def test_no_answer_and_not_reached_are_two_things(
    api: Api, world: World, loops: Loops, phones: MemoryChannel
) -> None:
    silent, dead, refused = world.here.peers
    equip(api, silent, dead, refused)
    turn(loops)
    phones.script(dead.name.replace(" ", "-"), DEAD)
    phones.script(refused.name.replace(" ", "-"), BUSY)
    request = ask(api, world.here.staff)["id"]
    turn(loops)
    shown = read(api, world, request)
    assert (shown[silent.name]["standing"], shown[silent.name]["problem"]) == ("sent", None)
    assert (shown[dead.name]["standing"], shown[dead.name]["problem"]) == ("unreachable", "dead")
    assert shown[refused.name]["standing"] == "sending"
    assert shown[refused.name]["rungs"][0]["problem"] == "busy"


def test_who_has_no_device_says_so(
    api: Api, world: World, loops: Loops, clock: ManualClock
) -> None:
    peer = world.here.peers[0]
    on_duty(api, peer)
    clock.advance(95)
    request = ask(api, world.here.staff)["id"]
    turn(loops)
    shown = read(api, world, request)[peer.name]
    assert (shown["standing"], shown["problem"]) == ("unreachable", "no_device")


def test_ladders_carry_no_address_and_no_text(
    api: Api, world: World, loops: Loops, phones: MemoryChannel
) -> None:
    peer = world.here.peers[0]
    equip(api, peer)
    request = ask(api, world.here.staff)["id"]
    turn(loops)
    answer = api.get(f"/requests/{request}/ladders", world.here.manager)
    for private in (peer.name.replace(" ", "-"), phones.sent[-1].words.title, "Bay"):
        assert private not in answer.text
    for person in (world.here.supervisor, world.here.staff, peer, world.here.admin):
        problem(api.get(f"/requests/{request}/ladders", person), 403, "forbidden")
    problem(api.get(f"/requests/{request}/ladders", world.there.manager), 404, "not_found")
