""" "I don't feel safe" over HTTP: who may what, who reads the note, and what the phone knows."""

from typing import Any

import pytest

from notifications.channels.base import Channel
from notifications.channels.memory import MemoryChannel
from notifications.models import Kind
from server.wiring import Wired, make_loops
from storage.clock import ManualClock
from tests.api.conftest import Api, problem
from tests.api.people import Person, World
from tests.api.test_walk import ask, on_duty, step

NOTE = "Security walked him out; he is at home."
SECURITY = "+16145550177"


@pytest.fixture
def channels(phones: MemoryChannel) -> dict[Kind, Channel] | None:
    """The phones that the test listens to."""
    return {Kind.FCM: phones}


def begun(api: Api, world: World) -> tuple[str, str]:
    """A request with a visit, at a site whose security has a number."""
    peer = world.here.peers[0]
    changed = api.call(
        "PATCH",
        f"/sites/{world.here.site_id}",
        world.here.manager,
        json={"security_phone": SECURITY},
    )
    assert changed.get_json()["security_phone"] == SECURITY
    on_duty(api, peer)
    request = ask(api, world.here.staff)
    (offer,) = api.get("/offers", peer).get_json()["items"]
    visit = step(api, f"/offers/{offer['id']}/accept", peer)["visit"]
    return request["id"], visit["id"]


def call(api: Api, world: World, visit_id: str, **more: Any) -> dict[str, Any]:
    answer = api.post(f"/visits/{visit_id}/help", world.here.peers[0], **more)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.get_json()
    return body


def signed_in_again(api: Api, world: World) -> None:
    """After an hour every access token has expired."""
    for person in (world.here.peers[0], world.here.staff, world.here.manager):
        api.sign_in(person)


def close(api: Api, request_id: str, by: Person, note: str = NOTE) -> Any:
    return api.post(f"/requests/{request_id}/help/close", by, json={"note": note})


def test_from_the_press_to_the_note(api: Api, world: World) -> None:
    request_id, visit_id = begun(api, world)
    peer, supervisor = world.here.peers[0], world.here.supervisor
    safety = api.get("/phone", peer).get_json()["safety"]
    assert safety == {
        "visit_id": visit_id,
        "until": None,
        "security_phone": SECURITY,
        "desk_phone": "+16145550100",
        "call": None,
    }
    made = call(api, world, visit_id)
    assert made["help"]["peer"]["id"] == peer.id
    seen = api.get(f"/requests/{request_id}", world.here.staff).get_json()
    assert seen["help"] == made["help"]
    held = api.post(f"/requests/{request_id}/help/hold", supervisor)
    assert held.get_json()["help"]["held_by"]["id"] == supervisor.id
    called = api.get("/phone", peer).get_json()["safety"]["call"]
    assert called["held_by"] == {"id": supervisor.id, "name": supervisor.name}
    assert close(api, request_id, supervisor).get_json()["help"] is None
    assert api.get("/phone", peer).get_json()["safety"]["call"] is None


def test_the_note_is_read_by_those_who_manage_and_nowhere_else(
    api: Api, world: World, wired: Wired, phones: MemoryChannel, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = {"kind": "fcm", "address": "of-a-manager", "platform": "android"}
    api.post("/devices", world.here.manager, json=sent)
    request_id, visit_id = begun(api, world)
    call(api, world, visit_id)
    assert close(api, request_id, world.here.supervisor).status_code == 200
    made = make_loops(wired)
    for turns in made.turns.values():
        for each in turns:
            each.work()
    made.close()
    for person in (world.here.manager, world.here.supervisor, world.here.admin):
        told = api.get(f"/requests/{request_id}/help", person).get_json()
        assert [one["note"] for one in told["calls"]] == [NOTE]
        assert told["calls"][0]["closed_by"]["id"] == world.here.supervisor.id
    here = world.here
    for person, paths in (
        (here.staff, (f"/requests/{request_id}", f"/requests/{request_id}/facts", "/requests")),
        (here.peers[0], ("/phone", f"/requests/{request_id}", f"/requests/{request_id}/facts")),
        (here.manager, (f"/requests/{request_id}", f"/requests/{request_id}/facts", "/board")),
    ):
        for path in paths:
            answer = api.get(path, person)
            assert answer.status_code == 200
            assert "Security walked" not in answer.text
    assert "Security walked" not in str(phones.tried) + capsys.readouterr().out


def test_a_note_is_three_letters_to_five_hundred(api: Api, world: World) -> None:
    request_id, visit_id = begun(api, world)
    call(api, world, visit_id)
    for bad in ("ok", "x" * 501, ""):
        problem(close(api, request_id, world.here.manager, bad), 422, "invalid")
    assert close(api, request_id, world.here.manager, "x" * 500).status_code == 200


def test_the_numbers_are_for_those_who_manage_while_the_call_stands(api: Api, world: World) -> None:
    request_id, visit_id = begun(api, world)
    sent = {"kind": "voice", "address": "+16145550188", "platform": "phone"}
    assert api.post("/devices", world.here.peers[0], json=sent).status_code == 201
    path = f"/requests/{request_id}/help"
    assert api.get(path, world.here.supervisor).get_json()["peer_phone"] is None
    call(api, world, visit_id)
    told = api.get(path, world.here.supervisor).get_json()
    assert (told["peer_phone"], told["security_phone"]) == ("+16145550188", SECURITY)
    assert "+16145550188" not in api.get(f"/requests/{request_id}", world.here.staff).text


def test_the_press_of_a_phone_without_signal_arrives_later_and_once(
    api: Api, world: World, clock: ManualClock
) -> None:
    request_id, visit_id = begun(api, world)
    key = {"Idempotency-Key": "pressed-in-the-lift"}
    api.post(f"/visits/{visit_id}/withdraw", world.here.peers[0], json={})
    clock.advance(3600)
    signed_in_again(api, world)
    first = call(api, world, visit_id, headers=key)
    assert call(api, world, visit_id, headers=key) == first
    facts = api.get(f"/requests/{request_id}/facts", world.here.staff).get_json()["items"]
    assert [fact["type"] for fact in facts].count("help_called") == 1
    safety = api.get("/phone", world.here.peers[0]).get_json()["safety"]
    assert safety["call"]["id"] == first["help"]["id"]
    assert safety["until"] is not None
    assert close(api, request_id, world.here.manager).status_code == 200
    clock.advance(3601)
    signed_in_again(api, world)
    problem(api.post(f"/visits/{visit_id}/help", world.here.peers[0]), 409, "illegal_step")
    assert api.get("/phone", world.here.peers[0]).get_json()["safety"] is None


def test_the_board_counts_it_and_keeps_it(api: Api, world: World, clock: ManualClock) -> None:
    request_id, visit_id = begun(api, world)
    call(api, world, visit_id)
    api.post(f"/requests/{request_id}/cancel", world.here.staff, json={"reason": "over"})
    clock.advance(7200)
    board = api.get("/board", world.here.supervisor).get_json()
    assert [row["id"] for row in board["requests"]] == [request_id]
    assert board["numbers"]["alarms"] == 1


def test_the_number_of_security_is_kept_and_taken_away(api: Api, world: World) -> None:
    path = f"/sites/{world.here.site_id}"
    admin = world.here.admin
    assert api.get(path, admin).get_json()["security_phone"] is None
    for value in (SECURITY, None):
        changed = api.call("PATCH", path, admin, json={"security_phone": value})
        assert changed.get_json()["security_phone"] == value
    problem(api.call("PATCH", path, admin, json={"security_phone": "call us"}), 422, "invalid")
