"""Every page of those who manage, in both languages: themes, widths, forced colours, standing still."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.looking import everywhere
from tests.browser.manage import accept, ask, on_duty
from tests.browser.server import Town
from tests.browser.windows import Open

PAGES = (
    "peers",
    "peers/new",
    "audit",
    "settings/sites",
    "settings/people",
    "settings/policy",
    "settings/devices",
)


@pytest.fixture(scope="module")
def busy(town: Town) -> Iterator[str]:
    """An evening: one on the way, one with an alarm; the id of the first."""
    with on_duty(town, 3) as peers:
        first = ask(town, "Room 4", preferences=["veteran"], focus="overdose")
        accept(town, peers[0], "depart")
        town.call(town.user("manager"), "PUT", "/policy", {"alarm_after_s": 1})
        ask(town, "Room 6", site=1)
        yield first
        town.call(town.user("manager"), "PUT", "/policy", {})


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_board_in_every_light(town: Town, busy: str, open_page: Open, language: str) -> None:
    page = open_page(f"/manage?lang={language}&case={busy}", town.user("manager"))
    expect(page.locator(".panel .timeline")).to_be_visible()
    expect(page.locator(".alarm")).to_be_visible()
    everywhere(page)
    page.goto("/manage?wall=1")
    expect(page.locator("[data-case]").first).to_be_visible()
    everywhere(page)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_in_every_light(
    town: Town, busy: str, open_page: Open, path: str, language: str
) -> None:
    page = open_page(f"/manage/{path}?lang={language}", town.user("manager"))
    expect(page.locator(".tablecard, .form").first).to_be_visible()
    everywhere(page)
