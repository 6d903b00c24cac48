"""A workstation becomes a desk, names and a PIN open it, and two quiet minutes close it."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import accessible, fits, picture
from tests.browser.server import Town
from tests.browser.windows import TABLET, Open

PIN_ERRORS = ("401", "429")


COLLEAGUES = ("Bilal Khan", "Sofia Ortega", "Jae Won", "Maya Patel", "Theo Diaz")


@pytest.fixture(scope="module", autouse=True)
def colleagues(town: Town) -> None:
    """More names of the first site; they have no PIN yet."""
    site_id = town.user("staff")["site_id"]
    for name in COLLEAGUES:
        email = f"{name.lower().replace(' ', '.')}@buckeye.example"
        new = {"email": email, "name": name, "role": "staff", "site_id": site_id}
        town.call(town.user("manager"), "POST", "/users", new, status=201)


@pytest.fixture
def desk(town: Town, open_page: Open) -> Page:
    """A tablet that is a desk of the first site, nobody signed in."""
    page = open_page(
        "/desk",
        town.user("staff"),
        viewport=TABLET,
        device_scale_factor=1.5,
        allowed_errors=(*PIN_ERRORS, "WebSocket"),
    )
    page.get_by_role("button", name="Make this device a desk").click()
    page.goto("/ed")
    page.get_by_role("button", name="Switch").click()
    expect(page.get_by_role("heading", name="Who's asking?")).to_be_visible()
    return page


def type_pin(page: Page, who: dict[str, Any], pin: str) -> None:
    """Choose the name and type the PIN on the pad."""
    page.get_by_role("button", name=who["name"].split()[0]).click()
    for digit in pin:
        page.get_by_role("button", name=digit, exact=True).click()
    page.get_by_role("button", name="Sign in").click()


def wrong(pin: str) -> str:
    """A PIN that is another."""
    return "".join(str((int(digit) + 1) % 10) for digit in pin)


def test_names_and_a_pin_open_the_desk(town: Town, desk: Page) -> None:
    staff = town.user("staff")
    accessible(desk)
    fits(desk)
    desk.get_by_role("button", name="Priya").click()
    accessible(desk)
    fits(desk)
    desk.keyboard.type(staff["pin"][:3])
    picture(desk, "signin-desk")
    desk.keyboard.type(staff["pin"][3:])
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Ask for a peer supporter")).to_be_visible()
    expect(desk.locator("#who")).to_contain_text(staff["name"])


def test_the_strip_shows_rooms_and_no_names(town: Town, desk: Page) -> None:
    staff = town.user("staff")
    ask = {"modality": "in_person", "place": "Room 4", "language": "en", "consent": True}
    request = town.call(staff, "POST", "/requests", ask, status=201)
    desk.goto("/ed?room=4")
    strip = desk.locator(".live")
    expect(strip).to_contain_text("Room 4")
    picture(desk, "signin-desk-strip")
    expect(strip).to_contain_text("No sign-in needed")
    expect(strip).not_to_contain_text(staff["name"])
    accessible(desk)
    type_pin(desk, staff, staff["pin"])
    expect(desk.locator("#sum-room")).to_have_text("Room 4")
    town.call(staff, "POST", f"/requests/{request['id']}/cancel", {"reason": "other"})


@pytest.fixture
def unlocked(town: Town) -> Iterator[dict[str, Any]]:
    """Somebody whose name is not locked after the test either, however it ends."""
    staff = town.user("staff")
    yield staff
    town.call(staff, "PUT", "/me/pin", {"pin": staff["pin"]}, status=204)


def test_five_wrong_pins_lock_the_name(unlocked: dict[str, Any], desk: Page) -> None:
    other = unlocked
    bad = wrong(other["pin"])
    type_pin(desk, other, bad)
    expect(desk.get_by_role("alert")).to_have_text("That PIN didn't match. 4 tries left.")
    for left in (3, 2, 1, 0):
        desk.keyboard.type(bad)
        desk.keyboard.press("Enter")
        expect(desk.get_by_role("alert")).to_contain_text(f"{left} tr")
        if left == 3:
            picture(desk, "signin-desk-wrong")
    accessible(desk)
    desk.keyboard.type(other["pin"])
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("alert")).to_contain_text("Too many tries for this name")
    # A password sets a new PIN, and the lock is gone with the old one.
    desk.get_by_role("link", name="Forgot").click()
    desk.fill("#email", other["email"])
    desk.fill("#password", other["password"])
    desk.get_by_role("button", name="Sign in").click()
    # The next page is there: a look at the one that is leaving finds half a document.
    expect(desk.locator("#pin")).to_be_visible()
    accessible(desk)
    fits(desk)
    desk.fill("#pin", other["pin"])
    desk.get_by_role("button", name="Save PIN").click()
    expect(desk.get_by_text("Your PIN is saved.")).to_be_visible()


def test_two_quiet_minutes_sign_out_and_the_request_stays(town: Town, desk: Page) -> None:
    staff = town.user("staff")
    desk.clock.install()
    type_pin(desk, staff, staff["pin"])
    expect(desk.get_by_role("heading", name="Ask for a peer supporter")).to_be_visible()
    desk.clock.run_for(101_000)
    warning = desk.get_by_role("alertdialog")
    expect(warning).to_contain_text("Your requests carry on.")
    accessible(desk)
    picture(desk, "ed-quiet")
    warning.get_by_role("button", name="Stay signed in").click()
    expect(warning).to_be_hidden()
    desk.clock.run_for(125_000)
    expect(desk.get_by_text("Signed out to keep things private")).to_be_visible()
    expect(desk.get_by_role("heading", name="Who's asking?")).to_be_visible()
    accessible(desk)


def test_a_link_makes_a_tablet_a_desk_once(town: Town, open_page: Open) -> None:
    page = open_page("/desk", town.user("staff"))
    accessible(page)
    page.get_by_role("button", name="Show a link for a tablet").click()
    expect(page.locator(".qr svg")).to_be_visible()
    accessible(page)
    fits(page)
    link = page.locator("code").inner_text()
    tablet = open_page("", viewport=TABLET, allowed_errors=("404",))
    tablet.goto(link)
    accessible(tablet)
    tablet.get_by_role("button", name="Make it a desk").click()
    expect(tablet.get_by_role("heading", name="Who's asking?")).to_be_visible()
    tablet.goto(link)
    expect(tablet.get_by_role("heading", name="This link has been used")).to_be_visible()


def test_a_manager_makes_a_desk_of_any_site(town: Town, open_page: Open) -> None:
    page = open_page("/desk", town.user("manager"), viewport=TABLET)
    accessible(page)
    page.get_by_label("Hospital").select_option(label="Mount Carmel East")
    page.get_by_role("button", name="Make this device a desk").click()
    page.goto("/")
    page.get_by_role("button", name="Sign out").first.click()
    page.goto("/ed")
    expect(page.locator(".appbar__site")).to_contain_text("Mount Carmel East")
    expect(page.get_by_role("button", name="Priya")).to_be_hidden()


def test_the_front_page(town: Town, open_page: Open) -> None:
    page = open_page("/", allowed_errors=("401",))
    accessible(page)
    fits(page)
    page.fill("#email", "nobody@example.org")
    page.fill("#password", "wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("That didn't work.")
    expect(page.locator("#email")).to_have_value("nobody@example.org")
    accessible(page)
    phone = open_page("/", viewport={"width": 390, "height": 844}, device_scale_factor=2)
    picture(phone, "signin-phone")
    for path in ("/docs/errors", "/docs/api"):
        phone.goto(path)
        assert not phone.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )


def test_an_address_that_leads_nowhere_says_so_in_words(town: Town, open_page: Open) -> None:
    page = open_page("/nowhere", allowed_errors=("404",))
    expect(page.get_by_role("heading", name="We can't find that page")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name="Back to the start").click()
    expect(page.get_by_role("heading", name="Good to have you here")).to_be_visible()
