"""A video visit in two browsers: the bedside screen and the peer's phone.

It knows how the two are opened and what a call looks like from outside; it refuses to know how the
screens look.
"""

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.phones import MOBILE, ask, on_duty, steps, until
from tests.browser.server import Town
from tests.browser.windows import TABLET, Open

MEDIA = ["microphone", "camera"]
SAMPLE = "room.call.sample()"


def video_visit(town: Town, peer: dict[str, Any], **changes: Any) -> tuple[str, str]:
    """A nurse asked for video, the peer said yes: the ids of request and visit."""
    on_duty(town, peer)
    request = ask(town, modality="video", **changes)
    return request["id"], steps(town, peer, request["id"])


def link_of(town: Town, visit_id: str) -> str:
    """A fresh link for the bedside screen, as a path."""
    made = town.call(town.user("staff"), "POST", f"/visits/{visit_id}/link", status=201)
    return str(made["link"].removeprefix(town.url))


def bedside(open_page: Open, path: str, **options: Any) -> Page:
    """The bedside screen, in a browser of its own."""
    options.setdefault("permissions", MEDIA)
    options.setdefault("viewport", TABLET)
    return _opened(open_page, path, None, options)


def peers_room(open_page: Open, peer: dict[str, Any], visit_id: str, **options: Any) -> Page:
    """The peer's phone in the room."""
    options = MOBILE | {"permissions": MEDIA} | options
    return _opened(open_page, f"/peer/room/{visit_id}", peer, options)


def _opened(
    open_page: Open, path: str, who: dict[str, Any] | None, options: dict[str, Any]
) -> Page:
    """The page; `script` among the options runs in it before its own."""
    script = options.pop("script", None)
    page = open_page("", who, **options)
    if script is not None:
        page.add_init_script(script)
    page.goto(path)
    return page


def say_yes(page: Page) -> None:
    """The person says that it is still OK."""
    page.get_by_role("button", name="Yes, let's talk").click()


def connected(*pages: Page) -> None:
    """Wait until both browsers say that they are connected."""
    for page in pages:
        _becomes(page, "room.call.state", "connected")


def is_live(page: Page) -> None:
    """Wait until a page is back in the room."""
    _becomes(page, "room.link", "live")


def holds(page: Page, expression: str) -> None:
    """Wait until this is true in a page. (The page's policy keeps Playwright's own way from it.)"""
    until(page, lambda: page.evaluate(expression))


def _becomes(page: Page, name: str, value: str) -> None:
    until(page, lambda: page.evaluate(name) == value)


def flows(page: Page, *kinds: str) -> None:
    """Sound (or picture) of the other side arrives: what was counted grows."""
    for kind in kinds or ("audio",):
        _grows(page, "frames" if kind == "video" else "audioBytes")


def _grows(page: Page, name: str) -> None:
    before = page.evaluate(SAMPLE)[name]
    until(page, lambda: page.evaluate(SAMPLE)[name] > before + 5)


def turn_camera_on(page: Page) -> None:
    """Show me."""
    page.locator(".ctl__b", has_text="Show me").or_(
        page.locator(".ctl__b", has_text="Camera")
    ).click()
    expect(page.locator(".near__video")).to_be_visible()
