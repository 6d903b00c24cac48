"""A visit by chat: a bedside screen and a peer's phone, over a cut network and a killed server."""

import signal
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.calls import bedside, connected, link_of, peers_room, say_yes, video_visit
from tests.browser.conftest import Open
from tests.browser.looking import accessible, fits, picture
from tests.browser.phones import (
    MOBILE,
    NO_SIGNAL,
    ask,
    expect_state,
    phone_of,
    steps,
)
from tests.browser.server import Town
from tests.browser.test_chat import texts, write


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
    bed = bedside(
        open_page, link_of(town, visit_id), locale="es-US", permissions=[],
        allowed_errors=NO_SIGNAL,
    )  # fmt: skip
    phone = phone_of(open_page, peer, allowed_errors=NO_SIGNAL)
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
    bed = bedside(open_page, link_of(town, visit_id), permissions=[], allowed_errors=NO_SIGNAL)
    phone = open_page(f"/peer/chat/{visit_id}", peer, **MOBILE, allowed_errors=NO_SIGNAL)
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
