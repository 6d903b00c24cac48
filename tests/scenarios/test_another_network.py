"""The nearest peer belongs to another network: they are never asked, whatever happens."""

from dispatch.actions import managers, staff
from dispatch.states import Role
from tests.harness.story import NEEDS_YOU, STILL_OPEN, WANTED, Story
from tests.scenarios.cast import Cast


def test_another_network(story: Story, cast: Cast) -> None:
    other = story.network("Hocking Valley Peers")
    other_site = story.site(other, "Hocking Valley Medical Center")
    story.user(other, "Otto O.", Role.MANAGER)
    near = story.peer(other, "Near N.", badges=[other_site], km_north=0.5)
    (far,) = cast.peers("Far F.", badges=[])

    request = story.ask(cast.nurse, video_fallback=True)
    story.expect(WANTED, far)  # by video: nobody of this network may enter the hospital
    story.forward(400)
    story.expect(STILL_OPEN, far)
    story.expect(NEEDS_YOU, cast.manager)
    story.expect(NEEDS_YOU, cast.manager)
    story.do(staff.widen, cast.nurse, request)
    story.forward(120)
    story.do(managers.claim, cast.manager, request)
    story.do(staff.close, cast.manager, request, None)
    story.expect("This one is taken care of", far)

    assert story.offer_of(near, request) is None
    assert story.snapshot(request)["eligible"] == 1
    assert story.snapshot(request)["state"] == "unfilled"
