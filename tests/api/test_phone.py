"""A peer's phone: one answer with what it shows, the note after a visit, and how the peer is."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from notifications.models import Delivery
from server.wiring import Wired
from storage.clock import ManualClock
from tests.api.conftest import Api, problem
from tests.api.people import Person, World
from tests.api.test_walk import ask, on_duty, step


def phone(api: Api, peer: Person) -> dict[str, Any]:
    """What the phone shows now."""
    answer = api.get("/phone", peer)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def visited(api: Api, world: World, *verbs: str, **asked: Any) -> str:
    """A visit of the first peer, taken through these steps; its id."""
    peer = world.here.peers[0]
    on_duty(api, peer)
    ask(api, world.here.staff, **asked)
    [offer] = api.get("/offers", peer).get_json()["items"]
    visit: str = step(api, f"/offers/{offer['id']}/accept", peer)["visit"]["id"]
    for verb in verbs:
        step(api, f"/visits/{visit}/{verb}", peer)
    return visit


TO_THE_END = ("depart", "arrive", "start", "complete")


def test_the_phone_shows_the_offer_and_after_the_yes_the_room(api: Api, world: World) -> None:
    peer = world.here.peers[0]
    before = phone(api, peer)
    assert (before["offers"], before["case"], before["duty"]["on_duty"]) == ([], None, False)
    assert before["me"]["id"] == peer.id
    on_duty(api, peer)
    request = ask(api, world.here.staff)
    asked = phone(api, peer)
    [offer] = asked["offers"]
    assert offer["state"] == "open"
    assert request["place"] not in api.get("/phone", peer).text
    step(api, f"/offers/{offer['id']}/accept", peer)
    case = phone(api, peer)["case"]
    assert case["request"]["place"] == request["place"]
    assert (case["asked_by"], case["area"]) == (world.here.staff.name, "Near town")


def test_an_answered_offer_is_told_of_for_half_an_hour(
    api: Api, world: World, clock: ManualClock
) -> None:
    peer = world.here.peers[0]
    on_duty(api, peer)
    ask(api, world.here.staff)
    [offer] = phone(api, peer)["offers"]
    step(api, f"/offers/{offer['id']}/decline", peer, {"reason": "too_far"})
    assert [one["state"] for one in phone(api, peer)["offers"]] == ["declined"]
    clock.advance(31 * 60)
    api.sign_in(peer)
    assert phone(api, peer)["offers"] == []


def test_the_note_is_due_until_it_is_written_and_the_place_for_a_day(
    api: Api, world: World, clock: ManualClock
) -> None:
    peer = world.here.peers[0]
    visit = visited(api, world, *TO_THE_END)
    [due] = phone(api, peer)["notes_due"]
    assert (due["visit_id"], due["place"] is None) == (visit, False)
    clock.advance(25 * 3600)
    api.sign_in(peer)
    [due] = phone(api, peer)["notes_due"]
    assert due["place"] is None
    note = {"happened": ["talked", "talked"], "offered": ["naloxone"], "follow_up": True}
    written = step(api, f"/visits/{visit}/wrap_up", peer, note | {"follow_up_days": 7})
    assert (written["happened"], written["follow_up_days"]) == (["talked"], 7)
    assert phone(api, peer)["notes_due"] == []
    again = step(api, f"/visits/{visit}/wrap_up", peer, {"follow_up": False})
    assert (again["happened"], again["follow_up_days"]) == ([], None)


@pytest.mark.parametrize("verbs", [(), ("depart",), ("depart", "arrive", "start"), ("withdraw",)])
def test_there_is_no_note_of_a_visit_that_has_not_been(
    api: Api, world: World, verbs: tuple[str, ...]
) -> None:
    peer = world.here.peers[0]
    visit = visited(api, world, *(verb for verb in verbs if verb != "withdraw"))
    if "withdraw" in verbs:
        step(api, f"/visits/{visit}/withdraw", peer, {})
    problem(api.post(f"/visits/{visit}/wrap_up", peer, json={}), 409, "illegal_step")


def test_a_note_is_the_peers_own(api: Api, world: World) -> None:
    visit = visited(api, world, *TO_THE_END)
    for other in (world.here.peers[1], world.there.peers[0]):
        problem(api.post(f"/visits/{visit}/wrap_up", other, json={}), 404, "not_found")
        body = {"feeling": "heavy", "visit_id": visit}
        problem(api.post("/check_ins", other, json=body), 404, "not_found")


def test_how_a_peer_is_stays_with_them(api: Api, world: World) -> None:
    peer, other = world.here.peers
    visit = visited(api, world, *TO_THE_END)
    assert phone(api, peer)["check_in_due"]
    said = api.post("/check_ins", peer, json={"feeling": "heavy", "visit_id": visit})
    assert said.status_code == 201
    assert not phone(api, peer)["check_in_due"]
    assert [one["feeling"] for one in api.get("/check_ins", peer).get_json()["items"]] == ["heavy"]
    assert api.get("/check_ins", other).get_json()["items"] == []
    assert api.get("/care", world.here.supervisor).get_json()["items"] == []
    for nosy in (world.here.manager, world.here.admin, world.here.supervisor):
        problem(api.get("/check_ins", nosy), 403, "forbidden")


def test_lets_talk_reaches_the_supervisor_and_ends_when_they_talked(
    api: Api, world: World, wired: Wired, clock: ManualClock
) -> None:
    peer = world.here.peers[0]
    said = api.post("/check_ins", peer, json={"feeling": "talk"}).get_json()
    [waits] = api.get("/care", world.here.supervisor).get_json()["items"]
    assert (waits["id"], waits["peer"]) == (said["id"], {"id": peer.id, "name": peer.name})
    with wired.db.read() as tx:
        [ring] = tx.session.scalars(select(Delivery)).all()
        assert (ring.user_id, ring.key) == (world.here.supervisor.id, "supervisor")
        assert (ring.args, ring.offer_id, ring.request_id) == ({}, None, None)
    assert api.get("/care", world.there.supervisor).get_json()["items"] == []
    path = f"/care/{said['id']}/talked"
    problem(api.post(path, world.there.supervisor), 404, "not_found")
    first = step(api, path, world.here.supervisor)["talked_at"]
    clock.advance(60)
    assert step(api, path, world.here.supervisor)["talked_at"] == first
    assert api.get("/care", world.here.supervisor).get_json()["items"] == []
    [mine] = api.get("/check_ins", peer).get_json()["items"]
    assert mine["talked_at"] == first


def test_a_steady_day_is_nobody_elses_to_close(api: Api, world: World) -> None:
    said = api.post("/check_ins", world.here.peers[0], json={"feeling": "steady"}).get_json()
    path = f"/care/{said['id']}/talked"
    problem(api.post(path, world.here.supervisor), 404, "not_found")


def test_my_visits_say_when_and_not_where(api: Api, world: World, clock: ManualClock) -> None:
    peer = world.here.peers[0]
    visit = visited(api, world, *TO_THE_END)
    [mine] = api.get("/visits", peer).get_json()["items"]
    assert mine["id"] == visit
    assert set(mine) == {"id", "modality", "started_at", "ended_at"}
    assert api.get("/visits", world.here.peers[1]).get_json()["items"] == []
    later = (clock.now() + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    assert api.get(f"/visits?since={later}", peer).get_json()["items"] == []


def test_extra_private_is_the_peers_own_choice_and_holds_for_their_next_alert(
    api: Api, wired: Wired, world: World
) -> None:
    peer, other = world.here.peers[:2]
    assert phone(api, peer)["extra_private"] is False
    chosen = api.call("PUT", "/me/alerts", peer, json={"extra_private": True})
    assert (chosen.status_code, chosen.get_json()) == (200, {"extra_private": True})
    assert phone(api, peer)["extra_private"] is True
    for one in (peer, other):
        on_duty(api, one)
    ask(api, world.here.staff)
    with wired.db.read() as tx:
        offers = select(Delivery.user_id, Delivery.is_private).where(Delivery.offer_id.is_not(None))
        shows = {row.user_id: row.is_private for row in tx.session.execute(offers)}
    assert (shows[peer.id], shows[other.id]) == (True, False)
    back = api.call("PUT", "/me/alerts", peer, json={"extra_private": False})
    assert back.get_json() == {"extra_private": False}
    wrong = api.call("PUT", "/me/alerts", peer, json={"extra_private": "yes"})
    problem(wrong, 422, "invalid")
