"""What managers and admins keep: sites, users, peers, the policy; and what a change brings about."""

from datetime import timedelta
from typing import Any

from dispatch import engine
from server.wiring import Wired
from storage.clock import ManualClock
from tests.api.conftest import Api, problem
from tests.api.people import PASSWORD, World
from tests.api.test_walk import ask, on_duty

SITE: dict[str, Any] = {
    "name": "Scioto Ridge",
    "area": "North Columbus",
    "latitude": 40.03,
    "longitude": -83.03,
    "time_zone": "America/New_York",
    "desk_phone": "+1 614 555 0142",
    "rooms": ["Room 1", "Room 2"],
}


def patch(api: Api, path: str, by: Any, body: dict[str, Any]) -> Any:
    """PATCH; the answer."""
    return api.call("PATCH", path, by, json=body)


def test_a_site_is_made_shown_and_changed(api: Api, world: World) -> None:
    manager = world.here.manager
    made = api.post("/sites", manager, json=SITE)
    assert made.status_code == 201, made.text
    site = made.get_json()
    assert site["policy"] == {}
    assert api.get(f"/sites/{site['id']}", world.here.admin).get_json() == site
    changed = patch(api, f"/sites/{site['id']}", manager, {"policy": {"undo_s": 5}})
    assert changed.get_json() == site | {"policy": {"undo_s": 5}}
    listed = api.get("/sites?limit=2", manager).get_json()
    assert len(listed["items"]) == 2
    rest = api.get(f"/sites?limit=2&cursor={listed['next_cursor']}", manager).get_json()
    assert rest["next_cursor"] is None
    assert len(rest["items"]) == 1


def test_what_a_site_cannot_be(api: Api, world: World) -> None:
    manager = world.here.manager
    bad: list[tuple[dict[str, Any], str]] = [
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"name": "Hospital here 1"}, "name"),
        ({"latitude": 91}, "latitude"),
        ({"desk_phone": "call me"}, "desk_phone"),
        ({"policy": {"undo_s": 61}}, "policy.undo_s"),
        ({"policy": {"no_such": 1}}, "policy.no_such"),
    ]
    for change, field in bad:
        told = problem(api.post("/sites", manager, json=SITE | change), 422, "invalid")
        assert [error["field"] for error in told["errors"]] == [field]
    told = problem(
        patch(api, f"/sites/{world.here.site_id}", manager, {"name": None}), 422, "invalid"
    )
    assert told["errors"][0]["field"] == "name"


def test_a_site_that_is_switched_off_takes_no_requests(api: Api, world: World) -> None:
    patch(api, f"/sites/{world.here.site_id}", world.here.manager, {"is_active": False})
    body = {"modality": "video", "place": "1", "language": "en", "consent": True}
    problem(api.post("/requests", world.here.staff, json=body), 422, "invalid")


def test_a_new_user_signs_in_and_an_old_one_is_out_at_once(api: Api, world: World) -> None:
    manager = world.here.manager
    body = {
        "email": "New.Nurse@Here.example",
        "name": "New Nurse",
        "role": "staff",
        "password": "a long new password",
        "site_id": world.here.site_id,
    }
    made = api.post("/users", manager, json=body)
    assert made.status_code == 201, made.text
    user = made.get_json()
    assert user["email"] == "new.nurse@here.example"
    assert body["password"] not in made.text
    assert not {"password", "password_hash"} & user.keys()
    sent = {"email": "new.nurse@here.example", "password": "a long new password"}
    token = api.post("/sessions", json=sent).get_json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert api.get("/me", headers=bearer).status_code == 200
    patch(api, f"/users/{user['id']}", manager, {"name": "Renamed"})
    assert api.get("/me", headers=bearer).get_json()["name"] == "Renamed"
    patch(api, f"/users/{user['id']}", manager, {"is_active": False})
    problem(api.get("/me", headers=bearer), 401, "not_signed_in")
    problem(api.post("/sessions", json=sent), 401, "bad_credentials")


def test_a_new_password_ends_the_sessions_of_the_old_one(api: Api, world: World) -> None:
    api.sign_in(world.here.staff)
    body = {"password": "another long password"}
    changed = patch(api, f"/users/{world.here.staff.id}", world.here.manager, body)
    assert changed.status_code == 200
    problem(api.get("/me", world.here.staff), 401, "not_signed_in")
    old = {"email": world.here.staff.email, "password": PASSWORD}
    problem(api.post("/sessions", json=old), 401, "bad_credentials")
    assert api.post("/sessions", json=old | body).status_code == 201


def test_what_a_user_cannot_be(api: Api, world: World) -> None:
    body: dict[str, Any] = {"email": "x@here.example", "name": "X", "role": "manager"}
    manager = world.here.manager
    bad: list[tuple[dict[str, Any], str]] = [
        ({"email": world.there.staff.email}, "email"),
        ({"email": "nobody"}, "email"),
        ({"role": "staff"}, "site_id"),
        ({"password": "short"}, "password"),
        ({"profile": {"is_muted": True}}, "body"),
    ]
    for change, field in bad:
        told = problem(api.post("/users", manager, json=body | change), 422, "invalid")
        assert [error["field"] for error in told["errors"]] == [field]
    foreign = body | {"role": "staff", "site_id": world.there.site_id}
    problem(api.post("/users", manager, json=foreign), 404, "not_found")
    problem(api.post("/users", manager, json=body | {"role": "admin"}), 403, "forbidden")
    assert api.post("/users", world.here.admin, json=body | {"role": "admin"}).status_code == 201
    own = patch(api, f"/users/{manager.id}", manager, {"is_active": False})
    problem(own, 409, "in_use")


def test_a_new_peer_can_be_asked(api: Api, world: World, clock: ManualClock) -> None:
    until = (clock.now() + timedelta(days=30)).isoformat()
    body = {
        "email": "new.peer@here.example",
        "name": "New Peer",
        "role": "peer",
        "password": "a long new password",
        "profile": {
            "modalities": ["in_person", "video"],
            "languages": ["en", "es"],
            "home_latitude": 39.97,
            "home_longitude": -82.99,
            "certificates": [{"name": "CPRS", "expires_at": until}],
            "badges": [{"site_id": world.here.site_id, "expires_at": until}],
        },
    }
    user = api.post("/users", world.here.manager, json=body).get_json()
    peer = api.get(f"/peers/{user['id']}", world.here.manager).get_json()
    assert peer["languages"] == ["en", "es"]
    assert peer["badges"][0]["site_id"] == world.here.site_id
    sent = {"email": body["email"], "password": body["password"]}
    token = api.post("/sessions", json=sent).get_json()["access_token"]
    duty = {"on_duty": True, "modalities": ["in_person"]}
    bearer = {"Authorization": f"Bearer {token}"}
    assert api.call("PUT", "/duty", headers=bearer, json=duty).status_code == 200
    assert ask(api, world.here.staff)["asked"] == 1


def test_a_badge_that_is_taken_away_ends_the_offer(
    api: Api, world: World, wired: Wired, clock: ManualClock
) -> None:
    peer = world.here.peers[0]
    on_duty(api, peer)
    ask(api, world.here.staff)
    assert len(api.get("/offers", peer).get_json()["items"]) == 1
    changed = patch(api, f"/peers/{peer.id}", world.here.manager, {"badges": []})
    assert changed.get_json()["badges"] == []
    clock.advance(1)
    engine.tick(wired.db)
    assert api.get("/offers", peer).get_json()["items"] == []


def test_a_badge_for_another_networks_site_is_not_found(api: Api, world: World) -> None:
    badge = {"site_id": world.there.site_id, "expires_at": "2030-01-01T00:00:00Z"}
    body = {"badges": [badge]}
    answer = patch(api, f"/peers/{world.here.peers[0].id}", world.here.manager, body)
    problem(answer, 404, "not_found")
    kept = api.get(f"/peers/{world.here.peers[0].id}", world.here.manager).get_json()
    assert [one["site_id"] for one in kept["badges"]] == [world.here.site_id]


def test_a_profile_says_nothing_of_acceptance(api: Api, world: World) -> None:
    shown = api.get("/peers", world.here.manager).get_json()["items"]
    assert len(shown) == 2
    assert not [name for name in shown[0] if "accept" in name or "rate" in name]


def test_the_policy_is_set_and_frozen_onto_requests(api: Api, world: World) -> None:
    manager = world.here.manager
    assert api.get("/policy", manager).get_json()["settings"] == {}
    on_duty(api, world.here.peers[0])
    on_duty(api, world.here.peers[1])
    before = ask(api, world.here.staff)
    waves = [{"after_s": 0, "size": 1}, {"after_s": 60}]
    changed = api.call("PUT", "/policy", manager, json={"waves": waves})
    assert changed.status_code == 200, changed.text
    assert changed.get_json()["effective"]["waves"] == [waves[0], {"after_s": 60, "size": None}]
    assert before["asked"] == 2
    told = problem(
        api.call("PUT", "/policy", manager, json={"waves": [{"after_s": 5}]}), 422, "invalid"
    )
    assert told["errors"] == [{"field": "body", "message": "the first wave must go at 0 s"}]
    assert api.get("/policy", world.there.manager).get_json()["settings"] == {}
