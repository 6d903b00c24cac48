"""Marcus is on the way; until he is there, Rosa is with them by video: on the screens of all three."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import everywhere, picture
from tests.browser.phones import ask, heading, on_duty, phone_of, press, steps
from tests.browser.server import Town
from tests.browser.test_chat import texts, write
from tests.browser.windows import Open

BY_VIDEO = {"on_duty": True, "modalities": ["video"]}


@pytest.fixture
def peers(town: Town) -> Iterator[list[dict[str, Any]]]:
    """One who comes and one by video; afterwards nothing is open."""
    found = [user for user in town.users if user["role"] == "peer"][:2]
    town.call(town.user("manager"), "PUT", "/policy", {"bridge_stop_s": 60})
    on_duty(town, found[0])
    yield found
    town.finish_all()
    town.off_duty()
    town.call(town.user("manager"), "PUT", "/policy", {})


def say(page: Page, key: str, **values: Any) -> str:
    """A text of the page in its own language."""
    said: str = page.evaluate(
        "([key, values]) => import('alongside/words.js').then((words) => words.t(key, values))",
        [key, values],
    )
    return said


def first(who: dict[str, Any]) -> str:
    """What a screen calls somebody."""
    return str(who["name"].split(" ")[0])


def offers_of(town: Town, peer: dict[str, Any]) -> list[dict[str, Any]]:
    """The offers of who was asked just now."""
    found: list[dict[str, Any]] = town.call(peer, "GET", "/offers")["items"]
    return found


def said(town: Town, who: dict[str, Any], visit: str, name: str, text: str) -> None:
    """A peer writes to the staff."""
    town.call(who, "POST", f"/visits/{visit}/talk", {"id": name, "text": text}, status=201)


@pytest.mark.parametrize("language", ["en", "es"])
def test_staff_start_video_until_he_is_there(
    town: Town, peers: list[dict[str, Any]], open_page: Open, language: str
) -> None:
    marcus, rosa = peers
    request = ask(town)["id"]
    visit = steps(town, marcus, request, "depart")
    town.call(rosa, "PUT", "/duty", BY_VIDEO)
    page = open_page(f"/ed/requests/{request}?lang={language}", town.user("staff"))
    page.get_by_role("button", name=say(page, "b_start", name=first(marcus))).click()
    expect(page.locator("[data-bridge=finding]")).to_be_visible()
    everywhere(page)
    [offer] = town.call(rosa, "GET", "/offers")["items"]
    assert offer["is_bridge"]
    bridge = town.call(rosa, "POST", f"/offers/{offer['id']}/accept")["visit"]["id"]
    expect(page.locator("[data-bridge=yes]")).to_contain_text(first(rosa))
    town.call(rosa, "POST", f"/visits/{bridge}/start")
    expect(page.locator("[data-bridge=with]")).to_contain_text(first(marcus))
    everywhere(page)
    page.get_by_role("button", name=say(page, "b_keep")).click()
    expect(page.get_by_role("dialog")).to_contain_text(first(rosa))
    page.get_by_role("button", name=say(page, "b_keep_no")).click()
    town.call(marcus, "POST", f"/visits/{visit}/arrive")
    expect(page.locator("[data-bridge=with]")).to_contain_text(
        say(page, "b_goodbye", name=first(marcus))
    )
    page.get_by_role("button", name=say(page, "b_end")).click()
    expect(page.locator("[data-bridge]")).to_have_count(0)
    expect(page.locator(".timeline, .tl").first).to_contain_text(
        say(page, "fact_bridge_ended", name=first(rosa))
    )


def test_staff_read_both_peers_and_who_said_what(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    marcus, rosa = peers
    nurse = town.user("staff")
    request = ask(town, place="Room 21")["id"]
    visit = steps(town, marcus, request, "depart")
    town.call(rosa, "PUT", "/duty", BY_VIDEO)
    town.call(nurse, "POST", f"/requests/{request}/bridge")
    [offer] = offers_of(town, rosa)
    bridge = town.call(rosa, "POST", f"/offers/{offer['id']}/accept")["visit"]["id"]
    listed = open_page("/ed", nurse)
    page = open_page(f"/ed/requests/{request}", nurse)
    card = page.locator("[data-talk]")
    expect(card.get_by_role("heading", name=f"Chat with {first(marcus)}")).to_be_visible()
    said(town, marcus, visit, "marcus-001", "Two minutes")
    his, hers = (page.get_by_role("radio", name=first(who)) for who in (marcus, rosa))

    # His is open and read; hers is a number until it is opened, and is said aloud once.
    expect(texts(page)).to_have_text(["Two minutes"])
    expect(listed.locator(".now [data-unread]")).to_have_count(0)
    said(town, rosa, bridge, "rosa-00001", "They are cold, a blanket would help")
    expect(card.locator("label", has=hers).locator("[data-unread]")).to_have_attribute(
        "data-unread", "1"
    )
    expect(page.locator("#announce")).to_contain_text(f"{first(rosa)}: 1 new message")
    expect(listed.locator(".now [data-unread]")).to_have_attribute("data-unread", "1")
    picture(page, "ed-chat-two")
    everywhere(page)
    page.keyboard.press("m")
    card.get_by_label("Write a message").type("Which door")
    card.locator("label", has=hers).click()
    expect(texts(page)).to_have_text(["They are cold, a blanket would help"])
    expect(card.locator(".talk__list small")).to_contain_text(first(rosa))
    expect(card.get_by_role("heading", name=f"Chat with {first(rosa)}")).to_be_visible()
    expect(page.locator("[data-unread]")).to_have_count(0)
    expect(listed.locator(".now [data-unread]")).to_have_count(0)
    page.keyboard.press("m")
    write(page, "Coming with one")
    thread = town.call(rosa, "GET", f"/visits/{bridge}/talk")
    assert [one["text"] for one in thread["items"]][1:] == ["Coming with one"]
    assert len(town.call(marcus, "GET", f"/visits/{visit}/talk")["items"]) == 1

    # What was begun to one is still there; and what she left unread outlives her visit.
    card.locator("label", has=his).click()
    expect(card.get_by_label("Write a message")).to_have_value("Which door")
    page.close()
    town.call(rosa, "POST", f"/visits/{bridge}/start")
    said(town, rosa, bridge, "rosa-00002", "Blanket is here, thank you")
    town.call(rosa, "POST", f"/visits/{bridge}/complete")
    again = open_page(f"/ed/requests/{request}?lang=es", nurse)
    hers = again.get_by_role("radio", name=first(rosa))
    expect(again.locator("label", has=hers)).to_contain_text("Visita terminada")
    everywhere(again)
    again.locator("label", has=hers).click()
    expect(texts(again).last).to_have_text("Blanket is here, thank you")
    expect(again.get_by_role("heading", name=f"Chat con {first(rosa)}")).to_be_visible()


def test_her_talk_stays_when_he_cannot_come(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    marcus, rosa = peers
    request = ask(town, place="Room 22")["id"]
    visit = steps(town, marcus, request, "depart")
    town.call(rosa, "PUT", "/duty", BY_VIDEO)
    town.call(town.user("staff"), "POST", f"/requests/{request}/bridge")
    [offer] = offers_of(town, rosa)
    bridge = town.call(rosa, "POST", f"/offers/{offer['id']}/accept")["visit"]["id"]
    said(town, marcus, visit, "marcus-001", "My car broke down")
    town.call(marcus, "POST", f"/visits/{visit}/withdraw", {})
    said(town, rosa, bridge, "rosa-00001", "I can stay")
    page = open_page(f"/ed/requests/{request}", town.user("staff"))
    expect(page.get_by_role("heading", name=f"Chat with {first(rosa)}")).to_be_visible()
    expect(texts(page)).to_have_text(["I can stay"])
    his = page.locator("label", has=page.get_by_role("radio", name=first(marcus)))
    expect(his.locator("[data-unread]")).to_have_attribute("data-unread", "1")
    everywhere(page)
    his.click()
    expect(texts(page)).to_have_text(["My car broke down"])
    expect(page.get_by_text("This visit is over. Nothing more can be written.")).to_be_visible()


def test_a_peer_by_video_knows_until_when(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    marcus, rosa = peers
    request = ask(town)["id"]
    visit = steps(town, marcus, request, "depart")
    town.call(rosa, "PUT", "/duty", BY_VIDEO)
    phone = phone_of(open_page, rosa)
    town.call(town.user("staff"), "POST", f"/requests/{request}/bridge")
    heading(phone, "Someone would like a peer")
    expect(phone.get_by_text("Until a colleague arrives.")).to_be_visible()
    everywhere(phone)
    press(phone, "I can talk now")
    heading(phone, "You said yes")
    expect(phone.get_by_text(f"By video until {first(marcus)} is there")).to_be_visible()
    press(phone, "I'm with them now")
    heading(phone, "Room 12")
    town.call(marcus, "POST", f"/visits/{visit}/arrive")
    expect(phone.get_by_text("Say goodbye when it suits.")).to_be_visible()
    expect(phone.locator(".toast")).to_have_count(0)
    everywhere(phone)
    press(phone, "We're finished")
    heading(phone, "How did it go?")
    assert town.call(town.user("staff"), "GET", f"/requests/{request}")["state"] == "arrived"


def test_a_manager_sees_both_and_keeps_video(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    marcus, rosa = peers
    request = ask(town)["id"]
    steps(town, marcus, request, "depart")
    town.call(rosa, "PUT", "/duty", BY_VIDEO)
    board = open_page(f"/manage?case={request}", town.user("manager"))
    board.get_by_role("button", name="Start video until they are here").click()
    expect(board.locator("[data-bridge=finding]")).to_be_visible()
    wave = board.locator("[data-wave='bridge-1']")
    expect(wave).to_contain_text("By video until somebody arrives, wave 1")
    expect(wave).to_contain_text("1 of 1 who could be there by video, in about ")
    [offer] = town.call(rosa, "GET", "/offers")["items"]
    bridge = town.call(rosa, "POST", f"/offers/{offer['id']}/accept")["visit"]["id"]
    town.call(rosa, "POST", f"/visits/{bridge}/start")
    expect(board.locator(f"[data-case='{request}']")).to_contain_text(f"{first(rosa)}")
    expect(board.locator("[data-bridge=with]")).to_contain_text("by video")
    everywhere(board)
    board.get_by_role("button", name="Video is enough").click()
    expect(board.locator("[data-bridge]")).to_have_count(0)
    found = town.call(town.user("staff"), "GET", f"/requests/{request}")
    assert (found["state"], found["visit"]["id"]) == ("in_session", bridge)
