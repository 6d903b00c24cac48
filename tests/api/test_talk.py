"""Messages over HTTP: whose they are, said once, one quiet push, and text that is nowhere else."""

from typing import Any

import pytest
from sqlalchemy import select, text

from notifications.channels.base import Channel
from notifications.channels.memory import MemoryChannel
from notifications.models import Delivery, DeliveryState, Kind
from server.models import IdempotencyKey
from server.turns import forget_talk
from server.wiring import Loops, Wired
from storage.clock import ManualClock
from tests.api.conftest import Api, problem
from tests.api.people import Person, World
from tests.api.test_walk import ask, on_duty, step

SECRET = "The sparrow is at the northern door"


@pytest.fixture
def channels(phones: MemoryChannel) -> dict[Kind, Channel]:
    """Pushes are caught."""
    return {Kind.FCM: phones}


@pytest.fixture
def visit(api: Api, world: World) -> str:
    """A visit that the first peer said yes to."""
    peer = world.here.peers[0]
    on_duty(api, peer)
    ask(api, world.here.staff)
    (offer,) = api.get("/offers", peer).get_json()["items"]
    visit_id: str = step(api, f"/offers/{offer['id']}/accept", peer)["visit"]["id"]
    return visit_id


def say(api: Api, by: Person, visit_id: str, name: str, **what: str) -> dict[str, Any]:
    """Write a message."""
    answer = api.post(f"/visits/{visit_id}/talk", by, json={"id": name, **what})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.get_json()
    return body


def talk(api: Api, by: Person, visit_id: str, query: str = "") -> dict[str, Any]:
    """The thread as this person reads it."""
    answer = api.get(f"/visits/{visit_id}/talk{query}", by)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.get_json()
    return body


def test_both_sides_read_what_the_other_wrote(api: Api, world: World, visit: str) -> None:
    nurse, peer = world.here.staff, world.here.peers[0]
    assert say(api, nurse, visit, "nurse-0001", word="wait_at_desk")["seq"] == 1
    assert say(api, peer, visit, "peer-00001", text="On my way.\nTen minutes.")["seq"] == 2
    assert say(api, nurse, visit, "nurse-0001", word="wait_at_desk")["seq"] == 1
    shown = talk(api, peer, visit)
    assert shown["items"] == talk(api, nurse, visit)["items"]
    assert [one["voice"] for one in shown["items"]] == ["staff", "peer"]
    assert shown["items"][0]["author"]["name"] == nurse.name
    assert talk(api, nurse, visit, "?after=1")["items"][0]["text"] == "On my way.\nTen minutes."
    assert shown["unread"] == {"peer": 1, "other": 1}
    marks = api.call("PUT", f"/visits/{visit}/talk/read", peer, json={"seq": 2}).get_json()
    assert (marks["read"], marks["unread"]) == (
        {"peer": 2, "other": 0},
        {"peer": 0, "other": 1},
    )


def test_where_something_is_unread(api: Api, world: World, visit: str) -> None:
    here = world.here
    say(api, here.peers[0], visit, "peer-00001", word="parking")
    (one,) = api.get("/talk/unread", here.staff).get_json()["items"]
    assert one == {"visit_id": visit, "party": "staff", "seq": 1, "unread": 1}
    for who in (here.peers[0], here.peers[1], here.other_staff, world.there.staff):
        assert api.get("/talk/unread", who).get_json()["items"] == []


def test_who_is_there_by_video_has_a_thread_of_their_own(api: Api, world: World) -> None:
    here = world.here
    marcus, rosa = here.peers
    on_duty(api, marcus)
    request = ask(api, here.staff)
    (offer,) = api.get("/offers", marcus).get_json()["items"]
    visit = step(api, f"/offers/{offer['id']}/accept", marcus)["visit"]["id"]
    on_duty(api, rosa, ["video"])
    step(api, f"/requests/{request['id']}/bridge", here.staff)
    (offer,) = api.get("/offers", rosa).get_json()["items"]
    bridge = step(api, f"/offers/{offer['id']}/accept", rosa)["visit"]["id"]
    say(api, rosa, bridge, "rosa-00001", text=SECRET)
    say(api, marcus, visit, "marcus-001", word="parking")
    say(api, here.staff, bridge, "nurse-0001", text="Thank you")
    found = {
        one["visit_id"]: one for one in api.get("/talk/unread", here.staff).get_json()["items"]
    }
    assert {name: one["unread"] for name, one in found.items()} == {visit: 1, bridge: 1}
    hers, his = (talk(api, here.staff, one)["items"] for one in (bridge, visit))
    assert [one["author"]["id"] for one in hers] == [rosa.id, here.staff.id]
    assert [one["author"]["id"] for one in his] == [marcus.id]
    # Neither of the two reads the other's.
    for who, foreign in ((marcus, bridge), (rosa, visit)):
        problem(api.get(f"/visits/{foreign}/talk", who), 404, "not_found")
        body = {"id": "stranger-1", "text": "hello"}
        problem(api.post(f"/visits/{foreign}/talk", who, json=body), 404, "not_found")
    # What she said last is still to be read once her visit is over.
    step(api, f"/visits/{bridge}/start", rosa)
    say(api, rosa, bridge, "rosa-00002", text="Goodbye")
    step(api, f"/visits/{bridge}/complete", rosa)
    assert talk(api, here.staff, bridge)["items"][-1]["text"] == "Goodbye"
    facts = api.get(f"/requests/{request['id']}/facts", here.staff).get_json()["items"]
    named = [one["data"]["bridge"]["peer"]["id"] for one in facts if one["data"].get("bridge")]
    assert set(named) == {rosa.id}, "the page finds whose it was in the facts"


def test_nobody_else_reads_it(api: Api, world: World, visit: str) -> None:
    here, there = world.here, world.there
    say(api, here.staff, visit, "nurse-0001", text=SECRET)
    body = {"id": "stranger-1", "text": "hello"}
    for who in (here.peers[1], here.other_staff, there.peers[0], there.staff):
        problem(api.get(f"/visits/{visit}/talk", who), 404, "not_found")
        problem(api.post(f"/visits/{visit}/talk", who, json=body), 404, "not_found")
        read = api.call("PUT", f"/visits/{visit}/talk/read", who, json={"seq": 1})
        problem(read, 404, "not_found")
    for who in (here.manager, here.supervisor, here.admin):
        problem(api.get(f"/visits/{visit}/talk", who), 403, "forbidden")
        about = api.get(f"/visits/{visit}/talk/about", who)
        assert about.get_json()["messages"] == 1
        assert SECRET not in about.text
    problem(api.get(f"/visits/{visit}/talk/about", there.manager), 404, "not_found")


@pytest.mark.parametrize(
    "body",
    [
        {"id": "message-01"},
        {"id": "message-01", "text": "a", "word": "parking"},
        {"id": "message-01", "text": ""},
        {"id": "message-01", "text": " \n "},
        {"id": "message-01", "text": "x" * 1_001},
        {"id": "short", "text": "a"},
        {"id": "message-01", "word": "no_such_word"},
        {"id": "message-01", "word": "still_good"},
        {"id": "message-01", "text": "\x00"},
    ],
)
def test_what_is_no_message_is_refused(
    api: Api, world: World, visit: str, body: dict[str, str]
) -> None:
    problem(api.post(f"/visits/{visit}/talk", world.here.peers[0], json=body), 422, "invalid")


def test_too_much_at_once_waits(api: Api, world: World, visit: str) -> None:
    for number in range(20):
        say(api, world.here.peers[0], visit, f"message-{number:02d}", text="again")
    body = {"id": "message-99", "text": "again"}
    answer = api.post(f"/visits/{visit}/talk", world.here.peers[0], json=body)
    problem(answer, 429, "too_fast")
    assert int(answer.headers["Retry-After"]) > 0


def device(api: Api, peer: Person) -> None:
    """A phone that can be rung."""
    sent = {"kind": "fcm", "address": "a-token", "platform": "android"}
    assert api.post("/devices", peer, json=sent).status_code == 201


def messages(wired: Wired) -> list[Delivery]:
    """The deliveries that tell of a message."""
    with wired.db.read() as tx:
        query = select(Delivery).where(Delivery.key == "message").order_by(Delivery.id)
        return list(tx.session.scalars(query))


def test_one_quiet_push_tells_that_something_is_there(
    api: Api, world: World, wired: Wired, visit: str, loops: Loops,
    clock: ManualClock, phones: MemoryChannel,
) -> None:  # fmt: skip
    peer, nurse = world.here.peers[0], world.here.staff
    device(api, peer)
    (relay,) = loops.turns["relay"]
    say(api, nurse, visit, "nurse-0001", text=SECRET)
    say(api, nurse, visit, "nurse-0002", text=SECRET)
    relay.work()
    assert phones.sent == []
    clock.advance(16)
    relay.work()
    (rung,) = phones.sent
    assert (rung.words.title, rung.words.body) == ("A message about your visit", "Open to read.")
    assert rung.data == {"opens": "home", "delivery_id": rung.delivery_id}
    (sent,) = messages(wired)
    assert (sent.user_id, sent.rung.value, sent.collapse_id) == (peer.id, "notice", visit)
    assert sent.args == {}
    # Not again until they have read, and then again once.
    say(api, nurse, visit, "nurse-0003", text=SECRET)
    assert len(messages(wired)) == 1
    api.call("PUT", f"/visits/{visit}/talk/read", peer, json={"seq": 3})
    say(api, nurse, visit, "nurse-0004", text=SECRET)
    assert len(messages(wired)) == 2
    assert SECRET not in repr([vars(one) for one in messages(wired)])


def test_who_looks_at_the_thread_is_not_rung(
    api: Api, world: World, wired: Wired, visit: str
) -> None:
    peer = world.here.peers[0]
    device(api, peer)
    say(api, world.here.staff, visit, "nurse-0001", text=SECRET)
    api.call("PUT", f"/visits/{visit}/talk/read", peer, json={"seq": 1})
    assert [one.state for one in messages(wired)] == [DeliveryState.CANCELLED]
    # The staff have no phone that rings, and a peer's own words ring nobody.
    say(api, peer, visit, "peer-00001", word="parking")
    assert len(messages(wired)) == 1


def test_who_has_no_phone_stays_reachable(api: Api, world: World, wired: Wired, visit: str) -> None:
    say(api, world.here.staff, visit, "nurse-0001", text="Desk B")
    assert messages(wired) == []


def test_a_text_is_in_its_own_row_and_nowhere_else(
    api: Api, world: World, wired: Wired, visit: str,
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    path = f"/visits/{visit}/talk"
    body = {"id": "nurse-0001", "text": SECRET}
    keyed = {"Idempotency-Key": "a-press"}
    for _ in range(2):
        assert api.post(path, world.here.staff, json=body, headers=keyed).status_code == 201
    with wired.db.read() as tx:
        assert not any(
            SECRET in (one or "") for one in tx.session.scalars(select(IdempotencyKey.body))
        )
        entries = tx.session.execute(text("SELECT data FROM facts")).all()
        assert SECRET not in repr(entries)
        assert tx.session.execute(text("SELECT count(*) FROM talk_messages")).scalar() == 1
    request_id = api.get("/requests", world.here.staff).get_json()["items"][0]["id"]
    for look in ("/board", f"/requests/{request_id}", f"/requests/{request_id}/facts", "/audit"):
        assert SECRET not in api.get(look, world.here.manager).text
    said = capsys.readouterr()
    assert SECRET not in said.out + said.err + caplog.text


def test_a_chore_erases(
    api: Api, world: World, wired: Wired, visit: str, clock: ManualClock
) -> None:
    say(api, world.here.staff, visit, "nurse-0001", text=SECRET)
    api.post(f"/visits/{visit}/withdraw", world.here.peers[0], json={})
    forget_talk(wired.db)
    assert len(talk(api, world.here.staff, visit)["items"]) == 1
    clock.advance(14 * 24 * 3600)
    forget_talk(wired.db)
    api.sign_in(world.here.staff)
    assert talk(api, world.here.staff, visit)["items"] == []
