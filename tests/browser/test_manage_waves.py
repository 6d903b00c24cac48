"""Why these peers were asked and why not the others, on the board: in both languages, by keyboard."""

from collections.abc import Iterator
from secrets import token_hex

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import accessible, fits, picture
from tests.browser.manage import LATER, SOON, ask, on_duty
from tests.browser.server import Town
from tests.browser.server import town as start_town
from tests.browser.windows import Open

ONE = LATER | {"waves": [{"after_s": 0, "size": 1}]}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with start_town(tmp_path_factory.mktemp("town")) as place:
        yield place


@pytest.fixture
def policy(town: Town) -> Iterator[None]:
    """One peer at a time, so that others are left; afterwards as it was."""
    with on_duty(town, 3):
        yield


def opened(town: Town, open_page: Open, path: str, **policy: object) -> Page:
    """The board with the case of a new request open."""
    town.call(town.user("manager"), "PUT", "/policy", ONE | policy)
    room = f"Room {token_hex(2)}"
    ask(town, room)
    page = open_page(path, town.user("manager"))
    page.locator("[data-case]", has_text=room).click()
    expect(page.locator(".waves")).to_be_visible(timeout=SOON)
    return page


def test_why_and_why_not_in_plain_words(town: Town, policy: None, open_page: Open) -> None:
    page = opened(town, open_page, "/manage")
    wave = page.locator("[data-wave='1']")
    expect(wave).to_contain_text("Wave 1")
    expect(wave).to_contain_text("1 of 3 who could be asked,")
    more = wave.get_by_role("button", name="Who was not asked, and why: Wave 1")
    expect(more).to_have_attribute("aria-expanded", "false")
    more.focus()
    page.keyboard.press("Enter")
    expect(more).to_have_attribute("aria-expanded", "true")
    later = wave.locator(".passed div", has_text="Could have been asked, further down the list: 2")
    expect(later).to_contain_text("(no. 2)", timeout=SOON)
    expect(wave.locator(".passed")).to_contain_text("Is not on duty:")
    accessible(page)
    fits(page)
    picture(page, "manage-waves")
    town.finish_all()


def test_by_price_and_in_spanish_nothing_is_english(
    town: Town, policy: None, open_page: Open
) -> None:
    page = opened(town, open_page, "/manage?lang=es", strategy="priced")
    wave = page.locator("[data-wave='1']")
    expect(wave).to_contain_text("a quienes se podía avisar: n.º 1 (a ")
    expect(wave).to_contain_text("% probable)")
    for english in ("asked", "likely", "would save", "eligible"):
        expect(wave).not_to_contain_text(english)
    wave.get_by_role("button", name="A quién no se avisó y por qué").click()
    expect(wave.locator(".passed")).to_contain_text("No está de turno:", timeout=SOON)
    accessible(page)
    fits(page)
    town.finish_all()


def test_why_not_somebody_in_particular(town: Town, policy: None, open_page: Open) -> None:
    page = opened(town, open_page, "/manage")
    name = town.user("peer")["name"]
    page.get_by_role("button", name="more, and why").click()
    page.get_by_label("Why not somebody in particular?").fill(name.split()[0].lower())
    page.locator("[data-why-not]").first.click()
    told = page.locator(".whynot [data-candidate]")
    expect(told).to_contain_text(name.split()[0], timeout=SOON)
    page.get_by_label("Why not somebody in particular?").fill("nobody of this name")
    expect(page.locator(".whynot")).to_contain_text("Nobody available has this name.")
    accessible(page)
    fits(page)
    town.finish_all()
