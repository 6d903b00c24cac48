"""Between when and when somebody comes, and the hint at the entrance, on all three screens."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import everywhere, picture
from tests.browser.manage import LATER, SITE, accept, ask
from tests.browser.phones import phone_of
from tests.browser.server import Town
from tests.browser.windows import Open


@pytest.fixture
def peer(town: Town) -> Iterator[dict[str, Any]]:
    """The first peer, two hundred metres away; afterwards nothing is open."""
    found = town.user("peer")
    town.on_duty(found, "in_person", at=(SITE[0] + 0.003, SITE[1]))
    town.call(town.user("manager"), "PUT", "/policy", LATER)
    yield found
    town.finish_all()
    town.off_duty()
    town.call(town.user("manager"), "PUT", "/policy", {})


def say(page: Page, key: str, **values: str) -> str:
    """These words, whatever the language."""
    told = page.evaluate(
        "([key, values]) => import('alongside/words.js').then((words) => words.t(key, values))",
        [key, values],
    )
    assert isinstance(told, str)
    return told


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_range_and_then_a_hint_that_people_confirm(
    town: Town, peer: dict[str, Any], open_page: Open, language: str
) -> None:
    request = ask(town, {"en": "Room 7", "es": "Room 8"}[language])
    desk = open_page(f"/ed/requests/{request}?lang={language}", town.user("staff"))
    visit = accept(town, peer, "depart")
    town.report(peer, (SITE[0] + 0.0025, SITE[1]))
    expect(desk.locator(".hero .sub").first).to_contain_text(" min")
    phone = phone_of(open_page, peer, f"/peer?lang={language}")
    expect(phone.locator(".place .eta")).to_contain_text(" min")
    board = open_page(f"/manage?lang={language}", town.user("manager"))
    name = peer["name"].split()[0]

    town.report(peer, (SITE[0] + 0.0004, SITE[1]))
    expect(desk.locator("h2", has_text=say(desk, "arr_near", name=name))).to_be_visible()
    expect(phone.get_by_text(say(phone, "arr_you_near"))).to_be_visible()
    expect(board.locator(".case").get_by_text(say(board, "arr_near_short"))).to_be_visible()
    for page in (desk, phone, board):
        everywhere(page)
    if language == "en":
        picture(desk, "ed-at-the-entrance")
        picture(phone, "peer-at-the-entrance")
    assert town.call(peer, "GET", f"/requests/{request}")["state"] == "en_route"

    desk.get_by_role("button", name=say(desk, "way_here", name=name)).click()
    expect(desk.locator("h2", has_text=say(desk, "here_title", name=name))).to_be_visible()
    seen = town.call(town.user("staff"), "GET", f"/requests/{request}")["visit"]
    assert (seen["id"], seen["state"]) == (visit, "arrived")
