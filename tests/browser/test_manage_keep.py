"""Peers, settings and the audit: everything that is kept goes there and back, refusals included."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.console import CUT_OFF
from tests.browser.looking import accessible, fits, picture
from tests.browser.manage import PASSWORD, SITE, SOON, ask
from tests.browser.server import Town
from tests.browser.windows import Open


def row(page: Page, name: str) -> Locator:
    """The row of a table that holds `name`."""
    return page.locator("tbody tr", has_text=name)


def test_a_peer_from_the_invitation_to_the_certificate(town: Town, open_page: Open) -> None:
    manager = town.user("manager")
    page = open_page("/manage/peers", manager, allowed_errors=("422", "404"))
    expect(page.get_by_text("6 people")).to_be_visible()
    page.get_by_role("link", name="Invite a peer").click()
    save = page.get_by_role("button", name="Make the invitation")
    save.click()
    expect(page.locator(".errsum")).to_be_focused()
    expect(page.locator(".errsum a")).to_have_count(2)
    accessible(page)
    page.locator("#name").fill("Keisha Ward")
    page.locator("#email").fill("marcus.hill@buckeye.example")
    save.click()
    expect(page.locator("#email-error")).to_contain_text("can't be used")
    page.locator("#email").fill("keisha.ward@buckeye.example")
    page.locator("#peer-languages").get_by_text("Spanish").click()
    save.click()
    link = page.locator("#invitation").input_value(timeout=SOON)
    assert re.fullmatch(rf"{town.url}/welcome/[\w-]{{30,}}", link)
    accessible(page)
    page.get_by_role("button", name="Close").click()
    page.wait_for_url("**/manage/peers/*")

    phone = open_page(link, viewport={"width": 390, "height": 844}, allowed_errors=("422", "404"))
    expect(phone.get_by_role("heading", name="Welcome, Keisha")).to_be_visible()
    accessible(phone)
    phone.locator("#password").fill("short")
    phone.locator("#again").fill("short")
    phone.get_by_role("button", name="Set password").click()
    expect(phone.locator("#password-error")).to_contain_text("at least 10")
    phone.locator("#password").fill(PASSWORD)
    phone.locator("#again").fill(f"{PASSWORD}!")
    phone.get_by_role("button", name="Set password").click()
    expect(phone.locator("#again-error")).to_contain_text("not the same")
    fits(phone)
    phone.locator("#password").fill(PASSWORD)
    phone.locator("#again").fill(PASSWORD)
    phone.get_by_role("button", name="Set password").click()
    expect(phone.get_by_text("Set a password and you are in")).to_have_count(0)
    keisha = {"email": "keisha.ward@buckeye.example", "password": PASSWORD}
    assert town.call(keisha, "GET", "/me")["name"] == "Keisha Ward"
    again = open_page(link, allowed_errors=("404",))
    expect(again.get_by_text("This link has ended")).to_be_visible()

    page.get_by_role("button", name="Add a certificate").click()
    certificates = page.locator("section", has=page.get_by_role("heading", name="Certificates"))
    certificates.get_by_role("button", name="Save").click()
    expect(certificates.locator(".errsum")).to_contain_text("Say which certificate")
    certificates.get_by_label("Certificate", exact=True).fill("CPRS")
    certificates.get_by_role("button", name="Save").click()
    expect(certificates.get_by_text("Saved")).to_be_visible()
    badges = page.locator("section", has=page.get_by_role("heading", name="Badges"))
    page.get_by_role("button", name="Add a badge").click()
    badges.get_by_label("Hospital").select_option(label="Mount Carmel East")
    badges.get_by_role("button", name="Save").click()
    expect(badges.get_by_text("Saved")).to_be_visible()
    pair = page.locator("section", has=page.get_by_role("heading", name="Do not pair"))
    pair.get_by_text("Grant Medical Center").click()
    pair.get_by_role("button", name="Save").click()
    expect(pair.get_by_text("Saved")).to_be_visible()
    profile = page.locator("section", has=page.get_by_role("heading", name="Profile"))
    profile.get_by_text("Alcohol").click()
    profile.locator("#miles").fill("999")
    profile.get_by_role("button", name="Save").click()
    expect(profile.locator("#miles-error")).to_contain_text("0 to 310")
    profile.locator("#miles").fill("30")
    profile.get_by_role("button", name="Save").click()
    expect(profile.get_by_text("Saved")).to_be_visible()
    page.reload()
    expect(certificates.get_by_label("Certificate", exact=True)).to_have_value("CPRS")
    expect(profile.locator("#miles")).to_have_value("30")
    accessible(page)
    fits(page)
    page.goto("/manage/peers")
    expect(row(page, "Keisha W.")).to_contain_text("English, Spanish")
    expect(row(page, "Keisha W.")).to_contain_text("Mount Carmel East")
    row(page, "Keisha W.").get_by_role("link", name="Edit Keisha W.").click()
    page.get_by_role("button", name="Switch off").click()
    page.get_by_role("button", name="Yes, switch off").click()
    expect(page.get_by_role("button", name="Switch on")).to_be_visible()
    page.goto("/manage/peers")
    expect(page.get_by_text("6 people")).to_be_visible()


def test_certificates_that_end_are_seen(town: Town, open_page: Open) -> None:
    manager = town.user("manager")
    peers = {one["name"]: one["id"] for one in town.call(manager, "GET", "/peers")["items"]}

    def certified(name: str, until: str) -> None:
        body = {"certificates": [{"name": "CPRS", "expires_at": until}]}
        town.call(manager, "PATCH", f"/peers/{peers[name]}", body)

    certified("Joe Novak", "2020-01-01T00:00:00Z")
    town.on_duty(town.user("peer"), "in_person", at=SITE)
    page = open_page("/manage/peers", manager)
    expect(page.locator(".banner")).to_contain_text("Joe N. gets no new requests")
    expect(row(page, "Joe N.")).to_contain_text("Certificate ended")
    expect(row(page, "Marcus H.")).to_contain_text("Available")
    accessible(page)
    picture(page, "manage-peers")
    fits(page)
    page.get_by_role("button", name="See them").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("#q").fill("nobody")
    expect(page.get_by_text("Nobody fits this search.")).to_be_visible()
    page.locator("select").first.select_option("everyone")
    page.locator("#q").fill("spanish")
    expect(page.locator("tbody tr")).to_have_count(2)
    certified("Joe Novak", "2090-01-01T00:00:00Z")
    town.off_duty()


def test_hospitals_go_there_and_back(town: Town, open_page: Open) -> None:
    page = open_page("/manage/settings", town.user("admin"), allowed_errors=("422",))
    page.wait_for_url("**/settings/sites")
    expect(row(page, "Grant Medical Center")).to_contain_text("12 rooms")
    accessible(page)
    page.get_by_role("button", name="Add a hospital").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.locator(".errsum a")).to_have_count(5)
    accessible(page)
    dialog.get_by_label("Name").fill("Grant Medical Center")
    dialog.get_by_label("Area").fill("West side")
    dialog.get_by_label("Desk phone").fill("614-555-0166")
    dialog.get_by_label("Latitude").fill("39.95")
    dialog.get_by_label("Longitude").fill("-83.10")
    dialog.get_by_label("Rooms").fill("Room 1-8\nHall")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.locator("#site-name-error")).to_contain_text("is here already")
    dialog.get_by_label("Name").fill("Darby Plains")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(row(page, "Darby Plains")).to_contain_text("9 rooms")
    page.get_by_role("button", name="Edit Darby Plains").click()
    dialog.get_by_text("Takes requests").click()
    dialog.get_by_role("button", name="Save").click()
    expect(row(page, "Darby Plains")).to_contain_text("Switched off")
    page.reload()
    expect(row(page, "Darby Plains")).to_contain_text("Switched off")
    fits(page)
    picture(page, "manage-settings-sites")


def test_users_are_invited_and_switched_off(town: Town, open_page: Open) -> None:
    page = open_page("/manage/settings/people", town.user("manager"), allowed_errors=("422",))
    expect(row(page, "Ada King")).to_contain_text("Administrator")
    assert row(page, "Ada King").get_by_role("button").count() == 0
    accessible(page)
    fits(page)
    page.get_by_role("button", name="Add a user").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Make the invitation").click()
    expect(dialog.locator(".errsum a")).to_have_count(3)
    assert "admin" not in dialog.get_by_label("Role").inner_html()
    dialog.get_by_label("Name").fill("Bilal Khan")
    dialog.get_by_label("Email").fill("bilal.khan@buckeye.example")
    dialog.get_by_label("Hospital").select_option(label="Mount Carmel East")
    accessible(page)
    dialog.get_by_role("button", name="Make the invitation").click()
    expect(dialog.locator("#invitation")).to_have_value(re.compile("/welcome/"))
    dialog.get_by_role("button", name="Close").click()
    bilal = row(page, "Bilal Khan")
    expect(bilal).to_contain_text("Invited until")
    expect(bilal).to_contain_text("Mount Carmel East")
    bilal.get_by_role("button", name="Switch off Bilal K.").click()
    expect(bilal).to_contain_text("Switched off")
    page.reload()
    expect(bilal).to_contain_text("Switched off")
    picture(page, "manage-settings-people")


def test_the_policy_draws_its_clock(town: Town, open_page: Open) -> None:
    manager = town.user("manager")
    town.call(manager, "PUT", "/policy", {"park_s": 300})
    page = open_page("/manage/settings/policy", manager)
    alarm = page.locator("[data-mark=alarm]")
    expect(alarm).to_contain_text("3:00 manager alarm")
    accessible(page)
    picture(page, "manage-settings-policy")
    before = alarm.evaluate("one => one.style.getPropertyValue('--at')")
    page.locator("#alarm_after_s").fill("2:00")
    expect(alarm).to_contain_text("2:00 manager alarm")
    assert float(alarm.evaluate("one => one.style.getPropertyValue('--at')")[:-1]) < float(
        before[:-1]
    )
    page.locator("#escalate_after_s").fill("1:00")
    page.locator("#wave-1").fill("5 past")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#wave-1-error")).to_contain_text("like 1:30")
    page.locator("#wave-1").fill("0:45")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#escalate_after_s-error")).to_contain_text("before the last wave")
    expect(page.locator(".errsum")).to_be_focused()
    accessible(page)
    page.locator("#escalate_after_s").fill("8:00")
    page.get_by_role("button", name="Add a wave").click()
    expect(page.locator("#wave-3")).to_have_value("4:30")
    page.locator("#size-2").fill("5")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved")).to_be_visible()
    told = town.call(manager, "GET", "/policy")
    assert told["settings"]["park_s"] == 300
    assert told["effective"]["alarm_after_s"] == 120
    assert [wave["after_s"] for wave in told["effective"]["waves"]] == [0, 45, 180, 270]
    fits(page)
    page.get_by_role("button", name="Back to the defaults").click()
    expect(page.locator("#alarm_after_s")).to_have_value("3:00")
    town.call(manager, "PUT", "/policy", {})


def test_devices_are_added_and_removed(town: Town, open_page: Open) -> None:
    page = open_page("/manage/settings/devices", town.user("manager"), allowed_errors=("422",))
    expect(page.get_by_text("None yet: alarms only show on this screen.")).to_be_visible()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#device-address-error")).to_contain_text("whole number")
    accessible(page)
    page.locator("#device-address").fill("614-555-0190")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("[data-device=sms]")).to_contain_text("Text message")
    page.get_by_role("button", name="Test").click()
    expect(page.locator("[data-device=sms]")).to_contain_text("A test is on its way")
    page.get_by_role("button", name="Remove: Text message").click()
    expect(page.locator("[data-device=sms]")).to_have_count(0)
    fits(page)


def test_the_audit_says_who_saw_what(town: Town, open_page: Open) -> None:
    manager = town.user("manager")
    request_id = ask(town, "Room 11")
    town.call(manager, "POST", f"/requests/{request_id}/cancel", {"reason": "other"})
    board = open_page(f"/manage?case={request_id}", manager)
    expect(board.locator(".holder")).to_contain_text("Ended at")
    expect(board.locator(".timeline")).to_contain_text("Cancelled by Maria L.")
    board.goto("/manage/peers")
    with board.expect_download() as got:
        board.get_by_role("link", name="Export").click()
    assert "Marcus Hill" in got.value.path().read_text(encoding="utf-8")
    page = open_page("/manage/audit", town.user("admin"))
    expect(row(page, "Opened a case that had ended")).to_contain_text("Grant Medical Center")
    expect(row(page, "peers.csv")).to_contain_text("Maria Lopez")
    assert "Room 11" not in page.locator("#app").inner_text()
    accessible(page)
    picture(page, "manage-audit")
    page.locator("select").select_option("desk_signed_in")
    expect(page.get_by_text("Nothing in this range")).to_be_visible()
    fits(page)


@pytest.mark.parametrize("path", ["peers", "settings/sites", "settings/policy", "audit"])
def test_what_did_not_load_can_be_read_again(town: Town, open_page: Open, path: str) -> None:
    page = open_page("", allowed_errors=CUT_OFF)
    manager = town.user("manager")
    page.goto("/")
    page.fill("#email", manager["email"])
    page.fill("#password", manager["password"])
    page.click("form button[type=submit]")
    page.wait_for_url("**/manage")
    api = re.compile(r"/api/v1/(peers|sites|policy|audit)")
    page.route(api, lambda route: route.abort())
    page.goto(f"/manage/{path}")
    expect(page.get_by_text("didn't load.")).to_be_visible()
    accessible(page)
    page.unroute(api)
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("didn't load.")).to_have_count(0)
    expect(page.locator(".tablecard, .policy").first).to_be_visible()


@pytest.mark.parametrize(
    "path,words",
    [
        ("peers", "Idiomas y experiencia compartida"),
        ("peers/new", "Crear la invitación"),
        ("settings/sites", "Añadir un hospital"),
        ("settings/people", "Añadir un usuario"),
        ("settings/policy", "avisar a los demás"),
        ("settings/devices", "Dónde avisamos a Maria Lopez"),
        ("audit", "Auditoría"),
    ],
)
def test_in_spanish(town: Town, open_page: Open, path: str, words: str) -> None:
    page = open_page(f"/manage/{path}?lang=es", town.user("manager"))
    expect(page.get_by_text(words).first).to_be_visible()
    accessible(page)
