"""Marcus does not feel safe: everybody who can act is rung, somebody has it, a note ends it."""

from dispatch.actions import help_calls, visits
from dispatch.states import Role
from notifications.models import Kind
from tests.harness.story import TAKEN, WANTED, Story
from tests.scenarios.cast import Cast

CALL_NOW = "Call now"
SMS = "Alongside: call now. A peer asked for help."
VOICE = "This is Alongside. Call now. A peer asked for help."


def in_session(story: Story, cast: Cast) -> tuple[str, str]:
    """Marcus is with the person."""
    marcus, dana = cast.peers("Marcus T.", "Dana W.")
    request = story.ask(cast.nurse)
    story.expect(WANTED, marcus, dana)
    visit = story.accept(marcus, request)
    story.expect(TAKEN, dana)
    for step in (visits.depart, visits.arrive, visits.start):
        story.do(step, marcus, visit)
    return request, visit


def test_a_call_for_help_from_the_press_to_the_note(story: Story, cast: Cast) -> None:
    sam = story.user(cast.admin, "Sam S.", Role.SUPERVISOR)
    story.give(sam, Kind.SMS, Kind.VOICE, Kind.EMAIL)
    request, visit = in_session(story, cast)
    marcus = story.actors["Marcus T."]

    story.do(help_calls.call, marcus, visit)
    story.expect(CALL_NOW, sam, cast.manager, cast.nurse)
    story.expect(SMS, sam, by=Kind.SMS)
    story.expect(VOICE, sam, by=Kind.VOICE)
    story.expect(CALL_NOW, sam, by=Kind.EMAIL)
    story.forward(59)
    assert story.heard() == []
    story.forward(1)
    story.expect(CALL_NOW, sam, cast.manager, cast.nurse)
    story.expect(VOICE, sam, by=Kind.VOICE)

    story.do(help_calls.hold, sam, request)
    story.forward(600)
    assert story.heard() == [], "somebody has it: no more phones ring"
    assert story.snapshot(request)["help"]["held_by"]["name"] == "Sam S."

    story.do(visits.complete, marcus, visit)
    story.forward(3600)
    assert story.snapshot(request)["help"] is not None
    story.do(help_calls.close, sam, request, "Walked to the car together, at home by now.")
    snapshot = story.snapshot(request)
    assert (snapshot["state"], snapshot["help"]) == ("completed", None)
    assert story.heard() == []


def test_nobody_has_it_and_it_rings_three_times(story: Story, cast: Cast) -> None:
    request, visit = in_session(story, cast)
    story.do(help_calls.call, story.actors["Marcus T."], visit)
    for wait_s in (0, 60, 120):
        story.forward(wait_s)
        story.expect(CALL_NOW, cast.manager, cast.nurse)
    story.forward(1200)
    assert story.heard() == []
    assert story.snapshot(request)["help"]["held_by"] is None, "it stands all the same"
