"""The only peer's shift ends while the search runs: the offer ends, a newcomer is asked at once."""

from datetime import timedelta

from tests.harness.story import CLOSED, NEEDS_YOU, STILL_OPEN, WANTED, Story
from tests.scenarios.cast import Cast


def test_shift_ends(story: Story, cast: Cast) -> None:
    (marcus,) = cast.peers("Marcus T.", on_duty=False)
    story.on_duty(marcus, until=story.clock.now() + timedelta(minutes=20))
    request = story.ask(cast.nurse)
    story.expect(WANTED, marcus)
    story.forward(360)
    story.expect(STILL_OPEN, marcus)
    story.expect(NEEDS_YOU, cast.manager)
    story.expect(NEEDS_YOU, cast.manager)
    story.forward(14 * 60)
    story.expect(CLOSED, marcus)
    assert story.asked(request) == []
    assert story.snapshot(request)["state"] == "escalated"

    (dana,) = cast.peers("Dana W.")
    story.expect(WANTED, dana)
    story.accept(dana, request)
    assert story.snapshot(request)["owner"]["name"] == "Dana W."


def test_goes_off_duty_with_a_ringing_phone(story: Story, cast: Cast) -> None:
    marcus, dana, sam, lee = cast.peers("Marcus T.", "Dana W.", "Sam B.", "Lee K.")
    request = story.ask(cast.nurse)
    story.expect(WANTED, marcus, dana, sam)
    for one in (marcus, dana, sam):
        story.off_duty(one)
        story.expect(CLOSED, one)
    story.expect(WANTED, lee)  # nobody is awaited any more: the next wave is early
    assert story.asked(request) == ["Lee K."]
