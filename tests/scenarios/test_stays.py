"""Hand over while the first stays: until the next one is there, or they must go, or go on after all."""

from typing import Any

import pytest

from dispatch import queries
from dispatch.access import Actor
from dispatch.actions import managers, staff, stays, visits
from dispatch.errors import Conflict, Invalid
from dispatch.models import Exclusion, Visit
from dispatch.states import Modality
from tests.harness.story import CLOSED, ENDED, NEEDS_YOU, TAKEN, WANTED, Story
from tests.scenarios.cast import Cast
from tests.scenarios.test_help import in_session

COLLEAGUE_IS_THERE = "Your colleague is there"
STILL = "Can you still stay?"
YOU_CAN_GO = "You can go"


def staying(story: Story, cast: Cast) -> tuple[str, str, Actor, Actor]:
    """Marcus handed over and stays; Dana was asked."""
    request, visit = in_session(story, cast)
    marcus, dana = story.actors["Marcus T."], story.actors["Dana W."]
    story.do(visits.hand_over, marcus, visit, stays=True)
    story.expect(WANTED, dana)
    return request, visit, marcus, dana


def stayer(story: Story, request: str) -> dict[str, Any] | None:
    found = story.snapshot(request)["staying"]
    assert found is None or isinstance(found, dict)
    return found


def state_of(story: Story, visit: str) -> tuple[str, str | None]:
    with story.db.read() as tx:
        row = tx.session.get_one(Visit, visit)
        return row.state.value, row.end_reason


def test_the_first_stays_until_the_next_arrives(story: Story, cast: Cast) -> None:
    request, visit, marcus, dana = staying(story, cast)
    snapshot = story.snapshot(request)
    assert (snapshot["state"], snapshot["priority"]) == ("searching", "continuing")
    assert snapshot["visit"] is None
    assert snapshot["staying"]["peer"]["name"] == "Marcus T."
    second = story.accept(dana, request)
    story.do(visits.depart, dana, second)
    assert stayer(story, request) is not None
    other = story.ask(cast.nurse, place="Room 3")
    assert story.snapshot(other)["asked"] == 0, "who stays and who comes are both busy"
    story.do(visits.arrive, dana, second)
    story.expect(COLLEAGUE_IS_THERE, marcus)
    story.heard()
    assert stayer(story, request) is None
    assert state_of(story, visit) == ("handed_over", "relieved")
    story.do(visits.undo, dana, second)
    assert stayer(story, request) is None, "they were told that they can go"
    story.do(staff.cancel, cast.nurse, other, "mistake")
    for title in (WANTED, TAKEN, ENDED, CLOSED, NEEDS_YOU):
        story._unexpected = [one for one in story.heard() if one[1] != title]


def test_they_have_to_go_before_and_the_search_goes_on(story: Story, cast: Cast) -> None:
    request, visit, marcus, dana = staying(story, cast)
    story.do(stays.leave, marcus, visit)
    assert stayer(story, request) is None
    assert state_of(story, visit) == ("handed_over", "left")
    with pytest.raises(Conflict):
        story.do(stays.leave, marcus, visit)
    second = story.accept(dana, request)
    story.do(visits.depart, dana, second)
    assert story.snapshot(request)["visit"]["peer"]["name"] == "Dana W."


def test_staff_let_them_go_and_they_hear_of_it(story: Story, cast: Cast) -> None:
    request, visit, marcus, _ = staying(story, cast)
    story.do(stays.leave, cast.nurse, visit)
    story.expect(YOU_CAN_GO, marcus)
    assert stayer(story, request) is None


def test_they_go_on_after_all_and_nobody_else_need_come(story: Story, cast: Cast) -> None:
    request, visit, marcus, dana = staying(story, cast)
    before = story.snapshot(request)["created_at"]
    story.do(stays.carry_on, marcus, visit)
    story.expect(TAKEN, dana)
    snapshot = story.snapshot(request)
    assert (snapshot["state"], snapshot["staying"], snapshot["created_at"]) == (
        "in_session",
        None,
        before,
    )
    assert snapshot["visit"]["id"] == visit
    assert snapshot["visit"]["started_at"] is not None
    with story.db.read() as tx:
        assert tx.session.query(Exclusion).count() == 0
    story.do(visits.complete, marcus, visit)


def test_once_somebody_said_yes_they_come(story: Story, cast: Cast) -> None:
    request, visit, marcus, dana = staying(story, cast)
    story.accept(dana, request)
    with pytest.raises(Conflict):
        story.do(stays.carry_on, marcus, visit)
    assert stayer(story, request) is not None


def test_asked_after_half_an_hour_and_once_more(story: Story, cast: Cast) -> None:
    request, visit, marcus, dana = staying(story, cast)
    second = story.accept(dana, request)
    story.do(visits.depart, dana, second)
    story.forward(1799)
    story.heard().clear()
    assert stayer(story, request)["asked_at"] is None  # type: ignore[index]
    story.forward(1)
    story.expect(STILL, marcus)
    assert stayer(story, request)["ends_at"] is not None  # type: ignore[index]
    story.do(stays.still, marcus, visit)
    assert stayer(story, request)["asked_at"] is None  # type: ignore[index]
    story.forward(1800)
    story.heard().remove(("Marcus T.", STILL))
    story.forward(600)
    story.heard().remove(("Marcus T.", YOU_CAN_GO))
    story.heard().clear()
    assert state_of(story, visit) == ("handed_over", "no_answer")


def test_it_ends_with_the_request(story: Story, cast: Cast) -> None:
    request, visit, marcus, dana = staying(story, cast)
    story.do(staff.cancel, cast.nurse, request, "leaving")
    story.expect(ENDED, marcus, dana)
    assert state_of(story, visit) == ("handed_over", "cancelled")
    with story.db.read() as tx:
        facts = [one.type.value for one in queries.facts_after(tx, request, 0, 100)]
    assert facts.index("stay_ended") < facts.index("request_cancelled")


def test_who_stays_is_not_assigned_and_a_video_visit_ends_it_when_connected(
    story: Story, cast: Cast
) -> None:
    marcus, dana = cast.peers("Marcus T.", "Dana W.")
    request = story.ask(cast.nurse, modality=Modality.VIDEO)
    story.expect(WANTED, marcus, dana)
    visit = story.accept(marcus, request)
    story.expect(TAKEN, dana)
    story.do(visits.start, marcus, visit)
    story.do(visits.hand_over, marcus, visit, "tired", stays=True)
    story.expect(WANTED, dana)
    with pytest.raises(Invalid):
        story.do(managers.assign, cast.manager, request, marcus.id, None)
    second = story.accept(dana, request)
    assert stayer(story, request) is not None, "said yes is not connected yet"
    story.do(visits.start, dana, second)
    assert stayer(story, request) is None
    story.expect(COLLEAGUE_IS_THERE, marcus)
