"""A visit needs more: the nurse comes to the bedside, a supervisor calls; and nobody answers."""

from typing import Any

import pytest

from dispatch.actions import needs, people, staff, visits
from dispatch.errors import Conflict, Forbidden
from dispatch.help_calls import HelpKind, calls_of
from dispatch.models import User, Visit
from dispatch.states import Role
from notifications.models import Kind
from tests.harness.story import Story
from tests.scenarios.cast import Cast
from tests.scenarios.test_help import in_session

NURSE, SUPERVISOR = HelpKind.NURSE, HelpKind.SUPERVISOR
ASKED_FOR = "You are asked for"
NO_NURSE = "No one at the ED has answered"
TO_TALK = "A peer would like to talk"
STILL_TO_TALK = "A peer still would like to talk"


def shown(story: Story, request: str) -> list[dict[str, Any]]:
    """For whom the visits of the request call."""
    found = story.snapshot(request)["needs"]
    assert isinstance(found, list)
    return found


def reasons(story: Story, request: str) -> list[str | None]:
    """How each call ended, oldest first."""
    with story.db.read() as tx:
        return [one.end_reason for one in calls_of(tx, request)]


def test_the_nurse_is_called_and_says_who_is_coming(story: Story, cast: Cast) -> None:
    request, visit = in_session(story, cast)
    marcus = story.actors["Marcus T."]
    story.do(needs.call, marcus, visit, NURSE)
    story.expect(ASKED_FOR, cast.nurse)
    (need,) = shown(story, request)
    assert (need["kind"], need["by"]["name"], need["held_by"]) == ("nurse", "Marcus T.", None)
    story.do(needs.call, marcus, visit, NURSE)
    assert story.heard() == [], "pressed twice it is one call"
    story.do(needs.hold, cast.nurse, request, NURSE)
    assert shown(story, request)[0]["held_by"]["name"] == cast.nurse.name
    story.forward(600)
    assert story.heard() == [], "somebody is coming: no manager hears of it"
    story.do(needs.done, cast.nurse, request, NURSE)
    assert shown(story, request) == []
    story.do(needs.call, marcus, visit, NURSE)
    story.expect(ASKED_FOR, cast.nurse)
    story.do(visits.complete, marcus, visit)
    assert shown(story, request) == [], "nobody need come to a visit that is over"
    assert reasons(story, request) == ["done", "over"]
    with pytest.raises(Conflict):
        story.do(needs.call, marcus, visit, NURSE)


def test_nobody_answers_and_a_manager_hears_of_it(story: Story, cast: Cast) -> None:
    request, visit = in_session(story, cast)
    story.do(needs.call, story.actors["Marcus T."], visit, NURSE)
    story.expect(ASKED_FOR, cast.nurse)
    story.forward(59)
    assert story.heard() == []
    story.forward(1)
    story.expect(NO_NURSE, cast.manager)
    story.do(needs.hold, cast.manager, request, NURSE)
    assert shown(story, request)[0]["held_by"]["name"] == cast.manager.name


def test_who_said_i_am_coming_did_not_come_and_it_rings_anew(story: Story, cast: Cast) -> None:
    request, visit = in_session(story, cast)
    marcus = story.actors["Marcus T."]
    story.do(needs.call, marcus, visit, NURSE)
    story.expect(ASKED_FOR, cast.nurse)
    story.do(needs.hold, cast.nurse, request, NURSE)
    story.forward(61)
    story.do(needs.call, marcus, visit, NURSE)
    story.expect(ASKED_FOR, cast.nurse)
    assert shown(story, request)[0]["held_by"] is None
    story.do(needs.take_back, marcus, visit, NURSE)
    story.forward(120)
    assert story.heard() == []
    assert reasons(story, request) == ["again", "taken_back"]


def test_a_supervisor_on_call_is_first_and_the_wish_outlives_the_visit(
    story: Story, cast: Cast
) -> None:
    sam = story.user(cast.admin, "Sam S.", Role.SUPERVISOR)
    uma = story.user(cast.admin, "Uma K.", Role.SUPERVISOR)
    story.give(sam, Kind.SMS)
    with story.db.transaction() as tx:
        tx.session.get_one(User, sam.id).is_on_call = True
    request, visit = in_session(story, cast)
    marcus = story.actors["Marcus T."]
    story.do(needs.call, marcus, visit, SUPERVISOR)
    story.expect(TO_TALK, sam)
    story.expect("Alongside: a peer would like to talk.", sam, by=Kind.SMS)
    story.do(visits.complete, marcus, visit)
    assert shown(story, request)[0]["kind"] == "supervisor"
    story.forward(60)
    story.expect(STILL_TO_TALK, uma, cast.manager)
    story.do(needs.hold, uma, request, SUPERVISOR)
    story.do(needs.done, uma, request, SUPERVISOR)
    assert shown(story, request) == []
    story.forward(7200)
    with pytest.raises(Conflict):
        story.do(needs.call, marcus, visit, SUPERVISOR)


def test_who_may_answer_and_whom_a_guest_may_call(story: Story, cast: Cast) -> None:
    sam = story.user(cast.admin, "Sam S.", Role.SUPERVISOR)
    request, visit = in_session(story, cast)
    with story.db.transaction() as tx:
        needs.call_as_guest(tx, tx.session.get_one(Visit, visit))
    story.tick()
    story.expect(ASKED_FOR, cast.nurse)
    assert shown(story, request)[0]["by"] == {"kind": "guest"}
    story.do(needs.call, story.actors["Marcus T."], visit, SUPERVISOR)
    story.expect(TO_TALK, sam)
    with pytest.raises(Forbidden):
        story.do(needs.hold, sam, request, NURSE)
    with pytest.raises(Forbidden):
        story.do(needs.hold, cast.nurse, request, SUPERVISOR)
    story.do(needs.hold, cast.nurse, request, NURSE)
    assert [one["held_by"] is None for one in shown(story, request)] == [False, True]
    story.do(needs.hold, sam, request, SUPERVISOR)
    people_now = story.snapshot(request)["needs"]
    story.do(people.update_user, cast.admin, sam.id, {"name": "Samira S."})
    story.do(needs.done, cast.nurse, request, NURSE)
    assert people_now[1]["held_by"]["name"] == "Sam S."
    story.do(visits.hand_over, story.actors["Marcus T."], visit)
    story.forward(1)
    story.heard().clear()
    story.do(staff.cancel, cast.nurse, request, "leaving")
    story.heard().clear()
    assert len(shown(story, request)) == 1
