"""Everybody says not this time: each wave comes early, then a manager hears within seconds."""

from tests.harness.story import NEEDS_YOU, WANTED, Story
from tests.scenarios.cast import Cast


def test_everybody_declines(story: Story, cast: Cast) -> None:
    peers = cast.peers(*(f"P{n} P." for n in range(9)))
    request = story.ask(cast.nurse)
    story.expect(WANTED, *peers[:3])

    story.forward(5)
    for one in peers[:2]:
        story.decline(one, request)
    assert story.heard() == [], "one answer is still awaited"
    story.decline(peers[2], request)
    story.expect(WANTED, *peers[3:7])
    story.forward(5)
    for one in peers[3:7]:
        story.decline(one, request)
    story.expect(WANTED, *peers[7:])
    for one in peers[7:]:
        story.decline(one, request)

    assert story.snapshot(request)["state"] == "searching"
    story.forward(19)
    assert story.heard() == []
    story.forward(1)
    story.expect(NEEDS_YOU, cast.manager)
    snapshot = story.snapshot(request)
    assert (snapshot["state"], snapshot["owner"]["name"]) == ("escalated", "Renee A.")
    assert (snapshot["asked"], snapshot["eligible"]) == (9, 9)


def test_a_no_can_be_taken_back_while_it_is_open(story: Story, cast: Cast) -> None:
    marcus, dana = cast.peers("Marcus T.", "Dana W.")
    request = story.ask(cast.nurse)
    story.expect(WANTED, marcus, dana)
    story.decline(marcus, request)
    story.decline(dana, request)
    story.forward(60)
    story.expect(NEEDS_YOU, cast.manager)

    story.accept(marcus, request)
    assert story.snapshot(request)["owner"]["name"] == "Marcus T."
    assert story.heard() == []
