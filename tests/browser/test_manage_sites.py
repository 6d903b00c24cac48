"""What a site sets itself, and a PIN that was forgotten."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.looking import accessible, fits, picture
from tests.browser.server import Town
from tests.browser.windows import Open


def site_of(town: Town, name: str) -> dict[str, Any]:
    """A hospital as its keepers see it."""
    sites = town.call(town.user("manager"), "GET", "/sites")["items"]
    found: dict[str, Any] = next(one for one in sites if one["name"] == name)
    return found


def same(page: Page, name: str) -> Any:
    """The box that says: the same as the network."""
    return page.locator(f"label:has(#same-{name})")


def test_a_site_sets_some_of_the_policy_itself(town: Town, open_page: Open) -> None:
    manager = town.user("manager")
    page = open_page("/manage/settings/policy", manager)
    page.get_by_label("For", exact=True).select_option(label="Grant Medical Center")
    alarm = page.locator("#alarm_after_s")
    expect(alarm).to_be_disabled()
    expect(page.locator("#wave-0")).to_be_disabled()
    before = page.locator("[data-mark=alarm]").bounding_box()
    same(page, "alarm_after_s").click()
    alarm.fill("5:00")
    page.wait_for_timeout(400)
    assert page.locator("[data-mark=alarm]").bounding_box() != before
    accessible(page)
    picture(page, "manage-settings-policy-site")
    fits(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved")).to_be_visible()
    assert site_of(town, "Grant Medical Center")["policy"] == {"alarm_after_s": 300}

    # The same page for somebody else, and after it was read again.
    page.reload()
    expect(page.locator("#policy-for")).to_have_value(site_of(town, "Grant Medical Center")["id"])
    expect(alarm).to_have_value("5:00")
    expect(page.locator("#sms_s")).to_be_disabled()
    alarm.fill("20:00")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".errsum")).to_be_visible()
    page.get_by_role("button", name="All the same as the network").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved")).to_be_visible()
    assert site_of(town, "Grant Medical Center")["policy"] == {}
    page.get_by_label("For", exact=True).select_option(label="The whole network")
    expect(alarm).to_be_enabled()
    page.goto("/manage/settings/policy?lang=es")
    page.get_by_label("Para", exact=True).select_option(index=1)
    expect(page.get_by_text("Igual que la red").first).to_be_visible()
    fits(page)


def test_a_forgotten_pin_is_reset_and_stands_in_the_audit(town: Town, open_page: Open) -> None:
    town.call(town.user("staff"), "PUT", "/me/pin", {"pin": "482910"}, status=204)
    page = open_page("/manage/settings/people", town.user("manager"))
    button = page.get_by_role("button", name="Reset PIN, Priya N.")
    expect(button).to_be_visible()
    accessible(page)
    button.click()
    expect(button).to_have_count(0)
    expect(page.locator("#announce")).to_contain_text("The PIN of Priya N. is gone.")
    page.goto("/manage/audit")
    expect(page.locator("tbody tr").first).to_contain_text("Reset a PIN")
    expect(page.locator("tbody tr").first).to_contain_text("Priya Nair")


def test_what_the_policy_says_of_bridges_and_rooms(town: Town, open_page: Open) -> None:
    manager = town.user("manager")
    page = open_page("/manage/settings/policy", manager)
    expect(page.get_by_role("heading", name="Video until somebody arrives")).to_be_visible()
    page.locator("#bridge").select_option("automatic")
    page.locator("#room_ask_s").fill("0:05")
    page.locator("#arrival_radius_m").fill("one")
    page.locator("#crisis_line").fill("nine eight eight")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#room_ask_s-error")).to_contain_text("from 0:10 to ")
    expect(page.locator("#arrival_radius_m-error")).to_contain_text("from 30 to 2000")
    expect(page.locator("#crisis_line-error")).to_contain_text("A phone number")
    page.locator("#crisis_line").fill("988")
    accessible(page)
    page.locator("#room_ask_s").fill("1:30")
    page.locator("#arrival_radius_m").fill("200")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved")).to_be_visible()
    kept = town.call(manager, "GET", "/policy")["settings"]
    assert (kept["bridge"], kept["room_ask_s"], kept["arrival_radius_m"]) == ("automatic", 90, 200)
    assert "bridge_size" not in kept, "what nobody changed is not kept"
    page.get_by_label("For", exact=True).select_option(label="Grant Medical Center")
    expect(page.locator("#bridge")).to_be_disabled()
    expect(page.locator("#bridge")).to_have_value("automatic")
    same(page, "bridge").click()
    page.locator("#bridge").select_option("off")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved")).to_be_visible()
    site = site_of(town, "Grant Medical Center")
    assert site["policy"] == {"bridge": "off"}
    page.goto(f"/manage/settings/policy?lang=es#{site['id']}")
    expect(page.get_by_text("Video hasta que alguien llegue")).to_be_visible()
    fits(page)
    town.call(manager, "PATCH", f"/sites/{site['id']}", {"policy": {}})
    town.call(manager, "PUT", "/policy", {})
