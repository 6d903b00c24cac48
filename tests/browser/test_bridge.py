"""Marcus is on the way; until he is there, Rosa is with them by video: on the screens of all three."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.looking import everywhere
from tests.browser.phones import ask, heading, on_duty, phone_of, press, steps
from tests.browser.server import Town

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
