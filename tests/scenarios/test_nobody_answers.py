"""Nobody answers: wave after wave, an alarm, a manager owns it, searches again by video, a yes."""

from dispatch.actions import managers, visits
from dispatch.states import Modality
from tests.harness.story import CLOSED, NEEDS_YOU, STILL_OPEN, TAKEN, WANTED, Story
from tests.scenarios.cast import Cast


def test_nobody_answers(story: Story, cast: Cast) -> None:
    far = [
        story.peer(
            cast.admin, f"Far{n} F.", km_north=25.0 + n, modalities=["in_person"], on_duty=False
        )
        for n in range(9)
    ]
    for one in far:
        story.on_duty(one, modalities=[Modality.IN_PERSON])
    vera = story.peer(cast.admin, "Vera V.", modalities=["video"], badges=[], on_duty=False)
    story.on_duty(vera, modalities=[Modality.VIDEO])

    request = story.ask(cast.nurse)
    story.expect(WANTED, *far[:3])
    story.forward(89)
    story.expect(STILL_OPEN, *far[:3])
    assert story.heard() == []
    story.forward(1)
    story.expect(WANTED, *far[3:7])
    story.forward(89)
    story.expect(STILL_OPEN, *far[3:7])
    assert story.snapshot(request)["alarm"] is None
    story.forward(1)
    story.expect(WANTED, *far[7:])
    story.expect(NEEDS_YOU, cast.manager)
    assert story.snapshot(request)["alarm"] == "no_yes_yet"
    assert story.snapshot(request)["asked"] == story.snapshot(request)["eligible"] == 9

    story.forward(180)
    story.expect(STILL_OPEN, *far[7:])
    story.expect(NEEDS_YOU, cast.manager)
    snapshot = story.snapshot(request)
    assert snapshot["state"] == "escalated"
    assert snapshot["owner"] == {"kind": "manager", "id": cast.manager.id, "name": "Renee A."}
    assert len(story.asked(request)) == 9, "who was asked may still say yes"

    story.do(managers.resume, cast.manager, request, video_fallback=True)
    story.expect(CLOSED, *far)
    story.expect(WANTED, *far[:3])
    assert story.snapshot(request)["owner"]["name"] == "Renee A."
    story.forward(90)
    story.expect(STILL_OPEN, *far[:3])
    story.expect(WANTED, *far[3:7])
    assert story.offer_of(vera, request) is None
    story.forward(90)
    story.expect(STILL_OPEN, *far[3:7])
    story.expect(WANTED, *far[7:], vera)
    story.expect(NEEDS_YOU, cast.manager)

    visit = story.accept(vera, request)
    story.expect(TAKEN, *far)
    story.do(visits.start, vera, visit)
    story.forward(1800, step_s=60)
    story.do(visits.complete, vera, visit)
    ended = story.snapshot(request)
    assert (ended["state"], ended["visit"]["modality"]) == ("completed", "video")
