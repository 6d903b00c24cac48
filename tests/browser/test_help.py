""" "I don't feel safe": one press on the phone, and the board, the ED and the supervisor see it live."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.console import NO_SIGNAL
from tests.browser.looking import accessible, fits
from tests.browser.phones import (
    ask,
    heading,
    on_duty,
    phone_of,
    press,
    request_of,
    steps,
    until,
)
from tests.browser.server import Town
from tests.browser.test_peer_signal import worker_ready
from tests.browser.windows import PHONE, TABLET, Open

SECURITY = "+16145550177"
NOTE = "Security came; they are at home by now."


@pytest.fixture
def peer(town: Town) -> Iterator[dict[str, Any]]:
    """A peer near the first site, whose security has a number; afterwards nothing is open."""
    found = town.user("peer", 1)
    town.call(found, "POST", "/devices", {"kind": "voice", "address": "+16145550155", "platform": "phone"}, status=201)  # fmt: skip
    site = town.user("staff")["site_id"]
    town.call(town.user("manager"), "PATCH", f"/sites/{site}", {"security_phone": SECURITY})
    on_duty(town, found)
    yield found
    town.finish_all()
    for row in town.call(town.user("manager"), "GET", "/board")["requests"]:
        if row["help"]:
            town.call(
                town.user("manager"), "POST", f"/requests/{row['id']}/help/close", {"note": NOTE}
            )
    town.off_duty()


def with_them(town: Town, peer: dict[str, Any]) -> tuple[str, str]:
    """A request whose peer is with the person, and the visit."""
    request = ask(town)
    return request["id"], steps(town, peer, request["id"], "depart", "arrive", "start")


def numbers(phone: Page) -> list[str | None]:
    """The numbers to call, in order."""
    links = phone.get_by_role("dialog").locator("a[href^='tel:']")
    return [one.get_attribute("href") for one in links.all()]


def test_one_press_and_everybody_who_can_act_sees_it(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    phone = phone_of(open_page, peer)
    request_id, _ = with_them(town, peer)
    heading(phone, "Room 12")
    board = open_page("/manage", town.user("manager"))
    care = open_page("/manage", town.user("supervisor"))
    ward = open_page(f"/ed/requests/{request_id}", town.user("staff"), viewport=TABLET)
    desk = open_page("/ed", town.user("staff"), viewport=TABLET)
    board.evaluate("localStorage.setItem('alongside.sound.off', '1')")
    board.evaluate("window.rings = 0; document.addEventListener('alongside:chime', () => rings++)")

    press(phone, "Need help")
    phone.get_by_role("button", name="I don't feel safe").tap()
    expect(phone.get_by_text("We told your supervisor and the network.").first).to_be_visible()
    assert numbers(phone)[:2] == [f"tel:{SECURITY}", "tel:911"]
    accessible(phone)
    fits(phone)

    for page in (board, care):
        line = page.locator("[data-help]")
        expect(line).to_contain_text("does not feel safe")
        expect(line).to_contain_text("Nobody has this yet.")
        expect(line.locator("a[href='tel:+16145550155']")).to_be_visible()
        expect(page.locator("[data-group=needs]")).to_contain_text("Asked for help")
    until(board, lambda: board.evaluate("window.rings") >= 1)
    for page in (ward, desk):
        banner = page.locator("[data-help]")
        expect(banner).to_contain_text("asked for help: Room 12")
        expect(banner.get_by_role("link")).to_have_attribute("href", f"tel:{SECURITY}")
    accessible(board)
    accessible(ward)
    fits(ward)
    accessible(desk)

    care.locator("[data-help]").get_by_role("button", name="I have this").click()
    expect(care.locator("[data-help]")).to_contain_text("You have this.")
    who = town.call(town.user("supervisor"), "GET", "/me")["name"].split()[0]
    expect(board.locator("[data-help]")).to_contain_text(f"{who}")
    expect(ward.locator("[data-help]")).to_contain_text(f"{who}")
    expect(phone.locator("[data-told]")).to_contain_text(who)

    care.get_by_role("button", name="Close with a note").click()
    care.get_by_role("button", name="Close it").click()
    expect(care.locator("#help-note-error")).to_be_visible()
    accessible(care)
    care.locator("#help-note").fill(NOTE)
    care.get_by_role("button", name="Close it").click()
    for page in (care, board, ward, desk):
        expect(page.locator("[data-help]")).to_have_count(0)
    expect(phone.locator("[data-told]")).to_have_count(0)
    board.locator("[data-case]", has_text="Room 12").first.click()
    expect(board.locator(".panel")).to_contain_text(NOTE)


def test_without_signal_the_numbers_are_there_and_the_press_goes_first(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    phone = phone_of(open_page, peer, allowed_errors=NO_SIGNAL)
    worker_ready(phone)
    request_id, _ = with_them(town, peer)
    heading(phone, "Room 12")
    until(phone, lambda: phone.evaluate("navigator.onLine"))
    phone.context.set_offline(True)
    press(phone, "Need help")
    phone.get_by_role("button", name="I don't feel safe").tap()
    expect(phone.get_by_text("No signal yet.", exact=False).first).to_be_visible()
    assert numbers(phone)[:2] == [f"tel:{SECURITY}", "tel:911"]
    assert request_of(town, request_id)["help"] is None
    phone.get_by_role("button", name="Back to the visit").tap()
    press(phone, "We're finished")
    phone.context.set_offline(False)
    until(phone, lambda: request_of(town, request_id)["state"] == "completed")
    assert request_of(town, request_id)["help"] is not None
    facts = town.call(town.user("staff"), "GET", f"/requests/{request_id}/facts")["items"]
    assert [one["type"] for one in facts][-2:] == ["help_called", "visit_completed"]
    expect(phone.get_by_text("We told your supervisor and the network.").first).to_be_visible()


def test_after_the_visit_and_in_spanish(town: Town, peer: dict[str, Any], open_page: Open) -> None:
    request_id, visit = with_them(town, peer)
    town.call(peer, "POST", f"/visits/{visit}/complete")
    phone = phone_of(open_page, peer, locale="es-US")
    phone.get_by_role("button", name="No me siento a salvo").tap()
    expect(phone.get_by_text("Avisamos a tu supervisión y a la red.").first).to_be_visible()
    accessible(phone)
    phone.set_viewport_size({"width": 320, "height": 700})
    assert phone.evaluate("document.documentElement.scrollWidth") <= 320
    assert request_of(town, request_id)["help"] is not None
    board = open_page("/manage", town.user("manager"), locale="es-US", viewport=PHONE)
    expect(board.locator("[data-help]")).to_contain_text("no se siente a salvo")
    accessible(board)
    fits(board)
    ward = open_page("/ed", town.user("staff"), locale="es-US")
    expect(ward.locator("[data-help]")).to_contain_text("pidió ayuda")


def test_a_supervisor_says_where_to_be_rung(town: Town, open_page: Open) -> None:
    page = open_page("/manage", town.user("supervisor"))
    page.get_by_role("link", name="Alarms").click()
    page.wait_for_url("**/manage/settings/devices")
    page.locator("#device-address").fill("614-555-0191")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("[data-device=sms]")).to_be_visible()
    expect(page.locator("nav.parts")).to_have_count(0)
    expect(page.locator("#desks")).to_have_count(0)
    accessible(page)
    page.get_by_role("button", name="Remove: Text message").click()
    expect(page.locator("[data-device=sms]")).to_have_count(0)
    page.goto("/manage/settings/people")
    expect(page).to_have_url(f"{town.url}/manage")
