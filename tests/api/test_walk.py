"""The path of one request over HTTP, and the refusals along it."""

from datetime import timedelta
from typing import Any

import pytest

from dispatch import engine
from server.wiring import Wired
from storage.clock import ManualClock
from tests.api.conftest import Api, problem
from tests.api.people import Person, World

ASK: dict[str, Any] = {
    "modality": "in_person",
    "place": "Room 12",
    "language": "en",
    "focus": "overdose",
    "preferences": ["a woman"],
    "consent": True,
    "note": "Prefers to sit outside",
}
EVERY_WAY = ["in_person", "video", "phone", "chat"]


def on_duty(api: Api, peer: Person, modalities: list[str] = EVERY_WAY) -> None:
    answer = api.call("PUT", "/duty", peer, json={"on_duty": True, "modalities": modalities})
    assert answer.status_code == 200, answer.text
    assert answer.get_json()["on_duty"] is True


def ask(api: Api, by: Person, **changes: Any) -> dict[str, Any]:
    answer = api.post("/requests", by, json=ASK | changes)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.get_json()
    return body


def step(api: Api, path: str, by: Person, body: Any = None) -> dict[str, Any]:
    answer = api.post(path, by, json=body) if body is not None else api.post(path, by)
    assert answer.status_code == 200, answer.text
    shape: dict[str, Any] = answer.get_json()
    return shape


def test_a_request_is_asked_accepted_travelled_and_completed(
    api: Api, world: World, clock: ManualClock
) -> None:
    here = world.here
    first, second = here.peers
    on_duty(api, first)
    on_duty(api, second)
    request = ask(api, here.staff)
    assert request["state"] == "searching"
    assert request["asked"] == 2
    assert request["site"]["id"] == here.site_id

    # Before the yes a peer sees the area, never the room or the note.
    (offer,) = api.get("/offers", first).get_json()["items"]
    assert "place" not in offer
    assert "note" not in offer
    assert set(offer["site"]) == {"name", "area"}
    problem(api.get(f"/requests/{request['id']}", first), 404, "not_found")

    step(api, f"/offers/{offer['id']}/seen", first)
    accepted = step(api, f"/offers/{offer['id']}/accept", first)
    visit = accepted["visit"]
    assert accepted["state"] == "accepted"
    assert visit["peer"]["id"] == first.id
    shown = api.get(f"/requests/{request['id']}", first).get_json()
    assert (shown["place"], shown["note"]) == ("Room 12", "Prefers to sit outside")

    # Who was asked too is told that it is taken.
    assert api.get("/offers", second).get_json()["items"] == []

    clock.advance(60)
    assert step(api, f"/visits/{visit['id']}/depart", first)["state"] == "en_route"
    position = {
        "latitude": 39.985,
        "longitude": -82.99,
        "accuracy_m": 12,
        "recorded_at": clock.now().isoformat(),
    }
    taken = api.post("/positions", first, json=position)
    assert (taken.status_code, taken.get_json()) == (202, {"used": "used"})
    seen = api.get(f"/requests/{request['id']}", here.staff).get_json()
    assert seen["visit"]["position"]["latitude"] == 39.985
    clock.advance(600)
    assert step(api, f"/visits/{visit['id']}/arrive", here.staff)["state"] == "arrived"
    assert step(api, f"/visits/{visit['id']}/start", first)["state"] == "in_session"
    clock.advance(120)
    assert step(api, f"/visits/{visit['id']}/complete", first)["state"] == "completed"

    story = api.get(f"/requests/{request['id']}/facts?after=0", here.manager).get_json()
    assert [fact["seq"] for fact in story["items"]] == list(range(1, story["seq"] + 1))
    types = [fact["type"] for fact in story["items"]]
    assert types[0] == "request_created"
    assert types[-4:] == ["visit_departed", "visit_arrived", "visit_started", "visit_completed"]
    later = api.get(f"/requests/{request['id']}/facts?after={story['seq'] - 1}", here.staff)
    assert [fact["seq"] for fact in later.get_json()["items"]] == [story["seq"]]


def test_an_offer_is_taken_once(api: Api, world: World) -> None:
    first, second = world.here.peers
    on_duty(api, first)
    on_duty(api, second)
    request = ask(api, world.here.staff)
    (mine,) = api.get("/offers", first).get_json()["items"]
    (theirs,) = api.get("/offers", second).get_json()["items"]
    step(api, f"/offers/{theirs['id']}/decline", second, {"reason": "asleep"})
    step(api, f"/offers/{mine['id']}/accept", first)
    problem(api.post(f"/offers/{theirs['id']}/accept", second), 409, "already_taken")
    cancelled = step(
        api, f"/requests/{request['id']}/cancel", world.here.staff, {"reason": "went home"}
    )
    assert cancelled["state"] == "cancelled"
    problem(api.post(f"/offers/{mine['id']}/accept", first), 410, "offer_closed")


def test_a_cancelled_search_closes_its_offers(api: Api, world: World) -> None:
    peer = world.here.peers[0]
    on_duty(api, peer)
    request = ask(api, world.here.staff)
    (offer,) = api.get("/offers", peer).get_json()["items"]
    step(api, f"/requests/{request['id']}/cancel", world.here.staff, {"reason": "mistake"})
    problem(api.post(f"/offers/{offer['id']}/accept", peer), 410, "offer_closed")
    again = api.post(
        f"/requests/{request['id']}/cancel", world.here.staff, json={"reason": "mistake"}
    )
    problem(again, 409, "illegal_step")


def test_without_the_persons_yes_nothing_is_made(api: Api, world: World) -> None:
    answer = api.post("/requests", world.here.staff, json=ASK | {"consent": False})
    problem(answer, 422, "consent_required")
    assert api.get("/requests", world.here.staff).get_json()["items"] == []


def test_when_nobody_comes_a_manager_holds_it_and_can_assign(
    api: Api, world: World, wired: Wired, clock: ManualClock
) -> None:
    here = world.here
    request = ask(api, here.staff)
    clock.advance(30)
    engine.tick(wired.db)
    path = f"/requests/{request['id']}"
    held = api.get(path, here.staff).get_json()
    assert (held["state"], held["owner"]["id"]) == ("escalated", here.manager.id)
    assert step(api, f"{path}/claim", here.manager)["owner"]["kind"] == "manager"
    assert step(api, f"{path}/widen", here.staff, {})["state"] == "escalated"
    assert step(api, f"{path}/resume", here.manager, {"video_fallback": True})["video_fallback"]
    assigned = step(api, f"{path}/assign", here.manager, {"peer_id": here.peers[1].id})
    assert assigned["visit"]["peer"]["id"] == here.peers[1].id
    visit = assigned["visit"]["id"]
    step(api, f"/visits/{visit}/withdraw", here.manager, {"reason": "car broke down"})
    assert api.get(path, here.manager).get_json()["state"] in ("searching", "escalated")


def test_a_manager_closes_what_nobody_could_take(
    api: Api, world: World, wired: Wired, clock: ManualClock
) -> None:
    request = ask(api, world.here.manager, site_id=world.here.other_site_id)
    clock.advance(30)
    engine.tick(wired.db)
    closed = step(api, f"/requests/{request['id']}/close", world.here.manager, {})
    assert (closed["state"], closed["owner"]) == ("unfilled", None)


def test_a_step_is_undone_within_its_time(api: Api, world: World, clock: ManualClock) -> None:
    peer = world.here.peers[0]
    on_duty(api, peer)
    ask(api, world.here.staff)
    (offer,) = api.get("/offers", peer).get_json()["items"]
    visit = step(api, f"/offers/{offer['id']}/accept", peer)["visit"]["id"]
    problem(api.post(f"/visits/{visit}/start", peer), 409, "illegal_step")
    step(api, f"/visits/{visit}/depart", peer)
    clock.advance(5)
    assert step(api, f"/visits/{visit}/undo", peer)["state"] == "accepted"
    step(api, f"/visits/{visit}/depart", peer)
    clock.advance(11)
    problem(api.post(f"/visits/{visit}/undo", peer), 409, "illegal_step")


@pytest.mark.parametrize(
    "age_s, change, code",
    [
        (400, {}, "position_stale"),
        (-120, {}, "position_in_future"),
        (0, {"latitude": 0, "longitude": 0}, "invalid"),
        (0, {"latitude": 91}, "invalid"),
        (0, {"accuracy_m": -1}, "invalid"),
    ],
)
def test_a_position_that_cannot_be_true_is_refused(
    api: Api, world: World, clock: ManualClock, age_s: int, change: dict[str, Any], code: str
) -> None:
    peer = world.here.peers[0]
    on_duty(api, peer)
    moment = (clock.now() - timedelta(seconds=age_s)).isoformat()
    body = {"latitude": 39.9, "longitude": -82.9, "accuracy_m": 10, "recorded_at": moment}
    problem(api.post("/positions", peer, json=body | change), 422, code)


def test_the_board_is_for_managers_and_supervisors(api: Api, world: World) -> None:
    on_duty(api, world.here.peers[0])
    request = ask(api, world.here.staff)
    for person in (world.here.manager, world.here.supervisor):
        board = api.get("/board", person).get_json()
        assert [row["id"] for row in board["requests"]] == [request["id"]]
        assert [row["id"] for row in board["peers"]] == [world.here.peers[0].id]
        assert "note" not in board["requests"][0]
    assert api.get("/board", world.there.manager).get_json()["requests"] == []
    problem(api.get("/board", world.here.staff), 403, "forbidden")


def test_lists_come_in_pages(api: Api, world: World, clock: ManualClock) -> None:
    made = []
    for _ in range(5):
        made.append(ask(api, world.here.staff)["id"])
        clock.advance(1)
    seen: list[str] = []
    cursors: list[str | None] = [""]
    while cursors[-1] is not None:
        page = api.get(f"/requests?limit=2{cursors[-1]}", world.here.staff).get_json()
        seen += [item["id"] for item in page["items"]]
        following = page["next_cursor"]
        cursors.append(f"&cursor={following}" if following else None)
    assert seen == made[::-1]
    assert len(cursors) == 4
    only = api.get("/requests?state=searching&limit=200", world.here.staff).get_json()
    assert len(only["items"]) == 5
    for bad in ("x", "e30", "%00", "WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzE0OjAwIiwgImEiXQ", "1" * 201):
        problem(api.get(f"/requests?cursor={bad}", world.here.staff), 422, "invalid")
    for bad in ("limit=0", "limit=201", "limit=x", "limit=1&limit=2", "state=lost", "colour=red"):
        problem(api.get(f"/requests?{bad}", world.here.staff), 422, "invalid")
