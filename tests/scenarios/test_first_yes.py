"""A nurse asks, three phones ring, Marcus says yes, comes, talks and finishes."""

from dispatch.actions import peers, visits
from tests.harness.story import STILL_OPEN, TAKEN, WANTED, Story
from tests.scenarios.cast import Cast


def test_first_yes(story: Story, cast: Cast) -> None:
    marcus, dana, sam, lee = cast.peers("Marcus T.", "Dana W.", "Sam B.", "Lee K.")

    request = story.ask(cast.nurse)
    story.expect(WANTED, marcus, dana, sam)
    assert story.snapshot(request)["owner"] == {"kind": "engine", "name": "Alongside"}

    story.forward(21)
    story.expect(STILL_OPEN, marcus, dana, sam)
    offer = story.offer_of(marcus, request)
    assert offer is not None
    story.do(peers.see, marcus, offer.id)
    visit = story.accept(marcus, request)
    story.expect(TAKEN, dana, sam)
    assert story.snapshot(request)["owner"]["name"] == "Marcus T."
    assert story.offer_of(lee, request) is None

    story.forward(60)
    story.do(visits.depart, marcus, visit)
    story.forward(600)
    story.do(visits.arrive, marcus, visit)
    story.do(visits.start, marcus, visit)
    story.forward(2100, step_s=60)
    story.do(visits.complete, marcus, visit)

    ended = story.snapshot(request)
    assert (ended["state"], ended["owner"], ended["alarm"]) == ("completed", None, None)
    assert ended["visit"]["peer"]["name"] == "Marcus T."
    assert story.facts(request) == [
        "request_created",
        "wave_sent",
        "offer_made",
        "offer_made",
        "offer_made",
        "offer_seen",
        "offer_accepted",
        "offers_closed",
        "visit_departed",
        "visit_arrived",
        "visit_started",
        "visit_completed",
    ]
