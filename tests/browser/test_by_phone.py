"""A visit by telephone on both screens: called, not picked up, called again, on the line, finished."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.looking import accessible, fits, picture
from tests.browser.phones import SITE, ask, phone_of, press, request_of, steps, until
from tests.browser.server import Town
from tests.browser.server import town as start_town
from tests.browser.windows import Open
from tests.harness.twilio import Sent, TwilioServer
from tests.harness.twilio_bridge import Bridge, newest

PEERS, BEDSIDE = "+16145550188", "+16145550177"


@pytest.fixture(scope="module")
def twilio() -> Iterator[TwilioServer]:
    """The provider of calls."""
    with TwilioServer() as server:
        yield server


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, twilio: TwilioServer) -> Iterator[Town]:
    """A town that can call."""
    with start_town(tmp_path_factory.mktemp("phone"), VOICE_BASE_URL=twilio.url) as place:
        yield place


@pytest.fixture
def peer(town: Town) -> Iterator[dict[str, Any]]:
    """A peer who allows calls; afterwards nothing is open."""
    someone = town.user("peer", 3)
    sent = {"kind": "voice", "address": PEERS, "platform": "phone"}
    town.call(someone, "POST", "/devices", sent, status=201)
    town.off_duty()
    town.on_duty(someone, "phone", at=(SITE[0] + 0.02, SITE[1] + 0.01))
    yield someone
    town.finish_all()
    town.off_duty()


def test_peer_and_nurse_are_put_through_and_see_no_number(
    town: Town, twilio: TwilioServer, peer: dict[str, Any], open_page: Open
) -> None:
    def ours() -> list[Sent]:
        return [one for one in twilio.sent if (one.what, one.to) == ("Calls", PEERS)]

    def rung(times: int) -> Bridge:
        until(phone, lambda: len(ours()) == times)
        return newest(twilio)

    request = ask(town, modality="phone", place="Room 7")
    steps(town, peer, request["id"])
    name = peer["name"].split()[0]
    desk = open_page(
        f"/ed/requests/{request['id']}", town.user("staff"), allowed_errors=("status of 422",)
    )
    card = desk.locator("[data-call]")
    expect(card.get_by_role("button", name="Talk by phone")).to_be_visible()
    phone = phone_of(open_page, peer)
    called = phone.locator("[data-call]")
    expect(called).to_contain_text("Neither of you sees the other's number.")
    fits(phone)
    accessible(phone)

    press(phone, "Call now")
    expect(called).to_contain_text("Pick up and press 1.")
    expect(card).to_contain_text(f"Your phone rings once {name} has picked up.")
    first = rung(1)
    first.ring()
    first.hang_up("no-answer")
    expect(called).to_contain_text("Your phone rang and wasn't picked up")
    expect(card).to_contain_text(f"{name}'s phone rang and wasn't picked up")
    expect(called.get_by_role("link", name="ED desk")).to_have_attribute(
        "href", f"tel:{request['site']['desk_phone']}"
    )
    fits(phone)
    picture(phone, "peer-by-phone")

    # With the keyboard: the telephone at the bedside, first one that is none.
    card.get_by_role("button", name="Ring at the bedside instead").press("Enter")
    number = card.get_by_label("Phone at the bedside")
    number.fill("911")
    number.press("Enter")
    expect(card.get_by_text("Write it like 614-555-0142")).to_be_visible()
    accessible(desk)
    number.fill("(614) 555-0177")
    number.press("Enter")
    expect(card).to_contain_text("The phone at the bedside rings, not the desk's.")

    press(phone, "Call again")
    second = rung(2)
    second.ring()
    second.pick_up()
    second.press("1")
    assert second.other is not None
    assert second.other.number == BEDSIDE
    expect(called).to_contain_text("The phone at the bedside is ringing.")
    expect(card).to_contain_text(f"{name} is on the line")
    second.other_picks_up()
    second.other_presses("1")
    expect(called).to_contain_text("You're on the line together")
    expect(card).to_contain_text(f"On the line with {name}")
    expect(phone.get_by_role("button", name="We're finished")).to_be_visible()
    picture(desk, "ed-by-phone")
    accessible(desk)
    assert request_of(town, request["id"])["state"] == "in_session"

    second.other_ends()
    for shown in (called, card):
        expect(shown).to_contain_text("Did the call end?")
    accessible(phone)
    fits(phone)
    for page in (phone, desk):
        for secret in (PEERS, BEDSIDE):
            assert secret.removeprefix("+1") not in page.content().replace("-", "")
    press(phone, "We're finished")
    until(phone, lambda: request_of(town, request["id"])["state"] == "completed")
