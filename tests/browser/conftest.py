"""One browser for these tests, one server for a module, one context for a test."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.console import NO_PUSH
from tests.browser.phones import on_duty
from tests.browser.server import Town
from tests.browser.server import town as start_town
from tests.browser.windows import PATIENCE_MS, WORKSTATION, Open
from tests.harness.chromium import chromium

HERE = Path(__file__).parent
expect.set_options(timeout=PATIENCE_MS)

FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test of a screen that fails is tried once more; the closing summary names every one.

    A browser, a server and their timers share the machine with whatever else runs on it. What
    fails twice is broken; what fails once is told, and is to be looked at.
    """
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=int(os.environ.get("ALONGSIDE_AGAIN", "1"))))


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A real Chromium, ended with the last test of a screen.

    Playwright keeps an event loop running in this thread; no other test may meet it.
    """
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A real server with the demonstration's people, everybody off duty."""
    with start_town(tmp_path_factory.mktemp("town")) as place:
        yield place


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember that a test failed, for the fixture that tidies up behind it."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture(autouse=True)
def tidied(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a failed test left open fails neither its second try nor its neighbours."""
    place: Town | None = None
    if "town" in request.fixturenames:
        place = request.getfixturevalue("town")
    yield
    if place is not None and request.node.stash.get(FAILED, False):
        if not place.is_running:
            place.start()
        place.finish_all()
        place.off_duty()
        place.call(place.user("manager"), "PUT", "/policy", {})


@pytest.fixture
def contexts(browser: Browser) -> Iterator[list[BrowserContext]]:
    """The contexts of this test, closed after it."""
    opened: list[BrowserContext] = []
    yield opened
    for context in opened:
        context.close()


@pytest.fixture
def open_page(browser: Browser, town: Town, contexts: list[BrowserContext]) -> Iterator[Open]:
    """Opens a page in a browser of its own; `who` is signed in first. A page's errors fail."""
    errors: list[str] = []

    def open_(path: str = "/", who: dict[str, Any] | None = None, **options: Any) -> Page:
        allowed = (NO_PUSH, *options.pop("allowed_errors", ()))
        options.setdefault("viewport", WORKSTATION)
        options.setdefault("locale", "en-US")
        context = browser.new_context(base_url=town.url, **options)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda said: (
                errors.append(f"{said.text} {said.location.get('url', '')}")
                if said.type == "error" and not any(one in said.text for one in allowed)
                else None
            ),
        )
        if who is not None:
            sign_in(page, who)
        if path:
            page.goto(path)
        return page

    yield open_
    assert not errors, errors


@pytest.fixture
def peer(town: Town) -> Iterator[dict[str, Any]]:
    """A peer near the first site, available; afterwards nothing is open."""
    found = town.user("peer", 1)
    on_duty(town, found)
    yield found
    town.finish_all()
    town.off_duty()


def sign_in(page: Page, who: dict[str, Any]) -> None:
    """E-mail and password at the front page."""
    page.goto("/")
    page.fill("#email", who["email"])
    page.fill("#password", who["password"])
    page.click("form button[type=submit]")
    page.wait_for_load_state()
