"""What LiveKit tells: believed when it is signed, counted once, and it makes the seats of a room."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from dispatch.actions import rooms
from dispatch.models import Visit
from dispatch.rooms import Room, Seat, SeatState, Side
from server.wiring import Wired, wire
from storage.clock import SystemClock
from storage.database import Database
from tests.api.conftest import Api, make_settings
from tests.api.people import World
from tests.api.test_guest_link import visit_of
from tests.harness.meetings import LiveKitHost, message

TABS = {Side.PEER: "peerpage1", Side.GUEST: "guestpage"}


@pytest.fixture
def wired(
    db: Database, database_url: str, tmp_path: Path
) -> Iterator[Wired]:  # the database is made
    """An installation whose calls happen in rooms of LiveKit, on the clock that signs tokens."""
    settings = make_settings(
        database_url,
        tmp_path,
        video_rooms="livekit",
        livekit_url="ws://127.0.0.1:1",
        livekit_page="http://127.0.0.1:1",
        livekit_key=LiveKitHost.KEY,
        livekit_secret=LiveKitHost.SECRET,
    )
    plugged = wire(settings, SystemClock())
    yield plugged
    plugged.close()


def post(app: Flask, body: bytes, token: str | None) -> TestResponse:
    """One message to the hook."""
    headers = {"Content-Type": "application/webhook+json"}
    if token is not None:
        headers["Authorization"] = token
    return app.test_client().post("/hooks/livekit", data=body, headers=headers)


def come_in(wired: Wired, visit_id: str) -> None:
    """Both pages are at their screens."""
    for side, tab in TABS.items():
        with wired.db.transaction() as tx:
            rooms.enter(tx, tx.session.get_one(Visit, visit_id), side, tab)


def states(wired: Wired, visit_id: str) -> dict[Side, SeatState]:
    """How both seats are."""
    with wired.db.read() as tx:
        seats = tx.session.scalars(select(Seat).where(Seat.visit_id == visit_id))
        return {one.side: one.state for one in seats}


def test_a_visit_starts_when_both_are_inside(
    app: Flask, api: Api, world: World, wired: Wired
) -> None:
    request_id, visit_id = visit_of(api, world.here)
    come_in(wired, visit_id)

    def tell(event: str, side: Side, sid: str) -> None:
        made = message(event, visit_id, f"{side.value}.{TABS[side]}", sid)
        assert post(app, *made).status_code == 204

    def state() -> str:
        found: str = api.get(f"/requests/{request_id}", world.here.staff).get_json()["state"]
        return found

    tell("participant_joined", Side.PEER, "PA_1")
    assert (states(wired, visit_id)[Side.PEER], state()) == (SeatState.READY, "accepted")
    tell("participant_joined", Side.GUEST, "PA_2")
    assert set(states(wired, visit_id).values()) == {SeatState.CONNECTED}
    assert state() == "in_session"
    # They come back before it is known that they had left: late news of the past changes nothing.
    tell("participant_joined", Side.GUEST, "PA_3")
    tell("participant_left", Side.GUEST, "PA_2")
    assert states(wired, visit_id)[Side.GUEST] is SeatState.CONNECTED
    tell("participant_left", Side.GUEST, "PA_3")
    assert states(wired, visit_id)[Side.GUEST] is SeatState.BROKEN
    assert post(app, *message("egress_started", visit_id, "", "")).status_code == 204
    with wired.db.read() as tx:
        assert tx.session.get_one(Room, visit_id).recorded_at is not None
    assert post(app, *message("room_finished", visit_id, "", "")).status_code == 204
    shown = api.get(f"/visits/{visit_id}/room", world.here.staff).get_json()["room"]
    assert (shown["peer"]["inside"], shown["is_recorded"]) == (False, True)


def test_the_same_message_counts_once(app: Flask, api: Api, world: World, wired: Wired) -> None:
    _, visit_id = visit_of(api, world.here)
    come_in(wired, visit_id)
    joined = message("participant_joined", visit_id, f"peer.{TABS[Side.PEER]}", "PA_1")
    left = message("participant_left", visit_id, f"peer.{TABS[Side.PEER]}", "PA_1")
    for made in (joined, left, joined):
        assert post(app, *made).status_code == 204
    with wired.db.read() as tx:
        assert tx.session.get_one(Seat, (visit_id, Side.PEER)).inside_sid is None


def test_who_is_not_livekit_changes_nothing(
    app: Flask, api: Api, world: World, wired: Wired
) -> None:
    _, visit_id = visit_of(api, world.here)
    come_in(wired, visit_id)
    who = f"peer.{TABS[Side.PEER]}"
    body, token = message("participant_joined", visit_id, who, "PA_1")
    forged = [
        (body, None),
        (body, "nonsense"),
        (body + b" ", token),
        message(
            "participant_joined", visit_id, who, "PA_1", secret="another secret of this length"
        ),
        message("participant_joined", visit_id, who, "PA_1", iss="APIother"),
        message("participant_joined", visit_id, who, "PA_1", exp=1),
        message("participant_joined", visit_id, who, "PA_1", exp="soon"),
        message("participant_joined", visit_id, who, "PA_1", sha256=None),
    ]
    for made in forged:
        assert post(app, *made).status_code == 403, made
    # Signed, and about nothing that is here.
    for made in (
        message("participant_joined", "x" * 32, who, "PA_1"),
        message("participant_joined", visit_id, "nurse.somepage", "PA_1"),
        message("participant_joined", visit_id, "peer.otherpage", "PA_1"),
        message("track_published", visit_id, who, "PA_1"),
    ):
        assert post(app, *made).status_code == 204
    assert set(states(wired, visit_id).values()) == {SeatState.HERE}


def test_only_the_pages_of_a_call_let_the_other_host_in(app: Flask, api: Api, world: World) -> None:
    _, visit_id = visit_of(api, world.here)
    link = api.post(f"/visits/{visit_id}/link", world.here.staff).get_json()["link"]
    page = app.test_client().get(link.removeprefix("http://localhost"))
    assert "frame-src http://127.0.0.1:1;" in page.headers["Content-Security-Policy"]
    assert 'camera=(self "http://127.0.0.1:1")' in page.headers["Permissions-Policy"]
    # Its page stands in a frame; of its scripts none runs here.
    scripts = page.headers["Content-Security-Policy"].partition("script-src")[2].partition(";")[0]
    assert "127.0.0.1:1" not in scripts
    front = app.test_client().get("/", headers={"Accept": "text/html"})
    assert "127.0.0.1:1" not in str(front.headers)
