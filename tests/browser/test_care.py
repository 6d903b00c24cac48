"""Care for peers: a supervisor sees who asked, calls, and says that they talked. Nothing else."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.console import CUT_OFF, NO_SIGNAL
from tests.browser.looking import accessible, fits, picture
from tests.browser.manage import accept, ask, on_duty
from tests.browser.server import Town
from tests.browser.windows import Open


@pytest.fixture
def peers(town: Town) -> Iterator[list[dict[str, Any]]]:
    with on_duty(town, 2) as found:
        yield found


def row(page: Page, group: str, name: str) -> Any:
    """Somebody's line in a group of the page."""
    return page.locator(f"section[aria-labelledby=care-{group}] li", has_text=name)


def test_nobody_asked_and_that_is_fine(town: Town, open_page: Open) -> None:
    page = open_page("/manage", town.user("supervisor"))
    page.get_by_role("link", name="Care").click()
    expect(page.get_by_text("No one has asked. That's fine")).to_be_visible()
    accessible(page)
    fits(page)
    page.keyboard.press("g")
    page.keyboard.press("l")
    page.wait_for_url("**/manage")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/manage/care")


def test_who_asked_is_called_and_leaves_the_list(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    number = {"kind": "sms", "address": "+16145550177", "platform": "other"}
    town.call(peers[0], "POST", "/devices", number, status=201)
    ask(town, "Room 2", focus="overdose")
    visit = accept(town, peers[0], "depart", "arrive", "start", "complete")
    town.call(peers[0], "POST", "/check_ins", {"feeling": "talk", "visit_id": visit}, status=201)
    town.call(peers[1], "POST", "/check_ins", {"feeling": "heavy"}, status=201)
    page = open_page("/manage/care", town.user("supervisor"), allowed_errors=CUT_OFF)
    marcus = row(page, "asked", "Marcus H.")
    expect(marcus.get_by_role("link", name="Call Marcus H., 614-555-0177")).to_have_attribute(
        "href", "tel:+16145550177"
    )
    expect(row(page, "load", "Marcus H.")).to_contain_text("Met their first person on their own")
    # Who is heavy and did not ask is not here, nor is a room or a reason.
    expect(page.locator(".caring")).not_to_contain_text("Keisha")
    expect(page.locator(".caring")).not_to_contain_text("Room 2")
    expect(page.locator(".caring")).not_to_contain_text("verdose")
    accessible(page)
    fits(page)
    picture(page, "manage-care")
    page.route("**/talked", lambda route: route.abort())
    marcus.get_by_role("button", name="We talked").click()
    expect(page.get_by_text("That was not noted.")).to_be_visible()
    page.unroute("**/talked")
    marcus.get_by_role("button", name="We talked").click()
    expect(row(page, "talked", "Marcus H.")).to_contain_text("Done")
    expect(page.get_by_text("No one has asked. That's fine")).to_be_visible()
    page.goto("/manage/care?lang=es")
    expect(page.get_by_text("Nadie lo ha pedido. Está bien")).to_be_visible()
    accessible(page)
    fits(page)
    load = row(page, "load", "Marcus H.")
    load.get_by_role("button", name="Ya llamé, Marcus H.").click()
    expect(load).to_contain_text("Llamó Sam W.")
    expect(load.get_by_role("button")).to_have_count(0)
    accessible(page)
    fits(page)
    town.finish_all()


def test_care_that_does_not_load_says_so_and_stale_says_from_when(
    town: Town, open_page: Open
) -> None:
    page = open_page("", town.user("supervisor"), allowed_errors=(*CUT_OFF, *NO_SIGNAL))
    page.route("**/api/v1/care*", lambda route: route.abort())
    page.route("**/api/v1/care/*", lambda route: route.abort())
    page.goto("/manage/care")
    expect(page.get_by_text("Care for peers didn't load.")).to_be_visible()
    accessible(page)
    page.unroute("**/api/v1/care*")
    page.unroute("**/api/v1/care/*")
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("No one has asked.")).to_be_visible()
    page.context.set_offline(True)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_text("Care did not load again.")).to_be_visible()
    expect(page.get_by_text("No one has asked.")).to_be_visible()
    page.context.set_offline(False)


def test_care_is_for_supervisors(town: Town, open_page: Open) -> None:
    page = open_page("/manage/care", town.user("manager"))
    page.wait_for_url("**/manage")
    expect(page.get_by_role("link", name="Care")).to_have_count(0)
