"""Desks and PINs over HTTP: a link that works once, five tries, quiet sessions; reach and rating."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server.api.desks import DESK_COOKIE
from server.api.layer import COOKIE
from server.wiring import Wired
from storage.clock import ManualClock
from tests.api.conftest import Api, problem
from tests.api.people import World
from tests.api.test_walk import ask, on_duty, step

OWN = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
PIN = "482913"


@pytest.fixture
def desk(app: Flask, api: Api, world: World) -> FlaskClient:
    """A browser that is a desk of the first site, whose nurse has a PIN."""
    here = world.here
    made = api.post("/desks", here.staff, json={"name": "Desk B"}).get_json()
    browser = app.test_client()
    claimed = browser.post("/api/v1/desks/claims", json={"token": token_of(made)}, headers=OWN)
    assert claimed.status_code == 200, claimed.text
    assert claimed.get_json()["site"]["id"] == here.site_id
    assert api.call("PUT", "/me/pin", here.staff, json={"pin": PIN}).status_code == 204
    return browser


def token_of(made: dict[str, str]) -> str:
    """The token in a desk's link."""
    return made["link"].rsplit("/", 1)[1]


def enter(browser: FlaskClient, user_id: str, pin: str) -> TestResponse:
    """Type a PIN at the desk."""
    body = {"user_id": user_id, "pin": pin}
    return browser.post("/api/v1/desks/current/sessions", json=body, headers=OWN)


def test_a_link_works_once_and_half_an_hour(
    app: Flask, api: Api, world: World, clock: ManualClock
) -> None:
    browser = app.test_client()
    made = api.post("/desks", world.here.staff, json={"name": "Tablet"}).get_json()
    body = {"token": token_of(made)}
    problem(browser.post("/api/v1/desks/claims", json=body), 403, "cross_origin")
    assert browser.post("/api/v1/desks/claims", json=body, headers=OWN).status_code == 200
    cookie = browser.get_cookie(DESK_COOKIE)
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site) == (True, "Lax")
    problem(browser.post("/api/v1/desks/claims", json=body, headers=OWN), 404, "not_found")
    late = api.post("/desks", world.here.staff, json={"name": "Late"}).get_json()
    clock.advance(31 * 60)
    body = {"token": token_of(late)}
    problem(browser.post("/api/v1/desks/claims", json=body, headers=OWN), 404, "not_found")


def test_a_desk_shows_names_and_rooms_and_nothing_else(
    desk: FlaskClient, api: Api, world: World
) -> None:
    here = world.here
    request = ask(api, here.staff)
    view = desk.get("/api/v1/desks/current").get_json()
    assert [person["id"] for person in view["people"]] == [here.staff.id]
    assert [set(line) for line in view["now"]] == [{"place", "state", "since", "eta_at"}]
    assert view["now"][0]["place"] == request["place"]


def test_a_pin_signs_in_for_two_quiet_minutes(
    desk: FlaskClient, world: World, clock: ManualClock
) -> None:
    signed_in = enter(desk, world.here.staff.id, PIN)
    assert signed_in.status_code == 201, signed_in.text
    assert desk.get("/api/v1/me").get_json()["id"] == world.here.staff.id
    clock.advance(140)
    assert desk.post("/api/v1/desks/current/stay", headers=OWN).status_code == 200
    clock.advance(140)
    assert desk.get("/api/v1/me").status_code == 200
    answer = desk.put("/api/v1/me/pin", json={"pin": "0000"}, headers=OWN)
    problem(answer, 403, "forbidden")
    clock.advance(11)
    problem(desk.get("/api/v1/me"), 401, "not_signed_in")
    assert desk.get("/api/v1/desks/current").status_code == 200


def test_five_wrong_pins_lock_a_name_for_five_minutes(
    desk: FlaskClient, world: World, clock: ManualClock
) -> None:
    nurse = world.here.staff.id
    for left in (4, 3, 2, 1, 0):
        assert problem(enter(desk, nurse, "0000"), 401, "bad_pin")["tries_left"] == left
    locked = enter(desk, nurse, PIN)
    problem(locked, 429, "pin_locked")
    assert locked.headers["Retry-After"] == "300"
    clock.advance(300)
    assert enter(desk, nurse, PIN).status_code == 201
    # A right one forgets the wrong ones.
    assert problem(enter(desk, nurse, "0000"), 401, "bad_pin")["tries_left"] == 4


@pytest.mark.parametrize("who", ["other_staff", "manager"])
def test_only_staff_of_the_site_sign_in_there(desk: FlaskClient, world: World, who: str) -> None:
    stranger = getattr(world.here, who).id
    problem(enter(desk, stranger, PIN), 401, "bad_pin")


def test_a_desk_can_be_revoked_with_its_sessions(desk: FlaskClient, api: Api, world: World) -> None:
    here, there = world.here, world.there
    enter(desk, here.staff.id, PIN)
    [known] = api.get("/desks", here.manager).get_json()["items"]
    assert not api.get("/desks", there.manager).get_json()["items"]
    assert not api.get("/desks", here.other_staff).get_json()["items"]
    problem(api.call("DELETE", f"/desks/{known['id']}", there.admin), 404, "not_found")
    assert api.call("DELETE", f"/desks/{known['id']}", here.manager).status_code == 204
    problem(desk.get("/api/v1/me"), 401, "not_signed_in")
    problem(desk.get("/api/v1/desks/current"), 401, "no_desk")


def test_a_browser_that_is_no_desk_has_no_pad(app: Flask, world: World) -> None:
    browser = app.test_client()
    problem(enter(browser, world.here.staff.id, PIN), 401, "no_desk")
    assert browser.get_cookie(COOKIE) is None
    assert browser.get("/ed").headers["Location"] == "/?next=/ed"


def test_reach_counts_like_a_search(api: Api, world: World, wired: Wired) -> None:
    here = world.here
    on_duty(api, here.peers[0])
    ways = {
        one["modality"]: one for one in api.get("/reach?language=en", here.staff).get_json()["ways"]
    }
    assert ways["in_person"]["peers"] == 1
    assert ways["in_person"]["help_s"] > 0
    none = api.get("/reach?language=fr", here.staff).get_json()["ways"]
    assert {(one["peers"], one["help_s"]) for one in none} == {(0, None)}
    problem(
        api.get(f"/reach?language=en&site_id={here.site_id}", world.there.manager), 404, "not_found"
    )


def test_a_finished_visit_is_rated_and_the_last_word_counts(api: Api, world: World) -> None:
    here = world.here
    on_duty(api, here.peers[0])
    request = ask(api, here.staff)
    rating = f"/requests/{request['id']}/rating"
    problem(api.post(rating, here.staff, json={"rating": "helped"}), 409, "illegal_step")
    [offer] = api.get("/offers", here.peers[0]).get_json()["items"]
    visit = step(api, f"/offers/{offer['id']}/accept", here.peers[0])["visit"]["id"]
    for name in ("depart", "arrive", "start", "complete"):
        step(api, f"/visits/{visit}/{name}", here.peers[0])
    assert api.get(rating, here.staff).get_json() == {"rating": None}
    for word in ("somewhat", "helped"):
        assert api.post(rating, here.staff, json={"rating": word}).get_json() == {"rating": word}
    assert api.get(rating, here.manager).get_json() == {"rating": "helped"}
    problem(api.post(rating, here.other_staff, json={"rating": "helped"}), 404, "not_found")
