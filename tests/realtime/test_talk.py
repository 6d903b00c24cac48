"""Messages on `/live`: the person and the peer read each other, and nobody else hears a word."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from dispatch.talk.threads import Message
from server.turns import forget_talk
from server.wiring import Wired
from storage.clock import ManualClock
from tests.api.conftest import Api
from tests.api.people import Person, World
from tests.realtime.conftest import Story
from tests.realtime.sockets import Json, Socket
from tests.realtime.test_room import GUEST, PEER, both, guest_of, hall_of, link, state

Enter = Callable[[Person], Socket]
SECRET = "The sparrow is at the northern door"


@pytest.fixture
def visit(story: Story, world: World, api: Api) -> str:
    """A visit by chat of the first peer."""
    on = {"on_duty": True, "modalities": ["chat"]}
    assert api.call("PUT", "/duty", world.here.peers[0], json=on).status_code == 200
    story.ask(modality="chat")
    return story.accept(world.here.peers[0])


def said(visit_id: str, name: str, **what: str) -> Json:
    """A message as a page sends it."""
    return {"visit_id": visit_id, "id": name, **what}


def texts(socket: Socket, visit_id: str, **where: int) -> list[str]:
    """What this side reads."""
    found = socket.done("talk_since", {"visit_id": visit_id, **where})
    return [one["text"] or one["word"] for one in found["items"]]


def test_both_meet_and_write(
    app: Flask, api: Api, world: World, visit: str, enter: Enter, story: Story
) -> None:
    phone, bed = both(app, api, world, visit, enter)
    for word in ("ready", "connected"):
        for socket, tab in ((phone, PEER), (bed, GUEST)):
            socket.done("room_state", state(visit, tab, word))
    assert bed.hears("room")[-1]["state"] == "in_session"
    assert bed.done("talk_say", said(visit, "guest-0001", text=SECRET))["seq"] == 1
    (told,) = phone.hears("talk")
    assert told == {
        "visit_id": visit,
        "party": "person",
        "seq": 1,
        "read": {"peer": 0, "other": 0},
        "unread": {"peer": 1, "other": 0},
    }
    assert phone.done("talk_say", said(visit, "peer-00001", word="no_rush"))["seq"] == 2
    assert texts(phone, visit) == texts(bed, visit) == [SECRET, "no_rush"]
    assert texts(bed, visit, after=1) == ["no_rush"]
    # An answer that was lost: the same message again, and no second one.
    assert bed.done("talk_say", said(visit, "guest-0001", text=SECRET))["seq"] == 1
    phone.done("talk_read", {"visit_id": visit, "seq": 2})
    assert bed.hears("talk")[-1]["read"] == {"peer": 2, "other": 0}
    # At the bedside nobody has a name but by what the page says.
    items = bed.done("talk_since", {"visit_id": visit})["items"]
    assert [one["author"] for one in items] == [None, None]
    story.step(visit, "complete", world.here.peers[0])
    for socket in (phone, bed):
        answer = socket.say("talk_since", {"visit_id": visit})
        assert (answer["ok"], "items" in answer) == (False, False)


def test_nobody_else_hears_or_reads_it(
    app: Flask, api: Api, world: World, visit: str, enter: Enter, story: Story
) -> None:
    here, there = world.here, world.there
    phone, bed = both(app, api, world, visit, enter)
    (asked,) = api.get("/requests", here.staff).get_json()["items"]
    nurse, manager, stranger = enter(here.staff), enter(here.manager), enter(here.peers[1])
    for socket in (nurse, manager):
        socket.done("follow", {"request_id": asked["id"]})
    manager.done("follow_board")
    bed.done("talk_say", said(visit, "guest-0001", text=SECRET))
    phone.done("talk_say", said(visit, "peer-00001", text=SECRET))
    for socket in (nurse, manager, stranger):
        assert socket.hears("talk") == []
    for who in (here.staff, here.manager, here.supervisor, here.admin):
        enter(who).refused("forbidden", "talk_since", {"visit_id": visit})
        enter(who).refused("forbidden", "talk_say", said(visit, "message-01", text="x"))
    for who in (here.peers[1], there.peers[0]):
        enter(who).refused("not_found", "talk_since", {"visit_id": visit})
        enter(who).refused("not_found", "talk_say", said(visit, "message-01", text="x"))
        enter(who).refused("not_found", "talk_read", {"visit_id": visit, "seq": 1})
    bed.refused("not_found", "talk_since", {"visit_id": "0" * 32})
    # The thread with the staff is another one.
    assert api.get(f"/visits/{visit}/talk", here.staff).get_json()["items"] == []
    assert api.get(f"/visits/{visit}/talk/about", here.manager).get_json()["messages"] == 0
    assert api.get("/talk/unread", here.staff).get_json()["items"] == []


def test_staff_and_peer_hear_that_something_is_there_and_not_what(
    api: Api, world: World, visit: str, enter: Enter
) -> None:
    here = world.here
    (asked,) = api.get("/requests", here.staff).get_json()["items"]
    nurse, manager, phone = enter(here.staff), enter(here.manager), enter(here.peers[0])
    for socket in (nurse, manager):
        socket.done("follow", {"request_id": asked["id"]})
    body = {"id": "nurse-0001", "text": SECRET}
    assert api.post(f"/visits/{visit}/talk", here.staff, json=body).status_code == 201
    for socket in (nurse, phone):
        (told,) = socket.hears("talk")
        assert (told["party"], told["seq"]) == ("staff", 1)
        assert SECRET not in str(told)
    assert manager.hears("talk") == []


def test_a_revoked_link_reads_no_more(
    app: Flask, api: Api, world: World, visit: str, enter: Enter
) -> None:
    phone, bed = both(app, api, world, visit, enter)
    phone.done("talk_say", said(visit, "peer-00001", text=SECRET))
    api.call("DELETE", f"/visits/{visit}/link", world.here.staff)
    bed.refused("not_found", "talk_since", {"visit_id": visit})
    bed.refused("not_found", "talk_say", said(visit, "guest-0001", text="x"))
    hall_of(app).look()
    assert not bed.is_in
    again = guest_of(app, link(api, world, visit))
    assert texts(again, visit) == [SECRET]


def test_long_messages_come_in_several_answers(
    app: Flask, api: Api, world: World, visit: str, enter: Enter
) -> None:
    phone, bed = both(app, api, world, visit, enter)
    for number in range(6):
        phone.done("talk_say", said(visit, f"peer-{number:05d}", text=f"{number}" + "ñ" * 900))
    read: list[str] = []
    seq, more = 0, True
    while more:
        page: dict[str, Any] = bed.done("talk_since", {"visit_id": visit, "after": seq})
        read += [one["text"][0] for one in page["items"]]
        seq, more = page["items"][-1]["seq"], page["more"]
    assert read == ["0", "1", "2", "3", "4", "5"]
    last = bed.done("talk_since", {"visit_id": visit})
    assert (last["items"][-1]["text"][0], last["more"]) == ("5", True)


def test_the_bedside_goes_on_to_the_next_and_leaves_what_was_said_behind(
    app: Flask, api: Api, world: World, visit: str, enter: Enter, story: Story
) -> None:
    first, second = world.here.peers
    phone, bed = both(app, api, world, visit, enter)
    for word in ("ready", "connected"):
        for socket, tab in ((phone, PEER), (bed, GUEST)):
            socket.done("room_state", state(visit, tab, word))
    bed.done("talk_say", said(visit, "guest-0001", text=SECRET))
    bed.hears("room")
    on = {"on_duty": True, "modalities": ["chat"]}
    assert api.call("PUT", "/duty", second, json=on).status_code == 200
    story.step(visit, "hand_over", first)
    room = bed.hears("room")[-1]
    assert (room["is_over"], room["goes_on"]) == (True, True)
    assert bed.done("bedside", {})["visit_id"] is None
    # Nobody writes or reads there any more, and what comes next is told on the same socket.
    for event, body in (
        ("talk_say", said(visit, "guest-0002", text="x")),
        ("talk_since", {"visit_id": visit}),
    ):
        bed.refused("illegal_step", event, body)
    follows = story.accept(second)
    assert bed.hears("bedside")[-1]["visit_id"] == follows
    assert bed.done("room_join", {"visit_id": follows, "tab": GUEST})["side"] == "guest"
    theirs = enter(second)
    theirs.done("room_join", {"visit_id": follows, "tab": PEER})
    bed.done("talk_say", said(follows, "guest-0003", text="Hello"))
    assert texts(theirs, follows) == texts(bed, follows) == ["Hello"]
    theirs.refused("not_found", "talk_since", {"visit_id": visit})
    phone.refused("not_found", "talk_since", {"visit_id": follows})


def test_beside_a_video_call_the_same_thread_stands(
    app: Flask, api: Api, world: World, story: Story, enter: Enter
) -> None:
    peer = world.here.peers[0]
    on = {"on_duty": True, "modalities": ["video"]}
    api.call("PUT", "/duty", peer, json=on)
    story.ask(modality="video")
    film = story.accept(peer)
    phone, bed = both(app, api, world, film, enter)
    bed.done("talk_say", said(film, "guest-0001", text="I can't talk right now"))
    assert texts(phone, film) == ["I can't talk right now"]


def test_what_was_said_goes_with_the_visit(
    app: Flask, api: Api, world: World, visit: str, enter: Enter, story: Story, wired: Wired,
    clock: ManualClock,
) -> None:  # fmt: skip
    _, bed = both(app, api, world, visit, enter)
    bed.done("talk_say", said(visit, "guest-0001", text=SECRET))
    story.step(visit, "start", world.here.peers[0])
    story.step(visit, "complete", world.here.peers[0])
    clock.advance(1)
    forget_talk(wired.db)
    with wired.db.read() as tx:
        assert tx.session.scalar(select(func.count()).select_from(Message)) == 0


@pytest.mark.parametrize(
    "body", [{}, {"text": "a", "word": "yes"}, {"text": " "}, {"word": "parking"}, {"text": 1}]
)
def test_what_is_no_message_is_refused_here_too(
    app: Flask, api: Api, world: World, visit: str, enter: Enter, body: dict[str, Any]
) -> None:
    _, bed = both(app, api, world, visit, enter)
    bed.refused("invalid", "talk_say", {"visit_id": visit, "id": "guest-0001", **body})
