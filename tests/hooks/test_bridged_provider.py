"""A bridged call and its provider: answers that are lost, refusals, news that never come.

Whatever happens, one press never rings twice.
"""

import pytest

from notifications.calls.models import JobState
from tests.harness.twilio import RESET_AFTER_TAKING, refused
from tests.harness.twilio_bridge import newest
from tests.hooks.calling import DESK, MARCUS, talk
from tests.hooks.conftest import Town

SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
BYE = "Goodbye."


def test_an_answer_that_was_lost_does_not_ring_twice(town: Town) -> None:
    """The provider made the call and its answer never came: it is asked, and nothing rings again."""
    call = talk(town)
    town.twilio.script(MARCUS, RESET_AFTER_TAKING)
    call.press()
    call.caller.tick()
    assert call.job.state is JobState.UNKNOWN
    call.turn(5)
    assert (call.job.state, call.job.detail) == (JobState.LIVE, "TAKEN_BEFORE")
    call.turn(61)
    assert call.rings == 1
    newest(town.twilio).talk()
    assert call.state == "connected"


@SQLITE
def test_news_of_a_call_whose_answer_was_lost_are_believed(town: Town) -> None:
    call = talk(town)
    town.twilio.script(MARCUS, RESET_AFTER_TAKING)
    call.press()
    call.caller.tick()
    bridge = newest(town.twilio)
    bridge.ring()
    assert (call.job.state, call.job.sid) == (JobState.LIVE, bridge.call.sid)
    listings = town.twilio.listings
    call.turn(5)
    assert (call.rings, town.twilio.listings) == (1, listings)


@SQLITE
def test_a_call_that_was_never_made_is_made_once_more_and_then_is_over(town: Town) -> None:
    """The process died between its note and the first byte: the provider knows nothing of it."""
    call = talk(town)
    town.twilio.script(MARCUS, refused(0, 0), refused(0, 0))
    call.press()
    call.caller.tick()
    assert (call.job.state, call.rings) == (JobState.UNKNOWN, 0)
    call.turn(5)
    call.turn()
    assert len(town.twilio.tried) == 2
    call.turn(5)
    call.turn()
    assert (len(town.twilio.tried), call.rings) == (2, 0)
    assert call.reason == "failed"


@SQLITE
def test_nothing_rings_while_the_provider_cannot_be_asked(town: Town) -> None:
    call = talk(town)
    town.twilio.script(MARCUS, RESET_AFTER_TAKING)
    town.twilio.list_answers.extend([refused(0, 503)] * 30)
    call.press()
    for _ in range(20):
        call.turn(5)
    assert call.rings == 1
    assert call.reason == "failed"
    bridge = newest(town.twilio)
    assert (
        "Hangup"
        in town.twilio.post(str(bridge.call.fields["Url"]), {"CallSid": bridge.call.sid}).text
    ), "it rings late, and nobody is asked anything"


@SQLITE
@pytest.mark.parametrize(
    "code, status, reason",
    [(21211, 400, "no_number"), (20003, 401, "away"), (20429, 429, "away"), (0, 503, "away")],
)
def test_a_provider_that_says_no_is_said_at_once(
    town: Town, code: int, status: int, reason: str
) -> None:
    call = talk(town)
    town.twilio.script(MARCUS, refused(code, status))
    call.press()
    call.caller.tick()
    assert call.reason == reason
    assert call.rings == 0
    shown = call.view()
    assert shown["desk_phone"] == DESK
    if status == 401:
        # The circuit is open: the number is shown before anybody presses.
        assert shown["why_not"] == "away"
        call.press(status=409)
    if reason == "no_number":
        assert shown["why_not"] == "no_number", "offers do not ring there any more either"


@SQLITE
def test_what_was_pressed_and_taken_back_does_not_ring(town: Town) -> None:
    call = talk(town)
    call.press()
    answer = call.http("POST", f"/visits/{call.visit}/call/stop", call.peer, {})
    assert answer.json()["call"]["reason"] == "stopped"
    call.turn()
    assert call.rings == 0
    bridge = call.called()
    bridge.ring()
    call.http("POST", f"/visits/{call.visit}/call/stop", town.nurse, {})
    call.turn()
    assert town.twilio.hung_up == [bridge.call.sid]


@SQLITE
def test_news_that_were_lost_are_caught_up_with(town: Town) -> None:
    """No web process listened when the call ended: the provider is asked every minute."""
    call = talk(town)
    bridge = call.called()
    bridge.talk()
    bridge.call.status = "completed"
    call.turn(61)
    assert call.reason == "hung_up"
    assert call.job.state is JobState.DONE


@SQLITE
def test_a_call_of_which_nothing_is_heard_is_over_some_time(town: Town) -> None:
    call = talk(town)
    call.called()
    for _ in range(4):
        call.turn(46)
    call.turn()
    assert call.reason == "failed"
    assert len(town.twilio.hung_up) == 1
