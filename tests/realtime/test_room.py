"""The video room on `/live`: two sides and nobody else, and letters that only the other side reads."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from prometheus_client import generate_latest

from dispatch import rooms as video
from server.realtime.hall import Hall
from server.realtime.pace import BURST, Pace
from server.realtime.room_events import MOST_LETTER_BYTES
from server.wiring import Wired
from storage.clock import ManualClock
from tests.api.conftest import Api
from tests.api.people import Person, World
from tests.realtime.conftest import Story
from tests.realtime.sockets import Socket

OWN = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
PEER, GUEST = "peer-page", "guest-page"
Enter = Callable[[Person], Socket]


@pytest.fixture
def visit(story: Story, world: World, api: Api) -> str:
    """A video visit of the first peer."""
    peer = world.here.peers[0]
    on = {"on_duty": True, "modalities": ["video"]}
    assert api.call("PUT", "/duty", peer, json=on).status_code == 200
    story.ask(modality="video")
    return story.accept(peer)


def link(api: Api, world: World, visit_id: str) -> str:
    """A fresh link, as a path."""
    made = api.post(f"/visits/{visit_id}/link", world.here.staff).get_json()
    return str(made["link"].removeprefix("http://localhost"))


def guest_of(app: Flask, path: str, **headers: str) -> Socket:
    """The socket of the browser that opens a link."""
    browser = app.test_client()
    browser.get(path, headers={"Accept": "text/html"})
    cookie = browser.get_cookie("alongside_guest")
    sent = OWN | headers
    if cookie is not None:
        sent["Cookie"] = f"alongside_guest={cookie.value}"
    return Socket(app, {"guest": True}, sent)


def state(visit_id: str, tab: str, word: str = "connected", **more: Any) -> dict[str, Any]:
    """What a page says of itself."""
    said = {"visit_id": visit_id, "tab": tab, "state": word, "camera": False, "muted": False}
    return said | more


def letter(visit_id: str, tab: str, to: str, text: str = "candidate:1") -> dict[str, Any]:
    """One way to reach a browser."""
    return {"visit_id": visit_id, "tab": tab, "to": to, "data": {"candidate": {"candidate": text}}}


def both(app: Flask, api: Api, world: World, visit_id: str, enter: Enter) -> tuple[Socket, Socket]:
    """The peer and the bedside screen, in the room."""
    phone = enter(world.here.peers[0])
    bed = guest_of(app, link(api, world, visit_id))
    assert phone.done("room_join", {"visit_id": visit_id, "tab": PEER})["side"] == "peer"
    assert bed.done("room_join", {"visit_id": visit_id, "tab": GUEST})["side"] == "guest"
    return phone, bed


def test_both_meet_and_the_visit_starts(
    app: Flask, api: Api, world: World, visit: str, enter: Enter, wired: Wired, clock: ManualClock
) -> None:
    phone, bed = both(app, api, world, visit, enter)
    assert phone.hears("room")[-1]["guest"]["state"] == "here"
    for socket, tab in ((phone, PEER), (bed, GUEST)):
        socket.done("room_state", state(visit, tab, "ready"))
    clock.advance(3)
    for socket, tab in ((phone, PEER), (bed, GUEST)):
        socket.done("room_state", state(visit, tab))
    room = bed.hears("room")[-1]
    assert (room["state"], room["is_over"]) == ("in_session", False)
    assert room["peer"]["tab"] == PEER
    shown = api.get(f"/visits/{visit}/room", world.here.staff).get_json()
    assert shown["room"]["started_at"] is not None
    counted = generate_latest(wired.metrics.registry).decode()
    assert "alongside_video_connect_seconds_count 1.0" in counted
    assert "alongside_video_connect_seconds_sum 3.0" in counted


def test_a_letter_reaches_the_other_side_only(
    app: Flask, api: Api, world: World, visit: str, enter: Enter
) -> None:
    phone, bed = both(app, api, world, visit, enter)
    phone.done("signal", letter(visit, PEER, GUEST))
    heard = bed.hears("signal")
    assert heard == [
        {
            "visit_id": visit,
            "sender": PEER,
            "to": GUEST,
            "data": {"candidate": {"candidate": "candidate:1"}},
        }
    ]
    assert phone.hears("signal") == []
    offer = {"description": {"type": "offer", "sdp": "v=0\r\n" * 1_000}}
    bed.done("signal", {"visit_id": visit, "tab": GUEST, "to": PEER, "data": offer})
    assert phone.hears("signal")[0]["data"] == offer


def test_nobody_else_comes_in(app: Flask, api: Api, world: World, visit: str, enter: Enter) -> None:
    here, there = world.here, world.there
    join = {"visit_id": visit, "tab": "some-page"}
    for who in (here.staff, here.manager, here.supervisor, here.admin):
        enter(who).refused("forbidden", "room_join", join)
    for who in (here.peers[1], there.peers[0]):
        socket = enter(who)
        socket.refused("not_found", "room_join", join)
        socket.refused("not_found", "room_state", state(visit, "some-page"))
        socket.refused("not_found", "room_leave", join | {"why": "ended"})
        socket.refused("illegal_step", "signal", letter(visit, "some-page", GUEST))
    phone = enter(here.peers[0])
    phone.refused("illegal_step", "signal", letter(visit, PEER, GUEST))


def test_a_guest_can_speak_of_one_visit_and_of_nothing_else(
    app: Flask, api: Api, world: World, visit: str, enter: Enter, story: Story
) -> None:
    _, bed = both(app, api, world, visit, enter)
    request_id = story.request(phone_request(api, world))["id"]
    bed.refused("not_found", "room_join", {"visit_id": "0" * 32, "tab": GUEST})
    bed.refused("forbidden", "follow", {"request_id": request_id})
    bed.refused("forbidden", "follow_board")
    bed.refused("forbidden", "follow_site")
    bed.refused("forbidden", "refresh", {"token": "x"})
    bed.refused("forbidden", "room_leave", {"visit_id": visit, "tab": GUEST, "why": "by_phone"})
    # It hears its room, and no fact, position or board.
    story.step(visit, "start", world.here.peers[0])
    assert bed.hears("room")[-1]["state"] == "in_session"
    assert bed.hears("fact") == []
    assert {one["visit_id"] for one in bed.hears("bedside")} == {visit}
    assert bed.hears_nothing()


def phone_request(api: Api, world: World) -> str:
    """The one request there is."""
    (found,) = api.get("/requests", world.here.staff).get_json()["items"]
    return str(found["id"])


def test_without_the_cookie_of_an_open_link_no_guest_connects(
    app: Flask, api: Api, world: World, visit: str
) -> None:
    path = link(api, world, visit)
    assert guest_of(app, path).is_in
    assert not guest_of(app, path).is_in
    assert not Socket(app, {"guest": True}, OWN).is_in
    forged = OWN | {"Cookie": "alongside_guest=forged"}
    assert not Socket(app, {"guest": True}, forged).is_in
    foreign = {"Origin": "http://evil.example"}
    assert not guest_of(app, link(api, world, visit), **foreign).is_in


def hall_of(app: Flask) -> Hall:
    """The hall of this application."""
    live = app.extensions["socketio"].server.namespace_handlers["/live"]
    hall: Hall = live.hall
    return hall


def test_a_revoked_link_puts_its_screen_out(
    app: Flask, api: Api, world: World, visit: str, enter: Enter
) -> None:
    _, bed = both(app, api, world, visit, enter)
    hall_of(app).look()
    assert bed.is_in
    api.call("DELETE", f"/visits/{visit}/link", world.here.staff)
    bed.refused("not_found", "room_state", state(visit, GUEST))
    hall_of(app).look()
    assert not bed.is_in


def test_when_the_visit_is_over_both_are_told_and_hear_no_more(
    app: Flask, api: Api, world: World, visit: str, enter: Enter, story: Story
) -> None:
    phone, bed = both(app, api, world, visit, enter)
    story.step(visit, "start", world.here.peers[0])
    bed.done("room_leave", {"visit_id": visit, "tab": GUEST, "why": "ended"})
    assert phone.hears("room")[-1]["is_over"]
    assert story.request(phone_request(api, world))["state"] == "completed"
    bed.refused("not_found", "room_join", {"visit_id": visit, "tab": GUEST})
    phone.refused("illegal_step", "room_join", {"visit_id": visit, "tab": PEER})
    hall_of(app).look()
    assert not bed.is_in
    assert phone.is_in


def test_a_peer_who_hands_over_is_out_of_the_room(
    app: Flask, api: Api, world: World, visit: str, enter: Enter, story: Story
) -> None:
    phone, bed = both(app, api, world, visit, enter)
    story.step(visit, "withdraw", world.here.peers[0])
    assert bed.hears("room")[-1]["is_over"]
    phone.hears("signal")
    bed.say("signal", letter(visit, GUEST, PEER))
    assert phone.hears("signal") == []


def test_the_newest_page_has_the_seat(
    app: Flask, api: Api, world: World, visit: str, enter: Enter
) -> None:
    phone, bed = both(app, api, world, visit, enter)
    newer = enter(world.here.peers[0])
    newer.done("room_join", {"visit_id": visit, "tab": "newer-page"})
    assert phone.hears("room")[-1]["peer"]["tab"] == "newer-page"
    phone.refused("room_moved", "room_state", state(visit, PEER))
    assert bed.hears("room")[-1]["peer"]["state"] == "here"


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"candidate": {"candidate": "x"}, "description": {"type": "offer", "sdp": "x"}},
        {"candidate": {"candidate": "x" * 1_001}},
        {"candidate": {"candidate": 1}},
        {"description": {"type": "offer", "sdp": "x" * (MOST_LETTER_BYTES + 1)}},
        {"description": {"type": "shout", "sdp": "x"}},
        {"other": "x"},
    ],
)
def test_what_is_no_letter_is_refused(
    app: Flask, api: Api, world: World, visit: str, enter: Enter, data: dict[str, Any]
) -> None:
    phone, _ = both(app, api, world, visit, enter)
    said = letter(visit, PEER, GUEST) | {"data": data}
    phone.refused("invalid", "signal", said)


def test_a_flood_of_letters_is_held_back(
    app: Flask, api: Api, world: World, visit: str, enter: Enter, clock: ManualClock
) -> None:
    phone, bed = both(app, api, world, visit, enter)
    answers = [phone.say("signal", letter(visit, PEER, GUEST)) for _ in range(int(BURST) + 20)]
    assert {answer.get("code") for answer in answers} == {None, "too_fast"}
    assert len(bed.hears("signal")) <= BURST
    clock.advance(2)
    phone.done("signal", letter(visit, PEER, GUEST))


def test_the_pace_of_a_socket_fills_again(clock: ManualClock) -> None:
    pace = Pace()
    assert sum(pace.takes(clock.now()) for _ in range(200)) == BURST
    clock.advance(1)
    assert sum(pace.takes(clock.now()) for _ in range(200)) == 10


def test_a_way_to_each_other_comes_with_the_room(
    app: Flask, api: Api, world: World, visit: str, enter: Enter
) -> None:
    phone = enter(world.here.peers[0])
    ice = phone.done("room_join", {"visit_id": visit, "tab": PEER})["ice"]
    assert ice == {"ice_servers": [], "relay_only": False, "expires_in": 4 * 3600}
    assert api.get(f"/visits/{visit}/ice", world.here.peers[0]).get_json() == ice


def test_sitting_there_is_a_time_and_no_socket(
    app: Flask, api: Api, world: World, visit: str, enter: Enter, clock: ManualClock
) -> None:
    phone, bed = both(app, api, world, visit, enter)
    clock.advance(video.FRESH.total_seconds() + 1)
    phone.done("room_state", state(visit, PEER, "ready"))
    assert phone.hears("room")[-1]["guest"]["state"] == "gone"
    bed.done("room_state", state(visit, GUEST, "ready"))
    assert phone.hears("room")[-1]["guest"]["state"] == "ready"
