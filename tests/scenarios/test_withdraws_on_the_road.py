"""Marcus is on the road when his car breaks down: the others are asked at once, he is not."""

from dispatch.actions import visits
from tests.harness.story import TAKEN, WANTED, Story
from tests.scenarios.cast import Cast


def test_withdraws_on_the_road(story: Story, cast: Cast) -> None:
    marcus, dana, sam = cast.peers("Marcus T.", "Dana W.", "Sam B.")
    request = story.ask(cast.nurse)
    story.expect(WANTED, marcus, dana, sam)
    visit = story.accept(marcus, request)
    story.expect(TAKEN, dana, sam)
    story.do(visits.depart, marcus, visit)
    story.forward(120)

    story.do(visits.withdraw, marcus, visit, "car")
    story.expect(WANTED, dana, sam)
    snapshot = story.snapshot(request)
    assert (snapshot["state"], snapshot["visit"], snapshot["wave"]) == ("searching", None, 2)
    assert (snapshot["asked"], snapshot["eligible"]) == (3, 3), "who is asked anew counts once"
    assert snapshot["owner"]["kind"] == "engine"

    visit = story.accept(dana, request)
    story.expect(TAKEN, sam)
    story.do(visits.arrive, cast.nurse, visit)
    story.do(visits.start, dana, visit)
    story.do(visits.complete, cast.nurse, visit)
    assert story.snapshot(request)["visit"]["peer"]["name"] == "Dana W."


def test_staff_ask_for_somebody_else(story: Story, cast: Cast) -> None:
    marcus, dana = cast.peers("Marcus T.", "Dana W.")
    request = story.ask(cast.nurse)
    story.expect(WANTED, marcus, dana)
    visit = story.accept(marcus, request)
    story.expect(TAKEN, dana)

    story.do(visits.withdraw, cast.nurse, visit, "ask someone else")
    story.expect(WANTED, dana)
    story.expect(TAKEN, marcus)
    assert story.asked(request) == ["Dana W."]
