"""A peer's evening in taps: asked, on the way, here, with them, the note. And every way out of it."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.phones import (
    ask,
    expect_state,
    heading,
    on_duty,
    phone_of,
    press,
    request_of,
    steps,
    until,
)
from tests.browser.server import Town
from tests.browser.windows import Open


@pytest.fixture
def peers(town: Town) -> Iterator[list[dict[str, Any]]]:
    """Two peers near the first site, available; afterwards nothing is open."""
    found = [user for user in town.users if user["role"] == "peer"][:2]
    on_duty(town, *found)
    yield found
    town.finish_all()
    town.off_duty()


def test_the_whole_case_in_taps(town: Town, peers: list[dict[str, Any]], open_page: Open) -> None:
    phone = phone_of(open_page, peers[0])
    request = ask(town)
    heading(phone, "Someone would like a peer")
    expect(phone.get_by_text("Room 12")).to_have_count(0)
    press(phone, "I can go")
    heading(phone, "You said yes")
    expect(phone.get_by_text("Room 12")).to_be_visible()
    press(phone, "Leave now")
    heading(phone, "On your way")
    expect(phone.get_by_role("link", name="Directions")).to_have_attribute(
        "rel", "noreferrer noopener"
    )
    expect(phone.get_by_role("link", name="Call ED desk")).to_have_attribute(
        "href", "tel:+16145550111"
    )
    press(phone, "I've arrived")
    heading(phone, "You're here")
    press(phone, "I'm with them now")
    heading(phone, "Room 12")
    expect(phone.get_by_text("together, since")).to_be_visible()
    press(phone, "We're finished")
    heading(phone, "How did it go?")
    expect_state(phone, town, request["id"], "completed")
    visit = request_of(town, request["id"])["visit"]["id"]
    for words in ("We talked", "988 card", "Yes, please", "30 days"):
        phone.get_by_text(words, exact=True).tap()
    press(phone, "Steady")
    press(phone, "Finish")
    heading(phone, "Marcus")
    expect(phone.get_by_text("That's all for this one").first).to_be_visible()
    expect(phone.locator(f"a[href$='{visit}']")).to_have_count(0)
    said = until(phone, lambda: town.call(peers[0], "GET", "/check_ins")["items"])
    assert [one["feeling"] for one in said] == ["steady"]
    assert visit not in {one["visit_id"] for one in phone_answer(town, peers[0])["notes_due"]}
    phone.get_by_role("link", name="Me", exact=True).tap()
    expect(phone.get_by_role("heading", name="had you beside them")).to_be_visible()


def test_not_this_time_and_wait_i_can_go(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    phone = phone_of(open_page, peers[0])
    request = ask(town)
    press(phone, "Not this time")
    sheet = phone.get_by_role("dialog", name="Not this time")
    sheet.get_by_role("button", name="Too far for me").tap()
    expect(sheet.get_by_role("button", name="Too far for me")).to_have_attribute(
        "aria-pressed", "true"
    )
    until(phone, lambda: not town.call(peers[0], "GET", "/offers")["items"])
    press(phone, "Wait, I can go")
    heading(phone, "You said yes")
    expect_state(phone, town, request["id"], "accepted")


def test_not_up_to_it_takes_the_peer_off(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    phone = phone_of(open_page, peers[0])
    ask(town)
    press(phone, "Not this time")
    phone.get_by_role("button", name="Not up to it right now").tap()
    press(phone, "Done")
    expect(phone.locator(".duty", has_text="You're off")).to_be_visible()
    assert not town.call(peers[0], "GET", "/duty")["on_duty"]


def test_another_phone_was_quicker(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    first, second = (phone_of(open_page, peer) for peer in peers)
    ask(town)
    heading(first, "Someone would like a peer")
    heading(second, "Someone would like a peer")
    press(first, "I can go")
    heading(first, "You said yes")
    heading(second, "Someone is already on it")
    expect(second.get_by_text("Marcus")).to_have_count(0)
    press(second, "Stay available")
    expect(second.locator(".duty", has_text="You're available")).to_be_visible()


def test_every_step_is_taken_back(town: Town, peers: list[dict[str, Any]], open_page: Open) -> None:
    phone = phone_of(open_page, peers[0])
    request = ask(town)
    press(phone, "I can go")
    press(phone, "Leave now")
    for before, title, words in (
        ("accepted", "You said yes", "Leave now"),
        ("en_route", "On your way", "I've arrived"),
        ("arrived", "You're here", "I'm with them now"),
    ):
        if before != "accepted":
            press(phone, words)
        phone.locator(".toast").get_by_role("button", name="Undo").tap()
        heading(phone, title)
        expect_state(phone, town, request["id"], before)
        press(phone, words)
    heading(phone, "Room 12")
    expect_state(phone, town, request["id"], "in_session")


def test_a_yes_is_taken_back(town: Town, peers: list[dict[str, Any]], open_page: Open) -> None:
    phone = phone_of(open_page, peers[0])
    request = ask(town)
    press(phone, "I can go")
    heading(phone, "You said yes")
    press(phone, "Undo")
    expect(phone.locator(".duty", has_text="You're available")).to_be_visible()
    expect_state(phone, town, request["id"], "searching")


def test_the_nurse_sees_them_first_or_needs_them_no_more(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    phone = phone_of(open_page, peers[0])
    nurse = town.user("staff")
    request = ask(town)
    visit = steps(town, peers[0], request["id"], "depart")
    heading(phone, "On your way")
    town.call(nurse, "POST", f"/visits/{visit}/arrive")
    heading(phone, "You're here")
    town.call(nurse, "POST", f"/requests/{request['id']}/cancel", {"reason": "changed_mind"})
    heading(phone, "This visit has ended")
    expect(phone.get_by_text("They changed their mind. Thank you for going.")).to_be_visible()
    press(phone, "Stay available")
    expect(phone.locator(".duty", has_text="You're available")).to_be_visible()


def test_help_hands_over_and_ends_kindly(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    phone = phone_of(open_page, peers[0])
    request = ask(town)
    steps(town, peers[0], request["id"], "depart", "arrive", "start")
    heading(phone, "Room 12")
    press(phone, "Need help")
    phone.get_by_role("button", name="I don't feel safe").tap()
    expect(phone.get_by_role("link", name="Call 911")).to_have_attribute("href", "tel:911")
    press(phone, "Back to the visit")
    press(phone, "Need help")
    phone.get_by_role("button", name="Hand over to another peer").tap()
    press(phone, "Hand over and go")
    heading(phone, "How did it go?")
    after = request_of(town, request["id"])
    assert (after["state"], after["priority"]) == ("searching", "continuing")
    press(phone, "Finish later")
    expect(phone.get_by_text("One short note to finish").first).to_be_visible()


def test_they_changed_their_mind_ends_it_and_asks_nobody_else(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    phone = phone_of(open_page, peers[0])
    request = ask(town)
    steps(town, peers[0], request["id"], "depart", "arrive")
    heading(phone, "You're here")
    press(phone, "Need help")
    phone.get_by_role("button", name="They changed their mind").tap()
    press(phone, "End it here")
    heading(phone, "How did it go?")
    expect(phone.get_by_role("checkbox", name="They changed their mind")).to_be_checked()
    expect_state(phone, town, request["id"], "completed")


def test_a_remote_visit_has_no_journey(
    town: Town, peers: list[dict[str, Any]], open_page: Open
) -> None:
    phone = phone_of(open_page, peers[0])
    ask(town, modality="video")
    press(phone, "I can talk now")
    heading(phone, "You said yes")
    press(phone, "I'm with them now")
    heading(phone, "Room 12")


def test_duty_is_changed_at_home(town: Town, open_page: Open) -> None:
    peer = town.user("peer", 3)
    town.call(peer, "PUT", "/duty", {"on_duty": False, "modalities": []})
    phone = phone_of(open_page, peer)
    press(phone, "I'm available")
    expect(phone.locator(".duty", has_text="You're available")).to_be_visible()
    phone.get_by_text("Video, phone", exact=True).tap()
    until(phone, lambda: "in_person" not in duty(town, peer)["modalities"])
    press(phone, "Change end")
    phone.get_by_text("In 4 hours").tap()
    expect(phone.get_by_text("or when you say")).to_be_visible()
    assert duty(town, peer)["until"] is not None
    press(phone, "Take 30 min")
    expect(phone.get_by_text("On a break until")).to_be_visible()
    assert not duty(town, peer)["on_duty"]


def duty(town: Town, peer: dict[str, Any]) -> dict[str, Any]:
    """The peer's duty as the server has it."""
    found: dict[str, Any] = town.call(peer, "GET", "/duty")
    return found


def phone_answer(town: Town, peer: dict[str, Any]) -> dict[str, Any]:
    """What the server tells the peer's phone."""
    found: dict[str, Any] = town.call(peer, "GET", "/phone")
    return found
