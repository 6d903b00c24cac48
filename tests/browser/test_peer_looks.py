"""Every screen of the phone: accessible in both themes, narrow, large, in Spanish, and as drawn."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.console import CUT_OFF, NO_SIGNAL
from tests.browser.looking import accessible, fits, picture
from tests.browser.phones import (
    ask,
    heading,
    on_duty,
    phone_of,
    press,
    steps,
)
from tests.browser.server import Town
from tests.browser.windows import Open

NIGHT = "document.documentElement.dataset.theme = 'dark'"
DAY = "document.documentElement.dataset.theme = 'light'"

DRAWN_BY_NIGHT = (
    "home",
    "offer",
    "offer-decline",
    "offer-taken",
    "accepted",
    "case",
    "help",
    "session",
)


@pytest.fixture
def peers(town: Town) -> Iterator[list[dict[str, Any]]]:
    """Two peers near the first site, available; afterwards nothing is open."""
    found = [user for user in town.users if user["role"] == "peer"][2:4]
    on_duty(town, *found)
    yield found
    town.finish_all()
    town.off_duty()


def look(page: Page, name: str) -> None:
    """Everything that is asked of one state, and its picture; by night where a draft is by night."""
    accessible(page)
    fits(page)
    page.evaluate(DAY)
    picture(page, f"peer-{name}")
    if name in DRAWN_BY_NIGHT:
        page.evaluate(NIGHT)
        picture(page, f"peer-{name}-night")
        page.evaluate(DAY)


def test_home(town: Town, peers: list[dict[str, Any]], open_page: Open) -> None:
    phone = phone_of(open_page, peers[0])
    expect(phone.locator(".duty", has_text="You're available")).to_be_visible()
    look(phone, "home")
    press(phone, "Change end")
    look(phone, "home-end")
    press(phone, "Back")
    press(phone, "Take 30 min")
    expect(phone.get_by_text("On a break until")).to_be_visible()
    look(phone, "home-off")


def test_home_when_the_phone_cannot_ring(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    phone = phone_of(open_page, peers[0], permissions=[])
    phone.add_init_script("Object.defineProperty(Notification, 'permission', {value: 'denied'})")
    phone.reload()
    expect(phone.get_by_role("heading", name="This phone can't ring")).to_be_visible()
    look(phone, "home-cannot-ring")


def test_home_asks_for_alerts(town: Town, peers: list[dict[str, Any]], open_page: Open) -> None:
    phone = phone_of(open_page, peers[0], path="", permissions=[])
    phone.add_init_script("Object.defineProperty(Notification, 'permission', {value: 'default'})")
    phone.goto("/peer")
    expect(phone.get_by_role("heading", name="May this phone ring?")).to_be_visible()
    look(phone, "home-ask")


def test_home_after_the_certificate_ended(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    manager = town.user("manager")
    me = town.call(peers[0], "GET", "/me")
    kept = town.call(manager, "GET", f"/peers/{me['id']}")["certificates"]
    over = [{"name": one["name"], "expires_at": "2026-01-31T12:00:00Z"} for one in kept]
    town.call(manager, "PATCH", f"/peers/{me['id']}", {"certificates": over})
    try:
        phone = phone_of(open_page, peers[0])
        expect(phone.get_by_text("Your certificate ended on")).to_be_visible()
        expect(phone.get_by_role("button", name="I'm available")).to_have_count(0)
        look(phone, "home-lapsed")
    finally:
        again = [{"name": one["name"], "expires_at": one["expires_at"]} for one in kept]
        town.call(manager, "PATCH", f"/peers/{me['id']}", {"certificates": again})


def test_an_offer_and_what_becomes_of_it(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    phone = phone_of(open_page, peers[0])
    request = ask(town)
    heading(phone, "Someone would like a peer")
    expect(phone.locator("#offer-title")).to_be_focused()
    look(phone, "offer")
    for width, height in ((360, 640), (430, 932), (375, 667)):
        phone.set_viewport_size({"width": width, "height": height})
        assert phone.evaluate("document.documentElement.scrollHeight") <= height
        expect(phone.get_by_role("button", name="Not this time")).to_be_in_viewport()
    phone.set_viewport_size({"width": 360, "height": 640})
    picture(phone, "peer-offer-small")
    phone.set_viewport_size({"width": 390, "height": 844})
    press(phone, "Not this time")
    expect(phone.get_by_role("dialog", name="Not this time")).to_be_visible()
    look(phone, "offer-decline")
    phone.keyboard.press("Escape")
    expect(phone.locator(".duty", has_text="You're available")).to_be_visible()
    steps(town, peers[1], request["id"])


def test_taken(town: Town, peers: list[dict[str, Any]], open_page: Open) -> None:
    phone = phone_of(open_page, peers[0])
    request = ask(town)
    heading(phone, "Someone would like a peer")
    steps(town, peers[1], request["id"])
    heading(phone, "Someone is already on it")
    look(phone, "offer-taken")
    phone.goto("/peer/offers/0123456789abcdef")
    heading(phone, "This one is taken care of")
    look(phone, "offer-closed")


def test_the_visit(town: Town, peers: list[dict[str, Any]], open_page: Open) -> None:
    phone = phone_of(open_page, peers[0])
    ask(town)
    press(phone, "I can go")
    heading(phone, "You said yes")
    look(phone, "accepted")
    press(phone, "Leave now")
    heading(phone, "On your way")
    expect(phone.get_by_text("Sharing location")).to_be_visible()
    look(phone, "case")
    press(phone, "Need help")
    look(phone, "help")
    phone.get_by_role("button", name="I don't feel safe").tap()
    look(phone, "help-safe")
    press(phone, "Back to the visit")
    press(phone, "I've arrived")
    heading(phone, "You're here")
    look(phone, "arrived")
    press(phone, "I'm with them now")
    heading(phone, "Room 12")
    look(phone, "session")
    press(phone, "We're finished")
    heading(phone, "How did it go?")
    for words in ("We talked", "Yes, please"):
        phone.get_by_text(words, exact=True).tap()
    look(phone, "wrapup")
    phone.set_viewport_size({"width": 390, "height": 1500})
    picture(phone, "peer-wrapup-full")
    phone.set_viewport_size({"width": 390, "height": 844})
    press(phone, "Finish later")
    expect(phone.get_by_text("That was a lot to carry. How are you?")).to_be_visible()
    look(phone, "home-after")
    phone.get_by_role("link", name="Me", exact=True).tap()
    expect(phone.get_by_role("heading", name="had you beside them")).to_be_visible()
    phone.get_by_text("What I can help with").tap()
    look(phone, "me")


def test_ended_by_the_ed(town: Town, peers: list[dict[str, Any]], open_page: Open) -> None:
    phone = phone_of(open_page, peers[0])
    request = ask(town)
    steps(town, peers[0], request["id"], "depart")
    heading(phone, "On your way")
    path = f"/requests/{request['id']}/cancel"
    town.call(town.user("staff"), "POST", path, {"reason": "leaving"})
    heading(phone, "You can turn around")
    look(phone, "ended")


def test_without_signal(town: Town, peers: list[dict[str, Any]], open_page: Open) -> None:
    phone = phone_of(open_page, peers[0], allowed_errors=NO_SIGNAL)
    request = ask(town)
    steps(town, peers[0], request["id"], "depart")
    heading(phone, "On your way")
    phone.context.set_offline(True)
    press(phone, "I've arrived")
    expect(phone.get_by_text("Arrived, waiting to send")).to_be_visible(timeout=15_000)
    expect(phone.get_by_text("No signal.")).to_be_visible(timeout=15_000)
    look(phone, "arrived-offline")
    phone.context.set_offline(False)
    expect(phone.get_by_text("waiting to send")).to_have_count(0, timeout=15_000)


def forget(phone: Page) -> None:
    """Nothing is kept on this phone; said from a page that keeps nothing."""
    phone.goto("/docs/errors")
    phone.evaluate(
        """new Promise((done, failed) => {
          const asked = indexedDB.deleteDatabase("alongside");
          asked.onsuccess = () => done(true);
          asked.onerror = failed;
        })"""
    )


def test_nothing_kept_and_no_answer(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    phone = phone_of(open_page, peers[0], path="", allowed_errors=CUT_OFF)
    phone.route("**/api/v1/phone", lambda call: call.abort())
    forget(phone)
    phone.goto("/peer/shell")
    expect(
        phone.get_by_role("heading", name="No signal, and nothing kept here yet")
    ).to_be_visible()
    look(phone, "nothing")


def test_loading_is_shapes(town: Town, peers: list[dict[str, Any]], open_page: Open) -> None:
    phone = phone_of(open_page, peers[0], path="")
    held: list[Any] = []
    phone.route("**/api/v1/phone", lambda call: held.append(call))  # noqa: PLW0108  # playwright cannot take a builtin
    forget(phone)
    phone.goto("/peer/shell")
    expect(phone.locator(".sk").first).to_be_visible()
    accessible(phone)
    for call in held:
        call.continue_()
    heading(phone, "Joe")


def spanish(phone: Page, words: str) -> None:
    """The screen says it in Spanish, and no English is left."""
    expect(phone.get_by_text(words).first).to_be_visible()
    assert phone.evaluate("document.documentElement.lang") == "es"
    accessible(phone)
    fits(phone)


def test_all_of_it_in_spanish(town: Town, peers: list[dict[str, Any]], open_page: Open) -> None:
    phone = phone_of(open_page, peers[0], locale="es-US")
    spanish(phone, "Estás disponible")
    picture(phone, "peer-home-es")
    ask(town, language="en")
    spanish(phone, "Alguien quisiera un compañero")
    phone.set_viewport_size({"width": 360, "height": 640})
    assert phone.evaluate("document.documentElement.scrollHeight") <= 640
    phone.set_viewport_size({"width": 390, "height": 844})
    picture(phone, "peer-offer-es")
    for button, title in (
        ("Puedo ir", "Dijiste que sí"),
        ("Salir ahora", "En camino"),
        ("Ya llegué", "Ya llegaste"),
        ("Ya estoy con la persona", "Por si ayuda"),
        ("Terminamos", "¿Cómo fue?"),
    ):
        press(phone, button)
        spanish(phone, title)
    press(phone, "Terminar después")
    phone.get_by_role("link", name="Yo", exact=True).tap()
    spanish(phone, "Colores de noche")
    phone.get_by_text("English", exact=True).tap()
    expect(phone.get_by_role("heading", name="Alerts on this phone")).to_be_visible()


def test_night_is_chosen_and_stays(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    phone = phone_of(open_page, peers[0], path="/peer/me")
    phone.get_by_text("Always", exact=True).tap()
    assert phone.evaluate("document.documentElement.dataset.theme") == "dark"
    expect(phone.locator("main")).to_be_visible()
    phone.reload()
    heading(phone, "Joe")
    assert phone.evaluate("document.documentElement.dataset.theme") == "dark"
    phone.get_by_text("From 9 PM", exact=True).tap()
    for hour, theme in ((22, "dark"), (12, "light")):
        phone.add_init_script(f"Date.prototype.getHours = () => {hour}")
        phone.reload()
        assert phone.evaluate("document.documentElement.dataset.theme") == theme


def test_an_offer_by_keyboard_and_without_motion(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    phone = phone_of(open_page, peers[0], reduced_motion="reduce", forced_colors="active")
    ask(town)
    expect(phone.locator("#offer-title")).to_be_focused()
    phone.keyboard.press("Tab")
    expect(phone.get_by_role("button", name="I can go")).to_be_focused()
    picture(phone, "peer-offer-forced-colors")
    phone.keyboard.press("Enter")
    heading(phone, "You said yes")
    expect(phone.locator("h1")).to_be_focused()


def test_an_offer_is_one_small_fetch(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    phone = phone_of(open_page, peers[0])
    phone.evaluate("navigator.serviceWorker.ready.then(() => true)")
    ask(town)
    heading(phone, "Someone would like a peer")
    asked: list[str] = []
    phone.on("request", lambda call: asked.append(call.url.removeprefix(town.url)))
    phone.reload()
    heading(phone, "Someone would like a peer")
    calls = [one for one in asked if one.startswith("/api/")]
    assert calls[0] == "/api/v1/phone"
    answer = phone.evaluate("fetch('/api/v1/phone').then((one) => one.text())")
    assert len(answer) < 5_000
    shown = phone.evaluate("performance.now()")
    assert timedelta(milliseconds=shown) < timedelta(seconds=5)
