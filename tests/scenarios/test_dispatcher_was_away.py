"""No dispatcher for a while: when one is back, everything that was due happens, once."""

from tests.harness.story import ENDED, NEEDS_YOU, STILL_OPEN, TAKEN, WANTED, Story
from tests.scenarios.cast import Cast


def test_away_for_two_minutes(story: Story, cast: Cast) -> None:
    peers = cast.peers(*(f"P{n} P." for n in range(9)))
    request = story.ask(cast.nurse)
    story.expect(WANTED, *peers[:3])
    story.clock.advance(120)
    story.tick()
    story.expect(STILL_OPEN, *peers[:3])
    story.expect(WANTED, *peers[3:7])
    story.tick()
    assert story.heard() == []
    assert story.snapshot(request)["wave"] == 2


def test_away_for_an_hour(story: Story, cast: Cast) -> None:
    peers = cast.peers(*(f"P{n} P." for n in range(9)))
    request = story.ask(cast.nurse)
    story.expect(WANTED, *peers[:3])
    story.clock.advance(3600)
    story.tick()
    story.expect(WANTED, *peers[3:])
    story.expect(NEEDS_YOU, cast.manager)
    snapshot = story.snapshot(request)
    assert (snapshot["state"], snapshot["asked"]) == ("escalated", 9)
    assert story.heard() == [], "an alert that is an hour old rings nobody"

    story.accept(peers[0], request)
    story.expect(TAKEN, *peers[1:])
    assert ENDED == TAKEN
