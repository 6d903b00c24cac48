"""Nobody answers: who is rung, by which ways, and what stops it."""

from dispatch.actions import managers, staff
from dispatch.models import User
from dispatch.states import Role
from notifications.models import Kind
from tests.harness.story import NEEDS_YOU, STILL_OPEN, WANTED, Story
from tests.scenarios.cast import Cast

SMS = "Alongside: a request needs you. No yes after"


def to_the_alarm(story: Story, cast: Cast) -> str:
    """A request that one peer hears of and leaves unanswered, at the moment of the alarm."""
    (marcus,) = cast.peers("Marcus T.")
    request = story.ask(cast.nurse)
    story.expect(WANTED, marcus)
    story.forward(180)
    story.expect(STILL_OPEN, marcus)
    return request


def test_nobody_answers_and_the_manager_gets_a_text_message(story: Story, cast: Cast) -> None:
    story.give(cast.manager, Kind.SMS, Kind.EMAIL, Kind.VOICE)
    to_the_alarm(story, cast)
    story.expect(NEEDS_YOU, cast.manager)
    story.expect(NEEDS_YOU, cast.manager, by=Kind.EMAIL)
    story.forward(59)
    assert story.heard() == []
    story.forward(1)
    story.expect(f"{SMS} 3 min.", cast.manager, by=Kind.SMS)
    story.forward(119)
    assert story.heard() == [], "an alarm rings once"


def test_taken_and_no_text_message_follows(story: Story, cast: Cast) -> None:
    story.give(cast.manager, Kind.SMS)
    request = to_the_alarm(story, cast)
    story.expect(NEEDS_YOU, cast.manager)
    story.forward(30)
    story.do(managers.claim, cast.manager, request)
    story.forward(149)
    assert story.heard() == []
    story.forward(1)
    story.expect(NEEDS_YOU, cast.manager)
    assert story.snapshot(request)["state"] == "escalated"
    story.do(staff.cancel, cast.nurse, request, "They changed their mind")
    story.forward(60)
    assert [name for name, _ in story.heard()] == ["Marcus T."]
    story.expect("This one is taken care of", story.actors["Marcus T."])


def test_two_managers_and_the_second_hears_only_when_the_first_does_not_act(
    story: Story, cast: Cast
) -> None:
    omar = story.user(cast.admin, "Omar B.", Role.MANAGER)
    with story.db.transaction() as tx:
        tx.session.get_one(User, omar.id).is_on_call = True
    request = to_the_alarm(story, cast)
    story.expect(NEEDS_YOU, omar)
    story.forward(59)
    assert story.heard() == []
    story.forward(1)
    story.expect(NEEDS_YOU, cast.manager)
    story.forward(120)
    story.expect(NEEDS_YOU, omar)
    story.forward(30)
    story.do(managers.claim, omar, request)
    story.forward(300)
    assert story.heard() == []
