"""The database is away for a moment, and the socket stays open: a page must not stay deaf for it."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import WebSocketRoute, expect

from tests.browser.manage import ask
from tests.browser.server import Town
from tests.browser.windows import Open

AWAY = '{"ok":false,"code":"database_unavailable","detail":"Away."}'
CONNECT = '44/live,{"message":"Away.","data":{"code":"database_unavailable","detail":"Away."}}'
SLOWER = "Updates are slower than usual."


@pytest.fixture(autouse=True)
def _nothing_open(town: Town) -> Iterator[None]:
    yield
    town.finish_all()


def refusing(
    said: str, answer: Callable[[str], str]
) -> tuple[Callable[[WebSocketRoute], None], list[str]]:
    """A way between page and server on which the first message like `said` is refused by `answer`."""
    refused: list[str] = []

    def between(page: WebSocketRoute) -> None:
        server = page.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            text = str(message)
            if not refused and re.match(said, text):
                refused.append(text)
                page.send(answer(text))
            else:
                server.send(message)

        page.on_message(pass_on)

    return between, refused


def not_done(text: str) -> str:
    """The acknowledgement of an event that the database did not answer."""
    number = re.match(r"42/live,(\d+)", text)
    assert number is not None
    return f"43/live,{number[1]}[{AWAY}]"


def test_what_could_not_be_followed_is_followed_in_the_end(town: Town, open_page: Open) -> None:
    staff = town.user("staff")
    request = ask(town, "Room 4")
    page = open_page("", staff)
    way, refused = refusing(r'42/live,\d+\["follow",', not_done)
    page.route_web_socket(re.compile("socket.io"), way)
    page.goto(f"/ed/requests/{request}")
    page.wait_for_timeout(4_000)
    assert refused
    # It is connected, so nothing is polled: what comes now, comes over the socket.
    page.route("**/facts?after=*", lambda route: route.abort())
    town.call(staff, "POST", f"/requests/{request}/cancel", {"reason": "mistake"})
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()


def test_who_was_refused_comes_again(town: Town, open_page: Open) -> None:
    page = open_page("", town.user("staff"))
    way, refused = refusing("40/live", lambda _: CONNECT)
    page.route_web_socket(re.compile("socket.io"), way)
    page.goto("/ed")
    expect(page.locator("#now h2")).to_be_visible()
    page.wait_for_timeout(6_000)
    assert refused
    expect(page.get_by_text(SLOWER)).to_be_hidden()
    # Over the socket: nothing can be fetched any more.
    page.route("**/api/v1/requests?limit=*", lambda route: route.abort())
    here = ask(town, "Room 6")
    expect(page.locator(f"#now a[href$='{here}']")).to_contain_text("Room 6")
