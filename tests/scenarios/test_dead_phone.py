"""Marcus' phone is dead: he is not waited for, and is asked again when his app is back."""

from dispatch.actions import staff
from notifications.channels.base import Outcome, Result
from tests.harness.story import ENDED, STILL_OPEN, WANTED, Story
from tests.scenarios.cast import Cast

DEAD = Outcome(Result.DEAD_ADDRESS, "UNREGISTERED")


def test_dead_phone(story: Story, cast: Cast) -> None:
    marcus, dana, sam, lee = cast.peers("Marcus T.", "Dana W.", "Sam B.", "Lee K.")
    for one in (marcus, dana, sam):
        story.phones.script(one.name, DEAD)
    request = story.ask(cast.nurse)
    story.expect(WANTED, lee)  # the whole first wave is silent: the second goes at once
    assert story.facts(request).count("offer_unreachable") == 3
    assert story.asked(request) == ["Dana W.", "Lee K.", "Marcus T.", "Sam B."]

    story.forward(30)
    story.expect(STILL_OPEN, lee)
    story.accept(marcus, request)  # the app was opened all the same
    story.expect(ENDED, lee)
    assert story.snapshot(request)["owner"]["name"] == "Marcus T."


def test_who_cannot_be_reached_is_not_asked(story: Story, cast: Cast) -> None:
    marcus, dana = cast.peers("Marcus T.", "Dana W.")
    story.phones.script(marcus.name, DEAD)
    first = story.ask(cast.nurse)
    story.expect(WANTED, dana)
    story.do(staff.cancel, cast.nurse, first, "mistake")
    story.expect(ENDED, dana)

    second = story.ask(cast.nurse)
    story.expect(WANTED, dana)
    assert story.asked(second) == ["Dana W."]
    story.on_duty(marcus)  # the app is back, and with it the peer
    story.forward(30)
    story.expect(STILL_OPEN, dana)
    assert story.asked(second) == ["Dana W."], "the first wave awaits an answer"
