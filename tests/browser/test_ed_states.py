"""Every state of a request on the ED's screen, in both languages: themes, widths, forced colours."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import everywhere
from tests.browser.manage import HOMES, SITE, accept, ask, on_duty
from tests.browser.server import Town
from tests.browser.windows import Open


@pytest.fixture
def peers(town: Town) -> Iterator[list[dict[str, Any]]]:
    with on_duty(town, 1) as found:
        yield found


def until(page: Page, wanted: str) -> None:
    """The page shows the word of this state, in its own language."""
    words = page.evaluate(
        f"import('alongside/words.js').then((words) => words.t('state_{wanted}'))"
    )
    expect(page.locator(".pill").first).to_have_text(words)


@pytest.mark.parametrize("language", ["en", "es"])
def test_from_the_search_to_the_end(
    town: Town, peers: list[dict[str, Any]], open_page: Open, language: str
) -> None:
    request = ask(town, "Room 4", preferences=["veteran"], focus="overdose")
    page = open_page(f"/ed/requests/{request}?lang={language}", town.user("staff"))
    until(page, "searching")
    everywhere(page)
    visit = accept(town, peers[0])
    until(page, "accepted")
    everywhere(page)
    town.call(peers[0], "POST", f"/visits/{visit}/depart")
    until(page, "en_route")
    page.wait_for_timeout(1_100)
    town.report(peers[0], (SITE[0] + HOMES[0][0] + 0.0001, SITE[1] + HOMES[0][1]))
    expect(page.locator(".pin .pin__peer")).to_be_visible()
    everywhere(page)
    town.call(peers[0], "POST", f"/visits/{visit}/arrive")
    until(page, "arrived")
    everywhere(page)
    town.call(peers[0], "POST", f"/visits/{visit}/start")
    until(page, "in_session")
    everywhere(page)
    town.call(peers[0], "POST", f"/visits/{visit}/complete")
    until(page, "completed")
    everywhere(page)


@pytest.mark.parametrize("language", ["en", "es"])
def test_cancelled_and_nobody_could_come(town: Town, open_page: Open, language: str) -> None:
    town.call(town.user("manager"), "PUT", "/policy", {"nobody_left_s": 0})
    request = ask(town, "Room 5")
    page = open_page(f"/ed/requests/{request}?lang={language}", town.user("staff"))
    until(page, "escalated")
    everywhere(page)
    town.call(town.user("staff"), "POST", f"/requests/{request}/close", {})
    until(page, "unfilled")
    everywhere(page)
    town.call(town.user("manager"), "PUT", "/policy", {})
    request = ask(town, "Room 6")
    page.goto(f"/ed/requests/{request}")
    town.call(town.user("staff"), "POST", f"/requests/{request}/cancel", {"reason": "leaving"})
    until(page, "cancelled")
    everywhere(page)
    town.finish_all()
