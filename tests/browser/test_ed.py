"""A nurse at the ED's workstation: three taps, then one page that follows the request to its end."""

import re
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.console import NO_SIGNAL, SERVER_GONE
from tests.browser.looking import accessible, fits, picture, violations
from tests.browser.server import Town
from tests.browser.windows import PATIENCE_MS, TABLET, Open

SITE = (39.96097, -82.99100)
HOMES = [(-0.03, -0.04), (0.01, 0.0), (0.02, 0.0), (0.09, 0.0)]
"""Degrees from the site to where each peer is; the last is the furthest."""
COUNT_TAPS = """addEventListener('pointerdown', () => {
  sessionStorage.taps = Number(sessionStorage.taps || 0) + 1;
}, true)"""
SOON = PATIENCE_MS
"""Milliseconds within which a page has changed by itself."""


@pytest.fixture
def peers(town: Town) -> Iterator[list[dict[str, Any]]]:
    """Four peers of the first network on duty."""
    found = [user for user in town.users if user["role"] == "peer"][:4]
    for peer, (north, east) in zip(found, HOMES, strict=True):
        town.on_duty(peer, "in_person", "video", at=(SITE[0] + north, SITE[1] + east))
    yield found
    town.finish_all()
    town.off_duty()


def ask(page: Page, room: str = "12") -> str:
    """The three taps; returns the request's id."""
    page.get_by_role("radio", name=room, exact=True).locator("..").click()
    page.locator("label", has_text=re.compile("They said yes|Dijo que sí")).click()
    page.locator("#send").click()
    page.wait_for_url("**/ed/requests/*")
    return page.url.rsplit("/", 1)[1]


def accept(town: Town, peer: dict[str, Any]) -> str:
    """The peer says yes to their open offer; returns the visit's id."""
    [offer] = town.call(peer, "GET", "/offers")["items"]
    answer = town.call(peer, "POST", f"/offers/{offer['id']}/accept")
    return str(answer["visit"]["id"])


def test_a_nurse_asks_in_three_taps(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    page = open_page("/ed", town.user("staff"))
    expect(page.locator("#match")).to_contain_text("4 peers")
    picture(page, "ed-request-desktop-start")
    page.context.add_init_script(COUNT_TAPS)
    page.evaluate(COUNT_TAPS)
    page.get_by_text("12", exact=True).click()
    expect(page.locator("#sum-room")).to_have_text("Room 12")
    page.get_by_text("They said yes to talking with a peer").click()
    picture(page, "ed-request-desktop")
    page.get_by_role("button", name="Request a peer").click()
    expect(page.get_by_role("heading", name="Finding a peer")).to_be_visible()
    assert page.evaluate("sessionStorage.taps") == "3"
    expect(page.locator(".count")).to_contain_text("Alerted 3 of 4")


def test_the_page_follows_the_request_to_its_end(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    page = open_page("/ed", town.user("staff"), viewport=TABLET, device_scale_factor=1.5)
    page.evaluate("window.same = true")
    accessible(page)
    picture(page, "ed-request-start")
    ask(page)
    page.evaluate("window.same = true")
    heading = page.get_by_role("heading", level=2).first
    expect(heading).to_have_text("Finding a peer")
    expect(page.locator(".timeline")).to_contain_text("3 nearest peers alerted")
    town.call(peers[2], "POST", f"/offers/{offer_of(town, peers[2])}/decline", {})
    expect(page.locator(".timeline")).to_contain_text("1 said not this time", timeout=SOON)
    accessible(page)
    picture(page, "ed-searching")
    visit = accept(town, peers[0])
    expect(heading).to_have_text("Marcus said yes", timeout=SOON)
    accessible(page)
    town.call(peers[0], "POST", f"/visits/{visit}/depart")
    expect(page.locator(".pill")).to_have_text("On the way", timeout=SOON)
    page.wait_for_timeout(1_100)
    town.report(peers[0], (SITE[0] - 0.0299, SITE[1] - 0.0399))
    expect(page.locator(".fresh")).to_contain_text("miles away", timeout=SOON)
    accessible(page)
    picture(page, "ed-status")
    page.get_by_role("button", name="Marcus is here", exact=True).click()
    expect(page.locator(".pill")).to_have_text("Arrived", timeout=SOON)
    # It waits while somebody is on it, and can be read in colours that are forced.
    page.get_by_role("button", name="Undo").focus()
    page.emulate_media(forced_colors="active")
    assert not violations(page)
    page.emulate_media(forced_colors="none")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".pill")).to_have_text("On the way", timeout=SOON)
    page.locator("h1").click()
    page.keyboard.press("h")
    expect(page.locator(".pill")).to_have_text("Arrived", timeout=SOON)
    accessible(page)
    picture(page, "ed-arrived")
    town.call(peers[0], "POST", f"/visits/{visit}/start")
    expect(heading).to_have_text("Marcus is with them", timeout=SOON)
    accessible(page)
    picture(page, "ed-with-them")
    page.get_by_role("button", name="End early").click()
    accessible(page)
    page.get_by_role("button", name="End visit").click()
    expect(page.locator(".pill")).to_have_text("Finished", timeout=SOON)
    page.get_by_text("Helped", exact=True).click()
    expect(page.get_by_text("Thank you. We kept that.")).to_be_visible()
    accessible(page)
    picture(page, "ed-finished")
    assert page.evaluate("window.same"), "the page was loaded again"
    page.reload()
    expect(page.get_by_role("radio", name="Helped")).to_be_checked()


def offer_of(town: Town, peer: dict[str, Any]) -> str:
    """The id of the peer's open offer."""
    return str(town.call(peer, "GET", "/offers")["items"][0]["id"])


def test_nobody_can_come(town: Town, open_page: Open) -> None:
    town.call(town.user("manager"), "PUT", "/policy", {"nobody_left_s": 8})
    page = open_page("/ed", town.user("staff"), viewport=TABLET, device_scale_factor=1.5)
    page.get_by_text("If no one can get here within 20 minutes").click()
    ask(page, "3")
    expect(page.get_by_text("a manager is told in a few seconds")).to_be_visible()
    accessible(page)
    heading = page.get_by_role("heading", level=2).first
    expect(page.locator(".pill")).to_have_text("With the manager", timeout=40_000)
    expect(heading).to_have_text("No one has been able to come yet")
    expect(page.locator(".own")).to_contain_text("Maria L., network manager")
    expect(page.locator(".own")).to_contain_text("614-555-0100")
    accessible(page)
    fits(page)
    picture(page, "ed-unfilled")
    page.get_by_role("button", name="Offer video").click()
    expect(page.get_by_text("Video is offered")).to_be_visible()
    page.get_by_role("button", name="Keep waiting").click()
    page.get_by_role("button", name="Stop asking").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop asking").click()
    expect(heading).to_have_text("No one could come this time")
    accessible(page)
    picture(page, "ed-closed")


def test_cancelling_asks_why_and_keeps_the_focus(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    page = open_page("/ed", town.user("staff"), viewport=TABLET, device_scale_factor=1.5)
    ask(page, "5")
    button = page.get_by_role("button", name="Cancel request")
    button.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
    accessible(page)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()
    button.click()
    dialog.get_by_text("Asked by mistake").click()
    picture(page, "ed-cancel")
    dialog.get_by_role("button", name="Cancel request").click()
    expect(page.locator(".pill")).to_have_text("Cancelled")
    expect(page.locator("main")).to_contain_text("Asked by mistake")
    accessible(page)
    picture(page, "ed-cancelled")
    assert not town.call(peers[0], "GET", "/offers")["items"]


def test_ask_everyone_and_video_instead(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    page = open_page("/ed", town.user("staff"))
    ask(page, "6")
    page.get_by_role("button", name="Ask everyone now").click()
    expect(page.locator(".count")).to_contain_text("Alerted 4 of 4", timeout=SOON)
    expect(page.get_by_text("Everyone who fits is being asked")).to_be_visible()


def test_what_is_missing_is_said_and_nothing_is_lost(town: Town, open_page: Open) -> None:
    page = open_page("/ed", town.user("staff"))
    page.get_by_text("Overdose", exact=True).click()
    page.get_by_role("button", name="Request a peer").click()
    summary = page.locator("#errors")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("Two things before we ask")
    assert page.title().startswith("Error: ")
    accessible(page)
    picture(page, "ed-errors")
    summary.get_by_text("Check that they said yes").click()
    expect(page.get_by_role("checkbox", name="They said yes")).to_be_focused()
    expect(page.get_by_role("checkbox", name="Overdose")).to_be_checked()
    page.fill("#note", "record 1234567")
    expect(page.locator("#note-warn")).to_be_visible()


def test_the_keyboard_alone_asks(town: Town, peers: list[dict[str, Any]], open_page: Open) -> None:
    page = open_page("/ed", town.user("staff"))
    page.get_by_role("radio", name="1", exact=True).focus()
    page.keyboard.type("11")
    page.keyboard.press("Enter")
    expect(page.locator("#sum-room")).to_have_text("Room 11")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Ctrl+Enter")
    page.keyboard.press("Escape")
    page.get_by_role("checkbox", name="They said yes").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/ed/requests/*")
    expect(page.get_by_role("heading", name="Finding a peer")).to_be_visible()


def test_a_link_chooses_the_room_and_a_second_ask_is_noticed(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    staff = town.user("staff")
    first = open_page("/ed?room=7", staff)
    expect(first.locator("#sum-room")).to_have_text("Room 7")
    first.get_by_text("They said yes to talking with a peer").click()
    first.get_by_role("button", name="Request a peer").click()
    first.wait_for_url("**/ed/requests/*")
    second = open_page("/ed", staff)
    second.get_by_text("7", exact=True).click()
    expect(second.get_by_text("We are already looking for Room 7.")).to_be_visible()
    accept(town, peers[0])
    expect(second.get_by_text("A peer is already coming to Room 7.")).to_be_visible(timeout=SOON)
    accessible(second)
    picture(second, "ed-twice")
    second.get_by_role("link", name="See that request").click()
    expect(second.get_by_role("heading", name="Marcus said yes")).to_be_visible()


def test_offline_the_form_is_kept_and_sent_once(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    staff = town.user("staff")
    page = open_page("/ed", staff, allowed_errors=NO_SIGNAL)
    page.get_by_text("9", exact=True).click()
    page.get_by_text("Alcohol", exact=True).click()
    page.get_by_text("They said yes to talking with a peer").click()
    page.context.set_offline(True)
    page.get_by_role("button", name="Request a peer").click()
    expect(page.get_by_text("That didn't send")).to_be_visible()
    expect(page.get_by_role("link", name="Call us")).to_have_attribute("href", "tel:+16145550100")
    expect(page.get_by_role("checkbox", name="Alcohol")).to_be_checked()
    picture(page, "ed-unsent")
    page.context.set_offline(False)
    accessible(page)
    page.get_by_role("button", name="Send again").click()
    page.wait_for_url("**/ed/requests/*")
    made = town.call(staff, "GET", "/requests?limit=50")["items"]
    assert len([one for one in made if one["place"] == "Room 9"]) == 1


def test_without_a_socket_the_page_polls_and_says_so(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    page = open_page("", town.user("staff"), allowed_errors=NO_SIGNAL)
    page.route_web_socket(re.compile("socket.io"), lambda ws: ws.close())
    page.goto("/ed")
    ask(page, "2")
    expect(page.get_by_text("Updates are slower than usual.")).to_be_visible(timeout=15_000)
    accept(town, peers[0])
    expect(page.get_by_role("heading", name="Marcus said yes")).to_be_visible(timeout=8_000)
    page.context.set_offline(True)
    expect(page.get_by_text("This screen lost its connection.")).to_be_visible(timeout=15_000)
    expect(page.get_by_text("Your request is still going.")).to_be_visible()
    page.context.set_offline(False)


def test_a_page_comes_back_by_itself_when_the_server_does(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    staff = town.user("staff")
    page = open_page("/ed", staff, allowed_errors=SERVER_GONE)
    ask(page, "10")
    expect(page.locator(".count")).to_contain_text("Alerted 3 of 4")
    town.stop(signal.SIGKILL)
    expect(page.get_by_text("This screen lost its connection.")).to_be_visible(timeout=15_000)
    accessible(page)
    picture(page, "ed-lost")
    town.start()
    expect(page.get_by_text("This screen lost its connection.")).to_be_hidden(timeout=15_000)
    accept(town, peers[0])
    expect(page.get_by_role("heading", name="Marcus said yes")).to_be_visible(timeout=SOON)


def test_forced_colours_and_no_motion(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    page = open_page("/ed", town.user("staff"), forced_colors="active", reduced_motion="reduce")
    chosen = page.locator(".way", has_text="In person")
    assert chosen.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
    ask(page, "11")
    pulse = page.locator(".pulse")
    assert pulse.evaluate("one => getComputedStyle(one).animationName") == "none"
    assert not violations(page)


def test_spanish_and_every_width(town: Town, peers: list[dict[str, Any]], open_page: Open) -> None:
    page = open_page("/ed", town.user("staff"))
    fits(page)
    page.get_by_role("link", name="Español").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pedir un compañero de apoyo")
    assert page.evaluate("document.documentElement.lang") == "es"
    accessible(page)
    fits(page)
    picture(page, "ed-request-es")
    ask(page, "8")
    expect(page.get_by_role("heading", name="Buscando compañero")).to_be_visible()
    fits(page)
    visit = accept(town, peers[0])
    expect(page.get_by_role("heading", name="Marcus dijo que sí")).to_be_visible(timeout=SOON)
    fits(page)
    town.call(peers[0], "POST", f"/visits/{visit}/depart")
    expect(page.locator(".pill")).to_have_text("En camino", timeout=SOON)
    accessible(page)
    fits(page)
    picture(page, "ed-status-es")


def test_only_staff_and_only_their_own_site(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    page = open_page("/ed", town.user("staff"))
    request_id = ask(page, "1")
    other = open_page("", town.user("staff", 1), allowed_errors=("404",))
    other.goto(f"/ed/requests/{request_id}")
    expect(other.get_by_text("We can't find that request").last).to_be_visible()
    accessible(other)
    nobody = open_page("/ed")
    assert nobody.url == f"{town.url}/?next=/ed"
    peer = open_page("/ed", peers[0])
    assert not peer.url.endswith("/ed")
