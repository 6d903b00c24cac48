"""Whom a person would like: what peers say of themselves, and somebody met before, on all screens."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import accessible, everywhere, fits, picture
from tests.browser.phones import ask, on_duty, phone_of, press, request_of, steps
from tests.browser.server import Town
from tests.browser.test_ed import ask as three_taps
from tests.browser.windows import Open

MET_BEFORE = "You have met before. Part of why we asked you."


@pytest.fixture
def peers(town: Town) -> Iterator[list[dict[str, Any]]]:
    """Two peers on duty, the first one nearer; afterwards nothing is open and nothing is said."""
    found = [user for user in town.users if user["role"] == "peer"][:2]
    on_duty(town, *found)
    yield found
    town.finish_all()
    for peer in found:
        town.call(peer, "PUT", "/me/traits", {"traits": []})
    town.off_duty()


def myself(phone: Page, title: str) -> Any:
    """The card with what a peer says of themselves, opened by keyboard."""
    card = phone.locator("details", has_text=title)
    card.locator("summary").focus()
    phone.keyboard.press("Enter")
    expect(card.get_by_role("checkbox")).to_have_count(6)
    return card


def test_a_peer_says_it_and_takes_it_back_and_the_phone_keeps_none_of_it(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    peer = peers[0]
    phone = phone_of(open_page, peer, "/peer/me")
    card = myself(phone, "What I say of myself")
    card.get_by_text("Veteran", exact=True).tap()
    expect(card.get_by_role("checkbox", name="Veteran")).to_be_checked()
    card.get_by_role("checkbox", name="Parent").focus()
    phone.keyboard.press("Space")
    expect(phone.locator("#announce")).to_have_text("Parent: kept.")
    assert town.call(peer, "GET", "/me/traits") == {"traits": ["veteran", "parent"]}
    accessible(phone)
    fits(phone)
    card.scroll_into_view_if_needed()
    picture(phone, "peer-me-myself")
    kept = phone.evaluate("JSON.stringify(localStorage)")
    assert '"veteran","parent"' not in kept.replace("\\", "")
    phone.reload()
    card = myself(phone, "What I say of myself")
    expect(card.get_by_role("checkbox", name="Veteran")).to_be_checked()
    card.get_by_text("Veteran", exact=True).tap()
    expect(card.get_by_role("checkbox", name="Veteran")).not_to_be_checked()
    expect(phone.locator("#announce")).to_have_text("Veteran: taken back.")
    assert town.call(peer, "GET", "/me/traits") == {"traits": ["parent"]}
    spanish = phone_of(open_page, peer, "/peer/me?lang=es")
    myself(spanish, "Lo que digo de mí")
    everywhere(spanish)


def test_who_was_met_before_is_asked_for_told_and_named(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    near, known = peers
    first = ask(town, modality="video", place="Room 3")["id"]
    steps(town, known, first, "start", "complete")
    town.call(known, "PUT", "/me/traits", {"traits": ["woman"]})

    page = open_page("/ed", town.user("staff"))
    page.get_by_role("button", name="Met someone before?").click()
    chip = page.get_by_role("checkbox", name=f"{_short(known)}, today")
    expect(chip).to_be_visible()
    expect(page.get_by_role("checkbox", name=_short(near))).to_have_count(0)
    everywhere(page)
    chip.focus()
    page.keyboard.press("Space")
    expect(page.locator("#sum-prefers")).to_have_text(f"{_short(known)}, if we can")
    page.get_by_text("A woman", exact=True).click()
    picture(page, "ed-request-met")
    request = three_taps(page)

    phone = phone_of(open_page, known)
    expect(phone.locator(".offer")).to_contain_text(MET_BEFORE)
    accessible(phone)
    other = phone_of(open_page, near)
    expect(other.locator(".offer")).not_to_contain_text("met before")
    press(phone, "I can go")
    expect(page.locator(".peer")).to_contain_text("They have met before")
    accessible(page)
    assert "met" not in request_of(town, request)


def test_the_manager_asks_for_them_too_and_is_told_no_more_than_that(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    near, known = peers
    first = ask(town, modality="video", place="Room 3")["id"]
    steps(town, known, first, "start", "complete")
    town.call(near, "PUT", "/me/traits", {"traits": ["lgbtq"]})
    page = open_page("/manage?lang=es", town.user("manager"))
    page.get_by_role("button", name="Nueva solicitud por teléfono").click()
    page.locator("#ask-site").select_option(town.user("staff")["site_id"])
    page.get_by_role("checkbox", name=f"{_short(known)}, hoy").check(force=True)
    page.locator("#ask-wishes").get_by_text("LGBTQ+").click()
    page.locator("#ask-place").fill("Room 6")
    page.locator("label", has=page.locator("#ask-yes")).click()
    accessible(page)
    page.get_by_role("button", name="Pedir un compañero de apoyo").click()
    row = page.locator(f"[data-candidate='{_id(town, known)}']")
    expect(row).to_contain_text("ya se conocen")
    expect(page.locator(".going")).not_to_contain_text("LGBTQ")
    accessible(page)


def _short(who: dict[str, Any]) -> str:
    first, last = who["name"].split()
    return f"{first} {last[0]}."


def _id(town: Town, who: dict[str, Any]) -> str:
    return str(town.call(who, "GET", "/me")["id"])
