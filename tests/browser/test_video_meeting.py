"""A call in a room of Jitsi or LiveKit: who has a pass comes in, and connected means connected."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.calls import (
    bedside,
    connected,
    holds,
    link_of,
    peers_room,
    say_yes,
    video_visit,
)
from tests.browser.looking import everywhere, picture
from tests.browser.phones import expect_state, until
from tests.browser.server import Town
from tests.browser.server import town as start_town
from tests.browser.windows import Open
from tests.harness.meetings import JitsiHost, LiveKitHost


@pytest.fixture(scope="module")
def host(request: pytest.FixtureRequest) -> Iterator[JitsiHost | LiveKitHost]:
    """The service in whose room the calls of this town happen."""
    with request.param() as service:
        yield service


@pytest.fixture(autouse=True)
def _fresh(host: JitsiHost | LiveKitHost) -> None:
    """Nobody has come in yet."""
    host.passes.clear()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, host: JitsiHost | LiveKitHost) -> Iterator[Town]:
    """A town whose calls happen there."""
    if isinstance(host, JitsiHost):
        settings = {
            "VIDEO_ROOMS": "jitsi",
            "JITSI_URL": host.url,
            "JITSI_APP_ID": host.APP,
            "JITSI_APP_SECRET": host.SECRET,
        }
    else:
        settings = {
            "VIDEO_ROOMS": "livekit",
            "LIVEKIT_URL": f"ws://127.0.0.1:{host.port}",
            "LIVEKIT_PAGE": host.url,
            "LIVEKIT_KEY": host.KEY,
            "LIVEKIT_SECRET": host.SECRET,
        }
    with start_town(tmp_path_factory.mktemp("town"), **settings) as place:
        if isinstance(host, LiveKitHost):
            host.hook = f"{place.url}/hooks/livekit"
        yield place


@pytest.fixture
def peer(town: Town) -> Iterator[dict[str, Any]]:
    """A peer who answers; afterwards nothing is open."""
    yield town.user("peer", 2)
    town.finish_all()
    town.off_duty()


@pytest.mark.parametrize("host", [JitsiHost], indirect=True)
def test_a_call_in_a_room_of_jitsi(
    town: Town, peer: dict[str, Any], open_page: Open, host: JitsiHost
) -> None:
    request_id, visit_id = video_visit(town, peer)
    bed = bedside(open_page, link_of(town, visit_id))
    phone = peers_room(open_page, peer, visit_id)
    expect(phone.locator(".scene__mid")).to_be_visible()
    say_yes(bed)
    connected(bed, phone)
    expect_state(phone, town, request_id, "in_session")
    users = {one["context"]["user"]["id"][:4]: one["context"]["user"] for one in host.passes}
    assert users["peer"]["name"] == "Joe N."
    assert users["peer"]["moderator"] == "true"
    assert (users["gues"]["name"], users["gues"]["moderator"]) == ("Guest", "false")
    for one in host.passes:
        assert one["room"] == visit_id
        assert set(one["context"]["features"].values()) == {"false"}
    assert bed.evaluate("meetingConfig.fileRecordingsEnabled") is False
    everywhere(bed)
    picture(bed, "video-bedside-jitsi")
    everywhere(phone)
    phone.keyboard.press("v")
    holds(phone, "room.call.hasCamera")
    holds(bed, "room.other.camera")
    bed.get_by_role("button", name="Mute me").click()
    holds(phone, "room.other.muted")
    for page in (bed, phone):
        expect(page.locator(".safe", has_text="ot recorded")).to_be_visible()
    host.is_recorded = True
    for page in (bed, phone):
        expect(page.get_by_text("Somebody records this call")).to_be_visible()
        expect(page.locator(".safe", has_text="ot recorded")).to_have_count(0)
    host.is_recorded = False
    phone.reload()
    # The page that comes back shows a pass of its own.
    until(bed, lambda: len(host.passes) == 3)
    connected(bed, phone)
    _end(bed)
    expect_state(phone, town, request_id, "completed")
    expect(bed.locator("iframe")).to_have_count(0)


@pytest.mark.parametrize("host", [LiveKitHost], indirect=True)
def test_a_call_in_a_room_of_livekit(
    town: Town, peer: dict[str, Any], open_page: Open, host: LiveKitHost
) -> None:
    request_id, visit_id = video_visit(town, peer)
    bed = bedside(open_page, link_of(town, visit_id))
    phone = peers_room(open_page, peer, visit_id)
    say_yes(bed)
    connected(bed, phone)
    expect_state(phone, town, request_id, "in_session")
    sides = {one["sub"].partition(".")[0]: one for one in host.passes}
    assert {side: one["name"] for side, one in sides.items()} == {
        "peer": "Joe N.",
        "guest": "Guest",
    }
    for one in host.passes:
        video = one["video"]
        assert (video["room"], video["roomRecord"], video["roomAdmin"]) == (visit_id, False, False)
        assert video["canPublishData"] is False
    everywhere(bed)
    picture(bed, "video-bedside-livekit")
    host.tell("participant_left", visit_id, sides["guest"]["sub"])
    holds(phone, "room.call.state === 'reconnecting'")
    host.tell("participant_joined", visit_id, sides["guest"]["sub"], "PA_again")
    connected(bed, phone)
    host.tell("egress_started", visit_id)
    for page in (bed, phone):
        expect(page.get_by_text("Somebody records this call")).to_be_visible()
    _end(bed)
    expect_state(phone, town, request_id, "completed")
    assert set(host.answers) == {204}


def _end(bed: Page) -> None:
    bed.get_by_role("button", name="End call").click()
    bed.get_by_role("dialog").get_by_role("button", name="End call").click()
    expect(bed.get_by_role("heading", name="The call has ended")).to_be_visible()
