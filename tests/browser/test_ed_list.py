"""What goes on in this ED: another desk's request is there at once, and late is always said."""

import re
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.console import CUT_OFF, NO_SIGNAL, SERVER_GONE
from tests.browser.manage import ask
from tests.browser.server import Town
from tests.browser.windows import Open


@pytest.fixture(autouse=True)
def _nothing_open(town: Town) -> Iterator[None]:
    yield
    town.finish_all()


def test_a_request_of_another_desk_is_there_at_once(town: Town, open_page: Open) -> None:
    page = open_page("/ed", town.user("staff"), allowed_errors=CUT_OFF)
    expect(page.locator("#now .sub")).to_be_visible()
    # From here on the list cannot be fetched any more: what comes, comes over the socket.
    page.wait_for_timeout(1_000)
    page.route("**/api/v1/requests?limit=*", lambda route: route.abort())
    elsewhere = ask(town, "Room 3", site=1)
    here = ask(town, "Room 6")
    line = page.locator(f"#now a[href$='{here}']")
    expect(line).to_contain_text("Room 6")
    expect(line).to_contain_text("Finding a peer")
    assert page.locator(f"#now a[href$='{elsewhere}']").count() == 0
    town.call(town.user("staff"), "POST", f"/requests/{here}/cancel", {"reason": "mistake"})
    expect(line).to_contain_text("Cancelled")
    # The form knows it too: nobody asks twice for one room.
    again = ask(town, "Room 7")
    expect(page.locator(f"#now a[href$='{again}']")).to_be_visible()
    page.get_by_role("radio", name="7", exact=True).locator("..").click()
    expect(page.locator("#twice-box")).to_be_visible()


def test_without_a_socket_the_list_is_fetched_and_says_so(town: Town, open_page: Open) -> None:
    page = open_page("", town.user("staff"), allowed_errors=NO_SIGNAL)
    page.route_web_socket(re.compile("socket.io"), lambda socket: socket.close())
    page.goto("/ed")
    expect(page.get_by_text("Updates are slower than usual.")).to_be_visible()
    here = ask(town, "Room 8")
    expect(page.locator(f"#now a[href$='{here}']")).to_be_visible()
    page.context.set_offline(True)
    expect(page.get_by_text("This screen lost its connection.")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("Updates are slower than usual.")).to_be_visible()


def test_what_was_asked_while_the_page_was_away_is_there(town: Town, open_page: Open) -> None:
    page = open_page("/ed", town.user("staff"), allowed_errors=SERVER_GONE)
    expect(page.locator("#now h2")).to_be_visible()
    town.stop(signal.SIGKILL)
    expect(page.get_by_text("This screen lost its connection.")).to_be_visible()
    town.start()
    here = ask(town, "Room 9")
    expect(page.locator(f"#now a[href$='{here}']")).to_be_visible()
    expect(page.get_by_text("This screen lost its connection.")).to_be_hidden()
