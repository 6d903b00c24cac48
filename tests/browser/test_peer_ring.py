"""Does this phone ring? From the server through a push service to the real service worker, and back."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.console import NO_SIGNAL
from tests.browser.looking import accessible, fits
from tests.browser.phones import MOBILE, ask, heading, press, until
from tests.browser.rings import NEVER_SETTLES, Worker, hand_over
from tests.browser.server import Town
from tests.browser.server import town as start_town
from tests.browser.windows import Open
from tests.harness.webpush import Browser, PushService

ANSWER_MS = 25_000
"""The page waits 20 seconds for its own test."""


@pytest.fixture(scope="module")
def service() -> Iterator[PushService]:
    """The push service that this town may call; a push that it refuses fails the module."""
    with PushService() as running:
        yield running
        assert running.refused == []


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, service: PushService) -> Iterator[Town]:
    """A town that knows no other push service."""
    with start_town(tmp_path_factory.mktemp("ring"), WEBPUSH_HOSTS=service.url) as place:
        yield place


@pytest.fixture
def peer(town: Town, peer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The same; afterwards without a device."""
    yield peer
    for one in devices(town, peer):
        town.call(peer, "DELETE", f"/devices/{one['id']}", status=204)


def devices(town: Town, who: dict[str, Any]) -> list[dict[str, Any]]:
    """Where the server would ring this person."""
    items: list[dict[str, Any]] = town.call(who, "GET", "/devices")["items"]
    return items


def rung(open_page: Open, peer: dict[str, Any], script: str, **options: Any) -> Page:
    """A peer's phone on which `script` ran before the page's own."""
    page = open_page("", peer, **(MOBILE | options))
    page.add_init_script(script)
    page.goto("/peer/me")
    expect(page.locator("h1").first).to_be_visible()
    return page


def phone_with(
    town: Town, open_page: Open, peer: dict[str, Any], browser: Browser, **options: Any
) -> Page:
    """A phone whose address the server has."""
    page = rung(open_page, peer, hand_over(browser), **options)
    until(page, lambda: devices(town, peer))
    return page


def delivery(town: Town, delivery_id: str) -> dict[str, Any]:
    """What the row says that the phone said."""
    with closing(sqlite3.connect(town.folder / "alongside.sqlite3")) as db:
        query = "SELECT delivered_at, opened_at FROM deliveries WHERE id = ?"
        row = db.execute(query, (delivery_id,)).fetchone()
    return {"delivered": row[0] is not None, "opened": row[1] is not None}


def test_an_offer_rings_is_acknowledged_and_opens(
    town: Town, peer: dict[str, Any], open_page: Open, service: PushService
) -> None:
    browser = service.browser()
    phone = phone_with(town, open_page, peer, browser)
    worker = Worker(town, phone)
    [device] = devices(town, peer)
    assert (device["kind"], device["platform"], device["locale"]) == ("webpush", "web", "en")
    request = ask(town)
    until(phone, lambda: browser.pushes)
    payload = browser.pushes[0].payload
    offer_id, delivery_id = payload["data"]["offer_id"], payload["data"]["delivery_id"]
    worker.deliver(payload)
    [shown] = until(phone, worker.shown)
    assert shown == {
        "title": "Someone would like a peer",
        "body": payload["notification"]["body"],
        "tag": offer_id,
        "renotify": True,
        "silent": False,
        "requireInteraction": True,
        "data": {"opens": "offer", "offer_id": offer_id, "delivery_id": delivery_id},
    }
    for private in ("Room 12", "overdose", "Quiet room", "Hospital", town.user("staff")["name"]):
        assert private not in str(payload)
    until(phone, lambda: delivery(town, delivery_id) == {"delivered": True, "opened": False})
    worker.click()
    until(phone, lambda: delivery(town, delivery_id)["opened"])
    heading(phone, "Someone would like a peer")
    assert phone.url.endswith(f"/peer/offers/{offer_id}")
    assert worker.shown() == []
    town.call(town.user("staff"), "POST", f"/requests/{request['id']}/cancel", {"reason": "other"})
    until(phone, lambda: browser.pushes[-1].payload["data"]["opens"] == "closed")
    worker.deliver(browser.pushes[-1].payload)
    [quiet] = until(phone, worker.shown)
    assert (quiet["tag"], quiet["silent"], quiet["requireInteraction"]) == (offer_id, True, False)


def test_a_test_is_answered_by_the_phone(
    town: Town, peer: dict[str, Any], open_page: Open, service: PushService
) -> None:
    browser = service.browser()
    phone = phone_with(town, open_page, peer, browser)
    worker = Worker(town, phone)
    press(phone, "Test")
    expect(phone.locator(".ready")).to_contain_text("Testing.")
    until(phone, lambda: browser.pushes)
    worker.deliver(browser.pushes[0].payload)
    expect(phone.locator(".ready")).to_contain_text("It rang.")
    until(phone, lambda: town.call(peer, "GET", "/readiness")["devices"][0]["heard_at"])
    assert town.call(peer, "GET", "/readiness")["problems"] == []
    accessible(phone)


def test_a_test_that_is_not_heard_says_so_and_what_to_do(
    town: Town, peer: dict[str, Any], open_page: Open, service: PushService
) -> None:
    browser = service.browser()
    phone = phone_with(town, open_page, peer, browser)
    press(phone, "Test")
    silent = phone.get_by_role("heading", name="We sent a test and heard nothing back")
    expect(silent).to_be_visible(timeout=ANSWER_MS)
    accessible(phone)
    fits(phone)
    press(phone, "Test again")
    until(phone, lambda: len(browser.pushes) == 2)
    Worker(town, phone).deliver(browser.pushes[1].payload)
    expect(phone.locator(".ready")).to_contain_text("It rang.")


def test_a_receipt_without_signal_is_sent_later(
    town: Town, peer: dict[str, Any], open_page: Open, service: PushService
) -> None:
    browser = service.browser()
    phone = phone_with(town, open_page, peer, browser, allowed_errors=NO_SIGNAL)
    worker = Worker(town, phone)
    ask(town)
    until(phone, lambda: browser.pushes)
    phone.context.set_offline(True)
    worker.deliver(browser.pushes[0].payload)
    until(phone, worker.shown)
    delivery_id = browser.pushes[0].payload["data"]["delivery_id"]
    phone.wait_for_timeout(500)
    assert not delivery(town, delivery_id)["delivered"]
    phone.context.set_offline(False)
    until(phone, lambda: delivery(town, delivery_id)["delivered"])
    expect(phone.get_by_role("alert")).to_have_count(0)


def test_a_subscription_that_never_settles_holds_up_nothing(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    phone = rung(open_page, peer, NEVER_SETTLES)
    expect(phone.get_by_text("No answer from your browser's push service yet")).to_be_visible()
    assert devices(town, peer) == []
    accessible(phone)
    fits(phone)
    press(phone, "Test")
    until(phone, Worker(town, phone).shown)
    ask(town)
    heading(phone, "Someone would like a peer")


def test_alerts_that_are_forbidden_are_reported_and_allowing_them_mends_it(
    town: Town, peer: dict[str, Any], open_page: Open, service: PushService
) -> None:
    browser = service.browser()
    phone = phone_with(town, open_page, peer, browser)
    forbid = "Object.defineProperty(Notification, 'permission', { get: () => %s });"
    phone.add_init_script(forbid % "localStorage.getItem('forbidden') ? 'denied' : 'granted'")
    phone.evaluate("localStorage.setItem('forbidden', '1')")
    phone.reload()
    expect(phone.get_by_role("heading", name="This phone can't ring")).to_be_visible()
    until(phone, lambda: town.call(peer, "GET", "/readiness")["problems"] == ["blocked"])
    assert devices(town, peer) == []
    accessible(phone)
    phone.evaluate("localStorage.removeItem('forbidden')")
    press(phone, "I've done it, test now")
    until(phone, lambda: devices(town, peer))
    expect(phone.get_by_text("needs mending")).to_have_count(0)


def test_an_address_is_registered_again_every_week_and_anew_when_the_server_lost_it(
    town: Town, peer: dict[str, Any], open_page: Open, service: PushService
) -> None:
    phone = phone_with(town, open_page, peer, service.browser())
    [first] = devices(town, peer)
    phone.reload()
    heading(phone, "Dana")
    phone.evaluate(AGED)
    phone.reload()
    until(phone, lambda: devices(town, peer)[0]["refreshed_at"] > first["refreshed_at"])
    assert [one["id"] for one in devices(town, peer)] == [first["id"]]
    town.call(peer, "DELETE", f"/devices/{first['id']}", status=204)
    phone.reload()
    [second] = until(phone, lambda: devices(town, peer))
    assert second["id"] != first["id"]


AGED = """new Promise((done) => {
  const asked = indexedDB.open("alongside", 1);
  asked.onsuccess = () => {
    const store = asked.result.transaction("kept", "readwrite").objectStore("kept");
    const found = store.get("push:/peer");
    found.onsuccess = () => {
      store.put({ ...found.result, at: found.result.at - 8 * 24 * 3600 * 1000 }, "push:/peer");
    };
    store.transaction.oncomplete = () => { asked.result.close(); done(true); };
  };
})"""


def test_an_address_that_the_browser_changed_is_told_by_the_worker(
    town: Town, peer: dict[str, Any], open_page: Open, service: PushService
) -> None:
    phone = phone_with(town, open_page, peer, service.browser())
    changed = service.browser()
    [worker] = phone.context.service_workers
    worker.evaluate(
        """given => {
          const event = new ExtendableEvent("pushsubscriptionchange");
          event.newSubscription = { endpoint: given.endpoint, toJSON: () => given };
          self.dispatchEvent(event);
        }""",
        changed.subscription,
    )
    until(phone, lambda: len(devices(town, peer)) == 2)
    ask(town)
    until(phone, lambda: changed.pushes)


def test_whoever_signs_out_is_not_rung_here(
    town: Town, peer: dict[str, Any], open_page: Open, service: PushService
) -> None:
    phone = phone_with(town, open_page, peer, service.browser())
    press(phone, "Sign out")
    expect(phone.locator("#email")).to_be_visible()
    assert devices(town, peer) == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_problem_is_named_with_how_to_mend_it(
    town: Town, peer: dict[str, Any], open_page: Open, service: PushService, language: str
) -> None:
    browser = service.browser()
    phone = phone_with(town, open_page, peer, browser)
    found = [
        ("fcm", "expired"), ("fcm", "dead"), ("fcm", "moved"), ("fcm", "token_stale"),
        ("fcm", "test_unanswered"), ("webpush", "dead"), ("sms", "stopped"), ("sms", "landline"),
        ("sms", "invalid_number"), ("voice", "channel_off"), ("fcm", "blocked"),
    ]  # fmt: skip
    readiness = {
        "reachable": False,
        "devices": [
            {"id": f"d{n}", "kind": kind, "platform": "x", "state": "active", "problem": problem}
            | {"tested_at": None, "heard_at": None}
            for n, (kind, problem) in enumerate(found)
        ],
        "problems": sorted({problem for _, problem in found}),
    }

    def with_problems(call: Any) -> None:
        answer = call.fetch()
        call.fulfill(response=answer, json=answer.json() | {"readiness": readiness})

    phone.goto(f"/choose?lang={language}&next=/peer/me")
    phone.route("**/api/v1/phone", with_problems)
    phone.goto("/peer/shell")
    expect(phone.locator(".ready__card li")).to_have_count(len(found))
    accessible(phone)
    fits(phone)


def test_a_managers_browser_rings_for_an_alarm(
    town: Town, open_page: Open, service: PushService
) -> None:
    manager = town.user("manager")
    browser = service.browser()
    page = open_page("", manager, permissions=["notifications"])
    page.add_init_script(hand_over(browser))
    page.goto("/manage/settings/devices")
    page.get_by_role("button", name="Ring this browser").click()
    expect(page.get_by_text("This browser rings")).to_be_visible()
    accessible(page)
    page.locator('[data-device="webpush"]').get_by_role("button", name="Test").click()
    until(page, lambda: browser.pushes)
    worker = Worker(town, page, "/manage")
    worker.deliver(browser.pushes[0].payload)
    [shown] = until(page, worker.shown)
    delivery_id = shown["data"]["delivery_id"]
    until(page, lambda: delivery(town, delivery_id)["delivered"])
    worker.click()
    page.wait_for_url("**/manage")
    until(page, lambda: delivery(town, delivery_id)["opened"])
    page.goto("/manage/settings/devices")
    page.locator('[data-device="webpush"] .iconbtn').click()
    expect(page.get_by_role("button", name="Ring this browser")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Ring this browser")).to_be_visible()
