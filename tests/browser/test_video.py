"""A call through a relay: what it survives, and how soon it is there."""

import signal
import statistics
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.calls import (
    MEDIA,
    SAMPLE,
    bedside,
    connected,
    flows,
    is_live,
    link_of,
    peers_room,
    say_yes,
    turn_camera_on,
    video_visit,
)
from tests.browser.console import SERVER_GONE
from tests.browser.looking import everywhere, picture, violations
from tests.browser.phones import MOBILE, expect_state, request_of, until
from tests.browser.server import Town
from tests.browser.server import town as start_town
from tests.browser.windows import Open
from tests.harness.turn import SECRET, Relay

CUT_MS = 10_000
ROUNDS = 3


@pytest.fixture(scope="module")
def relay() -> Iterator[Relay]:
    """A TURN relay that can be cut."""
    made = Relay()
    yield made
    made.close()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, relay: Relay) -> Iterator[Town]:
    """A town whose calls all go through the relay, so that a network can be cut."""
    with start_town(
        tmp_path_factory.mktemp("town"), TURN_URLS=relay.url, TURN_SECRET=SECRET, TURN_ONLY="true"
    ) as place:
        yield place


@pytest.fixture
def peer(town: Town) -> Iterator[dict[str, Any]]:
    """A peer who answers; afterwards nothing is open."""
    yield town.user("peer", 2)
    town.finish_all()
    town.off_duty()


def test_a_call_survives_ten_seconds_without_network_and_a_killed_server(
    town: Town, peer: dict[str, Any], open_page: Open, relay: Relay
) -> None:
    request_id, visit_id = video_visit(town, peer)
    bed = bedside(open_page, link_of(town, visit_id), allowed_errors=SERVER_GONE)
    phone = peers_room(open_page, peer, visit_id, allowed_errors=SERVER_GONE)
    say_yes(bed)
    connected(bed, phone)
    for page in (bed, phone):
        flows(page)
    turn_camera_on(phone)
    flows(bed, "video")
    assert bed.evaluate(SAMPLE)["relayed"]
    assert relay.relayed
    assert not relay.refused

    relay.cut()
    bed.wait_for_timeout(CUT_MS)
    relay.mend()
    connected(bed, phone)
    for page in (bed, phone):
        flows(page)

    expect_state(phone, town, request_id, "in_session")
    started = request_of(town, request_id)["visit"]["started_at"]
    partners = [page.evaluate("room.call.partner") for page in (bed, phone)]
    town.stop(signal.SIGKILL)
    for page in (bed, phone):
        flows(page)
    turn_camera_on(bed)
    flows(phone, "video")
    town.start()
    for page in (bed, phone):
        is_live(page)
        flows(page)
    # The same connection all the way, and the visit that was.
    assert partners == [page.evaluate("room.call.partner") for page in (bed, phone)]
    now = request_of(town, request_id)
    assert (now["state"], now["visit"]["started_at"]) == ("in_session", started)
    until(phone, lambda: phone.evaluate("room.other.camera"))
    bed.get_by_role("button", name="End call").click()
    bed.get_by_role("dialog").get_by_role("button", name="End call").click()
    expect(bed.get_by_role("heading", name="The call has ended")).to_be_visible()
    phone.wait_for_url(f"**/peer/notes/{visit_id}")
    expect_state(phone, town, request_id, "completed")


def test_who_answers_at_once_is_connected_in_five_seconds(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    took_s = []
    for _ in range(ROUNDS):
        request_id, visit_id = video_visit(town, peer)
        bed = bedside(open_page, link_of(town, visit_id))
        phone = open_page("/peer", peer, **(MOBILE | {"permissions": MEDIA}))
        start = phone.get_by_role("link", name="Start video")
        expect(start).to_be_visible()
        began = time.monotonic()
        start.click()
        say_yes(bed)
        connected(bed, phone)
        took_s.append(time.monotonic() - began)
        expect_state(phone, town, request_id, "in_session")
        town.finish_all()
        for page in (bed, phone):
            page.context.close()
    assert statistics.median(took_s) < 5, took_s


def test_the_picture_gives_way_to_the_sound_and_the_sound_to_a_telephone(
    town: Town, peer: dict[str, Any], open_page: Open, relay: Relay
) -> None:
    _, visit_id = video_visit(town, peer)
    bed = bedside(open_page, link_of(town, visit_id))
    phone = peers_room(open_page, peer, visit_id)
    relay.cut()
    say_yes(bed)
    for page, name in ((bed, "bedside"), (phone, "peer")):
        expect(page.locator(".scene__mid", has_text="Connecting")).to_be_visible()
        expect(page.get_by_text("Sound comes first, then the picture.")).to_be_visible()
        everywhere(page)
        picture(page, f"video-{name}-connecting")
    relay.mend()
    connected(bed, phone)
    for page in (bed, phone):
        # What takes seconds in a call takes less here; how often in a row stays as it is.
        page.evaluate("room.look_ms = 500")
        turn_camera_on(page)
    for page in (bed, phone):
        flows(page, "video")
        expect(page.locator(".line-state")).to_have_count(0)

    relay.worsen(delay_s=0.25)
    for page, name in ((bed, "bedside"), (phone, "peer")):
        expect(page.locator(".line-state")).to_contain_text("Weak signal. Sound only for now")
        expect(page.locator(".far__video--off")).to_have_count(1)
        assert not violations(page)
        picture(page, f"video-{name}-weak")
    flows(bed)
    assert _stands_still(bed)
    assert _stands_still(phone)
    relay.worsen()
    for page in (bed, phone):
        expect(page.locator(".line-state")).to_have_count(0)
        flows(page, "video")

    relay.worsen(loss=0.22)
    expect(phone.get_by_role("link", name="Call the desk")).to_be_visible()
    expect(bed.get_by_text("Your nurse can bring a phone.")).to_be_visible()
    for page, name in ((bed, "bedside"), (phone, "peer")):
        expect(page.locator(".line-state")).to_contain_text("The signal is too weak to talk")
        everywhere(page)
        picture(page, f"video-{name}-bad")
    relay.mend()
    for page in (bed, phone):
        expect(page.locator(".line-state")).to_have_count(0)
        flows(page, "video")


def _stands_still(page: Page) -> bool:
    """Whether no picture arrives any more."""
    before = page.evaluate(SAMPLE)["frames"]
    page.wait_for_timeout(1_000)
    return bool(page.evaluate(SAMPLE)["frames"] - before < 2)
