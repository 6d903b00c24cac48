"""Whether the asking is fair, for managers; what is kept about a peer, for that peer."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from dispatch.access import Actor
from dispatch.learning import training
from dispatch.models import User
from dispatch.states import Role
from storage.clock import SystemClock
from tests.browser.console import CUT_OFF
from tests.browser.looking import accessible, everywhere, fits, picture
from tests.browser.phones import heading, phone_of, press
from tests.browser.server import Town
from tests.browser.windows import Open
from tests.harness.databases import open_database
from tests.harness.past import past

SAID = {0.15: "yes no no silent no no no", 0.35: "yes no silent yes no", 0.55: "yes no yes no yes"}
"""What was said of people, and what came."""


@pytest.fixture(scope="module")
def month(town: Town) -> Iterator[None]:
    """The first network has asked by price for three weeks, and learned."""
    clock = SystemClock()
    with open_database(f"sqlite:///{town.folder}/alongside.sqlite3", clock) as db:
        with db.read() as tx:
            users = tx.session.scalars(select(User).order_by(User.created_at, User.id)).all()
            nurse = next(one for one in users if one.role is Role.STAFF)
            ours = [Actor(u.id, u.network_id, u.role, u.name, u.site_id) for u in users]
        here = [one for one in ours if one.network_id == nurse.network_id]
        staff = next(one for one in here if one.id == nurse.id)
        peers = [one for one in here if one.role is Role.PEER]
        until = clock.now() - timedelta(hours=2)
        for number, (chance, ends) in enumerate(SAID.items()):
            # The later in the list, the oftener asked.
            asked = [*peers, *peers[3:]]
            answers = ends.split() * 14
            begun = until - timedelta(minutes=number)
            past(db, staff, asked, answers, until=begun, apart_s=18_000.0, chance=chance)
        assert training.learn(db) == 1
    manager = town.user("manager")
    town.call(manager, "PUT", "/policy", {"strategy": "priced"})
    yield
    town.call(manager, "PUT", "/policy", {})


@pytest.mark.parametrize("language", ["en", "es"])
def test_managers_see_how_asks_are_spread_and_whether_it_comes_true(
    town: Town, month: None, open_page: Open, language: str
) -> None:
    page = open_page(f"/manage/fair?lang={language}", town.user("manager"))
    expect(page.locator(".fair__table tbody tr").first).to_be_visible()
    expect(page.locator(".fair__cal circle").first).to_be_visible()
    everywhere(page)
    if language == "es":
        return
    picture(page, "manage-fair")
    expect(page.get_by_role("heading", name="Is the asking fair?")).to_be_visible()
    page.get_by_text("See as table").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="Yes came")).to_be_visible()
    accessible(page)
    page.get_by_label("How far back").select_option("7")
    expect(page.get_by_label("How far back")).to_have_value("7")
    expect(page.locator(".fair__foot").first).to_be_visible()
    # Nobody's name is here.
    for peer in (user for user in town.users if user["role"] == "peer"):
        expect(page.locator(".fair")).not_to_contain_text(peer["name"].split()[0])
    page.keyboard.press("g")
    page.keyboard.press("l")
    page.wait_for_url("**/manage")
    page.keyboard.press("g")
    page.keyboard.press("f")
    page.wait_for_url("**/manage/fair")


def test_a_peer_sees_what_is_kept_takes_one_out_and_begins_anew(
    town: Town, month: None, open_page: Open
) -> None:
    marcus = next(user for user in town.users if user["name"] == "Marcus Hill")
    phone = phone_of(open_page, marcus, path="/peer/me")
    phone.get_by_role("link", name="What is kept about you").tap()
    heading(phone, "What is kept about you")
    offers = phone.locator("section[aria-labelledby=k-offers] li")
    expect(offers.first).to_be_visible()
    accessible(phone)
    fits(phone)
    picture(phone, "peer-kept")
    out = offers.filter(has_text="not this time").first
    when = out.locator("b").inner_text()
    out.get_by_role("button").tap()
    mine = offers.filter(has=phone.locator("b", has_text=when)).first
    expect(mine).to_contain_text("taken out by you")
    mine.get_by_role("button", name="Count it again").tap()
    expect(mine).to_contain_text("not this time")
    press(phone, "Begin anew")
    expect(phone.get_by_role("dialog", name="Begin anew?")).to_be_visible()
    accessible(phone)
    fits(phone)
    phone.get_by_role("dialog").get_by_role("button", name="Begin anew").tap()
    expect(phone.get_by_text("You began anew on")).to_be_visible()
    expect(offers.filter(has_text="not this time")).to_have_count(0)
    expect(offers.first).to_contain_text("does not count")


def test_what_is_kept_in_spanish(town: Town, month: None, open_page: Open) -> None:
    ruth = next(user for user in town.users if user["name"] == "Ruth Adler")
    phone = phone_of(open_page, ruth, path="/peer/kept", locale="es-US")
    heading(phone, "Lo que se guarda de ti")
    expect(phone.locator("section[aria-labelledby=k-offers] li").first).to_be_visible()
    everywhere(phone)


def test_without_signal_the_page_says_so_and_tries_again(
    town: Town, month: None, open_page: Open
) -> None:
    dana = next(user for user in town.users if user["name"] == "Dana Ortiz")
    phone = phone_of(open_page, dana, path="/peer/me", allowed_errors=CUT_OFF)
    phone.route("**/api/v1/me/kept", lambda route: route.abort())
    phone.get_by_role("link", name="What is kept about you").tap()
    expect(phone.get_by_text("This did not load.")).to_be_visible()
    phone.unroute("**/api/v1/me/kept")
    press(phone, "Try now")
    expect(phone.locator("section[aria-labelledby=k-offers] li").first).to_be_visible()
