"""Without signal, after a crash, and from a locked screen: what a phone keeps, sends and shows."""

import json
import signal
from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.browser.console import NO_SIGNAL, NO_SOCKET, SERVER_GONE
from tests.browser.looking import accessible, fits
from tests.browser.phones import (
    HERE,
    ask,
    expect_state,
    heading,
    phone_of,
    press,
    request_of,
    steps,
    until,
)
from tests.browser.server import Town
from tests.browser.windows import Open

SOON_MS = 10_000
"""A lost connection is noticed by a poll within 4 s, and tried again within 7.5 s."""
POSITION_S = 20
"""A phone that stands still is asked where it is every 15 s."""
YES_MS = 16_000
"""A yes is tried for ten seconds, the last time as long as a call takes without signal."""


def worker_ready(page: Page) -> None:
    """The page is kept for the time without signal, and the service worker has it."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    until(page, lambda: page.evaluate("navigator.serviceWorker.controller !== null"))


def test_an_arrival_without_signal_arrives_later(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    phone = phone_of(open_page, peer, allowed_errors=NO_SIGNAL)
    worker_ready(phone)
    request = ask(town)
    steps(town, peer, request["id"], "depart")
    heading(phone, "On your way")
    phone.context.set_offline(True)
    press(phone, "I've arrived")
    heading(phone, "You're here")
    expect(phone.get_by_text("Arrived, waiting to send")).to_be_visible(timeout=SOON_MS)
    expect(phone.get_by_text("We tell the ED when signal is back")).to_be_visible()
    expect(phone.get_by_text("No signal.")).to_be_visible(timeout=SOON_MS)
    press(phone, "I'm with them now")
    heading(phone, "Room 12")
    assert request_of(town, request["id"])["state"] == "en_route"
    phone.reload()
    heading(phone, "Room 12")
    expect(phone.get_by_text("With them, waiting to send")).to_be_visible(timeout=SOON_MS)
    phone.context.set_offline(False)
    expect_state(phone, town, request["id"], "in_session")
    facts = town.call(town.user("staff"), "GET", f"/requests/{request['id']}/facts")["items"]
    assert [one["type"] for one in facts if one["type"].startswith("visit_")] == [
        "visit_departed",
        "visit_arrived",
        "visit_started",
    ]
    expect(phone.get_by_text("waiting to send")).to_have_count(0, timeout=SOON_MS)


def test_a_yes_without_signal_is_tried_and_then_says_whom_to_call(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    phone = phone_of(open_page, peer, allowed_errors=NO_SIGNAL)
    ask(town)
    heading(phone, "Someone would like a peer")
    phone.context.set_offline(True)
    press(phone, "I can go")
    expect(phone.get_by_text("We couldn't send your yes. Trying.")).to_be_visible()
    expect(phone.get_by_text("Your yes didn't get through.")).to_be_visible(timeout=YES_MS)
    expect(phone.get_by_role("link", name="Call 614-555-0100")).to_be_visible()
    phone.context.set_offline(False)
    press(phone, "I can go")
    heading(phone, "You said yes")


def test_the_server_was_killed_and_came_back(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    phone = phone_of(open_page, peer, allowed_errors=SERVER_GONE)
    worker_ready(phone)
    request = ask(town)
    press(phone, "I can go")
    heading(phone, "You said yes")
    town.stop(signal.SIGKILL)
    press(phone, "Leave now")
    heading(phone, "On your way")
    expect(phone.get_by_text("waiting to send")).to_be_visible(timeout=SOON_MS)
    town.start()
    expect_state(phone, town, request["id"], "en_route")
    expect(phone.get_by_text("No signal.")).to_have_count(0, timeout=SOON_MS)
    town.call(town.user("staff"), "POST", f"/requests/{request['id']}/cancel", {"reason": "other"})
    expect(phone.get_by_role("heading", name="You can turn around")).to_be_visible(timeout=SOON_MS)


def test_an_offer_reaches_the_phone_while_its_socket_is_blocked(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    phone = phone_of(open_page, peer, path="", allowed_errors=NO_SOCKET)
    phone.route_web_socket("**/socket.io/**", lambda socket: socket.close())
    phone.goto("/peer")
    expect(phone.get_by_text("Updates are slower than usual.")).to_be_visible(timeout=SOON_MS)
    ask(town)
    expect(phone.get_by_role("heading", name="Someone would like a peer")).to_be_visible(
        timeout=SOON_MS
    )


def test_a_push_is_shown_and_opens_the_offer(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    phone = phone_of(open_page, peer, path="/peer/me")
    worker_ready(phone)
    request = ask(town)
    offer = until(phone, lambda: town.call(peer, "GET", "/offers")["items"])[0]
    session = phone.context.new_cdp_session(phone)
    registrations: list[dict[str, Any]] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda said: registrations.extend(said["registrations"]),
    )
    session.send("ServiceWorker.enable")
    known = until(
        phone, lambda: [one for one in registrations if one["scopeURL"].startswith(town.url)]
    )
    push = {
        "notification": {
            "title": "Someone would like a peer",
            "body": "In person, about 14 min from you. Open to answer.",
            "tag": offer["id"],
            "requireInteraction": True,
            "renotify": True,
        },
        "data": {"opens": "offer", "offer_id": offer["id"], "request_id": request["id"]},
    }
    for _ in range(2):
        session.send(
            "ServiceWorker.deliverPushMessage",
            {
                "origin": town.url,
                "registrationId": known[0]["registrationId"],
                "data": json.dumps(push),
            },
        )
    [shown] = until(phone, lambda: phone.evaluate(SHOWN))
    assert shown == {
        "title": "Someone would like a peer",
        "body": "In person, about 14 min from you. Open to answer.",
        "tag": offer["id"],
        "renotify": True,
        "requireInteraction": True,
        "vibrate": [200, 120, 200],
        "actions": 0,
    }
    [worker] = phone.context.service_workers
    worker.evaluate(CLICK)
    heading(phone, "Someone would like a peer")
    assert phone.evaluate(SHOWN) == []
    quiet = {"notification": {"title": "This one is taken care of", "silent": True}} | {
        "data": {"opens": "closed", "offer_id": offer["id"]}
    }
    session.send(
        "ServiceWorker.deliverPushMessage",
        {
            "origin": town.url,
            "registrationId": known[0]["registrationId"],
            "data": json.dumps(quiet),
        },
    )
    [shown] = until(phone, lambda: phone.evaluate(SHOWN))
    assert (shown["tag"], shown["renotify"], shown["requireInteraction"]) == (
        offer["id"],
        False,
        False,
    )


SHOWN = """navigator.serviceWorker.getRegistration("/peer")
  .then((there) => there.getNotifications())
  .then((all) => all.map((one) => ({
    title: one.title, body: one.body, tag: one.tag, renotify: one.renotify,
    requireInteraction: one.requireInteraction, vibrate: [...(one.vibrate || [])],
    actions: one.actions.length,
  })))"""

CLICK = """self.registration.getNotifications().then(([shown]) => {
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification: shown }));
})"""


def test_the_position_is_shared_from_leaving_to_arriving_only(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    phone = phone_of(open_page, peer, path="")
    said: list[str] = []
    phone.on(
        "websocket", lambda socket: socket.on("framesent", lambda text: said.append(str(text)))
    )
    phone.on("request", lambda call: said.append(call.url))

    def shared() -> int:
        return sum('"position"' in text or text.endswith("/positions") for text in said)

    phone.goto("/peer")
    request = ask(town)
    press(phone, "I can go")
    heading(phone, "You said yes")
    assert shared() == 0
    press(phone, "Leave now")
    expect(phone.get_by_text("Sharing location")).to_be_visible()
    position = until(
        phone, lambda: request_of(town, request["id"])["visit"].get("position"), limit_s=POSITION_S
    )
    assert (position["latitude"], position["longitude"]) == (HERE["latitude"], HERE["longitude"])
    press(phone, "I've arrived")
    heading(phone, "You're here")
    before = shared()
    assert before >= 1
    phone.context.set_geolocation({"latitude": 39.97, "longitude": -82.985})
    press(phone, "I'm with them now")
    heading(phone, "Room 12")
    expect_state(phone, town, request["id"], "in_session")
    assert shared() == before


def test_positions_wait_for_signal(town: Town, peer: dict[str, Any], open_page: Open) -> None:
    phone = phone_of(open_page, peer, allowed_errors=NO_SIGNAL)
    request = ask(town)
    steps(town, peer, request["id"], "depart")
    until(phone, lambda: request_of(town, request["id"])["visit"].get("position"))
    phone.context.set_offline(True)
    phone.wait_for_timeout(4_100)
    phone.context.set_geolocation({"latitude": 39.975, "longitude": -82.985})
    expect(phone.get_by_text("No signal.")).to_be_visible(timeout=SOON_MS)
    phone.context.set_offline(False)
    until(
        phone,
        lambda: request_of(town, request["id"])["visit"]["position"]["latitude"] == 39.975,
        limit_s=POSITION_S,
    )


def test_an_installed_phone_opens_without_signal(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    phone = phone_of(open_page, peer, allowed_errors=NO_SIGNAL)
    worker_ready(phone)
    manifest = phone.evaluate("fetch('/peer/manifest.webmanifest').then((one) => one.json())")
    assert (manifest["start_url"], manifest["display"]) == ("/peer", "standalone")
    assert {one["sizes"] for one in manifest["icons"]} >= {"192x192", "512x512"}
    phone.reload()
    heading(phone, "Dana")
    until(phone, lambda: phone.evaluate(KEPT))
    phone.context.set_offline(True)
    phone.goto("/peer/me")
    heading(phone, "Dana O.")
    expect(phone.get_by_text("No signal.")).to_be_visible(timeout=SOON_MS)


def test_two_notes_ring_when_an_offer_comes(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    phone = phone_of(open_page, peer)
    phone.evaluate("document.addEventListener('alongside:rang', () => { window.rang = true })")
    press(phone, "Test")
    until(phone, lambda: phone.evaluate("window.rang === true"))
    phone.evaluate("window.rang = false")
    ask(town)
    heading(phone, "Someone would like a peer")
    until(phone, lambda: phone.evaluate("window.rang === true"))


def test_who_is_signed_out_leaves_nothing_on_the_phone(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    phone = phone_of(open_page, peer, path="/peer/me", allowed_errors=("401",))
    worker_ready(phone)
    until(phone, lambda: phone.evaluate(KEPT))
    press(phone, "Sign out")
    expect(phone.locator("#email")).to_be_visible()
    assert not phone.evaluate(KEPT)
    phone.goto("/peer")
    expect(phone.locator("#email")).to_be_visible()
    assert phone.url.endswith("/?next=%2Fpeer")
    phone.fill("#email", peer["email"])
    phone.fill("#password", peer["password"])
    phone.get_by_role("button", name="Sign in").tap()
    heading(phone, "Dana")


KEPT = """new Promise((done) => {
  const asked = indexedDB.open("alongside", 1);
  asked.onsuccess = () => {
    const found = asked.result.transaction("kept").objectStore("kept").get("phone");
    found.onsuccess = () => { asked.result.close(); done(Boolean(found.result)); };
  };
})"""


def test_an_area_is_shared_by_a_tap_and_to_a_kilometre(
    town: Town, peer: dict[str, Any], open_page: Open
) -> None:
    town.call(peer, "PUT", "/duty", {"on_duty": False, "modalities": []})
    town.call(peer, "PUT", "/duty", {"on_duty": True, "modalities": ["in_person"]})
    phone = phone_of(
        open_page, peer, path="", geolocation={"latitude": 39.97654, "longitude": -82.98765}
    )

    def without_home(call: Route) -> None:
        answer = call.fetch()
        call.fulfill(response=answer, json=answer.json() | {"has_home_area": False})

    phone.route("**/api/v1/phone", without_home)
    phone.goto("/peer/shell")
    expect(phone.get_by_role("heading", name="We don't know where you are")).to_be_visible()
    accessible(phone)
    fits(phone)
    with phone.expect_request("**/api/v1/positions") as sent:
        press(phone, "Share area")
    body: dict[str, Any] = sent.value.post_data_json or {}
    assert (body["latitude"], body["longitude"], body["accuracy_m"]) == (39.98, -82.99, 1000)
    expect(phone.get_by_role("heading", name="We don't know where you are")).to_have_count(0)
    assert town.call(peer, "GET", "/duty")["position_at"] is not None
