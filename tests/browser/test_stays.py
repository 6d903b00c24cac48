"""Hand over while the first stays, on both phones and in the ED."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.looking import accessible, fits
from tests.browser.phones import ask, heading, on_duty, phone_of, press, steps
from tests.browser.server import Town
from tests.browser.windows import TABLET, Open


@pytest.fixture
def two(town: Town) -> Iterator[list[dict[str, Any]]]:
    """Two peers near the first site; afterwards nothing is open."""
    found = [town.user("peer", 1), town.user("peer", 3)]
    on_duty(town, *found)
    yield found
    town.finish_all()
    town.off_duty()


def test_the_first_stays_until_the_next_is_there(
    town: Town, two: list[dict[str, Any]], open_page: Open
) -> None:
    first, second = two
    request = ask(town, place="Room 16")
    steps(town, first, request["id"], "depart", "arrive", "start")
    phone = phone_of(open_page, first)
    heading(phone, "Room 16")
    press(phone, "Need help")
    phone.get_by_role("button", name="Hand over to another peer").tap()
    accessible(phone)
    press(phone, "Hand over and stay till they're there")
    heading(phone, "You're staying")
    accessible(phone)
    fits(phone)
    ward = open_page(f"/ed/requests/{request['id']}", town.user("staff"), viewport=TABLET)
    expect(ward.locator("[data-staying]")).to_contain_text("stays until the next peer is there")
    accessible(ward)
    fits(ward)
    board = open_page(f"/manage?case={request['id']}", town.user("manager"))
    expect(board.locator(".panel [data-staying]")).to_be_visible()
    other = phone_of(open_page, second)
    expect(other.get_by_text("A colleague is with them")).to_be_visible()
    visit = steps(town, second, request["id"], "depart")
    name = town.call(second, "GET", "/me")["name"].split()[0]
    expect(phone.get_by_text(f"{name} is coming.", exact=False)).to_be_visible()
    expect(phone.get_by_role("button", name="I can go on after all")).to_have_count(0)
    expect(other.get_by_text("is with them until you're there", exact=False)).to_be_visible()
    accessible(other)
    town.call(second, "POST", f"/visits/{visit}/arrive")
    heading(phone, "How did it go?")
    expect(ward.locator("[data-staying]")).to_have_count(0)
