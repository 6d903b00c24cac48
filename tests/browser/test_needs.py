"""More help in one press: from the visit, from the call and from the bedside; the ED says who comes."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.calls import bedside, connected, link_of, peers_room, say_yes, video_visit
from tests.browser.looking import accessible, fits
from tests.browser.phones import ask, heading, phone_of, press, steps, until
from tests.browser.server import Town
from tests.browser.windows import PHONE, TABLET, Open


@pytest.fixture
def peer(town: Town, peer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The same; afterwards nobody is called for."""
    yield peer
    for row in town.call(town.user("manager"), "GET", "/board")["requests"]:
        for need in row["needs"]:
            path = f"/requests/{row['id']}/needs/done"
            town.call(town.user("manager"), "POST", path, {"kind": need["kind"]})


def test_one_press_at_the_bedside_and_in_the_call(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    request_id, visit_id = video_visit(town, peer, place="Room 14")
    bed = bedside(open_page, link_of(town, visit_id))
    phone = peers_room(open_page, peer, visit_id)
    say_yes(bed)
    connected(bed, phone)
    desk = open_page("/ed", town.user("staff"), viewport=TABLET)
    ward = open_page(f"/ed/requests/{request_id}", town.user("staff"), viewport=TABLET)
    desk.evaluate("window.rings = 0; document.addEventListener('alongside:chime', () => rings++)")
    crisis = bed.get_by_role("link", name="Crisis line 988")
    expect(crisis).to_have_attribute("href", "tel:988")

    bed.keyboard.press("n")
    expect(bed.locator("[data-nurse]")).to_contain_text("We told the nurses")
    expect(bed.get_by_role("button", name="Nurse asked")).to_be_visible()
    for page in (desk, ward):
        expect(page.locator("[data-need]")).to_contain_text("Room 14: a nurse is asked for")
        expect(page.locator("[data-need]")).to_contain_text("on the bedside screen")
    until(desk, lambda: desk.evaluate("rings") >= 1)
    for page in (desk, ward):
        accessible(page)
        fits(page)
    desk.get_by_role("button", name="I'm coming").click()
    me = town.call(town.user("staff"), "GET", "/me")["name"].split()[0]
    expect(bed.locator("[data-nurse]")).to_contain_text(f"{me} is coming to you")
    expect(ward.locator("[data-need]")).to_contain_text("is coming to Room 14")
    fits(bed)
    accessible(bed)
    ward.get_by_role("button", name="I was there").click()
    for page in (desk, ward):
        expect(page.locator("[data-need]")).to_have_count(0)
    expect(bed.locator("[data-nurse]")).to_have_count(0)

    press(phone, "Need help")
    phone.get_by_role("dialog").get_by_role("button", name="Ask the ED nurse").tap()
    expect(phone.locator("[data-told=nurse]")).to_contain_text("The ED has been told")
    accessible(phone)
    fits(phone)
    expect(desk.locator("[data-need]")).to_contain_text("asked.")
    desk.get_by_role("button", name="I'm coming").click()
    expect(phone.locator("[data-told=nurse]")).to_contain_text(f"{me}")


def test_a_supervisor_from_the_visit_in_spanish(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    request = ask(town, place="Room 15")
    steps(town, peer, request["id"], "depart", "arrive", "start")
    board = open_page("/manage", town.user("supervisor"))
    board.evaluate("window.rings = 0; document.addEventListener('alongside:chime', () => rings++)")
    phone = phone_of(open_page, peer, locale="es-US")
    heading(phone, "Room 15")
    press(phone, "Ayuda")
    sheet = phone.get_by_role("dialog")
    expect(sheet.get_by_role("link", name="Línea de crisis 988")).to_have_attribute(
        "href", "tel:988"
    )
    accessible(phone)
    fits(phone)
    sheet.get_by_role("button", name="Hablar con supervisión").tap()
    expect(phone.locator("[data-told=supervisor]")).to_contain_text("Todavía nadie ha respondido")
    accessible(phone)
    line = board.locator("[data-need]")
    expect(line).to_contain_text("would like to talk to a supervisor")
    until(board, lambda: board.evaluate("rings") >= 1)
    accessible(board)
    line.get_by_role("button", name="I have this").click()
    expect(line).to_contain_text("You have it.")
    name = town.call(town.user("supervisor"), "GET", "/me")["name"].split()[0]
    expect(phone.locator("[data-told=supervisor]")).to_contain_text(name)
    board.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    fits(board)
    phone.get_by_role("button", name="Ya no hace falta").tap()
    expect(line).to_have_count(0)
