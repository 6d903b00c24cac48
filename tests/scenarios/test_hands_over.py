"""In the middle of a conversation Marcus must stop: another peer continues it."""

from dispatch.actions import visits
from tests.harness.story import TAKEN, WANTED, Story
from tests.scenarios.cast import Cast


def test_hands_over(story: Story, cast: Cast) -> None:
    marcus, dana = cast.peers("Marcus T.", "Dana W.")
    request = story.ask(cast.nurse)
    story.expect(WANTED, marcus, dana)
    visit = story.accept(marcus, request)
    story.expect(TAKEN, dana)
    story.do(visits.arrive, marcus, visit)
    story.do(visits.start, marcus, visit)
    story.forward(1200, step_s=60)

    story.do(visits.hand_over, marcus, visit)
    story.expect(WANTED, dana)
    snapshot = story.snapshot(request)
    assert (snapshot["state"], snapshot["priority"]) == ("searching", "continuing")
    second = story.accept(dana, request)
    story.do(visits.arrive, dana, second)
    story.do(visits.start, dana, second)
    story.do(visits.complete, dana, second)
    assert story.snapshot(request)["state"] == "completed"
    assert story.facts(request).count("visit_started") == 2
