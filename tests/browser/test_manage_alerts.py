"""The settings' parts "Channels" and "Alerts": how providers are, what became of each alert."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.console import CUT_OFF
from tests.browser.looking import accessible, fits, picture
from tests.browser.manage import ask, on_duty
from tests.browser.server import Town
from tests.browser.windows import Open


def unsent(town: Town) -> tuple[str, str]:
    """A test to a number, where no provider of texts is set up; the device and the delivery."""
    manager = town.user("manager")
    sent = {"kind": "sms", "address": "+16145550177", "platform": "web"}
    device = town.call(manager, "POST", "/devices", sent, status=201)
    test = town.call(manager, "POST", f"/devices/{device['id']}/test", {}, status=202)
    return device["id"], test["delivery_id"]


def test_alerts_are_shown_and_a_failed_one_is_sent_again(town: Town, open_page: Open) -> None:
    manager = town.user("manager")
    with on_duty(town):
        ask(town, "Room 9")
    town.finish_all()
    device_id, delivery_id = unsent(town)
    page = open_page("/manage/settings/alerts", manager, allowed_errors=("409",))
    expect(page.locator("tbody")).to_contain_text("An offer")
    expect(page.locator("tbody")).to_contain_text("Peer supporter")
    letter = page.locator(f"[data-alert='{delivery_id}']")
    expect(letter).to_contain_text("CHANNEL_NOT_CONFIGURED")
    assert "Room 9" not in page.locator("#app").inner_text()
    assert "614555" not in re.sub(r"\D", "", letter.inner_text())
    page.locator("select").select_option("person")
    expect(page.get_by_text("An offer")).to_have_count(0)
    expect(letter).to_be_visible()
    accessible(page)
    picture(page, "manage-alerts")
    fits(page)
    letter.get_by_role("button", name="Send again").click()
    expect(letter).to_contain_text("Waiting")
    page.locator("select").select_option("all")
    expect(letter).to_contain_text("2 attempts")
    town.call(manager, "DELETE", f"/devices/{device_id}", status=204)
    letter.get_by_role("button", name="Send again").click()
    expect(letter).to_contain_text("can't be reached any more")
    accessible(page)
    page.locator("select").select_option("expired")
    expect(page.get_by_text("No alerts here")).to_be_visible()
    accessible(page)


def test_channels_say_what_is_set_up(town: Town, open_page: Open) -> None:
    page = open_page("/manage/settings/channels", town.user("admin"))
    expect(page.locator("[data-channel=sms]")).to_contain_text("Not set up")
    expect(page.locator("[data-channel=console]")).to_contain_text("Works")
    accessible(page)
    picture(page, "manage-channels")
    fits(page)


def test_a_provider_that_is_left_alone_is_said_with_why(town: Town, open_page: Open) -> None:
    page = open_page("", town.user("manager"))
    door = {"platform": "ios", "since": "2026-03-03T03:10:00.000000Z", "tries_at": None}
    shut = [
        door | {"state": "open", "reason": "away TIMEOUT"},
        door | {"platform": "", "state": "trying", "reason": "refused THIRD_PARTY_AUTH_ERROR"},
    ]
    fared = {"sent": 4, "refused": 2, "oldest_due_at": "2026-03-03T03:10:00.000000Z"}
    answer = {"items": [{"channel": "fcm", "is_on": True, "doors": shut, **fared}]}
    page.route("**/api/v1/channels", lambda route: route.fulfill(json=answer))
    page.goto("/manage/settings/channels")
    row = page.locator("[data-channel=fcm]")
    expect(row).to_contain_text("iPhone: No answer since")
    expect(row).to_contain_text("Refuses us since")
    expect(row).to_contain_text("one alert tries now")
    expect(row).to_contain_text("2 refused")
    accessible(page)
    fits(page)


@pytest.mark.parametrize("part", ["alerts", "channels"])
def test_what_did_not_load_can_be_read_again(town: Town, open_page: Open, part: str) -> None:
    page: Page = open_page("", town.user("manager"), allowed_errors=CUT_OFF)
    api = re.compile(r"/api/v1/(deliveries|channels)")
    page.route(api, lambda route: route.abort())
    page.goto(f"/manage/settings/{part}")
    expect(page.get_by_text("didn't load.")).to_be_visible()
    accessible(page)
    page.unroute(api)
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("didn't load.")).to_have_count(0)
    expect(page.locator(".tablecard")).to_be_visible()


@pytest.mark.parametrize("part,words", [("alerts", "Qué fue de cada aviso"), ("channels", "Canal")])
def test_in_spanish(town: Town, open_page: Open, part: str, words: str) -> None:
    page = open_page(f"/manage/settings/{part}?lang=es", town.user("manager"))
    expect(page.get_by_text(words).first).to_be_visible()
    expect(page.locator(".tablecard")).to_be_visible()
    accessible(page)
