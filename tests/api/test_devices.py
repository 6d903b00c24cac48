"""Devices: registered, tried, moved to another person, removed; and the phone that rings."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from dispatch.models import Peer
from notifications.channels.base import Channel
from notifications.channels.memory import MemoryChannel
from notifications.models import Delivery, Kind
from server.app import create_app
from server.wiring import Loops, Wired, make_loops, wire
from storage.clock import ManualClock
from storage.database import Database
from tests.api import people
from tests.api.conftest import Api, make_settings, problem
from tests.api.people import World
from tests.api.test_walk import ask, on_duty, step

PHONE = {"kind": "fcm", "address": "token-of-a-phone", "platform": "android"}
BROWSER: dict[str, Any] = {
    "kind": "webpush",
    "platform": "web",
    "subscription": {
        "endpoint": "https://updates.push.services.mozilla.com/wpush/v2/abc",
        "keys": {"p256dh": "BKey", "auth": "secret"},
        "expirationTime": None,
    },
}


@pytest.fixture
def channels(phones: MemoryChannel) -> dict[Kind, Channel] | None:
    """The phones that the test listens to."""
    return {Kind.FCM: phones}


def turn(loops: Loops) -> None:
    """Every turn once."""
    for turns in loops.turns.values():
        for each in turns:
            each.work()


def test_an_asked_peers_phone_rings_with_nothing_private(
    api: Api, world: World, loops: Loops, phones: MemoryChannel
) -> None:
    peer, other = world.here.peers
    for person, address in ((peer, "one"), (other, "two")):
        assert api.post("/devices", person, json=PHONE | {"address": address}).status_code == 201
        on_duty(api, person)
    made = ask(api, world.here.staff, note="call the daughter", place="Bay 12")
    turn(loops)
    assert {envelope.address.value for envelope in phones.sent if envelope.address} == {
        "one",
        "two",
    }
    said = " ".join(f"{each.words.title} {each.words.body} {each.data}" for each in phones.sent)
    for private in ("Bay 12", "daughter", "Hospital", "overdose", "a woman", peer.name):
        assert private not in said
    (offer,) = api.get("/offers", peer).get_json()["items"]
    step(api, f"/offers/{offer['id']}/accept", peer)
    turn(loops)
    assert len(phones.rang("two")) == 1
    assert sorted(phones.visible("two").values()) == [
        "This one is taken care of",
        "Your alerts work",
    ]
    assert made["asked"] == 2


def test_a_device_is_shown_without_its_address(api: Api, world: World) -> None:
    peer = world.here.peers[0]
    made = api.post("/devices", peer, json=PHONE)
    assert made.status_code == 201
    assert "token-of-a-phone" not in made.text
    again = api.post("/devices", peer, json=PHONE)
    assert again.get_json()["id"] == made.get_json()["id"]
    assert [one["id"] for one in api.get("/devices", peer).get_json()["items"]] == [
        made.get_json()["id"]
    ]


def test_a_test_rings_that_device_only(
    api: Api, world: World, loops: Loops, phones: MemoryChannel
) -> None:
    peer = world.here.peers[0]
    first = api.post("/devices", peer, json=PHONE).get_json()
    api.post("/devices", peer, json=PHONE | {"address": "tablet"})
    answer = api.post(f"/devices/{first['id']}/test", peer)
    assert answer.status_code == 202
    turn(loops)
    assert [each.address.value for each in phones.sent if each.address] == ["token-of-a-phone"]


def test_an_address_rings_one_person_only(api: Api, world: World) -> None:
    first, second = world.here.peers
    old = api.post("/devices", first, json=PHONE).get_json()
    new = api.post("/devices", second, json=PHONE).get_json()
    assert new["id"] != old["id"]
    assert api.get("/devices", first).get_json()["items"] == []
    problem(api.post(f"/devices/{old['id']}/test", first), 404, "not_found")


def test_a_removed_device_is_gone(api: Api, world: World) -> None:
    peer = world.here.peers[0]
    made = api.post("/devices", peer, json=BROWSER)
    assert made.status_code == 201, made.text
    path = f"/devices/{made.get_json()['id']}"
    problem(api.call("DELETE", path, world.here.peers[1]), 404, "not_found")
    assert api.call("DELETE", path, peer).status_code == 204
    problem(api.call("DELETE", path, peer), 404, "not_found")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_is_no_device(api: Api, world: World) -> None:
    peer = world.here.peers[0]
    insecure = {**BROWSER["subscription"], "endpoint": "ftp://push.example/abc"}
    for body in (
        {"kind": "pigeon", "address": "x", "platform": "loft"},
        {"kind": "console", "address": "x", "platform": "loft"},
        {"kind": "fcm", "platform": "android"},
        PHONE | {"address": ""},
        PHONE | {"address": "x" * 1025},
        PHONE | {"subscription": BROWSER["subscription"]},
        BROWSER | {"address": "x"},
        BROWSER | {"subscription": insecure},
        {"kind": "sms", "address": "911", "platform": "phone"},
        {"kind": "email", "address": "nobody", "platform": "mail"},
    ):
        problem(api.post("/devices", peer, json=body), 422, "invalid")


def test_a_working_address_makes_a_peer_reachable_again(
    api: Api, world: World, wired: Wired, loops: Loops
) -> None:
    peer = world.here.peers[0]
    on_duty(api, peer)
    with wired.db.transaction() as tx:
        tx.session.execute(update(Peer).where(Peer.id == peer.id).values(is_reachable=False))
    assert ask(api, world.here.staff)["asked"] == 0
    api.post("/devices", peer, json=PHONE)
    turn(loops)
    assert len(api.get("/offers", peer).get_json()["items"]) == 1


SERVICE = {"kind": "apprise", "address": "json://hooks.example/secret", "platform": "web"}


def test_a_service_is_for_alarms_and_only_where_the_operator_allows_it(
    db: Database, database_url: str, clock: ManualClock, tmp_path: Path, world: World
) -> None:
    settings = make_settings(database_url, tmp_path, apprise_schemes="Slack json")
    plugged = wire(settings, clock)
    api = Api(create_app(plugged))
    for person in (world.here.manager, world.here.supervisor, world.here.admin):
        address = f"json://hooks.example/{person.id}"
        made = api.post("/devices", person, json=SERVICE | {"address": address})
        assert made.status_code == 201, made.text
        assert "hooks.example" not in made.text
    other = SERVICE | {"address": "xml://hooks.example/secret"}
    problem(api.post("/devices", world.here.manager, json=other), 422, "channel_off")
    for person in (world.here.staff, world.here.peers[0]):
        problem(api.post("/devices", person, json=SERVICE), 422, "channel_off")
    broken = SERVICE | {"address": "hooks.example"}
    problem(api.post("/devices", world.here.manager, json=broken), 422, "invalid")
    plugged.close()


def test_without_a_word_of_the_operator_there_are_no_services(api: Api, world: World) -> None:
    problem(api.post("/devices", world.here.manager, json=SERVICE), 422, "channel_off")


def test_a_mailbox_asks_nobody_to_come(
    db: Database, database_url: str, clock: ManualClock, tmp_path: Path, world: World
) -> None:
    mail, app = MemoryChannel(Kind.EMAIL), MemoryChannel(Kind.FCM)
    channels = {Kind.EMAIL: mail, Kind.FCM: app}
    plugged = wire(make_settings(database_url, tmp_path), clock, channels=channels)
    api = Api(create_app(plugged))
    made = make_loops(plugged)
    peer = world.here.peers[0]
    letter = {"kind": "email", "address": "peer@here.example", "platform": "mail"}
    assert api.post("/devices", peer, json=letter).status_code == 201
    on_duty(api, peer)
    assert ask(api, world.here.staff)["asked"] == 1
    turn(made)
    assert (mail.tried, app.tried) == ([], [])
    with plugged.db.read() as tx:
        asked = tx.session.scalars(select(Delivery)).all()
        assert {row.device_id for row in asked} == {None}
    made.close()
    plugged.close()


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_browser_may_not_name_whom_this_server_calls(api: Api, world: World) -> None:
    peer = world.here.peers[0]
    for endpoint in (
        "http://push.example/abc",
        "https://push.example/abc",
        "https://127.0.0.1/abc",
        "http://169.254.169.254/latest/meta-data",
        "https://updates.push.services.mozilla.com@push.example/abc",
    ):
        subscription = {**BROWSER["subscription"], "endpoint": endpoint}
        answer = api.post("/devices", peer, json=BROWSER | {"subscription": subscription})
        problem(answer, 422, "push_service_unknown")


def test_everybody_subscribes_with_the_same_key(
    db: Database, database_url: str, clock: ManualClock, tmp_path: Path
) -> None:
    plugged = wire(make_settings(database_url, tmp_path, push="webpush"), clock)
    world = people.build(plugged.db)
    api = Api(create_app(plugged))
    here = world.here
    keys = {
        api.get("/push-key", one).get_json()["push_key"]
        for one in (here.peers[0], here.manager, here.staff, world.there.peers[0])
    }
    assert len(keys) == 1
    assert keys == {api.get("/phone", here.peers[0]).get_json()["push_key"]}
    assert len(keys.pop()) == 87, "65 bytes in base64url"
    plugged.close()


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_without_web_push_there_is_no_key(api: Api, world: World) -> None:
    peer = world.here.peers[0]
    assert api.get("/push-key", peer).get_json() == {"push_key": None}
    assert api.get("/phone", peer).get_json()["push_key"] is None
