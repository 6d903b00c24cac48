"""A call between a peer and an ED: from the press to both on the line, and every way it can go wrong."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from dispatch.actions import rooms, staff, visits
from dispatch.actions.rooms import Said
from dispatch.calls import CallEnd
from dispatch.models import Visit
from dispatch.policy import DEFAULT
from dispatch.rooms import SeatState, Side
from dispatch.states import Modality
from notifications.calls.ends import End
from tests.harness.twilio_bridge import newest
from tests.hooks.calling import DESK, MARCUS, talk
from tests.hooks.conftest import Town

SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
BYE = "Goodbye."


def test_from_a_request_by_telephone_to_its_end(town: Town) -> None:
    call = talk(town)
    assert call.view()["call"] is None
    assert call.press()["call"]["state"] == "placed"
    call.caller.tick()
    bridge = newest(town.twilio)
    assert (bridge.call.to, bridge.call.fields["From"]) == (MARCUS, town.twilio.number)
    bridge.ring()
    asks = "This is Alongside, with the call that was asked for. Press 1 to be connected."
    assert bridge.pick_up() == [asks, asks]
    assert not bridge.rings_other, "nobody is rung for a mailbox"
    town.clock.advance(7)
    assert bridge.press("1") == ["One moment, please."]
    assert bridge.other is not None
    assert (bridge.other.number, bridge.other.caller) == (DESK, town.twilio.number)
    assert call.state == "ready"
    bridge.other_picks_up()
    assert town.state(call.request) == "accepted", "picked up is not yet somebody"
    town.clock.advance(5)
    assert bridge.other_presses("1") == []
    assert bridge.is_joined
    assert call.state == "connected"
    assert town.state(call.request) == "in_session"
    metrics = town.wired.metrics.text().decode()
    assert "alongside_phone_connect_seconds_sum 12.0" in metrics

    town.clock.advance(600)
    bridge.other_ends()
    shown = call.view(town.nurse)
    assert (shown["call"]["reason"], shown["calls_left"]) == (
        "hung_up",
        DEFAULT.calls_per_visit - 1,
    )
    assert shown["call"]["ends_at"] is not None, "the screens ask what is next"
    assert town.state(call.request) == "in_session"
    again = call.called(town.nurse)
    again.talk()
    again.hang_up()
    call.turn(DEFAULT.call_end_s - 5)
    assert town.state(call.request) == "in_session"
    call.turn(10)
    assert town.state(call.request) == "completed"
    assert call.facts == [
        "call_placed",
        "call_connected",
        "visit_started",
        "call_ended",
        "call_placed",
        "call_connected",
        "call_ended",
        "visit_completed",
    ]
    assert call.view()["why_not"] == "over"


def test_two_taps_and_two_screens_are_one_call(town: Town) -> None:
    call = talk(town)
    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(call.press, [call.peer, town.nurse] * 2))
    assert len({one["call"]["id"] for one in seen}) == 1
    for _ in range(3):
        call.caller.tick()
    assert call.rings == 1
    assert call.press(town.nurse)["call"]["id"] == seen[0]["call"]["id"]
    assert call.facts == ["call_placed"]
    newest(town.twilio)


@SQLITE
@pytest.mark.parametrize(
    "status, reason",
    [("busy", "busy"), ("no-answer", "no_answer"), ("failed", "failed"), ("completed", "left")],
)
def test_the_peers_telephone_is_not_answered(town: Town, status: str, reason: str) -> None:
    call = talk(town)
    bridge = call.called()
    bridge.ring()
    bridge.hang_up(status)
    assert call.reason == reason
    assert call.view()["why_not"] is None, "again is one press"
    call.turn()
    assert town.twilio.hung_up == []
    assert town.state(call.request) == "accepted"


@SQLITE
@pytest.mark.parametrize("keys", [[""], ["7", ""], ["7", "9"]])
def test_a_mailbox_is_no_yes(town: Town, keys: list[str]) -> None:
    call = talk(town)
    bridge = call.called()
    bridge.ring()
    bridge.pick_up()
    said = [bridge.press(key) for key in keys]
    assert said[-1] == [BYE]
    assert not bridge.rings_other
    assert call.reason == "machine"
    bridge.hang_up()
    assert call.reason == "machine", "what came first stays"


@SQLITE
def test_the_peer_hangs_up_while_the_desk_rings(town: Town) -> None:
    call = talk(town)
    bridge = call.called()
    bridge.ring()
    bridge.pick_up()
    bridge.press("1")
    bridge.hang_up()
    assert call.reason == "left"


@SQLITE
@pytest.mark.parametrize(
    "status, reason",
    [("busy", "other_busy"), ("no-answer", "other_no_answer"), ("failed", "other_failed")],
)
def test_the_desk_does_not_answer(town: Town, status: str, reason: str) -> None:
    call = talk(town)
    bridge = call.called()
    bridge.ring()
    bridge.pick_up()
    bridge.press("1")
    said = bridge.other_ends(status)
    assert said == ["Nobody picked up there. You can call again from the app.", BYE]
    assert call.reason == reason
    assert town.state(call.request) == "accepted"


@SQLITE
def test_a_machine_at_the_desk_is_nobody(town: Town) -> None:
    call = talk(town)
    bridge = call.called()
    bridge.ring()
    bridge.pick_up()
    bridge.press("1")
    bridge.other_picks_up()
    bridge.other_presses("")
    assert not bridge.is_joined
    assert bridge.other_ends()[0].startswith("Nobody picked up there.")
    assert call.reason == "other_machine"
    assert "visit_started" not in call.facts


def test_news_that_are_forged_replayed_late_or_of_another_call_change_nothing(town: Town) -> None:
    call = talk(town)
    bridge = call.called()
    address = str(bridge.call.fields["StatusCallback"])
    news = {"CallSid": bridge.call.sid, "CallStatus": "completed"}
    for signature in ("", "bm9ib2R5"):
        assert town.twilio.post(address, news, signature=signature).status_code == 403
    assert call.reason is None
    bridge.ring()
    # Signed, but about another call: neither ends this one, nor hears the question.
    stranger = {**news, "CallSid": "CA" + 32 * "e"}
    assert town.twilio.post(address, stranger).status_code == 200
    said = town.twilio.post(str(bridge.call.fields["Url"]), stranger).text
    assert "Hangup" in said
    assert "Gather" not in said
    assert call.reason is None
    bridge.pick_up()
    key = bridge._key_to
    # The other leg cannot be spoken for before it rings, or by a call that is not its parent's.
    ours = key.removesuffix("/key")
    early = {"CallSid": "CA" + 32 * "d", "ParentCallSid": bridge.call.sid, "Digits": "1"}
    assert "Hangup" in town.twilio.post(f"{ours}/other/key", early).text
    assert call.state == "placed"
    pressed = {"CallSid": bridge.call.sid, "Digits": "1"}
    assert "Hangup" in town.twilio.post(key, {**pressed, "CallSid": "CA" + 32 * "e"}).text
    assert call.state == "placed"


def test_what_was_said_before_is_not_said_again(town: Town) -> None:
    call = talk(town)
    bridge = call.called()
    bridge.talk()
    assert bridge.other is not None
    ours = str(bridge.call.fields["Url"])
    again = town.twilio.post(f"{ours}/key", {"CallSid": bridge.call.sid, "Digits": "1"})
    assert DESK not in again.text, "a number is handed out once"
    assert call.state == "connected"
    bridge.tell("ringing")
    bridge.tell("in-progress")
    assert call.state == "connected"
    foreign = {"CallSid": "CA" + 32 * "d", "ParentCallSid": bridge.call.sid}
    town.twilio.post(f"{ours}/status?leg=other", {**foreign, "CallStatus": "completed"})
    assert call.state == "connected"
    bridge.hang_up()
    assert call.reason == "hung_up"
    # Late and replayed: a call that is over does not begin again, and is not counted again.
    keyed = {"CallSid": bridge.other.sid, "ParentCallSid": bridge.call.sid, "Digits": "1"}
    assert "Hangup" in town.twilio.post(f"{ours}/other/key", keyed).text
    bridge.tell("completed")
    bridge.tell_other("in-progress")
    assert call.reason == "hung_up"
    assert call.facts.count("call_connected") == call.facts.count("call_ended") == 1


@SQLITE
def test_the_end_of_a_leg_that_comes_before_its_beginning(town: Town) -> None:
    call = talk(town)
    bridge = call.called()
    bridge.tell("completed")
    bridge.tell("ringing")
    assert call.reason == "left"
    assert (
        "Hangup"
        in town.twilio.post(str(bridge.call.fields["Url"]), {"CallSid": bridge.call.sid}).text
    )


def test_a_visit_that_ends_takes_its_call_along(town: Town) -> None:
    call = talk(town)
    bridge = call.called()
    bridge.talk()
    town.do(visits.complete, town.nurse, call.visit)
    call.turn()
    call.turn()
    assert call.reason == "over"
    assert town.twilio.hung_up == [bridge.call.sid]
    assert town.snapshot(call.request)["state"] == "completed"


@SQLITE
def test_a_request_that_is_cancelled_while_it_rings(town: Town) -> None:
    call = talk(town)
    bridge = call.called()
    bridge.ring()
    town.do(staff.cancel, town.nurse, call.request, "mistake")
    said = town.twilio.post(str(bridge.call.fields["Url"]), {"CallSid": bridge.call.sid}).text
    assert "Hangup" in said
    assert "Say" not in said
    call.turn()
    call.turn()
    assert town.twilio.hung_up == [bridge.call.sid]


@SQLITE
def test_a_visit_has_so_many_calls_and_no_more(town: Town) -> None:
    call = talk(town)
    for left in range(DEFAULT.calls_per_visit - 1, -1, -1):
        bridge = call.called()
        bridge.ring()
        bridge.hang_up("no-answer")
        assert call.view()["calls_left"] == left
    assert call.view()["why_not"] == "full"
    assert call.press(status=409)["code"] == "calls_full"


@SQLITE
def test_still_talking_by_other_means(town: Town) -> None:
    call = talk(town)
    bridge = call.called()
    bridge.talk()
    bridge.hang_up()
    answer = call.http("POST", f"/visits/{call.visit}/call/stay", call.peer, {})
    assert answer.json()["call"]["ends_at"] is None
    call.turn(DEFAULT.call_end_s + 60)
    assert town.state(call.request) == "in_session"


def test_a_video_visit_goes_on_by_telephone(town: Town) -> None:
    call = talk(town, Modality.VIDEO)
    tab, other = "tab-of-the-peer", "tab-of-the-bed"
    with town.db.transaction() as tx:
        visit = tx.session.get_one(Visit, call.visit)
        for side, name in ((Side.PEER, tab), (Side.GUEST, other)):
            rooms.enter(tx, visit, side, name)
            rooms.report(tx, visit, side, name, Said(SeatState.CONNECTED))
    assert town.state(call.request) == "in_session"
    with town.db.transaction() as tx:
        visit = tx.session.get_one(Visit, call.visit)
        rooms.leave(tx, visit, Side.PEER, tab, SeatState.GONE)
    bridge = call.called()
    bridge.talk()
    for _ in range(10):
        town.clock.advance(60)
        rooms.tick(town.db)
    assert town.state(call.request) == "in_session", "the empty room means nothing"
    bridge.hang_up()
    call.turn(DEFAULT.call_end_s + 5)
    assert town.state(call.request) == "completed"


@SQLITE
def test_a_word_on_the_way_is_no_conversation(town: Town) -> None:
    call = talk(town, Modality.IN_PERSON)
    bridge = call.called(town.nurse)
    bridge.talk()
    assert bridge.other is not None
    assert bridge.other.number == DESK
    assert town.state(call.request) == "accepted"
    bridge.hang_up()
    assert call.view()["call"]["ends_at"] is None
    call.turn(DEFAULT.call_end_s + 60)
    assert town.state(call.request) == "accepted"


def test_both_floors_name_the_same_ends() -> None:
    assert {end.value for end in End} == {end.value for end in CallEnd} - {"stopped", "over"}
