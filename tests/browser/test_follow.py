"""One tablet, scanned once: from a bridge to the next, to who comes in person, and from peer to peer."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.calls import bedside, connected, flows, link_of, peers_room, say_yes, video_visit
from tests.browser.conftest import TABLET, Open
from tests.browser.looking import accessible, fits
from tests.browser.phones import ask, expect_state, on_duty, request_of, steps, until
from tests.browser.server import Town

BY_VIDEO = {"on_duty": True, "modalities": ["video"]}


@pytest.fixture
def peers(town: Town) -> Iterator[list[dict[str, Any]]]:
    """Three of them; afterwards nothing is open."""
    found = [user for user in town.users if user["role"] == "peer"][:3]
    town.call(town.user("manager"), "PUT", "/policy", {"bridge_stop_s": 60})
    town.off_duty()
    yield found
    town.finish_all()
    town.off_duty()
    town.call(town.user("manager"), "PUT", "/policy", {})


def first(who: dict[str, Any]) -> str:
    """What a screen calls somebody."""
    return str(who["name"].split(" ")[0])


def bridged(page: Page, town: Town, peer: dict[str, Any]) -> str:
    """The peer by video says yes to the bridge, as soon as they are asked; the visit's id."""
    town.call(peer, "PUT", "/duty", BY_VIDEO)
    offers = until(page, lambda: town.call(peer, "GET", "/offers")["items"])
    assert offers[0]["is_bridge"]
    accepted = town.call(peer, "POST", f"/offers/{offers[0]['id']}/accept")
    return str(accepted["visit"]["id"])


def talks(page: Page, town: Town, request_id: str) -> None:
    """The server has heard from both that they are connected."""
    until(page, lambda: request_of(town, request_id)["bridge"]["state"] == "in_session")


def test_video_while_someone_is_on_the_way_and_then_in_person(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    marcus, rosa, elena = peers
    on_duty(town, marcus)
    request = ask(town, place="Room 17")["id"]
    visit = steps(town, marcus, request, "depart")
    ward = open_page(f"/ed/requests/{request}", town.user("staff"), viewport=TABLET)
    ward.get_by_role("button", name=f"Start video until {first(marcus)}").click()
    one = bridged(ward, town, rosa)
    bed = bedside(open_page, link_of(town, one))
    # A page whose visit was handed over meanwhile asks once more for what is not theirs now.
    hers = peers_room(open_page, rosa, one, allowed_errors=("status of",))
    say_yes(bed)
    connected(bed, hers)
    flows(bed)

    talks(bed, town, request)
    town.call(rosa, "POST", f"/visits/{one}/hand_over", {})
    expect(bed.locator("[data-between]")).to_contain_text(f"{first(marcus)} is on the way to you")
    accessible(bed)
    fits(bed)
    two = bridged(ward, town, elena)
    expect(bed.get_by_role("heading", name=f"{first(elena)} is joining")).to_be_visible()
    next_ = peers_room(open_page, elena, two)
    say_yes(bed)
    connected(bed, next_)
    flows(bed)

    talks(bed, town, request)
    town.call(marcus, "POST", f"/visits/{visit}/arrive")
    expect(bed.locator("[data-follow]")).to_contain_text(f"{first(marcus)} is here.")
    accessible(bed)
    bed.get_by_role("button", name="Say goodbye").click()
    bed.get_by_role("dialog").get_by_role("button", name="End call").click()
    said = bed.locator("[data-between]")
    expect(said).to_contain_text("Is it still OK if they sit with you?")
    accessible(bed)
    bed.get_by_role("button", name="Yes", exact=True).click()
    expect(said).to_contain_text(f"{first(marcus)} is with you")
    bed.get_by_role("button", name="Ask nurse").click()
    expect(ward.locator("[data-need]")).to_contain_text("Room 17")
    assert request_of(town, request)["state"] == "arrived", "the case was never lost"
    for verb in ("start", "complete"):
        town.call(marcus, "POST", f"/visits/{visit}/{verb}")
    expect(bed.get_by_role("heading", name="The call has ended")).to_be_visible()


def test_from_who_stays_to_the_next_by_video(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    marcus, rosa, _ = peers
    request, one = video_visit(town, marcus, place="Room 18")
    bed = bedside(open_page, link_of(town, one))
    his = peers_room(open_page, marcus, one, allowed_errors=("status of",))
    say_yes(bed)
    connected(bed, his)
    expect_state(bed, town, request, "in_session")
    town.call(rosa, "PUT", "/duty", BY_VIDEO)
    town.call(marcus, "POST", f"/visits/{one}/hand_over", {"stays": True})
    expect(his.locator("[data-staying]")).to_be_visible()
    until(his, lambda: town.call(rosa, "GET", "/offers")["items"])
    two = steps(town, rosa, request)
    hers = peers_room(open_page, rosa, two)
    expect(bed.locator("[data-follow]")).to_contain_text(f"{first(rosa)} is here to go on with you")
    connected(bed, his)
    flows(bed)
    accessible(bed)
    bed.get_by_role("button", name=f"Meet {first(rosa)}").click()
    say_yes(bed)
    connected(bed, hers)
    flows(hers)
    expect_state(bed, town, request, "in_session")
    his.wait_for_url(f"**/peer/notes/{one}")
    now = request_of(town, request)
    assert (now["state"], now["staying"], now["visit"]["id"]) == ("in_session", None, two)
