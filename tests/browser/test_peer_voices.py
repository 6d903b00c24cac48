"""The peer's own number: told what a yes means, tried, turned off, stopped by a text."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.looking import accessible, fits, picture
from tests.browser.phones import phone_of, press, until
from tests.browser.server import Town
from tests.browser.server import town as start_town
from tests.browser.windows import Open
from tests.harness.twilio import TwilioServer

NUMBER = "+16145550100"


@pytest.fixture(scope="module")
def twilio() -> Iterator[TwilioServer]:
    """The provider of texts and calls."""
    with TwilioServer() as server:
        yield server


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, twilio: TwilioServer) -> Iterator[Town]:
    """A town that can text and call."""
    settings = {"SMS_BASE_URL": twilio.url, "VOICE_BASE_URL": twilio.url}
    with start_town(tmp_path_factory.mktemp("voices"), **settings) as place:
        twilio.hooks = f"{place.url}/hooks"
        yield place


def test_a_peer_turns_texts_and_calls_on_tries_them_and_turns_them_off(
    town: Town, twilio: TwilioServer, open_page: Open
) -> None:
    peer = next(user for user in town.users if user["role"] == "peer")
    phone = phone_of(open_page, peer, "/peer/me")
    card = phone.locator("section", has=phone.get_by_role("heading", name="Texts and calls"))
    texts = card.get_by_role("switch", name="Text me")
    expect(texts).to_have_attribute("aria-checked", "false")
    texts.tap()
    expect(card).to_contain_text("Message and data rates may apply. Text STOP to end")
    press(phone, "Turn on texts")
    expect(card.get_by_text("Type your number with its area code.")).to_be_visible()
    accessible(phone)
    card.get_by_label("Your number").fill("(614) 555-0100")
    picture(phone, "peer-me-voices")
    press(phone, "Turn on texts")
    expect(texts).to_have_attribute("aria-checked", "true")
    kinds = {one["kind"] for one in town.call(peer, "GET", "/devices")["items"]}
    assert "sms" in kinds
    card.get_by_role("button", name="Send me a test text").tap()
    expect(card.get_by_text("A test text is on its way. Reply Y to it.")).to_be_visible()
    line = twilio.phone(NUMBER)
    until(phone, lambda: line.texts)
    line.reply("Y")
    until(phone, lambda: len(line.texts) == 2)
    assert line.texts[-1] == "Thank you. Texts from Alongside reach you."

    card.get_by_role("switch", name="Call me").tap()
    expect(card).to_contain_text("calls with a recorded voice")
    card.get_by_label("Your number").fill("+1 614 555 0100")
    press(phone, "Turn on calls")
    expect(card.get_by_role("switch", name="Call me")).to_have_attribute("aria-checked", "true")
    fits(phone)
    accessible(phone)
    texts.tap()
    expect(texts).to_have_attribute("aria-checked", "false")
    expect(card.get_by_text("Texts are off.")).to_be_visible()
    kinds = {one["kind"] for one in town.call(peer, "GET", "/devices")["items"]}
    assert "sms" not in kinds
    assert "voice" in kinds


def test_texts_and_calls_in_spanish_by_keyboard(town: Town, open_page: Open) -> None:
    peer = [user for user in town.users if user["role"] == "peer"][1]
    phone = phone_of(open_page, peer, "/peer/me", locale="es-US")
    switch = phone.get_by_role("switch", name="Enviarme mensajes")
    switch.focus()
    phone.keyboard.press("Space")
    number = phone.get_by_label("Tu número")
    number.fill("614 555 0177")
    number.press("Enter")
    expect(switch).to_have_attribute("aria-checked", "true")
