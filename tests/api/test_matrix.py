"""Who may call what: every route of the table, by every role, in both networks.

The matrix is made from the route table. A route with an id needs a thing to name (`things`); one
without fails `test_every_id_in_a_path_has_a_thing`.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from dispatch.states import Role
from server.api.declare import Route
from server.api.models import NoBody
from server.api.routes import every_route
from server.wiring import Wired
from tests.api import people
from tests.api.conftest import Api, problem
from tests.api.people import Person, World
from tests.api.test_walk import ask, on_duty, step

ROUTES = every_route()
SIGNED_IN = [route for route in ROUTES if not route.is_public]
LONG = "x" * 70_000


def name_of(route: Route) -> str:
    """A route in a test's name."""
    return f"{route.method} {route.path}"


@dataclass(frozen=True)
class Scene:
    """A world with one of everything in the first network, shared by the tests of a backend."""

    api: Api
    world: World
    things: dict[str, str]

    def path(self, route: Route) -> str:
        """The route's path with the things of the first network."""
        return route.path.format(**self.things)

    def call(self, route: Route, by: Person | None, **more: Any) -> TestResponse:
        """Call the route as somebody."""
        return self.api.call(route.method, self.path(route), by, **more)


@pytest.fixture
def scene(app: Flask, wired: Wired) -> Scene:
    """One of everything: a request with a visit, an offer, a device."""
    world = people.build(wired.db)
    api = Api(app)
    here = world.here
    on_duty(api, here.peers[0])
    request = ask(api, here.staff)
    (offer,) = api.get("/offers", here.peers[0]).get_json()["items"]
    visit = step(api, f"/offers/{offer['id']}/accept", here.peers[0])["visit"]
    check_in = api.post("/check_ins", here.peers[0], json={"feeling": "talk"}).get_json()
    sent = {"kind": "fcm", "address": "a-token", "platform": "android"}
    device = api.post("/devices", here.peers[0], json=sent).get_json()
    test = api.post(f"/devices/{device['id']}/test", here.peers[0]).get_json()
    preview = api.post("/policy/preview", here.manager, json={}).get_json()
    desk = api.post("/desks", here.staff, json={"name": "Desk B"}).get_json()
    return Scene(
        api,
        world,
        {
            "request_id": request["id"],
            "offer_id": offer["id"],
            "visit_id": visit["id"],
            "device_id": device["id"],
            "delivery_id": test["delivery_id"],
            "check_in_id": check_in["id"],
            "desk_id": desk["id"],
            "preview_id": preview["id"],
            "site_id": here.site_id,
            "peer_id": here.peers[0].id,
            "user_id": here.peers[0].id,
        },
    )


def test_every_id_in_a_path_has_a_thing(scene: Scene) -> None:
    missing = {name for route in ROUTES for name in route.path_names} - set(scene.things)
    assert not missing


def test_the_table_names_the_whole_contract() -> None:
    served = {name_of(route) for route in ROUTES}
    promised = {
        "POST /sessions",
        "POST /sessions/refresh",
        "DELETE /sessions/current",
        "GET /me",
        "PUT /duty",
        "POST /positions",
        "POST /devices",
        "DELETE /devices/{device_id}",
        "POST /devices/{device_id}/test",
        "POST /requests",
        "GET /requests",
        "GET /requests/{request_id}",
        "GET /requests/{request_id}/facts",
        *(
            f"POST /requests/{{request_id}}/{verb}"
            for verb in ("cancel", "widen", "resume", "close", "claim", "assign")
        ),
        "GET /offers",
        *(f"POST /offers/{{offer_id}}/{verb}" for verb in ("seen", "accept", "decline")),
        *(
            f"POST /visits/{{visit_id}}/{verb}"
            for verb in (
                "depart", "arrive", "start", "complete", "withdraw", "hand_over", "undo",
            )
        ),
        "GET /board",
    }  # fmt: skip
    assert promised <= served


def test_without_a_sign_in_nothing_is_answered(scene: Scene) -> None:
    for route in SIGNED_IN:
        problem(scene.call(route, None), 401, "not_signed_in")


def test_another_role_is_refused_whatever_it_sends(scene: Scene) -> None:
    """The role comes before the existence of the thing, and before the body."""
    for route in SIGNED_IN:
        for role in set(Role) - route.roles:
            for network in (scene.world.here, scene.world.there):
                answer = scene.call(route, network.one_of(role), data=b"{", headers=JSON)
                problem(answer, 403, "forbidden")


JSON = {"Content-Type": "application/json"}
BODIES: dict[str, Any] = {
    "Counting": {"counts": False},
    "CancelBody": {"reason": "x"},
    "RatingBody": {"rating": "helped"},
    "CloseHelpBody": {"note": "safe again"},
    "AssignBody": {"peer_id": "nobody"},
    "ReceiptBody": {"event": "opened"},
    "CheckInBody": {"feeling": "steady"},
    "CalledBody": {"why": "overdoses"},
    "NeedBody": {"kind": "nurse"},
    "SayBody": {"id": "a-message", "text": "x"},
    "ReadBody": {"seq": 1},
    "BedsidePhoneBody": {"number": "+16145550177"},
}


def fitting(route: Route) -> dict[str, Any]:
    """A body that the route would take."""
    return BODIES.get(route.body.__name__, {}) if route.body is not None else {}


def test_things_of_another_network_do_not_exist(scene: Scene) -> None:
    """Nor do made-up ones, and the two answers are the same."""
    for route in SIGNED_IN:
        if not route.path_names:
            continue
        for role in route.roles:
            stranger = scene.world.there.one_of(role)
            foreign = scene.call(route, stranger, json=fitting(route))
            told = problem(foreign, 404, "not_found")
            invented = route.path.format(**dict.fromkeys(scene.things, "0" * 32))
            unknown = scene.api.call(route.method, invented, stranger, json=fitting(route))
            assert problem(unknown, 404, "not_found") == told
            for odd in ("%00", "a b", "é", "x" * 300):
                strange = route.path.format(**dict.fromkeys(scene.things, odd))
                answer = scene.api.call(route.method, strange, stranger, json=fitting(route))
                problem(answer, 404, "not_found")


def test_lists_of_another_network_are_empty(scene: Scene) -> None:
    ours = set(scene.things.values())
    for route in SIGNED_IN:
        if route.method != "GET" or route.path_names:
            continue
        for role in route.roles:
            text = scene.call(route, scene.world.there.one_of(role)).text
            assert not [one for one in ours if one in text], name_of(route)


def test_staff_of_another_site_see_nothing(scene: Scene) -> None:
    other = scene.world.here.other_staff
    for route in SIGNED_IN:
        if Role.STAFF in route.roles and {"request_id", "visit_id"} & set(route.path_names):
            problem(scene.call(route, other, json=fitting(route)), 404, "not_found")
    assert scene.api.get("/requests", other).get_json()["items"] == []
    sent = {"site_id": scene.world.here.site_id, "consent": True, "modality": "video"}
    answer = scene.api.post("/requests", other, json=sent | {"place": "1", "language": "en"})
    problem(answer, 404, "not_found")


def test_a_peer_sees_no_request_but_their_own(scene: Scene) -> None:
    other = scene.world.here.peers[1]
    for route in SIGNED_IN:
        if route.path_names and Role.PEER in route.roles:
            problem(scene.call(route, other, json=fitting(route)), 404, "not_found")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_bad_bodies_are_refused_by_every_route(scene: Scene) -> None:
    """Malformed, deep, not an object, unknown field, NUL, another type, too long: never a 500."""
    malformed = (b"{", b"[]", b"null", b"1", b"\xff\xfe", b"[" * 30_000, b'{"a": NaN}')
    for route in ROUTES:
        if route.body is None:
            continue
        by = None if route.is_public else scene.world.here.one_of(min(route.roles))

        def send(data: bytes, kind: str, route: Route = route, by: Person | None = by) -> Any:
            return scene.call(route, by, data=data, headers={"Content-Type": kind})

        for data in malformed:
            problem(send(data, "application/json"), 422, "invalid")
        told = problem(send(b'{"no_such_field": 1}', "application/json"), 422, "invalid")
        assert {"field", "message"} == set(told["errors"][0])
        assert "no_such_field" in [error["field"] for error in told["errors"]]
        problem(send(b"a=1", "application/x-www-form-urlencoded"), 415, "unsupported_media_type")
        problem(send(b"{}", "text/plain"), 415, "unsupported_media_type")
        problem(send(f'"{LONG}"'.encode(), "application/json"), 413, "too_large")
        if route.body is not NoBody:
            for field in route.body.model_fields:
                for value in (
                    b'"\\u0000"',
                    b'{"a": "\\u0000"}',
                    b'["\\u0000"]',
                    b"1e400",
                    b"-1e300",
                ):
                    answer = send(
                        b'{"' + field.encode() + b'": ' + value + b"}", JSON["Content-Type"]
                    )
                    problem(answer, 422, "invalid")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_unknown_addresses_and_methods_are_problems(scene: Scene) -> None:
    problem(scene.api.get("/nothing", scene.world.here.staff), 404, "not_found")
    problem(scene.api.get("/me/", scene.world.here.staff), 404, "not_found")
    answer = scene.api.call("DELETE", "/me", scene.world.here.staff)
    problem(answer, 405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]
    for route in ROUTES:
        for method in ("OPTIONS", "HEAD"):
            assert scene.api.call(method, scene.path(route)).status_code in (200, 401, 405)
