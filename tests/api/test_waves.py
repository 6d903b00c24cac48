"""Why each wave asked whom it asked, and why not the others: as of then, for managers only."""

from typing import Any

from sqlalchemy import update

from dispatch import engine
from dispatch.recorded.decisions import RecordedDecision
from server import replay
from server.wiring import Wired
from storage.clock import ManualClock
from tests.api.conftest import Api, problem
from tests.api.people import World
from tests.api.test_manage import looks
from tests.api.test_walk import ask, on_duty, step


def waves(api: Api, world: World, request_id: str, query: str = "") -> list[dict[str, Any]]:
    """The waves as the manager of the first network is told."""
    answer = api.get(f"/requests/{request_id}/waves{query}", world.here.manager)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.get_json()["items"]
    return items


def test_a_wave_says_why_and_why_not(api: Api, world: World) -> None:
    first, second = world.here.peers
    on_duty(api, first)
    request = ask(api, world.here.staff)
    [wave] = waves(api, world, request["id"])
    assert (wave["wave"], wave["strategy"]) == (1, "waves")
    assert wave["why"].startswith("1 of 1 eligible asked, the soonest about")
    [part] = wave["because"]
    assert (part["code"], part["asked"], part["eligible"], part["cannot"]) == ("asked", 1, 1, 1)
    [offer] = wave["offers"]
    assert (offer["peer"]["name"], offer["state"]) == (first.name, "open")
    off_duty = {"peer": {"id": second.id, "name": second.name}, "place": None}
    assert wave["not_asked"] == [{"reason": "off_duty", "count": 1, "peers": [off_duty]}]


def test_it_is_told_as_it_was_then(api: Api, world: World, wired: Wired) -> None:
    first, second = world.here.peers
    on_duty(api, first)
    request = ask(api, world.here.staff)
    on_duty(api, second)
    [offer] = api.get("/offers", first).get_json()["items"]
    step(api, f"/offers/{offer['id']}/decline", first, {})
    engine.tick(wired.db)
    then, later = waves(api, world, request["id"])[:2]
    assert [one["reason"] for one in then["not_asked"]] == ["off_duty"]
    assert later["wave"] == 2
    assert then["offers"][0]["state"] == "declined", "what became of an offer is told as it is now"


def test_who_could_have_been_asked_has_a_place(api: Api, world: World) -> None:
    manager = world.here.manager
    policy = {"waves": [{"after_s": 0, "size": 1}, {"after_s": 90}]}
    assert api.call("PUT", "/policy", manager, json=policy).status_code == 200
    for peer in world.here.peers:
        on_duty(api, peer)
    request = ask(api, world.here.staff)
    [wave] = waves(api, world, request["id"])
    [passed] = wave["not_asked"]
    assert (passed["reason"], passed["count"]) == ("later", 1)
    assert passed["peers"][0]["place"] == 2
    [counted] = waves(api, world, request["id"], "?peers=false")
    assert counted["not_asked"] == [{"reason": "later", "count": 1, "peers": None}]
    assert waves(api, world, request["id"], f"?only={wave['id']}") == [wave]
    assert waves(api, world, request["id"], f"?only={'0' * 32}") == []


def test_a_request_that_nobody_could_go_to_says_why_it_was_handed_over(
    api: Api, world: World, wired: Wired, clock: ManualClock
) -> None:
    request = ask(api, world.here.staff)
    clock.advance(30)
    engine.tick(wired.db)
    [handed] = waves(api, world, request["id"])
    assert (handed["wave"], handed["offers"]) == (None, [])
    assert handed["because"] == [{"code": "escalated", "asked": 0}]
    assert [one["count"] for one in handed["not_asked"]] == [2]


def test_a_record_of_another_shape_is_no_error(api: Api, world: World, wired: Wired) -> None:
    on_duty(api, world.here.peers[0])
    request = ask(api, world.here.staff)
    with wired.db.transaction() as tx:
        tx.session.execute(update(RecordedDecision).values(who=b"older", inputs=None))
    [wave] = waves(api, world, request["id"])
    assert wave["not_asked"] is None
    assert wave["why"]


def test_a_wave_of_the_bridge_says_why_too(
    api: Api, world: World, wired: Wired, clock: ManualClock
) -> None:
    manager = world.here.manager
    # An hour of preparing: long enough to be there by video meanwhile.
    assert api.call("PUT", "/policy", manager, json={"prepare_s": 3600}).status_code == 200
    first, second = world.here.peers
    on_duty(api, first)
    request = ask(api, world.here.staff)
    [offer] = api.get("/offers", first).get_json()["items"]
    step(api, f"/offers/{offer['id']}/accept", first)
    on_duty(api, second, ["video"])
    path = f"/requests/{request['id']}"
    for _ in range(2):
        assert api.post(f"{path}/bridge", manager).status_code == 200
        engine.tick(wired.db)
        assert api.post(f"{path}/stop_bridge", manager).status_code == 200
        clock.advance(400)
    own, bridge, anew = waves(api, world, request["id"])
    assert (own["wave"], own["is_bridge"], len(own["offers"])) == (1, False, 1)
    assert [(one["wave"], one["is_bridge"]) for one in (bridge, anew)] == [(1, True), (2, True)]
    assert [len(one["offers"]) for one in (bridge, anew)] == [1, 1], "each has its own"
    assert [one["peer"]["id"] for one in bridge["offers"]] == [second.id]
    assert bridge["offers"][0]["modality"] == "video"
    assert bridge["because"][0]["code"] == "asked"
    assert [one["reason"] for one in bridge["not_asked"]] == ["busy"]
    told, is_same = replay.lines(wired, request["id"])
    assert is_same
    assert [line for line in told if line.startswith("Wave 1 of the bridge by video, ")]
    assert told[-1] == "  This code decides the same."


def test_only_the_networks_managers_are_told(api: Api, world: World) -> None:
    request = ask(api, world.here.staff)
    path = f"/requests/{request['id']}/waves"
    for person in (world.here.supervisor, world.here.staff, world.here.peers[0]):
        problem(api.get(path, person), 403, "forbidden")
    problem(api.get(path, world.there.manager), 404, "not_found")


def test_a_look_at_what_is_over_is_written_down(api: Api, world: World) -> None:
    request = ask(api, world.here.staff)
    waves(api, world, request["id"])
    before = looks(api, world)
    step(api, f"/requests/{request['id']}/cancel", world.here.staff, {"reason": "other"})
    waves(api, world, request["id"])
    assert len(looks(api, world)) == len(before) + 1
