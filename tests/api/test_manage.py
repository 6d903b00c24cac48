"""What the managers' screens ask of the API: who could go, invitations, the audit, peers as they are now."""

from flask import Flask
from sqlalchemy import select

from dispatch.models import Badge
from server.auth.invitations import LIFE
from server.models import AuditEntry, Invitation
from server.wiring import Wired
from storage.clock import ManualClock
from tests.api.conftest import Api, problem
from tests.api.people import PASSWORD, Person, World
from tests.api.test_walk import ask, on_duty, step

NEW_PASSWORD = "four quiet words here"


def candidates(api: Api, world: World, request_id: str) -> list[dict[str, object]]:
    """Who could go, as the manager of the first network is told."""
    answer = api.get(f"/requests/{request_id}/candidates", world.here.manager)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, object]] = answer.get_json()["items"]
    return items


def looks(api: Api, world: World, query: str = "") -> list[tuple[str, str, str | None]]:
    """The audit of the first network as (what, about, request)."""
    answer = api.get(f"/audit{query}", world.here.admin)
    return [(one["what"], one["about"], one["request_id"]) for one in answer.get_json()["items"]]


def test_everybody_is_named_with_minutes_or_a_reason(api: Api, world: World, wired: Wired) -> None:
    first, second = world.here.peers
    on_duty(api, first)
    request = ask(api, world.here.staff)
    asked, off = candidates(api, world, request["id"])
    assert (asked["peer"], asked["reason"]) == (
        {"id": first.id, "name": first.name},
        "already_asked",
    )
    assert asked["modality"] == "in_person"
    assert isinstance(asked["help_s"], int)
    assert (asked["asks_24h"], asked["can_assign"], asked["phone"]) == (1, True, None)
    assert (off["peer"], off["reason"]) == ({"id": second.id, "name": second.name}, "off_duty")
    assert (off["help_s"], off["can_assign"]) == (None, True)
    with wired.db.transaction() as tx:
        tx.session.delete(tx.session.scalars(select(Badge).where(Badge.peer_id == second.id)).one())
    [off] = [one for one in candidates(api, world, request["id"]) if one["reason"] == "off_duty"]
    assert off["can_assign"] is False


def test_who_has_no_badge_is_offered_by_video(api: Api, world: World, wired: Wired) -> None:
    first, second = world.here.peers
    request = ask(api, world.here.staff)
    with wired.db.transaction() as tx:
        tx.session.delete(tx.session.scalars(select(Badge).where(Badge.peer_id == first.id)).one())
    on_duty(api, second)
    on_duty(api, first)
    by_video = next(
        one
        for one in candidates(api, world, request["id"])
        if one["peer"]["id"] == first.id  # type: ignore[index]  # JSON
    )
    assert (by_video["modality"], by_video["reason"], by_video["distance_m"]) == (
        "video", "badge", None,
    )  # fmt: skip


def test_numbers_to_call_are_told_to_managers_only(api: Api, world: World) -> None:
    first = world.here.peers[0]
    for kind, address in (("sms", "+16145550101"), ("voice", "+16145550102")):
        sent = {"kind": kind, "address": address, "platform": "ios"}
        assert api.post("/devices", first, json=sent).status_code == 201
    request = ask(api, world.here.staff)
    phones = {one["phone"] for one in candidates(api, world, request["id"])}
    assert phones == {"+16145550102", None}
    for person in (world.here.supervisor, world.here.admin, world.here.staff, first):
        problem(api.get(f"/requests/{request['id']}/candidates", person), 403, "forbidden")
    stranger = world.there.manager
    problem(api.get(f"/requests/{request['id']}/candidates", stranger), 404, "not_found")


def test_after_a_yes_only_who_said_it_is_named(api: Api, world: World) -> None:
    first = world.here.peers[0]
    on_duty(api, first)
    request = ask(api, world.here.staff)
    [offer] = api.get("/offers", first).get_json()["items"]
    step(api, f"/offers/{offer['id']}/accept", first)
    [coming] = candidates(api, world, request["id"])
    assert coming["peer"] == {"id": first.id, "name": first.name}
    api.post(f"/requests/{request['id']}/cancel", world.here.manager, json={"reason": "other"})
    assert candidates(api, world, request["id"]) == []


def invite(api: Api, by: Person, whom: Person) -> str:
    """An invitation; the path of its link."""
    answer = api.post(f"/users/{whom.id}/invitation", by, json={})
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["url"]).removeprefix("http://localhost")


def welcome(app: Flask, path: str, password: str = NEW_PASSWORD) -> int:
    """Open a link and set the password; the status of the answer."""
    form = {"password": password, "again": password}
    same = {"Origin": "http://localhost"}
    return app.test_client().post(path, data=form, headers=same).status_code


def test_an_invitation_works_once_and_ends_old_sessions(
    app: Flask, api: Api, world: World, wired: Wired
) -> None:
    nurse = world.here.staff
    api.sign_in(nurse)
    before = api.get("/users/" + nurse.id, world.here.manager).get_json()
    assert (before["has_password"], before["invited_until"]) == (True, None)
    path = invite(api, world.here.manager, nurse)
    assert api.get("/users/" + nurse.id, world.here.manager).get_json()["invited_until"]
    with wired.db.read() as tx:
        row = tx.session.scalars(select(Invitation)).one()
        assert path.rsplit("/", 1)[1] not in (row.link_hash, row.user_id)
    assert app.test_client().get(path).status_code == 200
    assert welcome(app, path, "short") == 422
    assert welcome(app, path) == 303
    problem(api.get("/me", nurse), 401, "not_signed_in")
    sent = {"email": nurse.email, "password": NEW_PASSWORD}
    assert api.post("/sessions", json=sent).status_code == 201
    problem(api.post("/sessions", json=sent | {"password": PASSWORD}), 401, "bad_credentials")
    assert welcome(app, path) == 404
    assert app.test_client().get(path).status_code == 404
    assert [look[:2] for look in looks(api, world)][:2] == [
        ("welcomed", nurse.name),
        ("invited", nurse.name),
    ]


def test_an_invitation_is_replaced_ends_and_is_refused(
    app: Flask, api: Api, world: World, clock: ManualClock
) -> None:
    here = world.here
    first = invite(api, here.manager, here.staff)
    second = invite(api, here.manager, here.staff)
    assert welcome(app, first) == 404
    clock.advance(seconds=LIFE.total_seconds() - 1)
    assert app.test_client().get(second).status_code == 200
    clock.advance(seconds=2)
    assert welcome(app, second) == 404
    api.sign_in(here.manager)
    api.sign_in(here.admin)
    problem(api.post(f"/users/{here.admin.id}/invitation", here.manager, json={}), 403, "forbidden")
    problem(api.post(f"/users/{here.staff.id}/invitation", here.supervisor), 403, "forbidden")
    stranger = world.there.manager
    problem(api.post(f"/users/{here.staff.id}/invitation", stranger), 404, "not_found")
    path = invite(api, here.admin, here.peers[0])
    off = {"is_active": False}
    assert api.call("PATCH", f"/users/{here.peers[0].id}", here.admin, json=off).status_code == 200
    assert welcome(app, path) == 404
    problem(api.post(f"/users/{here.peers[0].id}/invitation", here.admin), 422, "invalid")


def test_a_page_of_another_origin_sets_no_password(app: Flask, api: Api, world: World) -> None:
    path = invite(api, world.here.manager, world.here.staff)
    form = {"password": NEW_PASSWORD, "again": NEW_PASSWORD}
    evil = {"Origin": "https://evil.example"}
    assert app.test_client().post(path, data=form, headers=evil).status_code == 403
    assert welcome(app, path) == 303


def test_a_managers_looks_are_written_and_nobody_elses(
    api: Api, world: World, clock: ManualClock
) -> None:
    here = world.here
    request = ask(api, here.staff)
    site = request["site"]["name"]
    path = f"/requests/{request['id']}"
    api.get(path, here.staff)
    assert looks(api, world) == []
    api.get(path, here.manager)
    api.get(path, here.manager)
    assert looks(api, world) == [("case_viewed", site, request["id"])]
    clock.advance(seconds=11 * 60)
    api.sign_in(here.manager)
    api.sign_in(here.admin)
    api.get(path, here.manager)
    assert len(looks(api, world)) == 2
    api.post(f"{path}/cancel", here.manager, json={"reason": "other"})
    api.get(f"{path}/facts", here.manager)
    api.get("/requests", here.manager)
    assert {look[0] for look in looks(api, world)} == {
        "case_viewed", "closed_case_viewed", "cases_listed",
    }  # fmt: skip
    assert looks(api, world, "?what=cases_listed") == [("cases_listed", "", None)]
    assert looks(api, world, f"?user_id={here.staff.id}") == []
    problem(api.get("/audit?what=anything", here.admin), 422, "invalid")
    problem(api.get("/audit", here.supervisor), 403, "forbidden")
    there = api.get("/audit", world.there.admin).get_json()
    assert there == {"items": [], "next_cursor": None}


def test_a_look_that_was_refused_is_not_written(api: Api, world: World, wired: Wired) -> None:
    request = ask(api, world.here.staff)
    problem(api.get(f"/requests/{request['id']}", world.there.manager), 404, "not_found")
    with wired.db.read() as tx:
        assert tx.session.scalars(select(AuditEntry)).all() == []


def test_peers_say_what_they_do_now(api: Api, world: World) -> None:
    first = world.here.peers[0]
    quiet: dict[str, object] = {"on_duty": False, "until": None, "modalities": [], "visit": None}
    path = f"/peers/{first.id}"
    assert api.get(path, world.here.manager).get_json()["now"] == quiet
    on_duty(api, first)
    assert api.get(path, world.here.manager).get_json()["now"]["on_duty"] is True
    ask(api, world.here.staff)
    [offer] = api.get("/offers", first).get_json()["items"]
    step(api, f"/offers/{offer['id']}/accept", first)
    listed = api.get("/peers", world.here.admin).get_json()["items"]
    now = {one["id"]: one["now"]["visit"] for one in listed}
    assert now == {first.id: "in_person", world.here.peers[1].id: None}


def test_the_board_counts_the_seconds_to_a_yes(api: Api, world: World, clock: ManualClock) -> None:
    board = api.get("/board", world.here.manager).get_json()
    assert board["numbers"]["time_to_yes_s"] is None
    first = world.here.peers[0]
    on_duty(api, first)
    ask(api, world.here.staff)
    clock.advance(seconds=48)
    [offer] = api.get("/offers", first).get_json()["items"]
    step(api, f"/offers/{offer['id']}/accept", first)
    board = api.get("/board", world.here.manager).get_json()
    assert board["numbers"]["time_to_yes_s"] == 48


def test_an_export_runs_no_formula_and_is_written_down(app: Flask, api: Api, world: World) -> None:
    here = world.here
    body = {"name": '=HYPERLINK("x")'}
    api.call("PATCH", f"/users/{here.peers[0].id}", here.admin, json=body)
    browser = app.test_client()
    same = {"Origin": "http://localhost"}
    form = {"email": here.manager.email, "password": PASSWORD}
    browser.post("/sign-in", data=form, headers=same)
    got = browser.get("/manage/peers.csv")
    assert got.content_type == "text/csv; charset=utf-8"
    assert "'=HYPERLINK" in got.text
    assert here.peers[1].name in got.text
    assert world.there.peers[0].name not in got.text
    assert looks(api, world) == [("exported", "peers.csv", None)]
    assert app.test_client().get("/manage/peers.csv").status_code == 303
