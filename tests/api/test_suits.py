"""What peers say of themselves, and peers met before, over HTTP: who may read what, and who may not."""

import json
from typing import Any

from sqlalchemy import select

from dispatch.models import JournalEntry
from notifications.models import Delivery
from server.wiring import Wired
from tests.api.conftest import Api, problem
from tests.api.people import Person, World
from tests.api.test_walk import ask, on_duty, step

SAID = ["woman", "lgbtq", "veteran"]


def say(api: Api, peer: Person, *traits: str) -> list[str]:
    """The peer says this of themselves; the answer."""
    answer = api.call("PUT", "/me/traits", peer, json={"traits": traits})
    assert answer.status_code == 200, answer.text
    found: list[str] = answer.get_json()["traits"]
    return found


def visited(api: Api, world: World, peer: Person) -> None:
    """A visit by telephone, from the ask to the end."""
    request = ask(api, world.here.staff, modality="phone", place="Room 3")
    offers = api.get("/offers", peer).get_json()["items"]
    [offer] = [one for one in offers if one["request_id"] == request["id"]]
    visit = step(api, f"/offers/{offer['id']}/accept", peer)["visit"]
    step(api, f"/visits/{visit['id']}/start", peer)
    step(api, f"/visits/{visit['id']}/complete", peer)


def familiar(api: Api, world: World, by: Person) -> list[dict[str, Any]]:
    """Who was with somebody at the first site lately."""
    answer = api.get(f"/sites/{world.here.site_id}/familiar", by)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.get_json()["items"]
    return items


def test_a_peer_says_it_and_takes_it_back(api: Api, world: World) -> None:
    peer = world.here.peers[0]
    assert api.get("/me/traits", peer).get_json() == {"traits": []}
    assert say(api, peer, *reversed(SAID)) == ["woman", "veteran", "lgbtq"]
    assert say(api, peer, "veteran") == ["veteran"]
    assert say(api, peer) == []
    for body in ({"traits": ["tall"]}, {"traits": ["Veteran"]}, {"traits": None}, {}):
        problem(api.call("PUT", "/me/traits", peer, json=body), 422, "invalid")


def test_nobody_else_reads_it_anywhere(api: Api, world: World) -> None:
    here, peer = world.here, world.here.peers[0]
    say(api, peer, *SAID)
    on_duty(api, peer)
    request = ask(api, here.staff, preferences=["veteran"])
    for person in (here.staff, here.manager, here.supervisor, here.admin):
        problem(api.get("/me/traits", person), 403, "forbidden")
    seen = [
        api.get(path, by)
        for by in (here.manager, here.admin)
        for path in (f"/peers/{peer.id}", "/peers", "/users", "/board")
    ]
    seen += [
        api.get(f"/requests/{request['id']}{more}", by)
        for by in (here.manager, here.staff)
        for more in ("/candidates", "/facts", "/waves")
    ]
    # Nor does the phone keep it: it is asked for when its page is opened.
    for answer in (*seen, api.get("/phone", peer), api.get("/me", peer)):
        assert not [word for word in ("lgbtq", "woman", "traits") if word in answer.text]
    assert not [answer.request.path for answer in seen if "as_wished" in answer.text]
    [offer] = api.get("/offers", peer).get_json()["items"]
    assert "as_wished" in offer["reasons"]


def test_a_peer_met_before_is_named_asked_and_told(api: Api, world: World) -> None:
    here = world.here
    first, second = here.peers
    on_duty(api, second)
    visited(api, world, second)
    on_duty(api, first)
    assert [one["peer"] for one in familiar(api, world, here.staff)] == [
        {"id": second.id, "name": second.name}
    ]
    assert familiar(api, world, here.manager) == familiar(api, world, here.staff)
    request = ask(api, here.staff, met=[second.id])
    assert "met" not in request, "nobody is shown it again"
    [offer] = api.get("/offers", second).get_json()["items"]
    assert "met_before" in offer["reasons"]
    [other] = api.get("/offers", first).get_json()["items"]
    assert "met_before" not in other["reasons"]
    answer = api.get(f"/requests/{request['id']}/candidates", here.manager)
    fit = {one["peer"]["id"]: one["fit"] for one in answer.get_json()["items"]}
    assert "met_before" in fit[second.id]
    refusal = api.post("/requests", here.staff, json={**_ask("Room 5"), "met": [first.id]})
    assert problem(refusal, 422, "invalid")["errors"][0]["field"] == "met"
    many = api.post("/requests", here.staff, json={**_ask("Room 5"), "met": [second.id] * 4})
    problem(many, 422, "invalid")


def test_familiar_peers_of_other_sites_and_networks_do_not_exist(api: Api, world: World) -> None:
    on_duty(api, world.here.peers[0])
    visited(api, world, world.here.peers[0])
    path = f"/sites/{world.here.site_id}/familiar"
    for stranger in (world.here.other_staff, world.there.staff, world.there.manager):
        problem(api.get(path, stranger), 404, "not_found")
    other = api.get(f"/sites/{world.here.other_site_id}/familiar", world.here.manager)
    assert other.get_json()["items"] == []
    problem(api.get(path, world.here.peers[0]), 403, "forbidden")


def test_no_alert_and_no_fact_carries_any_of_it(api: Api, world: World, wired: Wired) -> None:
    peer = world.here.peers[1]
    on_duty(api, peer)
    sent = {"kind": "fcm", "address": "a-token-of-a-phone", "platform": "android"}
    assert api.post("/devices", peer, json=sent).status_code == 201
    visited(api, world, peer)
    say(api, peer, *SAID)
    request = ask(api, world.here.staff, met=[peer.id], preferences=["veteran", "lgbtq"])
    with wired.db.read() as tx:
        deliveries = tx.session.scalars(select(Delivery)).all()
        facts = tx.session.scalars(
            select(JournalEntry).where(JournalEntry.request_id == request["id"])
        ).all()
        columns = [column.name for column in Delivery.__table__.columns]
        told = [str({name: getattr(row, name) for name in columns}) for row in deliveries]
        told += [json.dumps(row.data) for row in facts]
    assert len(deliveries) > 1
    for text in told:
        for word in ("met_before", "as_wished", "veteran", "lgbtq", '"met"'):
            assert word not in text


def _ask(place: str) -> dict[str, Any]:
    return {"modality": "phone", "place": place, "language": "en", "consent": True}
