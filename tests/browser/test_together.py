"""A nurse's page, two peers' phones and a manager's board, open side by side for one whole case.

Every page changes by itself: none is loaded again from the ask to the end.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.phones import heading, on_duty, phone_of, press
from tests.browser.server import Town
from tests.browser.windows import PATIENCE_MS, Open

SOON = PATIENCE_MS
"""Milliseconds within which a page has changed by itself."""
SECOND = ("status of 409",)
"""What the browser of whoever was second notes of the answer; no fault of the page."""
MARK = "window.same = true"
PRESS_AT = """([words, at]) => {
  const button = [...document.querySelectorAll('button')].find((b) => b.innerText.trim() === words);
  setTimeout(() => button.click(), at - Date.now());
}"""
"""Press a button at a moment, so that two phones press at the same one."""


@pytest.fixture
def peers(town: Town) -> Iterator[list[dict[str, Any]]]:
    """Two peers near the first site, available; afterwards nothing is open."""
    found = [user for user in town.users if user["role"] == "peer"][:2]
    on_duty(town, *found)
    yield found
    town.finish_all()
    town.off_duty()


def test_one_case_on_four_screens(town: Town, peers: list[dict[str, Any]], open_page: Open) -> None:
    board = open_page("/manage", town.user("manager"))
    phones = [phone_of(open_page, peer, allowed_errors=SECOND) for peer in peers]
    nurse = open_page("/ed", town.user("staff"))

    nurse.get_by_text("12", exact=True).click()
    nurse.get_by_text("They said yes to talking with a peer").click()
    nurse.get_by_role("button", name="Request a peer").click()
    expect(nurse.get_by_role("heading", name="Finding a peer")).to_be_visible()
    for page in (board, nurse, *phones):
        page.evaluate(MARK)
    expect(board.locator("[data-group=finding]")).to_contain_text("2 of 2 asked", timeout=SOON)
    for phone in phones:
        heading(phone, "Someone would like a peer")

    at = phones[0].evaluate("Date.now()") + 700
    for phone in phones:
        phone.evaluate(PRESS_AT, ["I can go", at])
    winner, loser = _who_was_first(phones)
    heading(winner, "You said yes")
    expect(loser.locator("h1").first).to_contain_text("already on it", timeout=SOON)
    expect(nurse.locator(".pill").first).to_have_text("Said yes", timeout=SOON)
    expect(board.locator("[data-group=way]")).to_contain_text("Said yes", timeout=SOON)

    press(winner, "Leave now")
    expect(nurse.locator(".pill").first).to_have_text("On the way", timeout=SOON)
    expect(board.locator("[data-group=way]")).to_contain_text("On the way", timeout=SOON)
    press(winner, "I've arrived")
    expect(nurse.locator(".pill").first).to_have_text("Arrived", timeout=SOON)
    expect(board.locator("[data-group=way]")).to_contain_text("Arrived", timeout=SOON)
    press(winner, "I'm with them now")
    expect(nurse.locator(".pill").first).to_have_text("With them", timeout=SOON)
    expect(board.locator("[data-group=with]")).to_contain_text("With them", timeout=SOON)
    press(winner, "We're finished")
    heading(winner, "How did it go?")
    expect(nurse.locator(".pill").first).to_have_text("Finished", timeout=SOON)
    expect(board.locator("[data-group=ended]")).to_contain_text("Finished", timeout=SOON)

    assert all(page.evaluate("window.same") for page in (board, nurse, *phones))


def _who_was_first(phones: list[Page]) -> tuple[Page, Page]:
    """The phone that shows its yes, then the other."""
    said_yes = [phone.get_by_role("heading", name="You said yes") for phone in phones]
    expect(said_yes[0].or_(phones[0].get_by_text("already on it")).first).to_be_visible(
        timeout=SOON
    )
    return (phones[0], phones[1]) if said_yes[0].is_visible() else (phones[1], phones[0])
