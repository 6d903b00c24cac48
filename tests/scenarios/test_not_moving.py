"""Marcus said yes and does not leave: the manager hears, calls, and somebody else is sent."""

from dispatch.actions import managers, visits
from tests.harness.story import NEEDS_YOU, TAKEN, WANTED, Story
from tests.scenarios.cast import Cast


def test_not_moving(story: Story, cast: Cast) -> None:
    marcus, dana = cast.peers("Marcus T.", "Dana W.")
    request = story.ask(cast.nurse)
    story.expect(WANTED, marcus, dana)
    visit = story.accept(marcus, request)
    story.expect(TAKEN, dana)
    story.forward(299)
    assert story.heard() == []
    story.forward(1)
    story.expect(NEEDS_YOU, cast.manager)
    assert story.snapshot(request)["alarm"] == "not_moving"

    story.do(managers.claim, cast.manager, request)
    assert story.snapshot(request)["alarm"] is None
    story.forward(600)
    assert story.heard() == [], "an alarm is raised once"

    story.do(visits.withdraw, cast.manager, visit, "no answer")
    story.expect(TAKEN, marcus)
    story.expect(WANTED, dana)
    story.do(managers.assign, cast.manager, request, dana.id)
    snapshot = story.snapshot(request)
    assert (snapshot["state"], snapshot["visit"]["peer"]["name"]) == ("accepted", "Dana W.")
    assert snapshot["owner"]["name"] == "Dana W."


def test_late_but_on_the_way(story: Story, cast: Cast) -> None:
    marcus, dana = cast.peers("Marcus T.", "Dana W.")
    request = story.ask(cast.nurse)
    story.expect(WANTED, marcus, dana)
    visit = story.accept(marcus, request)
    story.expect(TAKEN, dana)
    story.forward(310)
    story.expect(NEEDS_YOU, cast.manager)
    story.do(visits.depart, marcus, visit)
    snapshot = story.snapshot(request)
    assert (snapshot["state"], snapshot["alarm"]) == ("en_route", None)
    assert "alarm_ended" in story.facts(request)
