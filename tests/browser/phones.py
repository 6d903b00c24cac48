"""Peers' phones in a browser, and the ED that asks for them over the API.

It knows how a phone is opened and how a case is brought to a state; it refuses to know what the
screens look like.
"""

import re
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.server import Town
from tests.browser.windows import PHONE, Open

SITE = (39.96097, -82.99100)
NEAR = (39.98, -82.98)
HERE = {"latitude": NEAR[0], "longitude": NEAR[1]}
MOBILE: dict[str, Any] = {
    "viewport": PHONE,
    "is_mobile": True,
    "has_touch": True,
    "device_scale_factor": 2,
    "geolocation": HERE,
    "permissions": ["geolocation", "notifications"],
}


def phone_of(open_page: Open, peer: dict[str, Any], path: str = "/peer", **options: Any) -> Page:
    """A peer's phone, signed in, with the live connection up."""
    page = open_page(path, peer, **(MOBILE | options))
    expect(page.locator("h1").first).to_be_visible()
    return page


def on_duty(town: Town, *peers: dict[str, Any]) -> None:
    """These peers are available near the first site, the first one nearest; nobody else is."""
    town.off_duty()
    for number, peer in enumerate(peers):
        at = (SITE[0] + 0.02 + number / 100, SITE[1] + 0.01)
        town.on_duty(peer, "in_person", "video", at=at)


def ask(town: Town, **changes: Any) -> dict[str, Any]:
    """A nurse of the first site asks."""
    body = {
        "modality": "in_person",
        "place": "Room 12",
        "language": "en",
        "focus": "overdose",
        "consent": True,
        "note": "Quiet room, lights low",
    } | changes
    asked: dict[str, Any] = town.call(town.user("staff"), "POST", "/requests", body, status=201)
    return asked


def request_of(town: Town, request_id: str) -> dict[str, Any]:
    """The request as the nurse sees it."""
    found: dict[str, Any] = town.call(town.user("staff"), "GET", f"/requests/{request_id}")
    return found


def steps(town: Town, peer: dict[str, Any], request_id: str, *verbs: str) -> str:
    """The peer says yes and goes on, over the API; the visit's id."""
    offers = town.call(peer, "GET", "/offers")["items"]
    offer = next(one for one in offers if one["request_id"] == request_id)
    visit = town.call(peer, "POST", f"/offers/{offer['id']}/accept")["visit"]["id"]
    for verb in verbs:
        town.call(peer, "POST", f"/visits/{visit}/{verb}")
    return str(visit)


def press(page: Page, name: str) -> None:
    """One tap on the button with exactly these words."""
    page.get_by_role("button", name=re.compile(f"^{re.escape(name)}$")).tap()


def heading(page: Page, words: str) -> None:
    """Wait until the screen has this title."""
    expect(page.locator("h1", has_text=words)).to_be_visible()


def until(page: Page, found: Callable[[], Any], limit_s: float = 30) -> Any:
    """What `found` finds, as soon as it finds something; the page goes on meanwhile."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        value = found()
        if value:
            return value
        page.wait_for_timeout(50)
    raise AssertionError("it did not happen")


def expect_state(page: Page, town: Town, request_id: str, state: str) -> None:
    """The request comes to this state: a press is shown before it has arrived."""
    until(page, lambda: request_of(town, request_id)["state"] == state)
