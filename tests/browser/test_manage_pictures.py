"""The board as the drafts draw it: one evening of a network, at their size, by day and by night."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.looking import accessible, picture
from tests.browser.manage import PASSWORD, SOON, Person
from tests.browser.server import Town
from tests.browser.server import town as start_town
from tests.browser.windows import Open

SITES = {
    "Darby Plains": (39.90, -83.05),
    "Alum Creek": (39.93, -82.86),
    "Scioto Ridge": (39.985, -82.99),
    "Olentangy General": (40.03, -82.92),
    "Big Walnut": (39.99, -82.84),
}
PEERS = {
    "Marcus Tate": ("Scioto Ridge", 0.02, -0.02),
    "Keisha Ward": ("Olentangy General", 0.03, 0.02),
    "Sam Hale": ("Big Walnut", 0.0, 0.0),
    "Denise Rowe": ("Scioto Ridge", 0.0, 0.0),
    "Elena Vega": ("Olentangy General", 0.01, -0.06),
    "Luis Ochoa": ("Darby Plains", 0.06, -0.01),
    "Priya Dutt": ("Darby Plains", 0.02, 0.07),
    "Ray Cole": ("Alum Creek", -0.02, 0.02),
    "Jo Park": ("Alum Creek", 0.04, -0.04),
    "Amara Niles": ("Big Walnut", -0.05, -0.06),
}
SPANISH = ("Luis Ochoa", "Elena Vega")
VIDEO_ONLY = ("Elena Vega", "Amara Niles")
CASES = [
    ("Scioto Ridge", "Room 12", "overdose", "Marcus Tate", ("depart",)),
    ("Olentangy General", "Bay 2", "suicidal_thoughts", "Keisha Ward", ()),
    ("Big Walnut", "Room 21", "family", "Sam Hale", ("depart", "arrive")),
    ("Scioto Ridge", "Room 4", "psychosis", "Denise Rowe", ("depart", "arrive", "start")),
]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """A town of this test's own."""
    with start_town(tmp_path) as place:
        yield place


def settle(town: Town, manager: Person) -> tuple[dict[str, str], dict[str, Person]]:
    """The hospitals and the peers; the ids of the ones, the sign-ins of the others."""
    for site in town.call(manager, "GET", "/sites")["items"]:
        town.call(manager, "PATCH", f"/sites/{site['id']}", {"is_active": False})
    sites, people = {}, {}
    for name, (latitude, longitude) in SITES.items():
        body: dict[str, Any] = {
            "name": name, "area": "Ohio", "latitude": latitude, "longitude": longitude,
            "time_zone": "America/New_York", "desk_phone": "+16145550142", "rooms": ["Room 1"],
        }  # fmt: skip
        if name == "Darby Plains":
            body["policy"] = {"waves": [{"after_s": 0, "size": 3}], "alarm_after_s": 1}
        sites[name] = town.call(manager, "POST", "/sites", body, status=201)["id"]
    until = "2090-01-01T00:00:00Z"
    for name, (site, north, east) in PEERS.items():
        ways = ["video"] if name in VIDEO_ONLY else ["in_person", "video"]
        person = {
            "email": f"{name.split()[0].lower()}@buckeye.example",
            "password": PASSWORD,
            "name": name,
            "role": "peer",
        }
        profile = {
            "modalities": ways,
            "languages": ["en", "es"] if name in SPANISH else ["en"],
            "focus": ["alcohol"],
            "certificates": [{"name": "CPRS", "expires_at": until}],
            "badges": [{"site_id": one, "expires_at": until} for one in sites.values()],
        }
        town.call(manager, "POST", "/users", {**person, "profile": profile}, status=201)
        people[name] = person
        at = (SITES[site][0] + north, SITES[site][1] + east)
        town.on_duty(person, *ways, at=at)
    return sites, people


def test_the_board_as_it_was_drawn(town: Town, open_page: Open) -> None:
    manager = town.user("manager")
    sites, people = settle(town, manager)

    def ask(site: str, place: str, focus: str, **more: Any) -> str:
        body = {
            "site_id": sites[site], "modality": "in_person", "place": place, "language": "en",
            "focus": focus, "consent": True, **more,
        }  # fmt: skip
        return str(town.call(manager, "POST", "/requests", body, status=201)["id"])

    for site, place, focus, name, steps in CASES:
        request_id = ask(site, place, focus)
        body = {
            "peer_id": next(
                one["id"]
                for one in town.call(manager, "GET", "/peers?limit=200")["items"]
                if one["name"] == name
            )
        }
        answer = town.call(manager, "POST", f"/requests/{request_id}/assign", body)
        for step in steps:
            town.call(people[name], "POST", f"/visits/{answer['visit']['id']}/{step}")
    ask("Alum Creek", "Room 3", "anxiety", modality="video")
    alarmed = ask("Darby Plains", "Room 7", "alcohol", language="es", preferences=["woman"])
    page = open_page(f"/manage?case={alarmed}", manager)
    expect(page.locator(".alarm")).to_contain_text("Darby Plains, Room 7", timeout=SOON)
    expect(page.locator(".going li")).to_have_count(3)
    expect(page.locator(".timeline")).to_contain_text("managers alerted", timeout=SOON)
    expect(page.locator("[data-group=way] [data-case]")).to_have_count(3)
    accessible(page)
    picture(page, "manage-board")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_timeout(300)
    picture(page, "manage-board-night")
    forced = open_page("/manage", manager, forced_colors="active", reduced_motion="reduce")
    expect(forced.locator(".alarm")).to_be_visible(timeout=SOON)
    assert forced.locator(".ed").first.evaluate("one => getComputedStyle(one).borderTopWidth") == (
        "1px"
    )
