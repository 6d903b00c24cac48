"""A video visit without a relay: from the nurse's code to the talk, and what may go wrong at its door."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.calls import (
    MEDIA,
    SAMPLE,
    bedside,
    connected,
    flows,
    link_of,
    peers_room,
    say_yes,
    turn_camera_on,
    video_visit,
)
from tests.browser.looking import everywhere, picture
from tests.browser.phones import MOBILE, expect_state, heading, request_of, until
from tests.browser.server import Town
from tests.browser.windows import Open

BLOCKED = ("status of 404",)


@pytest.fixture
def peer(town: Town) -> Iterator[dict[str, Any]]:
    """A peer who answers; afterwards nothing is open."""
    yield town.user("peer", 2)
    town.finish_all()
    town.off_duty()


def test_from_the_nurses_code_to_the_end(town: Town, peer: dict[str, Any], open_page: Open) -> None:
    """The nurse shows the code, the tablet opens it, both talk directly, a third page is refused."""
    request_id, _ = video_visit(town, peer, place="Room 14")
    desk = open_page(f"/ed/requests/{request_id}", town.user("staff"))
    desk.get_by_role("button", name="Show the code").click()
    expect(desk.get_by_role("img", name="QR code of the link")).to_be_visible()
    everywhere(desk)
    picture(desk, "ed-video")
    link = desk.get_by_role("link", name="Open on this screen").get_attribute("href") or ""
    path = link.removeprefix(town.url)
    bed = bedside(open_page, path)
    heading(bed, "is joining")
    everywhere(bed)
    picture(bed, "video-bedside-waiting")
    expect(desk.get_by_text("The bedside screen is open")).to_be_visible()
    expect(desk.get_by_role("img", name="QR code of the link")).to_have_count(0)
    third = open_page(path, allowed_errors=BLOCKED)
    heading(third, "This link doesn't work any more")
    everywhere(third)
    phone = open_page("/peer", peer, **(MOBILE | {"permissions": MEDIA}))
    phone.get_by_role("link", name="Start video").tap()
    expect(bed.get_by_role("button", name="Yes, let's talk")).to_be_visible()
    everywhere(bed)
    picture(bed, "video-bedside-ask")
    picture(phone, "video-peer-waiting")
    say_yes(bed)
    connected(bed, phone)
    for page in (bed, phone):
        flows(page)
        assert not page.evaluate(SAMPLE)["relayed"]
    turn_camera_on(phone)
    flows(bed, "video")
    everywhere(bed)
    picture(bed, "video-bedside")
    everywhere(phone)
    picture(phone, "video-peer")
    turn_camera_on(bed)
    flows(phone, "video")
    expect_state(phone, town, request_id, "in_session")
    expect(desk.get_by_text("With them").first).to_be_visible()
    phone.get_by_role("button", name="End").tap()
    phone.get_by_role("button", name="We're finished").tap()
    expect(bed.get_by_role("heading", name="The call has ended")).to_be_visible()
    expect_state(phone, town, request_id, "completed")
    phone.wait_for_url("**/peer/notes/*")
    expect(phone.locator("h1").first).to_be_visible()


def test_a_microphone_that_is_forbidden_can_be_mended_or_left_out(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    _, visit_id = video_visit(town, peer)
    bed = bedside(open_page, link_of(town, visit_id), permissions=[])
    phone = peers_room(open_page, peer, visit_id)
    say_yes(bed)
    heading(bed, "Your microphone is off in Settings")
    everywhere(bed)
    bed.get_by_role("button", name="Just listen").click()
    connected(bed, phone)
    flows(bed)
    bed.get_by_role("button", name="Show me").click()
    expect(bed.get_by_text("Your camera may not be used here")).to_be_visible()
    bed.context.grant_permissions(MEDIA)
    turn_camera_on(bed)
    flows(phone, "video")


def test_any_time_is_a_good_time_to_say_not_now(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    request_id, visit_id = video_visit(town, peer)
    bed = bedside(open_page, link_of(town, visit_id) + "?lang=es")
    phone = peers_room(open_page, peer, visit_id)
    bed.get_by_role("button", name="Ahora no").click()
    heading(bed, "Está bien")
    everywhere(bed)
    expect(
        phone.locator(".scene__mid", has_text="They'd rather not talk right now")
    ).to_be_visible()
    assert request_of(town, request_id)["state"] == "accepted"
    bed.get_by_role("button", name="Sí quiero hablar").click()
    connected(bed, phone)


def test_a_page_that_is_loaded_again_comes_back_into_the_call(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    request_id, visit_id = video_visit(town, peer)
    bed = bedside(open_page, link_of(town, visit_id))
    phone = peers_room(open_page, peer, visit_id)
    say_yes(bed)
    connected(bed, phone)
    bed.reload()
    say_yes(bed)
    connected(bed, phone)
    flows(phone)
    phone.reload()
    until(phone, lambda: phone.evaluate("room.call.partner"))
    connected(bed, phone)
    flows(bed)
    assert request_of(town, request_id)["state"] == "in_session"
    newer = peers_room(open_page, peer, visit_id)
    heading(phone, "This call is open on another screen")
    connected(bed, newer)


def test_a_line_that_gets_worse_loses_the_picture_before_the_sound(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    _, visit_id = video_visit(town, peer)
    bed = bedside(open_page, link_of(town, visit_id))
    words = bed.evaluate(
        """async () => {
          const {fresh, next} = await import("alongside/room/quality.js");
          let state = fresh(), received = 0, lost = 0, audioBytes = 0;
          const words = [];
          const turn = (loss, times, isSilent) => {
            for (let i = 0; i < times; i += 1) {
              received += 100 * (1 - loss); lost += 100 * loss; audioBytes += isSilent ? 0 : 9000;
              state = next(state, {received, lost, audioBytes, theirLoss: 0, rtt_ms: 50});
            }
            words.push(state.word);
          };
          turn(0, 4); turn(0.12, 2); turn(0.12, 2); turn(0.4, 5); turn(0, 3); turn(0, 4); turn(0, 5, true);
          return words;
        }"""
    )
    assert words == ["good", "good", "weak", "bad", "bad", "good", "bad"]
