"""A visit by chat: a bedside screen and a peer's phone, over a cut network and a killed server."""

import signal
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.calls import bedside, connected, link_of, peers_room, say_yes, video_visit
from tests.browser.console import NO_SIGNAL, SERVER_GONE
from tests.browser.looking import accessible, fits, picture
from tests.browser.phones import (
    MOBILE,
    ask,
    expect_state,
    phone_of,
    press,
    steps,
)
from tests.browser.server import Town
from tests.browser.test_chat import texts, write
from tests.browser.windows import Open

AWAY = (*NO_SIGNAL, *SERVER_GONE)


@pytest.fixture
def peer(town: Town) -> Iterator[dict[str, Any]]:
    """A peer on duty for chat; afterwards nothing is open."""
    found = town.user("peer", 1)
    town.off_duty()
    town.on_duty(found, "chat", at=(39.98, -82.98))
    yield found
    town.finish_all()
    town.off_duty()


def same(whole: list[str], *pages: Page) -> None:
    """Every page shows exactly this, and nothing waits to be sent."""
    for page in pages:
        expect(texts(page)).to_have_text(whole)
        expect(page.locator("[data-waits]")).to_have_count(0)


def test_a_person_and_a_peer_write_to_each_other(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    request = ask(town, modality="chat", place="Room 3")
    visit_id = steps(town, peer, request["id"])
    bed = bedside(open_page, link_of(town, visit_id), locale="es-US", permissions=[])
    phone = phone_of(open_page, peer)
    phone.get_by_role("link", name="Open the chat").tap()
    expect(phone.get_by_role("heading", name="Room 3")).to_be_visible()
    bed.get_by_role("button", name="Sí, escribamos").click()

    # Both are there and want to talk: the visit has begun, and nobody pressed anything for it.
    expect_state(bed, town, request["id"], "in_session")
    write(phone, "Hi, I'm here with you")
    bed.get_by_role("button", name="Es difícil decirlo").click()
    expect(texts(bed)).to_have_text(["Hi, I'm here with you", "Es difícil decirlo"])
    expect(texts(phone)).to_have_text(["Hi, I'm here with you", "It's hard to say"])
    expect(phone.locator(".talk__m--me small")).to_contain_text("seen")
    accessible(bed)
    accessible(phone)
    picture(bed, "chat-bedside-es")
    picture(phone, "chat-peer")
    fits(bed)

    # Either side ends it; then the link opens nothing, and the peer writes the note.
    bed.get_by_role("button", name="Dejar de escribir").first.click()
    bed.get_by_role("dialog").get_by_role("button", name="Dejar de escribir").click()
    expect(bed.get_by_role("heading", name="El chat ha terminado")).to_be_visible()
    expect_state(bed, town, request["id"], "completed")
    expect(phone.locator("h1", has_text="How did it go?")).to_be_visible()
    assert bed.evaluate("sessionStorage.length") == 0


def test_nothing_is_lost_or_said_twice_over_a_cut_network_and_a_killed_server(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    request = ask(town, modality="chat", place="Room 5")
    visit_id = steps(town, peer, request["id"])
    bed = bedside(open_page, link_of(town, visit_id), permissions=[], allowed_errors=AWAY)
    phone = open_page(f"/peer/chat/{visit_id}", peer, **MOBILE, allowed_errors=AWAY)
    bed.get_by_role("button", name="Yes, let's write").click()
    expect_state(bed, town, request["id"], "in_session")
    bed.context.set_offline(True)
    write(bed, "one")
    write(phone, "two")
    bed.wait_for_timeout(3_000)
    expect(bed.locator("[data-waits] p")).to_have_text(["one"])
    bed.context.set_offline(False)
    same(["two", "one"], bed, phone)
    # The page is loaded anew while something waits, and the server is killed and comes back.
    town.stop(signal.SIGKILL)
    write(phone, "three")
    write(bed, "four")
    town.start()
    bed.reload()
    for page in (bed, phone):
        expect(page.locator("[data-waits]")).to_have_count(0)
    bed.get_by_role("button", name="Yes, let's write").click()
    for page in (bed, phone):
        expect(texts(page)).to_have_count(4)
    assert sorted(texts(phone).all_inner_texts()[2:]) == ["four", "three"]
    assert texts(bed).all_inner_texts() == texts(phone).all_inner_texts()
    expect_state(bed, town, request["id"], "in_session")


def test_who_would_rather_not_writes_nothing(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    request = ask(town, modality="chat", place="Room 4")
    visit_id = steps(town, peer, request["id"])
    bed = bedside(open_page, link_of(town, visit_id), permissions=[])
    expect(bed.get_by_role("heading", name="is joining")).to_be_visible()
    phone = open_page(f"/peer/room/{visit_id}", peer, **MOBILE)
    expect(phone).to_have_url(f"{town.url}/peer/chat/{visit_id}")
    bed.get_by_role("button", name="Not now").click()
    expect(phone.locator(".talkroom__state", has_text="rather not talk")).to_be_visible()
    expect_state(bed, town, request["id"], "accepted")
    bed.get_by_role("button", name="I'd like to talk after all").click()
    expect_state(bed, town, request["id"], "in_session")
    fits(phone)


def test_more_help_in_one_press_and_the_talk_goes_on(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    request = ask(town, modality="chat", place="Room 6")
    visit_id = steps(town, peer, request["id"])
    bed = bedside(open_page, link_of(town, visit_id), permissions=[])
    phone = open_page(
        f"/peer/chat/{visit_id}", peer, **MOBILE, locale="es-US", allowed_errors=NO_SIGNAL
    )
    ward = open_page(f"/ed/requests/{request['id']}", town.user("staff"))
    bed.get_by_role("button", name="Yes, let's write").click()
    expect_state(bed, town, request["id"], "in_session")
    phone.get_by_label("Escriba un mensaje").fill("Voy a pedir")
    press(phone, "Necesito ayuda")
    sheet = phone.get_by_role("dialog")
    line = sheet.get_by_role("link", name="Línea de crisis 988")
    expect(line).to_have_attribute("href", "tel:988")
    sheet.get_by_role("button", name="Pedir al personal de urgencias").tap()
    expect(sheet.locator("[data-told=nurse]")).to_contain_text("Urgencias ya lo sabe")
    sheet.get_by_role("button", name="Hablar con supervisión").tap()
    expect(sheet.locator("[data-told=supervisor]")).to_contain_text("Supervisión ya lo sabe")
    accessible(phone)
    fits(phone)
    sheet.get_by_role("button", name="Volver al chat").tap()

    # Back in the talk: what was begun is there, and what was asked for stands above it.
    expect(sheet).to_have_count(0)
    expect(phone.get_by_label("Escriba un mensaje")).to_have_value("Voy a pedir")
    expect(phone.locator("[data-need]")).to_have_count(2)
    write(bed, "Thank you")
    expect(texts(phone)).to_have_text(["Thank you"])
    accessible(phone)
    picture(phone, "chat-peer-needs-es")
    fits(phone)
    within = """[...document.querySelectorAll('.more .btn, .talk__write textarea')].every((one) => {
      one.scrollIntoView({ block: 'nearest' });
      const { top, right, bottom } = one.getBoundingClientRect();
      return right <= innerWidth && bottom <= innerHeight
        && one.contains(document.elementFromPoint((right + one.getBoundingClientRect().left) / 2, (top + bottom) / 2));
    })"""
    for width, height in ((320, 568), (320, 700), (390, 844)):
        phone.set_viewport_size({"width": width, "height": height})
        assert phone.evaluate(within), (width, height)
    expect(ward.locator("[data-need]")).to_contain_text("Room 6: a nurse is asked for")

    # Who comes is told while there is no way, too.
    phone.context.set_offline(True)
    ward.get_by_role("button", name="I'm coming").click()
    me = town.call(town.user("staff"), "GET", "/me")["name"].split()[0]
    expect(bed.locator("[data-nurse]")).to_contain_text(f"{me} is coming to you")
    phone.context.set_offline(False)
    expect(phone.locator("[data-need=nurse]")).to_contain_text(f"{me}")
    press(phone, "Necesito ayuda")
    rest = sheet.locator(".needs__one", has=phone.locator("[data-told=supervisor]"))
    rest.get_by_role("button", name="Ya no hace falta").tap()
    expect(phone.locator("[data-need]")).to_have_count(1)
    expect(sheet).to_be_visible()
    needs = town.call(town.user("staff"), "GET", f"/requests/{request['id']}")["needs"]
    assert [one["kind"] for one in needs] == ["nurse"]
    town.call(
        town.user("staff"), "POST", f"/requests/{request['id']}/needs/done", {"kind": "nurse"}
    )
    expect(phone.locator("[data-need]")).to_have_count(0)


def test_text_beside_a_video_call(town: Town, peer: dict[str, Any], open_page: Open) -> None:
    _, visit_id = video_visit(town, peer)
    bed = bedside(open_page, link_of(town, visit_id))
    phone = peers_room(open_page, peer, visit_id)
    say_yes(bed)
    connected(bed, phone)
    bed.get_by_role("button", name="Write", exact=True).click()
    write(bed, "I can't say it aloud")
    expect(phone.locator("[data-unread]")).to_have_attribute("data-unread", "1")
    phone.get_by_role("button", name="Write").tap()
    expect(texts(phone)).to_have_text(["I can't say it aloud"])
    phone.get_by_role("button", name="Take your time").tap()
    same(["I can't say it aloud", "Take your time. There's no rush."], bed, phone)
    accessible(bed)
    accessible(phone)
    connected(bed, phone)
