"""A whole visit on the phone, in both languages: themes, widths, forced colours, and what they would like."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import everywhere
from tests.browser.phones import ask, expect_state, on_duty, phone_of
from tests.browser.server import Town
from tests.browser.windows import Open

LIKE = {"en": "a veteran, a parent", "es": "alguien veterano, alguien con hijos"}
STEPS = {
    "p_leave_now": "en_route",
    "p_ive_arrived": "arrived",
    "p_with_them_now": "in_session",
    "p_finished": "completed",
}
"""Each press, and the state that it leads to."""


@pytest.fixture
def peer(town: Town) -> Iterator[dict[str, Any]]:
    """The first peer, available; afterwards nothing is open."""
    found = town.user("peer")
    on_duty(town, found)
    yield found
    town.finish_all()
    town.off_duty()


def press(page: Page, key: str) -> None:
    """The button with these words, whatever the language."""
    words = page.evaluate(f"import('alongside/words.js').then((words) => words.t('{key}'))")
    page.get_by_role("button", name=words, exact=True).tap()


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_visit_in_every_light(
    town: Town, peer: dict[str, Any], open_page: Open, language: str
) -> None:
    phone = phone_of(open_page, peer, f"/peer?lang={language}")
    assert phone.evaluate("document.documentElement.lang") == language
    everywhere(phone)
    request = ask(town, preferences=["veteran", "parent"])["id"]
    expect(phone.locator(".offer")).to_be_visible()
    # The offer does not say what they would like: that is told to who comes.
    expect(phone.locator("main")).not_to_contain_text(LIKE[language])
    everywhere(phone)
    press(phone, "p_i_can_go")
    expect_state(phone, town, request, "accepted")
    expect(phone.locator("main")).to_contain_text(LIKE[language])
    for key, state in STEPS.items():
        # Read again: the toast with Undo is gone, the state is not.
        phone.reload()
        expect(phone.locator(".footbar")).to_be_visible()
        everywhere(phone)
        if key != "p_finished":
            expect(phone.locator("main")).to_contain_text("12")
        press(phone, key)
        expect_state(phone, town, request, state)
    expect(phone.locator("h1").first).to_be_visible()
    phone.wait_for_timeout(300)
    everywhere(phone)
