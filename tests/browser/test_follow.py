"""One tablet, scanned once: from a bridge to the next, to who comes in person, and from peer to peer."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.calls import bedside, connected, flows, link_of, peers_room, say_yes, video_visit
from tests.browser.console import NO_SIGNAL
from tests.browser.looking import accessible, fits, picture
from tests.browser.phones import (
    MOBILE,
    ask,
    expect_state,
    heading,
    on_duty,
    request_of,
    steps,
    until,
)
from tests.browser.server import Town
from tests.browser.test_chat import texts, write
from tests.browser.windows import TABLET, Open

BY_VIDEO = {"on_duty": True, "modalities": ["video"]}
BY_CHAT = {"on_duty": True, "modalities": ["chat"]}


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
    hers = peers_room(open_page, rosa, one)
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
    his = peers_room(open_page, marcus, one)
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


def chat_visit(town: Town, peer: dict[str, Any], place: str) -> tuple[str, str]:
    """A nurse asked for chat, the peer said yes: the ids of request and visit."""
    town.call(peer, "PUT", "/duty", BY_CHAT)
    request = ask(town, modality="chat", place=place)["id"]
    return request, steps(town, peer, request)


def next_by_chat(page: Page, town: Town, peer: dict[str, Any], request: str) -> str:
    """The next peer is asked and says yes; the visit's id."""
    town.call(peer, "PUT", "/duty", BY_CHAT)
    until(page, lambda: town.call(peer, "GET", "/offers")["items"])
    return steps(town, peer, request)


def test_a_chat_goes_on_with_the_next_and_nobody_scans_again(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    marcus, rosa, elena = peers
    request, one = chat_visit(town, marcus, "Room 19")
    link = link_of(town, one)
    # A tablet that was away when it was handed over is refused by the room, and asks the door.
    bed = bedside(open_page, link, permissions=[], allowed_errors=NO_SIGNAL)
    his = open_page(f"/peer/chat/{one}", marcus, **MOBILE, allowed_errors=NO_SIGNAL)
    bed.get_by_role("button", name="Yes, let's write").click()
    expect_state(bed, town, request, "in_session")
    write(his, "I have to go soon")
    expect(texts(bed)).to_have_text(["I have to go soon"])
    town.call(marcus, "POST", f"/visits/{one}/hand_over", {})
    expect(bed.locator("[data-between]")).to_contain_text("We're finding someone for you")
    accessible(bed)
    fits(bed)
    heading(his, "How did it go?")

    two = next_by_chat(bed, town, rosa, request)
    expect(bed.get_by_role("heading", name=f"{first(rosa)} is joining")).to_be_visible()
    hers = open_page(f"/peer/chat/{two}", rosa, **MOBILE, allowed_errors=NO_SIGNAL)
    expect(bed.get_by_role("heading", name=f"{first(rosa)} is here.")).to_be_visible()
    accessible(bed)
    bed.get_by_role("button", name="Yes, let's write").click()
    expect_state(bed, town, request, "in_session")
    write(bed, "Hello, it is me again")
    # Nothing of the talk before is read by who comes next.
    expect(texts(hers)).to_have_text(["Hello, it is me again"])
    expect(texts(bed)).to_have_text(["Hello, it is me again"])

    bed.context.set_offline(True)
    town.call(rosa, "POST", f"/visits/{two}/hand_over", {})
    bed.wait_for_timeout(1_000)
    bed.context.set_offline(False)
    expect(bed.locator("[data-between]")).to_contain_text("We're finding someone for you")
    three = next_by_chat(bed, town, elena, request)
    theirs = open_page(f"/peer/chat/{three}", elena, **MOBILE, allowed_errors=NO_SIGNAL)
    bed.get_by_role("button", name="Yes, let's write").click()
    expect_state(bed, town, request, "in_session")
    assert bed.url == f"{town.url}{link}"

    # Finished, it stays finished: no further talk is waited for.
    theirs.get_by_role("button", name="Finish").tap()
    theirs.get_by_role("dialog").get_by_role("button", name="We're finished").tap()
    expect(bed.get_by_role("heading", name="The chat has ended")).to_be_visible()
    expect_state(bed, town, request, "completed")


def test_who_writes_and_stays_is_there_until_the_next_one_writes(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    marcus, rosa, _ = peers
    request, one = chat_visit(town, marcus, "Room 20")
    bed = bedside(open_page, link_of(town, one), permissions=[], locale="es-US")
    his = open_page(f"/peer/chat/{one}", marcus, **MOBILE)
    bed.get_by_role("button", name="Sí, escribamos").click()
    expect_state(bed, town, request, "in_session")
    town.call(marcus, "POST", f"/visits/{one}/hand_over", {"stays": True})
    expect(his.locator("[data-staying]")).to_be_visible()
    accessible(his)
    phone = open_page("/peer", marcus, **MOBILE)
    expect(phone.get_by_role("link", name="Back to the chat")).to_be_visible()
    two = next_by_chat(bed, town, rosa, request)
    hers = open_page(f"/peer/chat/{two}", rosa, **MOBILE)
    expect(bed.locator("[data-follow]")).to_contain_text(f"{first(rosa)} está aquí para seguir")
    field = bed.get_by_label("Escriba un mensaje")
    field.fill("Gracias por todo")
    field.press("Enter")
    expect(texts(his)).to_have_text(["Gracias por todo"])
    accessible(bed)
    picture(bed, "chat-bedside-next-es")
    fits(bed)
    bed.get_by_role("button", name=f"Conocer a {first(rosa)}").click()
    bed.get_by_role("button", name="Sí, escribamos").click()
    expect_state(bed, town, request, "in_session")
    write(hers, "Hola")
    expect(texts(bed)).to_have_text(["Hola"])
    heading(his, "How did it go?")
    now = request_of(town, request)
    assert (now["state"], now["staying"], now["visit"]["id"]) == ("in_session", None, two)
    assert bed.evaluate("sessionStorage.length") == 0
