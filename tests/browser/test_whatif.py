"""A policy is tried on the last weeks, on the page where it is kept: begun, left, found again, saved."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from dispatch.models import User
from dispatch.states import Role
from storage.clock import SystemClock
from tests.browser.looking import accessible, everywhere, picture
from tests.browser.server import Town
from tests.browser.windows import Open
from tests.harness.databases import open_database
from tests.harness.weeks import weeks

POLICY = "/manage/settings/policy"
SOON_MS = 90_000
"""A process of its own starts, at the lowest priority, on a machine that is busy."""


@pytest.fixture(scope="module")
def past(town: Town) -> Iterator[None]:
    """Eight weeks of requests would be more; these take some seconds to play."""
    with open_database(f"sqlite:///{town.folder}/alongside.sqlite3", SystemClock()) as db:
        with db.read() as tx:
            users = tx.session.scalars(select(User).order_by(User.created_at, User.id)).all()
            nurse = next(one for one in users if one.role is Role.STAFF)
            peers = [
                one.id
                for one in users
                if one.role is Role.PEER and one.network_id == nurse.network_id
            ]
        weeks(db, nurse.id, peers, requests=120, days=20)
    yield
    manager = town.user("manager")
    town.call(manager, "PUT", "/policy", {})
    for one in town.call(manager, "GET", "/policy/previews")["items"]:
        town.call(manager, "DELETE", f"/policy/previews/{one['id']}", status=204)


def result(page: Page) -> None:
    """Wait until the result is there."""
    expect(page.locator(".trial__table tbody tr")).to_have_count(11, timeout=SOON_MS)


def test_a_policy_is_tried_left_alone_found_again_and_saved(
    town: Town, past: None, open_page: Open
) -> None:
    manager = town.user("manager")
    page = open_page(POLICY, manager)
    clock = page.get_by_role("radio", name="By the clock")
    expect(clock).to_be_checked()
    clock.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="By price")).to_be_checked()
    page.locator(".prices summary").press("Enter")
    expect(page.locator("#price-ask_min-hint")).to_contain_text("In minutes; default 0.75.")
    page.locator("#price-at_once").fill("2.5")
    page.get_by_role("button", name="Try it on last month").click()
    expect(page.locator("#price-at_once-error")).to_contain_text("whole number from 1 to 10")
    expect(page.locator(".errsum")).to_be_focused()
    everywhere(page)
    page.locator("#price-at_once").fill("3")
    page.get_by_role("button", name="Try it on last month").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    accessible(page)
    page.goto("/manage/settings/sites")
    page.goto(POLICY)
    result(page)
    expect(page.locator(".trial__table")).to_contain_text("over 120 requests")
    expect(page.locator(".trial__truth")).to_contain_text("after 0.7 min in the middle case")
    expect(page.locator(".trial__truth")).to_contain_text("fewer than 30 days")
    everywhere(page)
    page.locator(".trial").scroll_into_view_if_needed()
    picture(page, "manage-settings-whatif")
    assert town.call(manager, "GET", "/policy")["settings"] == {}
    page.get_by_role("button", name="Save these settings").click()
    expect(page.locator(".trial")).to_have_count(0)
    expect(page.get_by_role("radio", name="By price")).to_be_checked()
    expect(page.locator("#price-at_once")).to_have_value("3")
    kept = town.call(manager, "GET", "/policy")["settings"]
    assert (kept["strategy"], kept["pricing"]) == ("priced", {"at_once": 3})


def test_more_peers_on_a_shift_in_spanish(town: Town, past: None, open_page: Open) -> None:
    page = open_page(f"{POLICY}?lang=es", town.user("manager"))
    page.get_by_role("button", name="Más compañeros en un turno").click()
    page.locator("#more-0-count").fill("0")
    start = page.get_by_role("button", name="Probar con el último mes")
    start.click()
    expect(page.locator("#more-0-count-error")).to_contain_text("de 1 a 50")
    page.locator("#more-0-count").fill("4")
    page.locator("#more-0-from").fill("20:00")
    everywhere(page)
    page.locator("#try-days").select_option("14")
    page.get_by_role("button", name="Probar con los últimos 14 días").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    result(page)
    expect(page.locator(".trial__table caption")).to_contain_text("con 4 compañeros más")
    expect(page.locator(".trial")).to_contain_text("Más compañeros vienen")
    everywhere(page)
    page.get_by_role("button", name="Descartar").click()
    expect(page.locator(".trial")).to_have_count(0)


def test_a_network_without_a_past_is_told_so(town: Town, open_page: Open) -> None:
    page = open_page(POLICY, town.user("manager", 1))
    page.get_by_role("button", name="Try it on last month").click()
    expect(page.locator(".trial .banner")).to_contain_text(
        "No duties are known yet", timeout=SOON_MS
    )
    accessible(page)
    page.get_by_role("button", name="Discard").click()
    expect(page.locator(".trial")).to_have_count(0)
