"""From "Start video" to both connected, with two who answer at once, by a relay.

A real server process, a TURN relay and two browser contexts with devices that Chromium makes up, all
on this machine. The clock starts at the peer's tap and stops when both browsers say that they are
connected; signing in and the way to the button are not in it.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks.table import percentile, show
from tests.browser.calls import MEDIA, connected, link_of, say_yes, video_visit
from tests.browser.conftest import sign_in
from tests.browser.phones import MOBILE, expect_state
from tests.browser.server import Town, town
from tests.browser.windows import TABLET
from tests.harness.chromium import chromium
from tests.harness.turn import SECRET, Relay

ROUNDS = 20
LIMIT_S = 5.0


def main() -> None:
    """Run it and print the table."""
    rows = []
    for name, is_relayed in (("by a relay", True), ("directly", False)):
        relay = Relay()
        settings = (
            {"TURN_URLS": relay.url, "TURN_SECRET": SECRET, "TURN_ONLY": "true"}
            if is_relayed
            else {}
        )
        with (
            tempfile.TemporaryDirectory() as folder,
            town(Path(folder), **settings) as place,
            chromium() as browser,
        ):
            took = [_once(place, browser) for _ in range(ROUNDS)]
        relay.close()
        rows.append(
            [
                name,
                str(len(took)),
                f"{percentile(took, 50):.2f} s",
                f"{percentile(took, 95):.2f} s",
                f"{max(took):.2f} s",
                f"{LIMIT_S:.0f} s" + ("" if percentile(took, 50) < LIMIT_S else " MISSED"),
            ]
        )
    show(
        'From "Start video" to both connected',
        ["way", "calls", "p50", "p95", "slowest", "limit, p50"],
        rows,
    )


def _once(place: Town, browser: Browser) -> float:
    """One call; the seconds that it took."""
    peer = place.user("peer", 2)
    request_id, visit_id = video_visit(place, peer)
    bed = _page(place, browser, {"viewport": TABLET, "permissions": MEDIA})
    phone = _page(place, browser, MOBILE | {"permissions": MEDIA})
    try:
        bed.goto(link_of(place, visit_id))
        sign_in(phone, peer)
        phone.goto("/peer")
        start = phone.get_by_role("link", name="Start video")
        start.wait_for()
        began = time.monotonic()
        start.click()
        say_yes(bed)
        connected(bed, phone)
        took_s = time.monotonic() - began
        expect_state(phone, place, request_id, "in_session")
        return took_s
    finally:
        place.finish_all()
        place.off_duty()
        bed.context.close()
        phone.context.close()


def _page(place: Town, browser: Browser, options: dict[str, Any]) -> Page:
    return browser.new_context(base_url=place.url, locale="en-US", **options).new_page()
