"""Streets beneath the maps: only where they are set up, only from that one host, and never needed."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import accessible, fits
from tests.browser.manage import HOMES, SITE, accept, ask, on_duty
from tests.browser.server import Town
from tests.browser.server import town as start_town
from tests.browser.windows import Open
from tests.harness.streets import StreetServer

WHOSE = "© <Streets> of our own"
"""What looks like markup is said as it is."""
BROKEN = ("status of 503",)


@pytest.fixture(scope="module")
def streets() -> Iterator[StreetServer]:
    with StreetServer() as server:
        yield server


@pytest.fixture(scope="module")
def town(streets: StreetServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town that draws streets, from a port that is not its own."""
    settings = {"MAP_TILES_URL": f"{streets.url}/{{z}}/{{x}}/{{y}}.png"}
    folder = tmp_path_factory.mktemp("town")
    with start_town(folder, **settings, MAP_TILES_ATTRIBUTION=WHOSE) as place:
        yield place


@pytest.fixture(autouse=True)
def _forget(streets: StreetServer, town: Town) -> Iterator[None]:
    streets.asked.clear()
    streets.is_broken = False
    yield
    town.finish_all()


def hosts(page: Page) -> set[str]:
    """Fills with every host that the page asks from now on."""
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    return asked


def test_the_board_lies_on_streets_with_every_pin_at_its_place(
    town: Town, streets: StreetServer, open_page: Open
) -> None:
    with on_duty(town) as peers:
        place = ask(town, "Room 4")
        accept(town, peers[0], "depart")
        page = open_page("", town.user("manager"))
        asked = hosts(page)
        page.goto("/manage")
        street_map = page.locator(".map--streets")
        expect(street_map.locator(".leaflet-tile-loaded").first).to_be_visible()
        expect(street_map.locator(".leaflet-control-attribution")).to_have_text(WHOSE)
        expect(street_map.locator("[data-peer]")).to_have_count(4)
        expect(street_map.locator("[data-peer] .pin__peer")).to_have_count(1)
        assert asked == {urlsplit(town.url).netloc, urlsplit(streets.url).netloc}
        assert streets.asked
        assert all(re.fullmatch(r"/\d+/\d+/\d+\.png", path) for path, _ in streets.asked)
        assert {referer for _, referer in streets.asked} == {None}
        _inside(page, street_map.locator("[data-peer], [data-site]").all())

        before = street_map.locator("[data-site]").first.bounding_box()
        page.get_by_role("button", name="Closer").click()
        assert before != street_map.locator("[data-site]").first.bounding_box()
        accessible(page)
        fits(page)
        page.get_by_text("List", exact=True).click()
        expect(page.locator(".maplist tbody tr")).to_have_count(4)
        assert place


def test_the_way_of_a_peer_lies_on_streets(
    town: Town, streets: StreetServer, open_page: Open
) -> None:
    with on_duty(town, 1) as [peer]:
        request = ask(town, "Room 5")
        accept(town, peer, "depart")
        page = open_page("", town.user("staff"))
        asked = hosts(page)
        page.goto(f"/ed/requests/{request}")
        street_map = page.locator(".map--streets")
        expect(street_map.locator(".leaflet-tile-loaded").first).to_be_visible()
        # A reading counts from the second after the one before it.
        page.wait_for_timeout(1_100)
        town.report(peer, (SITE[0] + HOMES[0][0] + 0.0001, SITE[1] + HOMES[0][1]))
        expect(street_map.locator(".pin__peer")).to_be_visible()
        _inside(page, street_map.locator(".pin").all())
        assert asked == {urlsplit(town.url).netloc, urlsplit(streets.url).netloc}
        accessible(page)
        fits(page)


def test_without_an_answer_the_map_is_flat_and_says_so(
    town: Town, streets: StreetServer, open_page: Open
) -> None:
    streets.is_broken = True
    with on_duty(town):
        page = open_page("/manage", town.user("manager"), allowed_errors=BROKEN)
        expect(page.get_by_text("The streets could not be drawn")).to_be_visible()
        expect(page.locator(".map--streets [data-peer]")).to_have_count(4)
        accessible(page)


def test_no_other_host_may_be_asked_for_a_picture(
    town: Town, streets: StreetServer, open_page: Open
) -> None:
    page = open_page("/manage", town.user("manager"), allowed_errors=("violates",))
    other = streets.url.replace("127.0.0.1", "localhost")
    refused = """address => new Promise((done) => {
      document.addEventListener('securitypolicyviolation', (said) => done(said.blockedURI));
      new Image().src = address;
    })"""
    assert page.evaluate(refused, f"{other}/0/0/0.png").startswith(other)


def test_the_phone_of_a_peer_asks_no_other_host(
    town: Town, streets: StreetServer, open_page: Open
) -> None:
    page = open_page("", town.user("peer"))
    asked = hosts(page)
    page.goto("/peer")
    expect(page.locator("h1").first).to_be_visible()
    assert asked == {urlsplit(town.url).netloc}
    kept: list[str] = page.evaluate(
        """async () => {
          await navigator.serviceWorker.ready;
          const names = await caches.keys();
          const all = await Promise.all(names.map(async (one) => (await caches.open(one)).keys()));
          return all.flat().map((one) => one.url);
        }"""
    )
    assert kept
    assert not [one for one in kept if "leaflet" in one]


def _inside(page: Page, pins: list[Any]) -> None:
    """Every pin stands on the map."""
    box = page.locator(".map--streets").bounding_box()
    assert box is not None
    for pin in pins:
        at = pin.bounding_box()
        assert at is not None
        middle = (at["x"] + at["width"] / 2, at["y"] + at["height"] / 2)
        assert box["x"] < middle[0] < box["x"] + box["width"], pin
        assert box["y"] < middle[1] < box["y"] + box["height"], pin
