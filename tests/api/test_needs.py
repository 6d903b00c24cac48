"""The nurse and the supervisor over HTTP: who calls, who answers, what the phone and the room know."""

from tests.api.conftest import Api, problem
from tests.api.people import World
from tests.api.test_guest_link import visit_of
from tests.api.test_walk import step

NURSE, SUPERVISOR = {"kind": "nurse"}, {"kind": "supervisor"}


def test_from_the_press_to_the_name(api: Api, world: World) -> None:
    here = world.here
    peer = here.peers[0]
    asked, visit = visit_of(api, here)
    made = api.post(f"/visits/{visit}/needs", peer, json=NURSE).get_json()
    assert [one["kind"] for one in made["needs"]] == ["nurse"]
    assert api.get(f"/requests/{asked}", here.staff).get_json()["needs"] == made["needs"]
    held = api.post(f"/requests/{asked}/needs/hold", here.staff, json=NURSE).get_json()
    assert held["needs"][0]["held_by"]["id"] == here.staff.id
    assert api.get("/phone", peer).get_json()["needs"] == held["needs"]
    for path, by, body in (
        (f"/requests/{asked}/needs/hold", here.staff, SUPERVISOR),
        (f"/requests/{asked}/needs/done", here.supervisor, NURSE),
    ):
        problem(api.post(path, by, json=body), 403, "forbidden")
    done = api.post(f"/requests/{asked}/needs/done", here.staff, json=NURSE)
    assert done.get_json()["needs"] == []
    problem(api.post(f"/requests/{asked}/needs/done", here.staff, json=NURSE), 409, "illegal_step")
    problem(api.post(f"/visits/{visit}/needs/take_back", peer, json=NURSE), 409, "illegal_step")
    problem(api.post(f"/visits/{visit}/needs", peer, json={"kind": "unsafe"}), 422, "invalid")


def test_a_supervisor_reads_whom_to_call_and_only_while_it_stands(api: Api, world: World) -> None:
    here = world.here
    peer = here.peers[0]
    device = {"kind": "voice", "address": "+16145550155", "platform": "phone"}
    assert api.post("/devices", peer, json=device).status_code == 201
    asked, visit = visit_of(api, here)
    path = f"/requests/{asked}/needs"
    assert api.get(path, here.supervisor).get_json()["peer_phone"] is None
    api.post(f"/visits/{visit}/needs", peer, json=SUPERVISOR)
    assert api.get(path, here.supervisor).get_json()["peer_phone"] == "+16145550155"
    board = api.get("/board", here.supervisor).get_json()
    assert board["requests"][0]["needs"][0]["kind"] == "supervisor"
    step(api, f"/visits/{visit}/start", peer)
    step(api, f"/visits/{visit}/complete", peer)
    assert api.get("/phone", peer).get_json()["needs"][0]["kind"] == "supervisor"
    taken = api.post(f"/visits/{visit}/needs/take_back", peer, json=SUPERVISOR)
    assert taken.get_json()["needs"] == []
    assert api.get(path, here.supervisor).get_json()["peer_phone"] is None


def test_the_number_of_the_crisis_line_is_policy(api: Api, world: World) -> None:
    here = world.here
    network = api.get("/phone", here.peers[0]).get_json()["network"]
    assert network["crisis_line"] == "988"
    api.call("PUT", "/policy", here.admin, json={"crisis_line": "116123"})
    network = api.get("/phone", here.peers[0]).get_json()["network"]
    assert network["crisis_line"] == "116123"
    bad = api.call("PUT", "/policy", here.admin, json={"crisis_line": "call us"})
    problem(bad, 422, "invalid")
