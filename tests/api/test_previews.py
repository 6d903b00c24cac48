"""Trying a policy over HTTP: who may, what is refused, and what is told while it is played."""

from typing import Any

from dispatch.actions import previews
from dispatch.previewing import trying
from server.wiring import Wired
from tests.api.conftest import Api, problem
from tests.api.people import World
from tests.harness.weeks import weeks

ONES = {"waves": [{"after_s": 90 * n, "size": 1} for n in range(10)], "escalate_after_s": 900}


def test_a_manager_asks_hears_how_far_it_is_and_reads_what_came(
    api: Api, world: World, wired: Wired
) -> None:
    here = world.here
    weeks(wired.db, here.staff.id, [one.id for one in here.peers], requests=25, days=5)
    sent = {"policy": ONES, "days": 14}
    key = {"Idempotency-Key": "once"}
    answer = api.post("/policy/preview", here.manager, json=sent, headers=key)
    assert answer.status_code == 202
    asked: dict[str, Any] = answer.get_json()
    assert (asked["state"], asked["progress"], asked["days"]) == ("queued", 0.0, 14)
    assert asked["policy"] == ONES
    again = api.post("/policy/preview", here.manager, json=sent, headers=key).get_json()
    assert again["id"] == asked["id"]
    taken = previews.begin(wired.db)
    assert taken is not None
    previews.go_on(wired.db, taken, 0.4)
    told = api.get(f"/policy/previews/{asked['id']}", here.admin).get_json()
    assert (told["state"], told["progress"]) == ("running", 0.4)
    assert told["asked_by"]["name"] == here.manager.name
    trying.play(wired.db, taken, lambda: 0.0)
    (done,) = api.get("/policy/previews", here.manager).get_json()["items"]
    assert (done["state"], done["result"]["verdict"]) == ("done", "compared")
    assert {row["basis"] for row in done["result"]["rows"]} == {
        "requests", "filled", "shifts", "peers",
    }  # fmt: skip
    assert api.get("/policy", here.manager).get_json()["settings"] == {}, "nothing was saved"


def test_what_could_not_be_saved_is_refused_field_by_field(api: Api, world: World) -> None:
    manager = world.here.manager
    bad = {"waves": [{"after_s": -1}], "speed_kmh": 1.0}
    saved = problem(api.call("PUT", "/policy", manager, json=bad), 422, "invalid")["errors"]
    tried = problem(api.post("/policy/preview", manager, json={"policy": bad}), 422, "invalid")
    assert len(saved) > 1
    assert tried["errors"] == [one | {"field": f"policy.{one['field']}"} for one in saved]
    stranger = {
        "count": 1, "from_time": "22:00", "until_time": "06:00",
        "site_id": world.there.site_id, "modalities": ["video"],
    }  # fmt: skip
    told = problem(
        api.post("/policy/preview", world.here.manager, json={"more_peers": [stranger]}),
        422,
        "invalid",
    )
    assert told["errors"][0]["field"] == "more_peers.0.site_id"
    late = stranger | {"site_id": world.here.site_id, "from_time": "24:00"}
    problem(
        api.post("/policy/preview", world.here.manager, json={"more_peers": [late]}), 422, "invalid"
    )


def test_enough_is_enough_and_what_is_taken_back_is_gone(api: Api, world: World) -> None:
    here = world.here
    asked = [api.post("/policy/preview", here.manager, json={}).get_json()["id"] for _ in range(5)]
    problem(api.post("/policy/preview", here.admin, json={}), 409, "previews_full")
    assert api.post("/policy/preview", world.there.manager, json={}).status_code == 202
    assert api.call("DELETE", f"/policy/previews/{asked[0]}", here.manager).status_code == 204
    problem(api.call("DELETE", f"/policy/previews/{asked[0]}", here.manager), 404, "not_found")
    assert api.post("/policy/preview", here.admin, json={}).status_code == 202
