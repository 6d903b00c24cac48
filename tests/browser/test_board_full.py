"""The board with 300 open requests and 1,000 peers: what changes is drawn, and nothing else is."""

import pytest
from playwright.sync_api import Page, expect

from dispatch import geo
from dispatch.geo import Point
from storage.clock import SystemClock
from storage.database import Database
from storage.engine import make_engine
from tests.browser.manage import ask
from tests.browser.phones import until
from tests.browser.server import Town
from tests.browser.windows import Open
from tests.harness.crowd import fill

REQUESTS, PEERS = 300, 1_000
FEW = 12
"""Components that one changed row may draw: itself, its group's head, a number above the list."""
NORTH = 0.0001
"""Eleven metres."""
COUNT = """async () => {
  const { options } = await import('preact');
  window.renders = [];
  const before = options.__r;
  options.__r = (component) => {
    window.renders.push(component.type.name || 'page');
    if (before) before(component);
  };
}"""


def edge() -> tuple[Point, Point]:
    """Two places a few steps from each other, on either side of the edge of an area."""
    here = Point(39.965, -82.995)
    while geo.area(here) == geo.area(Point(here.latitude + NORTH, here.longitude)):
        here = Point(here.latitude + NORTH, here.longitude)
    return here, Point(here.latitude + NORTH, here.longitude)


@pytest.fixture(scope="module")
def full(town: Town) -> list[str]:
    """The town with its board full; the requests' ids, the waiting ones first."""
    # Before the crowd: a peer who comes on duty is looked at by every open request.
    town.on_duty(town.user("peer"), "in_person", at=(edge()[0].latitude, edge()[0].longitude))
    network = town.call(town.user("manager"), "GET", "/me")["network"]["id"]
    engine = make_engine(f"sqlite:///{town.folder / 'alongside.sqlite3'}")
    made = fill(Database(engine, SystemClock()), network, requests=REQUESTS, peers=PEERS)
    engine.dispose()
    return made


@pytest.fixture
def board(town: Town, full: list[str], open_page: Open) -> Page:
    """The board as a manager sees it, live, with every drawing counted."""
    page = open_page("/manage", town.user("manager"))
    expect(page.locator("[data-case]")).to_have_count(REQUESTS)
    expect(page.locator(".livet")).to_contain_text("Live")
    expect(page.locator(".map [data-peer]")).to_have_count(PEERS + 1)
    page.evaluate(COUNT)
    # The bare fact that the socket came up draws the head once more.
    page.wait_for_timeout(1_000)
    page.evaluate("window.renders.length = 0")
    return page


def test_a_changed_row_is_drawn_alone(town: Town, full: list[str], board: Page) -> None:
    row = board.locator(f"[data-case='{full[7]}']")
    row.evaluate("one => { one.same = true }")
    town.call(town.user("manager"), "POST", f"/requests/{full[7]}/claim", {})
    expect(row).to_contain_text("has this")
    drawn: list[str] = board.evaluate("window.renders")
    assert 1 <= len(drawn) <= FEW, drawn
    assert row.evaluate("one => one.same")


def test_a_peer_who_moves_draws_no_other_peer(town: Town, full: list[str], board: Page) -> None:
    board.wait_for_timeout(1_100)
    town.report(town.user("peer"), (edge()[1].latitude, edge()[1].longitude))
    until(board, lambda: board.evaluate("window.renders.length"))
    board.wait_for_timeout(500)
    drawn: list[str] = board.evaluate("window.renders")
    assert len(drawn) <= FEW, drawn


def test_the_same_board_read_again_draws_nothing(full: list[str], board: Page) -> None:
    again = "async () => { await (await import('alongside/manage/store.js')).board.refresh() }"
    board.evaluate(again)
    board.wait_for_timeout(500)
    drawn: list[str] = board.evaluate("window.renders")
    assert len(drawn) <= FEW, drawn


def test_a_new_request_moves_no_row_but_its_own(town: Town, full: list[str], board: Page) -> None:
    board.evaluate("document.querySelectorAll('[data-case]').forEach((one) => { one.same = true })")
    place = ask(town, "Room 9")
    expect(board.locator(f"[data-case='{place}']")).to_be_visible()
    assert board.evaluate(
        "[...document.querySelectorAll('[data-case]')].filter(o => o.same).length"
    ) == (REQUESTS)
    town.call(town.user("manager"), "POST", f"/requests/{place}/cancel", {"reason": "other"})
