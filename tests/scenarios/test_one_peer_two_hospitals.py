"""Two hospitals ask; the peer in between is asked by one at a time and goes to one only."""

import pytest

from dispatch.actions import visits
from dispatch.errors import Gone
from dispatch.states import Role
from tests.harness.story import CLOSED, STILL_OPEN, TAKEN, WANTED, Story
from tests.scenarios.cast import Cast


def test_one_peer_two_hospitals(story: Story, cast: Cast) -> None:
    second_site = story.site(cast.admin, "Olentangy General", km_north=4)
    nadia = story.user(cast.admin, "Nadia Q.", Role.STAFF, second_site)
    marcus, dana = cast.peers("Marcus T.", "Dana W.")

    first = story.ask(cast.nurse)
    story.expect(WANTED, marcus, dana)
    second = story.ask(nadia)
    assert story.asked(second) == [], "both are being asked by the first hospital"
    story.forward(180)
    story.expect(STILL_OPEN, marcus, dana)
    story.expect("A request needs you", cast.manager)
    story.expect("A request needs you", cast.manager)
    story.expect(WANTED, marcus, dana)
    assert story.asked(second) == ["Dana W.", "Marcus T."], "an unanswered offer blocks 3 min"

    visit = story.accept(marcus, first)
    story.expect(TAKEN, dana)
    story.expect(CLOSED, marcus)  # of the second hospital: he is busy now
    assert story.asked(second) == ["Dana W."]
    with pytest.raises(Gone):
        story.accept(marcus, second)
    story.accept(dana, second)
    story.do(visits.arrive, cast.nurse, visit)
    assert story.snapshot(first)["state"] == "arrived"
    assert story.snapshot(second)["owner"]["name"] == "Dana W."
