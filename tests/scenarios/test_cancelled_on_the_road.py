"""The person leaves while Marcus drives: he is told to turn around, and is free at once."""

from dispatch.actions import staff, visits
from tests.harness.story import ENDED, TAKEN, TURN_AROUND, WANTED, Story
from tests.scenarios.cast import Cast


def test_cancelled_on_the_road(story: Story, cast: Cast) -> None:
    marcus, dana = cast.peers("Marcus T.", "Dana W.")
    request = story.ask(cast.nurse)
    story.expect(WANTED, marcus, dana)
    visit = story.accept(marcus, request)
    story.expect(TAKEN, dana)
    story.do(visits.depart, marcus, visit)
    story.forward(60)

    story.do(staff.cancel, cast.nurse, request, "leaving")
    story.expect(TURN_AROUND, marcus)
    snapshot = story.snapshot(request)
    assert (snapshot["state"], snapshot["visit"]["state"]) == ("cancelled", "cancelled")
    assert snapshot["owner"] is None

    again = story.ask(cast.nurse)
    story.expect(WANTED, marcus, dana)
    story.accept(marcus, again)
    story.expect(TAKEN, dana)


def test_cancelled_while_phones_ring(story: Story, cast: Cast) -> None:
    marcus, dana = cast.peers("Marcus T.", "Dana W.")
    request = story.ask(cast.nurse)
    story.expect(WANTED, marcus, dana)
    story.do(staff.cancel, cast.nurse, request, "mistake")
    story.expect(ENDED, marcus, dana)
    story.forward(600, step_s=30)
    assert story.snapshot(request)["state"] == "cancelled"
