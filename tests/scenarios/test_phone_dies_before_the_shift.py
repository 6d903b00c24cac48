"""Marcus' phone died at home: his shift finds it out, and no wave waits for him."""

from notifications import devices
from notifications.channels.base import Outcome, Result
from notifications.models import Kind
from server import reach, shifts
from server.directory import DispatchDirectory
from tests.harness.story import STILL_OPEN, WANTED, Story
from tests.scenarios.cast import Cast

QUIET_TEST = "Your alerts work"
DEAD = Outcome(Result.DEAD_ADDRESS, "UNREGISTERED")


def test_phone_dies_before_the_shift(story: Story, cast: Cast) -> None:
    story.db.before_commit.append(shifts.plan(DispatchDirectory(), {Kind.FCM}))
    marcus, dana, sam, lee = cast.peers("Marcus T.", "Dana W.", "Sam B.", "Lee K.", on_duty=False)
    story.phones.script(marcus.name, DEAD)
    for one in (marcus, dana, sam, lee):
        story.on_duty(one)  # the test of his shift finds that nobody is at the address
    story.expect(QUIET_TEST, dana, sam, lee)

    request = story.ask(cast.nurse)
    story.expect(WANTED, dana, sam, lee)
    assert story.asked(request) == ["Dana W.", "Lee K.", "Sam B."], "the next best in his place"
    assert story.snapshot(request)["eligible"] == 3, "he is no cover"
    assert "offer_unreachable" not in story.facts(request)


def test_a_phone_that_falls_silent_in_the_shift(story: Story, cast: Cast) -> None:
    """No address was ever given; the app was open, and is closed now."""
    (dana,) = cast.peers("Dana W.")
    marcus = cast.peers("Marcus T.")[0]
    story.forward(91)
    with story.db.transaction() as tx:
        (phone,) = devices.list_active(tx, marcus.id)
        devices.remove(tx, phone)
    assert reach.look(story.db, {Kind.FCM}) == 1
    request = story.ask(cast.nurse)
    story.expect(WANTED, dana)
    assert story.asked(request) == ["Dana W."]
    story.forward(20)
    story.expect(STILL_OPEN, dana)
