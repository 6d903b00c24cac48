"""The live board: one case from the ask to its end, alarms with an owner, and who may see what."""

import re
from collections.abc import Iterator
from secrets import token_hex

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.looking import accessible, fits, picture
from tests.browser.manage import (
    QUICK,
    SITE,
    SOON,
    Person,
    accept,
    ask,
    colleague,
    on_duty,
)
from tests.browser.server import Town
from tests.browser.windows import PHONE, Open

NO_DIALLING = """document.addEventListener('click', (event) => {
  if (event.target.closest('a[href^="tel:"]')) event.preventDefault();
})"""


@pytest.fixture
def peers(town: Town) -> Iterator[list[Person]]:
    """Four peers on duty, and nothing open."""
    with on_duty(town) as found:
        yield found


def case(page: Page, place: str) -> Locator:
    """The row of an open case."""
    return page.locator("[data-group]:not([data-group=ended]) [data-case]", has_text=place)


def group(page: Page, name: str) -> Locator:
    """A group of cases."""
    return page.locator(f"[data-group={name}]")


def number(page: Page, name: str) -> Locator:
    """A figure at the top."""
    return page.locator(f"[data-number={name}] .kpi__fig")


def test_a_whole_case_without_a_reload(town: Town, peers: list[Person], open_page: Open) -> None:
    page = open_page("/manage", town.user("manager"))
    page.evaluate("window.same = true")
    expect(page.get_by_text("All quiet")).to_be_visible()
    expect(page.locator(".livet")).to_contain_text("Live,")
    accessible(page)
    ask(town, "Room 5", focus="overdose")
    expect(group(page, "finding")).to_contain_text("Room 5", timeout=SOON)
    expect(group(page, "finding")).to_contain_text("3 of 4 asked")
    expect(number(page, "waiting")).to_have_text("1")
    case(page, "Room 5").click()
    panel = page.locator(".panel")
    expect(panel.locator(".going")).to_contain_text("Has been asked, no answer yet")
    expect(panel.locator(".timeline")).to_contain_text("3 peers alerted")
    [offer] = town.call(peers[2], "GET", "/offers")["items"]
    town.call(peers[2], "POST", f"/offers/{offer['id']}/decline", {})
    expect(panel.locator(".timeline")).to_contain_text("Joe N.: not this time", timeout=SOON)
    expect(panel.locator(".going")).to_contain_text("Said not this time", timeout=SOON)
    visit = accept(town, peers[0])
    expect(group(page, "way")).to_contain_text("Said yes", timeout=SOON)
    expect(group(page, "way")).to_contain_text("Marcus H.")
    accessible(page)
    town.call(peers[0], "POST", f"/visits/{visit}/depart")
    expect(group(page, "way")).to_contain_text("On the way", timeout=SOON)
    expect(page.locator(".map .pin__peer")).to_have_text("MH")
    town.call(peers[0], "POST", f"/visits/{visit}/arrive")
    expect(group(page, "way")).to_contain_text("Arrived", timeout=SOON)
    town.call(peers[0], "POST", f"/visits/{visit}/start")
    expect(group(page, "with")).to_contain_text("With them", timeout=SOON)
    expect(number(page, "with")).to_have_text("1")
    town.call(peers[0], "POST", f"/visits/{visit}/complete")
    expect(group(page, "ended")).to_contain_text("Finished", timeout=SOON)
    expect(panel.locator(".timeline")).to_contain_text("Finished")
    assert page.evaluate("window.same")


def test_an_alarm_finds_one_owner_and_everybody_sees_who(
    town: Town, peers: list[Person], open_page: Open
) -> None:
    first = open_page("/manage", town.user("manager"))
    second = open_page("/manage", colleague(town, "manager", "Renee Ames"))
    first.evaluate("window.rings = 0; document.addEventListener('alongside:chime', () => rings++)")
    town.call(town.user("manager"), "PUT", "/policy", QUICK)
    ask(town, "Room 7")
    banner = first.locator(".alarm")
    expect(banner).to_contain_text("Room 7: no yes after", timeout=SOON)
    expect(banner).to_contain_text("4 asked, 0 not this time, 4 no answer.")
    expect(first.locator("#alarm-voice")).to_contain_text("Room 7: no yes after")
    expect(first.locator("#rail-board .badge")).to_contain_text("1")
    expect(first).to_have_title(re.compile(r"^\(1\) "))
    accessible(first)
    ask(town, "Room 8")
    expect(banner).to_contain_text("2 requests need you", timeout=SOON)
    expect(second.locator(".alarm")).to_contain_text("2 requests need you", timeout=SOON)
    assert first.evaluate("rings") == 2
    accessible(first)
    row = banner.locator("li", has_text="Room 7")
    row.get_by_role("button", name="I have this").click()
    expect(banner).not_to_contain_text("Room 7", timeout=SOON)
    expect(case(second, "Room 7")).to_contain_text("Maria L. has this", timeout=SOON)
    expect(second.locator(".alarm")).not_to_contain_text("Room 7")
    # The other one by the keyboard: the first case that needs somebody.
    second.locator("body").press("j")
    second.keyboard.press("x")
    expect(second.locator(".alarm")).to_have_count(0, timeout=SOON)
    expect(case(first, "Room 8")).to_contain_text("Renee A. has this", timeout=SOON)
    assert first.evaluate("rings") == 2


def test_widen_and_offer_video(town: Town, peers: list[Person], open_page: Open) -> None:
    page = open_page("/manage", town.user("manager"))
    town.call(town.user("manager"), "PUT", "/policy", QUICK)
    ask(town, "Room 9")
    expect(page.locator(".alarm")).to_be_visible(timeout=SOON)
    page.locator(".alarm").get_by_role("button", name="Widen the search").click()
    case(page, "Room 9").click()
    expect(page.locator(".timeline")).to_contain_text("Maria L. widened the search", timeout=SOON)
    expect(case(page, "Room 9")).to_contain_text("No yes yet")
    page.locator(".alarm").get_by_role("button", name="Offer video").click()
    expect(page.locator(".panel .facts")).to_contain_text("Video is fine too", timeout=SOON)
    expect(page.locator(".alarm").get_by_role("button", name="Offer video")).to_have_count(0)


def test_call_and_assign(town: Town, peers: list[Person], open_page: Open) -> None:
    town.call(
        peers[3], "POST", "/devices",
        {"kind": "voice", "address": "+16145550177", "platform": "ios"}, status=201,
    )  # fmt: skip
    page = open_page("/manage", town.user("manager"))
    ask(town, "Room 4")
    case(page, "Room 4").click()
    page.get_by_role("button", name="Call, assign Lena B.").click()
    dialog = page.get_by_role("dialog")
    link = dialog.get_by_role("link", name="614-555-0177")
    expect(link).to_have_attribute("href", "tel:+16145550177")
    expect(dialog.get_by_text("Did they say yes?")).to_have_count(0)
    accessible(page)
    # This machine has no telephone: the press is heard, the dialling is left out.
    page.evaluate(NO_DIALLING)
    dialog.get_by_text("614-555-0177").click()
    expect(dialog.get_by_text("Did they say yes?")).to_be_visible()
    picture(page, "manage-assign")
    dialog.get_by_role("button", name="Yes, they are going").click()
    expect(group(page, "way")).to_contain_text("Lena B.", timeout=SOON)
    expect(page.locator(".timeline")).to_contain_text("Maria L. assigned Lena B.", timeout=SOON)
    # Nobody is sent without a call: without a number the question comes at once.
    expect(page.locator(".panel").get_by_role("link", name="Call Lena B.")).to_be_visible()


def test_a_request_that_came_by_telephone(town: Town, peers: list[Person], open_page: Open) -> None:
    page = open_page("/manage", town.user("manager"))
    page.get_by_role("button", name="New request by phone").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Request a peer").click()
    expect(dialog.locator(".errsum")).to_be_focused()
    expect(dialog.locator(".errsum a")).to_have_count(3)
    accessible(page)
    dialog.get_by_label("Hospital").select_option(label="Grant Medical Center")
    dialog.get_by_label("Room or bed").fill("Room 2")
    dialog.get_by_label("Note").fill("MRN 1234567")
    expect(dialog.get_by_text("looks like a record number")).to_be_visible()
    dialog.get_by_label("Note").fill("Uses a wheelchair")
    dialog.get_by_label("Language").select_option("es")
    dialog.get_by_text("They said yes to talking with a peer").click()
    dialog.get_by_role("button", name="Request a peer").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#case-title")).to_have_text("Grant Medical Center, Room 2")
    expect(page.locator(".panel .note")).to_have_text("Uses a wheelchair")
    expect(page.locator(".timeline")).to_contain_text("Asked by Maria L.")
    # The same room again is met with the request that is there.
    page.get_by_role("button", name="New request by phone").click()
    dialog.get_by_label("Hospital").select_option(label="Grant Medical Center")
    dialog.get_by_label("Room or bed").fill("room 2")
    expect(dialog.get_by_text("Room 2 has a request already.")).to_be_visible()
    dialog.get_by_role("button", name="See that request").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_escalated_is_closed_searched_again_or_cancelled(town: Town, open_page: Open) -> None:
    manager = town.user("manager")
    town.call(manager, "PUT", "/policy", {"nobody_left_s": 0})
    page = open_page("/manage", manager)
    ask(town, "Room 1")
    expect(group(page, "needs")).to_contain_text("With the manager", timeout=SOON)
    expect(group(page, "needs")).to_contain_text("Maria L. has this")
    case(page, "Room 1").click()
    expect(page.locator(".holder")).to_contain_text("You have this")
    page.locator(".panel__foot").get_by_role("button", name="Search again").click()
    expect(page.locator(".timeline")).to_contain_text(
        "Maria L. started the search again", timeout=SOON
    )
    expect(group(page, "needs")).to_contain_text("With the manager", timeout=SOON)
    page.locator(".panel summary").click()
    page.get_by_role("button", name="Close: no one could come").click()
    page.get_by_role("dialog").get_by_role("button", name="Close: no one could come").click()
    expect(page.locator(".holder")).to_contain_text("Ended at", timeout=SOON)
    town.call(manager, "PUT", "/policy", {})
    ask(town, "Room 6")
    case(page, "Room 6").click()
    page.locator(".panel summary").click()
    page.get_by_role("button", name="Cancel request").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Cancel request").click()
    expect(dialog.get_by_text("Choose a reason")).to_be_visible()
    accessible(page)
    dialog.get_by_text("Asked by mistake").click()
    dialog.get_by_role("button", name="Cancel request").click()
    expect(group(page, "ended")).to_contain_text("Cancelled", timeout=SOON)
    expect(case(page, "Room 6")).to_have_count(0)
    town.finish_all()


def test_what_changed_meanwhile_is_said_and_shown(
    town: Town, peers: list[Person], open_page: Open
) -> None:
    page = open_page("/manage", town.user("manager"), allowed_errors=("409",))
    request_id = ask(town, "Room 3")
    case(page, "Room 3").click()
    page.locator(".panel summary").click()
    page.route("**/widen", lambda route: (accept(town, peers[0]), route.continue_()))
    page.locator(".panel .menu__list").get_by_role("button", name="Widen the search").click()
    expect(page.get_by_text("Room 3: that didn't go through.")).to_be_visible()
    expect(group(page, "way")).to_contain_text("Room 3", timeout=SOON)
    assert request_id in page.url


def test_keys_find_and_go(town: Town, peers: list[Person], open_page: Open) -> None:
    page = open_page("/manage", town.user("manager"))
    # Finding also finds cases that are over, those of a try before this one among them.
    bay = f"Bay {token_hex(2)}"
    ask(town, "Room 2")
    ask(town, bay, site=1)
    expect(case(page, bay)).to_be_visible(timeout=SOON)
    page.keyboard.press("j")
    expect(case(page, "Room 2")).to_be_focused()
    page.keyboard.press("j")
    expect(case(page, bay)).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator("#case-title")).to_contain_text("Room 2")
    page.keyboard.press("a")
    expect(page.get_by_role("dialog")).to_contain_text("A call always comes first.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("/")
    page.keyboard.type(bay.lower())
    expect(page.locator(".found li")).to_have_count(1)
    accessible(page)
    page.keyboard.press("Enter")
    expect(page.locator("#case-title")).to_contain_text(bay)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("I have this")
    page.get_by_role("dialog").get_by_text("Use single-key shortcuts").click()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.locator(".who-menu summary").click()
    page.get_by_role("switch", name="Single-key shortcuts").click()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/manage/peers")


def test_a_wall_says_neither_who_nor_why(town: Town, peers: list[Person], open_page: Open) -> None:
    ask(town, "Room 5", focus="overdose")
    accept(town, peers[0], "depart")
    town.call(town.user("manager"), "PUT", "/policy", QUICK)
    ask(town, "Room 7", focus="alcohol")
    page = open_page("/manage?wall=1", town.user("manager"))
    expect(page.locator(".alarm")).to_contain_text("Room 7", timeout=SOON)
    expect(group(page, "way")).to_contain_text("Room 5")
    shown = page.locator("body").inner_text().lower()
    assert not [word for word in ("marcus", "overdose", "alcohol", "mh\n") if word in shown]
    assert page.locator(".panel, .rail, button:not([disabled])").count() == 0
    accessible(page)
    fits(page)
    picture(page, "manage-wall")


def test_a_supervisor_reads(town: Town, peers: list[Person], open_page: Open) -> None:
    town.call(town.user("manager"), "PUT", "/policy", QUICK)
    ask(town, "Room 5", focus="family")
    page = open_page("/manage", town.user("supervisor"))
    expect(page.locator(".alarm")).to_contain_text("Room 5", timeout=SOON)
    assert page.locator(".alarm .btn").count() == 0
    case(page, "Room 5").click()
    expect(page.locator(".panel")).to_contain_text("Alongside is looking")
    assert page.locator(".panel .btn--primary, .panel summary, .panel .going").count() == 0
    expect(page.get_by_role("button", name="New request by phone")).to_have_count(0)
    rail = {one.get_attribute("href") for one in page.locator(".rail a[href]").all()}
    assert rail == {"/manage", "/manage/care", "/manage/fair", "/manage/settings/devices"}
    accessible(page)
    page.goto("/manage/peers")
    page.wait_for_url("**/manage")


def test_another_network_sees_nothing(town: Town, peers: list[Person], open_page: Open) -> None:
    request_id = ask(town, "Room 5")
    other = open_page(f"/manage?case={request_id}", town.user("manager", 1))
    expect(other.get_by_text("All quiet")).to_be_visible()
    accept(town, peers[0])
    ask(town, "Room 6")
    mine = open_page("/manage", town.user("manager"))
    expect(case(mine, "Room 6")).to_be_visible()
    expect(other.get_by_text("All quiet")).to_be_visible()
    assert "Grant" not in other.content()
    other.goto("/manage/peers")
    expect(other.get_by_text("Tasha G.")).to_be_visible()
    assert "Marcus" not in other.content()


def test_a_phone_has_alarms_first(town: Town, peers: list[Person], open_page: Open) -> None:
    town.call(town.user("manager"), "PUT", "/policy", QUICK)
    ask(town, "Room 7", focus="alcohol")
    page = open_page("/manage", town.user("manager"), viewport=PHONE)
    banner = page.locator(".alarm")
    expect(banner).to_be_visible(timeout=SOON)
    tops = [
        box["y"]
        for box in (page.locator(one).bounding_box() for one in (".alarm", ".cases"))
        if box
    ]
    assert tops == sorted(tops)
    assert not page.locator(".bmap").is_visible()
    button = banner.get_by_role("button", name="I have this").bounding_box()
    assert button
    assert button["height"] >= 44
    fits(page)
    accessible(page)
    picture(page, "manage-phone")
    page.locator(".tabs").get_by_text("Map", exact=True).click()
    expect(page.locator(".bmap")).to_be_visible()
    page.locator(".seg--sm").get_by_text("List", exact=True).click()
    expect(page.locator(".maplist")).to_contain_text("Marcus H.")
    page.locator(".tabs").get_by_text("Cases", exact=True).click()
    case(page, "Room 7").click()
    expect(page.locator("#case-title")).to_be_focused()
    fits(page)
    accessible(page)
    page.get_by_role("button", name="Back").click()
    expect(case(page, "Room 7")).to_be_visible()


def test_in_spanish(town: Town, peers: list[Person], open_page: Open) -> None:
    town.call(town.user("manager"), "PUT", "/policy", QUICK)
    ask(town, "Room 7", focus="alcohol", language="es")
    page = open_page("/manage?lang=es", town.user("manager"))
    expect(page.locator(".alarm")).to_contain_text("sin un sí después de", timeout=SOON)
    case(page, "Room 7").click()
    expect(page.locator(".going")).to_contain_text("Ya avisado, aún sin respuesta")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    accessible(page)
    fits(page)
    town.report(peers[0], (SITE[0], SITE[1]))
