"""A nurse and a peer on the way write to each other: at once, without signal, and over a killed server."""

import signal
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.console import NO_SIGNAL, SERVER_GONE
from tests.browser.looking import accessible, picture
from tests.browser.phones import ask, heading, on_duty, phone_of, steps
from tests.browser.server import Town
from tests.browser.windows import PHONE, Open

AWAY = (*NO_SIGNAL, *SERVER_GONE)


@pytest.fixture
def peer(town: Town) -> Iterator[dict[str, Any]]:
    """A peer on duty; afterwards nothing is open."""
    found = town.user("peer")
    on_duty(town, found)
    yield found
    town.finish_all()
    town.off_duty()


def texts(page: Page) -> Locator:
    """What was said, in order."""
    return page.locator(".talk__list p")


def write(page: Page, text: str) -> None:
    """Type it, and Enter."""
    field = page.get_by_label("Write a message")
    field.fill(text)
    field.press("Enter")


def on_the_way(town: Town, peer: dict[str, Any], place: str) -> str:
    """A peer is on the way: the id of the request."""
    request = ask(town, place=place)
    steps(town, peer, request["id"], "depart")
    return str(request["id"])


def test_a_nurse_and_a_peer_write_to_each_other(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    request_id = on_the_way(town, peer, "Room 7")
    phone = phone_of(open_page, peer, locale="es-US")
    nurse = open_page(f"/ed/requests/{request_id}", town.user("staff"))
    listed = open_page("/ed", town.user("staff"))
    card = nurse.locator("[data-talk]")
    expect(card.get_by_role("heading", name="Chat with Marcus")).to_be_visible()

    # A quick reply is read in the language of each side; the phone shows a dot and the last line.
    card.get_by_role("button", name="Please wait at the desk").click()
    expect(texts(nurse)).to_have_text(["Please wait at the desk"])
    tool = phone.get_by_role("button", name="Chat")
    expect(tool.locator("[data-unread]")).to_have_attribute("data-unread", "1")
    expect(phone.locator(".talk__last")).to_contain_text("Espere en el mostrador")
    tool.tap()
    sheet = phone.get_by_role("dialog")
    expect(texts(phone)).to_have_text(["Espere en el mostrador, por favor"])
    expect(card.locator("small").last).to_contain_text("seen")
    expect(phone.locator("[data-unread]")).to_have_count(0)
    accessible(phone)

    sheet.get_by_role("button", name="¿Qué entrada?").tap()
    expect(texts(nurse)).to_have_text(["Please wait at the desk", "Which entrance?"])
    expect(nurse.locator("#announce")).to_contain_text("Which entrance?")
    expect(listed.locator(".now [data-unread]")).to_have_count(0)

    # M writes; Shift and Enter is a new line; a long number is warned of.
    nurse.keyboard.press("m")
    field = nurse.get_by_label("Write a message")
    expect(field).to_be_focused()
    field.type("Walk-in doors 123456")
    expect(card.get_by_text("Long numbers may be record numbers")).to_be_visible()
    field.fill("Walk-in doors,")
    field.press("Shift+Enter")
    field.type("then desk B")
    accessible(nurse)
    field.press("Enter")
    expect(texts(phone).last).to_have_text("Walk-in doors,\nthen desk B")
    expect(field).to_be_focused()
    picture(nurse, "ed-chat")
    picture(phone, "peer-chat-es")

    # What nobody has read shows on the desk's list.
    nurse.close()
    sheet.get_by_role("button", name="Gracias").tap()
    expect(listed.locator(".now [data-unread]")).to_have_attribute("data-unread", "1")


def test_what_is_written_without_signal_comes_once_when_it_is_back(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    request_id = on_the_way(town, peer, "Room 8")
    phone = phone_of(open_page, peer, allowed_errors=AWAY)
    nurse = open_page(f"/ed/requests/{request_id}", town.user("staff"), allowed_errors=AWAY)
    phone.get_by_role("button", name="Chat").tap()
    write(phone, "one")
    for page in (nurse, phone):
        expect(texts(page)).to_have_text(["one"])
    # Told to the nurse is not read back yet: until then it waits on the phone.
    expect(phone.locator("[data-waits]")).to_have_count(0)

    phone.context.set_offline(True)
    write(phone, "two")
    write(phone, "three")
    nurse.get_by_role("button", name="Please hold on").click()
    expect(phone.locator("[data-waits]")).to_have_count(2)
    expect(phone.locator("[data-waits] small").first).to_have_text("Not sent. Tap to try again.")
    accessible(phone)
    phone.reload()
    heading(phone, "On your way")
    phone.get_by_role("button", name="Chat").tap()
    expect(phone.locator("[data-waits] p")).to_have_text(["two", "three"])
    phone.context.set_offline(False)
    whole = ["one", "Please hold on", "two", "three"]
    expect(texts(nurse)).to_have_text(whole)
    expect(texts(phone)).to_have_text(whole)
    expect(phone.locator("[data-waits]")).to_have_count(0)

    # The server is killed in the middle and comes back.
    town.stop(signal.SIGKILL)
    write(phone, "four")
    nurse.keyboard.press("m")
    write(nurse, "five")
    town.start()
    for page in (phone, nurse):
        expect(page.locator("[data-waits]")).to_have_count(0)
        expect(texts(page)).to_have_count(6)
    assert sorted(texts(phone).all_inner_texts()[4:]) == ["five", "four"]
    assert texts(phone).all_inner_texts() == texts(nurse).all_inner_texts()


def test_the_chat_fits_a_narrow_phone(town: Town, peer: dict[str, Any], open_page: Open) -> None:
    request_id = on_the_way(town, peer, "Room 9")
    visit = town.call(peer, "GET", f"/requests/{request_id}")["visit"]["id"]
    for number in range(3):
        body = {"id": f"message-{number}", "text": "x" * 200}
        town.call(town.user("staff"), "POST", f"/visits/{visit}/talk", body, status=201)
    phone = phone_of(open_page, peer, viewport={"width": 320, "height": PHONE["height"]})
    phone.get_by_role("button", name="Chat").tap()
    expect(texts(phone)).to_have_count(3)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 320
    small = """[...document.querySelectorAll('[role=dialog] button')]
      .filter((b) => b.offsetParent && b.getBoundingClientRect().height < 44).length"""
    assert phone.evaluate(small) == 0
    accessible(phone)
