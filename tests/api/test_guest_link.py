"""The bedside link: it opens once, in one browser, for one visit; everybody else gets one answer."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from server.auth.guests import COOKIE, GuestLink
from server.auth.tokens import fingerprint
from server.models import IdempotencyKey
from server.turns import chores
from server.wiring import Wired
from storage.clock import ManualClock
from tests.api.conftest import Api, problem
from tests.api.people import Person, Tenant, World
from tests.api.test_walk import ask, on_duty, step

HTML = {"Accept": "text/html"}


def visit_of(api: Api, tenant: Tenant, modality: str = "video") -> tuple[str, str]:
    """A visit that a peer of this network said yes to: the ids of request and visit."""
    peer = tenant.peers[0]
    on_duty(api, peer)
    asked = ask(api, tenant.staff, modality=modality, preferences=[])
    (offer,) = api.get("/offers", peer).get_json()["items"]
    return asked["id"], step(api, f"/offers/{offer['id']}/accept", peer)["visit"]["id"]


def link(api: Api, by: Person, visit_id: str) -> str:
    """A fresh link, as a path."""
    made = api.post(f"/visits/{visit_id}/link", by)
    assert made.status_code == 201, made.text
    path: str = made.get_json()["link"].removeprefix("http://localhost")
    return path


def opened(browser: FlaskClient, path: str, **headers: str) -> TestResponse:
    """What a browser gets that opens the link."""
    return browser.get(path, headers=HTML | headers)


def is_open(answer: TestResponse, modality: str = "video") -> bool:
    """Whether this is the bedside screen of a visit by video, or by chat."""
    script = {"video": "alongside/room/bedside.js", "chat": "alongside/chat/bedside.js"}[modality]
    return answer.status_code == 200 and script in answer.text


def told(answer: TestResponse) -> tuple[int, str, dict[str, str]]:
    """An answer without what is new each time: the nonce, the clock and the request's id."""
    headers = {
        name: value
        for name, value in answer.headers.items()
        if name not in ("Content-Security-Policy", "X-Request-Id", "Date")
    }
    body = re.sub(r'nonce="[^"]+"', "", answer.text)
    return answer.status_code, re.sub(r'"now": ?"[^"]+"', "", body), headers


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """A browser of its own."""
    return app.test_client()


def test_the_first_browser_has_it_and_may_reload(
    app: Flask, api: Api, world: World, browser: FlaskClient
) -> None:
    _, visit_id = visit_of(api, world.here)
    path = link(api, world.here.staff, visit_id)
    first = opened(browser, path)
    assert is_open(first)
    assert visit_id in first.text
    cookie = browser.get_cookie(COOKIE)
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site) == (True, "Lax")
    assert is_open(opened(browser, path))
    assert opened(app.test_client(), path).status_code == 404
    assert is_open(opened(browser, path))


def test_every_dead_link_gets_one_same_answer(
    app: Flask, api: Api, world: World, clock: ManualClock
) -> None:
    here, there = world.here, world.there
    api.call("PUT", "/policy", here.admin, json={"guest_link_s": 60})
    asked, visit_id = visit_of(api, here)
    dead = {}

    def look(name: str, path: str, by: FlaskClient | None = None) -> None:
        dead[name] = told(opened(by or app.test_client(), path))

    used = link(api, here.staff, visit_id)
    owner = app.test_client()
    assert is_open(opened(owner, used))
    look("used", used)
    look("altered", used[:-1] + ("A" if used[-1] != "A" else "B"))
    look("invented", "/join/" + "x" * 43)
    look("longer", used + "/more")
    look("nothing", "/join/")
    look("odd", "/join/%00é")
    _, foreign = visit_of(api, there)
    theirs = link(api, there.staff, foreign)
    stranger = app.test_client()
    assert is_open(opened(stranger, theirs))
    look("of another network", used, stranger)
    replaced = link(api, here.manager, visit_id)
    look("replaced, by its own browser", used, owner)
    assert api.call("DELETE", f"/visits/{visit_id}/link", here.staff).status_code == 204
    look("revoked", replaced)
    late = link(api, here.staff, visit_id)
    clock.advance(61)
    look("expired", late)
    last = link(api, here.staff, visit_id)
    unopened = link(api, there.staff, foreign)
    assert is_open(opened(owner, last))
    step(api, f"/visits/{visit_id}/start", here.peers[0])
    assert is_open(opened(owner, last))
    step(api, f"/visits/{visit_id}/complete", here.peers[0])
    look("over, by its own browser", last, owner)
    api.post(f"/visits/{foreign}/withdraw", there.peers[0], json={})
    look("withdrawn", unopened)
    assert len({repr(answer) for answer in dead.values()}) == 1, dead
    status, body, headers = dead["used"]
    assert status == 404
    for secret in (visit_id, asked, here.peers[0].name, here.staff.name, "Room 12"):
        assert secret not in body
    assert "Set-Cookie" not in headers


def test_a_machine_that_looks_at_it_does_not_use_it_up(
    app: Flask, api: Api, world: World, browser: FlaskClient
) -> None:
    _, visit_id = visit_of(api, world.here)
    path = link(api, world.here.staff, visit_id)
    machine = app.test_client()
    assert machine.head(path).status_code == 404
    assert opened(machine, path, **{"Sec-Purpose": "prefetch;prerender"}).status_code == 404
    assert opened(machine, path, Purpose="preview").status_code == 404
    assert is_open(opened(browser, path))


def test_the_page_is_kept_from_everybody_else(api: Api, world: World, browser: FlaskClient) -> None:
    _, visit_id = visit_of(api, world.here)
    answer = opened(browser, link(api, world.here.staff, visit_id))
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    # First name and initial of the peer, and nothing of the hospital or the person.
    assert "Peer0 h." in answer.text
    for secret in (world.here.peers[0].name, "Hospital", "Room 12", world.here.staff.name):
        assert secret not in answer.text


def test_nobody_who_is_signed_in_on_the_tablet_is_on_the_page(
    api: Api, world: World, browser: FlaskClient
) -> None:
    _, visit_id = visit_of(api, world.here)
    path = link(api, world.here.staff, visit_id)
    nurse = world.here.staff
    browser.post(
        "/sign-in",
        data={"email": nurse.email, "password": "correct horse battery"},
        headers={"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"},
    )
    page = opened(browser, path)
    assert is_open(page)
    assert nurse.name not in page.text
    assert nurse.email not in page.text


def test_the_secret_is_nowhere_but_in_the_link(
    api: Api, world: World, wired: Wired, browser: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    _, visit_id = visit_of(api, world.here)
    made = api.post(
        f"/visits/{visit_id}/link", world.here.staff, headers={"Idempotency-Key": "a-press"}
    )
    path = made.get_json()["link"].removeprefix("http://localhost")
    token = path.removeprefix("/join/")
    assert "<svg" in made.get_json()["code_svg"]
    opened(browser, path)
    with wired.db.read() as tx:
        row = tx.session.scalars(select(GuestLink)).one()
        assert row.link_hash == fingerprint(token)
        kept = tx.session.scalars(select(IdempotencyKey.body)).all()
        assert not any(token in (body or "") for body in kept)
    shown = api.get(f"/visits/{visit_id}/room", world.here.staff).get_json()
    assert shown["link"]["opened_at"] is not None
    assert shown["room"] is None
    assert token not in str(shown)
    said = capsys.readouterr()
    assert token not in said.out + said.err


def test_a_link_is_for_a_live_video_visit_only(api: Api, world: World) -> None:
    here = world.here
    _, walking = visit_of(api, here, "in_person")
    problem(api.post(f"/visits/{walking}/link", here.staff), 409, "illegal_step")
    problem(api.get(f"/visits/{walking}/ice", here.peers[0]), 409, "illegal_step")
    api.post(f"/visits/{walking}/withdraw", here.peers[0], json={})
    problem(api.post(f"/visits/{walking}/link", here.staff), 409, "illegal_step")


def test_who_made_a_link_is_forgotten_after_a_month(
    api: Api, world: World, wired: Wired, clock: ManualClock
) -> None:
    _, visit_id = visit_of(api, world.here)
    link(api, world.here.staff, visit_id)
    for days, left in ((29, 1), (2, 0)):
        clock.advance(timedelta(days=days).total_seconds())
        chores(wired.db)
        with wired.db.read() as tx:
            assert len(tx.session.scalars(select(GuestLink)).all()) == left


def test_how_long_it_can_be_opened_is_policy(
    app: Flask, api: Api, world: World, clock: ManualClock
) -> None:
    here = world.here
    changed = api.call("PUT", "/policy", here.admin, json={"guest_link_s": 120})
    assert changed.status_code == 200, changed.text
    _, visit_id = visit_of(api, here)
    made = api.post(f"/visits/{visit_id}/link", here.staff).get_json()
    assert made["expires_at"].startswith(
        (clock.now() + timedelta(seconds=120)).strftime("%Y-%m-%dT%H:%M:%S")
    )
    path = made["link"].removeprefix("http://localhost")
    clock.advance(121)
    assert opened(app.test_client(), path).status_code == 404


def test_a_network_that_wants_no_captions_has_none(
    api: Api, world: World, browser: FlaskClient
) -> None:
    here = world.here
    assert api.call("PUT", "/policy", here.admin, json={"captions": "off"}).status_code == 200
    _, visit_id = visit_of(api, here)
    assert '"captions": false' in opened(browser, link(api, here.staff, visit_id)).text


def between(answer: TestResponse) -> bool:
    """Whether this is the bedside screen between two visits of its request."""
    return answer.status_code == 200 and "alongside/room/between.js" in answer.text


@pytest.mark.parametrize("modality", ["video", "chat"])
def test_the_screen_follows_its_request_to_the_next_visit_and_no_further(
    app: Flask, api: Api, world: World, modality: str
) -> None:
    here = world.here
    first, second = here.peers[0], here.peers[1]
    asked, visit_id = visit_of(api, here, modality)
    path = link(api, here.staff, visit_id)
    tablet, stranger = app.test_client(), app.test_client()
    assert is_open(opened(tablet, path), modality)
    step(api, f"/visits/{visit_id}/start", first)
    assert (tablet.head(path).status_code, stranger.head(path).status_code) == (200, 404)
    on_duty(api, second)
    handed = api.post(f"/visits/{visit_id}/hand_over", first, json={"stays": True})
    assert handed.get_json()["state"] == "staying"
    assert visit_id in opened(tablet, path).text, "the room of who stays is open"
    (offer,) = api.get("/offers", second).get_json()["items"]
    assert offer["someone_stays"]
    follows = step(api, f"/offers/{offer['id']}/accept", second)["visit"]["id"]
    assert visit_id in opened(tablet, path).text, "until the next one is connected"
    other = opened(tablet, f"{path}?to={follows}")
    assert is_open(other, modality)
    assert follows in other.text
    step(api, f"/visits/{follows}/start", second)
    page = opened(tablet, path)
    assert is_open(page, modality)
    assert follows in page.text
    assert visit_id not in page.text
    shown = api.get(f"/visits/{follows}/room", here.staff).get_json()
    assert shown["link"]["opened_at"] is not None, "nothing need be scanned again"
    # Of another request, in the same room with the same peer, the cookie knows nothing.
    step(api, f"/visits/{follows}/complete", second)
    over = opened(tablet, path)
    assert tablet.head(path).status_code == 404, "the door says so, to a screen that was away"
    again, foreign = visit_of(api, here, modality)
    assert again != asked
    for answer in (
        opened(tablet, path),
        opened(tablet, f"{path}?to={foreign}"),
        opened(stranger, path),
        opened(stranger, f"{path}?to={foreign}"),
    ):
        assert told(answer) == told(over)
    assert over.status_code == 404


def test_between_two_visits_it_waits_and_a_new_link_ends_it(
    app: Flask, api: Api, world: World
) -> None:
    here = world.here
    _, visit_id = visit_of(api, here)
    path = link(api, here.staff, visit_id)
    tablet = app.test_client()
    assert is_open(opened(tablet, path))
    unopened = link(api, here.staff, visit_id)
    assert opened(tablet, path).status_code == 404, "one bedside screen a request"
    owner = app.test_client()
    assert is_open(opened(owner, unopened))
    api.post(f"/visits/{visit_id}/withdraw", here.peers[0], json={})
    waiting = opened(owner, unopened)
    assert between(waiting)
    for secret in (visit_id, here.peers[0].name, here.staff.name, "Room 12", "Hospital"):
        assert secret not in waiting.text
    assert opened(app.test_client(), unopened).status_code == 404
