"""Nothing silently stale: the server dies and comes back, the socket is blocked, a pane fails."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.console import CUT_OFF, SERVER_GONE
from tests.browser.looking import accessible, picture
from tests.browser.manage import SITE, ask
from tests.browser.server import Town
from tests.browser.server import town as start_town
from tests.browser.windows import Open

BACK = 15_000
"""Milliseconds in which a page has found a server that is there again."""


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """A server of this test's own, which may die."""
    with start_town(tmp_path) as place:
        yield place


def test_a_dead_server_is_said_and_a_living_one_is_found(town: Town, open_page: Open) -> None:
    town.on_duty(town.user("peer"), "in_person", at=SITE)
    ask(town, "Room 7")
    page = open_page("/manage", town.user("manager"), allowed_errors=SERVER_GONE)
    expect(page.locator("[data-case]")).to_contain_text("Room 7")
    page.evaluate("window.same = true")
    town.stop(signal.SIGKILL)
    bar = page.get_by_text(re.compile(r"Not live since \d+:\d\d:\d\d"))
    expect(bar).to_be_visible(timeout=BACK)
    expect(page.locator("html")).to_have_class(re.compile("is-stale"))
    stopped = page.locator(".case__time .num").first.inner_text()
    accessible(page)
    picture(page, "manage-stale")
    # Two more looks have failed by now, and the timer has not moved.
    page.get_by_role("button", name="Try now").click()
    expect(bar).to_be_visible()
    assert page.locator(".case__time .num").first.inner_text() == stopped
    town.start()
    expect(bar).to_have_count(0, timeout=BACK)
    expect(page.locator("html")).not_to_have_class(re.compile("is-stale"))
    expect(page.locator(".livet")).to_contain_text("Live,", timeout=BACK)
    ask(town, "Room 8")
    expect(page.locator(".cases")).to_contain_text("Room 8", timeout=BACK)
    expect(page.locator(".case__time .num").first).not_to_have_text(stopped)
    assert page.evaluate("window.same")


def test_without_a_socket_the_board_asks_and_says_so(town: Town, open_page: Open) -> None:
    page = open_page("")
    page.add_init_script("window.WebSocket = class { constructor() { throw new Error('no'); } }")
    manager = town.user("manager")
    page.goto("/")
    page.fill("#email", manager["email"])
    page.fill("#password", manager["password"])
    page.click("form button[type=submit]")
    expect(page.get_by_text("Updates are slower than usual.")).to_be_visible(timeout=BACK)
    ask(town, "Room 9")
    expect(page.locator(".cases")).to_contain_text("Room 9", timeout=BACK)
    accessible(page)


def test_a_pane_that_fails_fails_alone(town: Town, open_page: Open) -> None:
    town.on_duty(town.user("peer"), "in_person", at=SITE)
    request_id = ask(town, "Room 7")
    page = open_page("/manage", town.user("manager"), allowed_errors=CUT_OFF)
    page.route(f"**/requests/{request_id}/*", lambda route: route.abort())
    page.locator("[data-case]").click()
    expect(page.get_by_text("This case didn't load.")).to_be_visible(timeout=BACK)
    expect(page.get_by_text("Who could go didn't load.")).to_be_visible(timeout=BACK)
    expect(page.locator("[data-case]")).to_contain_text("Room 7")
    accessible(page)
    page.unroute(f"**/requests/{request_id}/*")
    for retry in page.locator(".panel").get_by_role("button", name="Retry").all()[::-1]:
        retry.click()
    expect(page.locator(".timeline")).to_contain_text("1 peer alerted", timeout=BACK)
    expect(page.locator(".going")).to_contain_text("Marcus H.")
