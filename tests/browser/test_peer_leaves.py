"""A peer takes a yes back: what was asked about the visit is let go, and nothing more is asked."""

import re
from typing import Any

from playwright.sync_api import Page, Request, Route, expect

from tests.browser.console import CUT_OFF, NO_SOCKET
from tests.browser.phones import (
    ask,
    expect_state,
    heading,
    phone_of,
    press,
    request_of,
    until,
)
from tests.browser.server import Town
from tests.browser.test_chat import write
from tests.browser.windows import Open

TALK = re.compile(r"/visits/[^/]+/talk(\?|$)")
FACTS = re.compile(r"/requests/[^/]+/facts\?")
KEPT = "Object.keys(localStorage).filter((name) => name.startsWith('alongside.talk.'))"


def says_yes(phone: Page, town: Town) -> dict[str, Any]:
    """Asked, the peer says yes with a tap: the request."""
    request = ask(town)
    press(phone, "I can go")
    heading(phone, "You said yes")
    return request


def takes_it_back(phone: Page, town: Town, request: dict[str, Any]) -> None:
    """Undo, until the phone and the server agree."""
    press(phone, "Undo")
    expect(phone.locator(".duty", has_text="You're available")).to_be_visible()
    expect_state(phone, town, request["id"], "searching")


def test_what_was_asked_before_a_yes_is_taken_back_is_let_go(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    phone = phone_of(open_page, peer)
    held: list[Route] = []
    ended: list[str] = []
    phone.on("requestfailed", lambda one: ended.append(one.url))
    phone.route(TALK, lambda one: held.append(one))  # noqa: PLW0108  # playwright cannot take a builtin
    request = says_yes(phone, town)
    [asked] = until(phone, lambda: held)
    takes_it_back(phone, town, request)
    assert asked.request.url in ended, "the page waits for an answer that must be a refusal"
    assert held == [asked]


def test_of_a_visit_that_was_left_nothing_is_asked(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    # Without a socket a page asks every three seconds for all that it shows.
    phone = phone_of(open_page, peer, path="", allowed_errors=NO_SOCKET)
    phone.route_web_socket("**/socket.io/**", lambda socket: socket.close())
    phone.goto("/peer")
    expect(phone.get_by_text("Updates are slower than usual.")).to_be_visible()
    request = says_yes(phone, town)
    visit = request_of(town, request["id"])["visit"]["id"]
    held: list[Route] = []
    phone.route(FACTS, lambda one: held.append(one))  # noqa: PLW0108  # playwright cannot take a builtin
    until(phone, lambda: held)
    asked: list[str] = []
    takes_it_back(phone, town, request)
    phone.on("request", lambda one: asked.append(one.url))
    until(phone, lambda: len([one for one in asked if one.endswith("/phone")]) >= 2)
    assert not [one for one in asked if visit in one or request["id"] in one]


def test_what_the_phone_kept_asks_nothing_until_it_is_known_to_go_on(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    phone = phone_of(open_page, peer)
    request = says_yes(phone, town)
    visit = request_of(town, request["id"])["visit"]["id"]
    phone.goto("/docs/errors")
    town.call(peer, "POST", f"/visits/{visit}/withdraw", {"reason": "cannot_go"})
    held: list[Route] = []
    asked: list[str] = []
    is_silent = True
    phone.route("**/api/v1/phone", lambda one: held.append(one) if is_silent else one.continue_())
    phone.on("request", lambda one: asked.append(one.url))
    phone.goto("/peer/shell")
    # Shown from what was kept, until there is an answer.
    heading(phone, "You said yes")
    press(phone, "Chat")
    phone.get_by_role("button", name="Close").last.tap()
    is_silent = False
    for one in held:
        one.continue_()
    expect(phone.locator(".duty", has_text="You're available")).to_be_visible()
    assert not [one for one in asked if TALK.search(one)]


def test_a_yes_that_could_not_be_taken_back_goes_on(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    phone = phone_of(open_page, peer, allowed_errors=("status of 409",))
    request = says_yes(phone, town)
    refusal = {"code": "illegal_step", "title": "No", "status": 409}
    phone.route("**/withdraw", lambda call: call.fulfill(status=409, json=refusal))
    press(phone, "Undo")
    expect(phone.get_by_text("That didn't go through")).to_be_visible()
    town.call(
        town.user("staff"),
        "POST",
        f"/visits/{request_of(town, request['id'])['visit']['id']}/talk",
        {"id": "still-with-us", "word": "hold_on"},
        status=201,
    )
    expect(phone.locator(".talk__last")).to_contain_text("Please hold on")
    town.call(town.user("staff"), "POST", f"/requests/{request['id']}/cancel", {"reason": "other"})
    heading(phone, "This visit has ended")


def test_what_was_not_sent_does_not_outlive_the_visit(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    phone = phone_of(open_page, peer, allowed_errors=CUT_OFF)
    request = says_yes(phone, town)

    def unsent(call: Route, asked: Request) -> None:
        if asked.method == "POST":
            call.abort()
        else:
            call.continue_()

    phone.route(TALK, unsent)
    phone.get_by_role("button", name="Chat").tap()
    write(phone, "on my way")
    expect(phone.locator("[data-waits]")).to_have_count(1)
    phone.get_by_role("button", name="Close").last.tap()
    assert phone.evaluate(KEPT)
    takes_it_back(phone, town, request)
    assert not phone.evaluate(KEPT)
