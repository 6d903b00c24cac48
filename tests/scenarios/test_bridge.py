"""Marcus is far: until he is there, Rosa is with them by video."""

from typing import Any

import pytest

from dispatch.access import Actor
from dispatch.actions import bridges, duty, help_calls, people, rooms, staff, visits
from dispatch.actions.rooms import Said
from dispatch.errors import Conflict
from dispatch.models import Visit
from dispatch.rooms import SeatState, Side
from dispatch.states import Modality
from tests.harness.story import NEEDS_YOU, TAKEN, TURN_AROUND, WANTED, Story
from tests.scenarios.cast import Cast

RELIEVED = "Your colleague is there"
BY_VIDEO: dict[str, Any] = {"modalities": ["video"], "badges": []}


def far_and_video(
    story: Story, cast: Cast, *names: str, km: float = 38.0
) -> tuple[Actor, list[Actor], str, str]:
    """Marcus, far away, has said yes; the others are there by video. The request, his visit."""
    marcus = story.peer(cast.admin, "Marcus T.", km_north=km)
    others = [
        story.peer(cast.admin, name, on_duty=False, **BY_VIDEO) for name in names or ("Rosa M.",)
    ]
    for other in others:
        story.on_duty(other, modalities=[Modality.VIDEO])
    request = story.ask(cast.nurse)
    story.expect(WANTED, marcus)
    return marcus, others, request, story.accept(marcus, request)


def policy(story: Story, cast: Cast, **values: Any) -> None:
    """The network decides so, before anybody asks."""
    story.do(people.set_policy, cast.admin, values)


def shown(story: Story, request: str) -> tuple[str, str | None, str | None]:
    """The state, and the states of the visit and of the bridge."""
    snapshot = story.snapshot(request)
    visit, bridge = snapshot["visit"], snapshot["bridge"]
    return snapshot["state"], visit and visit["state"], bridge and bridge["state"]


def test_video_until_he_is_there(story: Story, cast: Cast) -> None:
    marcus, [rosa], request, visit = far_and_video(story, cast)
    story.do(visits.depart, marcus, visit)
    story.forward(120)
    assert story.facts(request)[-1] == "visit_departed", "nothing begins by itself by default"

    story.do(bridges.want, cast.nurse, request)
    story.expect(WANTED, rosa)
    assert story.snapshot(request)["bridge_search"]["asked"] == 1
    offer = story.offer_of(rosa, request)
    assert offer is not None
    assert offer.is_bridge
    eta_at = story.snapshot(request)["visit"]["eta_at"]
    assert offer.until_about is not None
    assert offer.until_about.isoformat().startswith(eta_at[:19])

    bridge = story.accept(rosa, request)
    assert shown(story, request) == ("en_route", "en_route", "accepted")
    story.do(visits.start, rosa, bridge)
    assert shown(story, request) == ("en_route", "en_route", "in_session")
    assert story.snapshot(request)["owner"]["name"] == "Marcus T.", "whose request it is stays"

    story.forward(600)
    story.do(visits.arrive, marcus, visit)
    story.expect(RELIEVED, rosa)
    story.do(visits.start, marcus, visit)
    assert shown(story, request) == ("in_session", "in_session", "in_session")
    story.do(visits.complete, rosa, bridge)
    assert shown(story, request) == ("in_session", "in_session", None)
    story.do(visits.complete, marcus, visit)
    assert shown(story, request) == ("completed", "completed", None)
    assert {"bridge_wanted", "bridge_asked", "bridge_relieved"} <= set(story.facts(request))


def test_a_goodbye_that_takes_too_long_ends_by_itself(story: Story, cast: Cast) -> None:
    marcus, [rosa], request, visit = far_and_video(story, cast)
    story.do(bridges.want, cast.nurse, request)
    story.expect(WANTED, rosa)
    story.do(visits.start, rosa, story.accept(rosa, request))
    story.do(visits.arrive, cast.nurse, visit)
    story.expect(RELIEVED, rosa)
    story.do(visits.start, marcus, visit)
    story.forward(599)
    assert shown(story, request)[2] == "in_session"
    story.forward(2)
    assert shown(story, request) == ("in_session", "in_session", None)
    story.expect(TAKEN, rosa)
    story.do(visits.complete, cast.nurse, visit)


def test_he_is_there_before_video_is(story: Story, cast: Cast) -> None:
    marcus, [rosa, ann], request, visit = far_and_video(story, cast, "Rosa M.", "Ann B.")
    story.do(bridges.want, cast.nurse, request)
    story.expect(WANTED, rosa, ann)
    story.accept(rosa, request)
    story.expect(TAKEN, ann)
    story.do(visits.arrive, cast.nurse, visit)
    story.expect(TAKEN, rosa)
    assert shown(story, request) == ("arrived", "arrived", None)
    with pytest.raises(Conflict):
        story.do(bridges.want, cast.nurse, request)
    story.do(visits.start, marcus, visit)
    story.do(visits.complete, marcus, visit)


def test_nobody_answers_and_nobody_is_alarmed(story: Story, cast: Cast) -> None:
    marcus, [rosa], request, visit = far_and_video(story, cast, km=12.0)
    story.do(visits.depart, marcus, visit)
    story.do(bridges.want, cast.nurse, request)
    story.expect(WANTED, rosa)
    story.forward(600)
    story.expect("Still open: someone would like a peer", rosa)
    assert "alarm_raised" not in story.facts(request)
    assert story.snapshot(request)["asked"] == 1, "the request's own count is of its own search"
    story.forward(600)
    assert story.snapshot(request)["bridge_search"] is None, "he is too near for it"
    assert story.facts(request)[-2:] == ["bridge_stopped", "offers_closed"]
    story.expect("This one is closed", rosa)
    story.do(visits.arrive, marcus, visit)
    story.do(visits.start, marcus, visit)
    story.do(visits.complete, marcus, visit)


def test_he_turns_back_and_the_case_is_not_lost(story: Story, cast: Cast) -> None:
    marcus, [rosa], request, visit = far_and_video(story, cast)
    story.do(bridges.want, cast.nurse, request)
    story.expect(WANTED, rosa)
    bridge = story.accept(rosa, request)
    story.do(visits.start, rosa, bridge)
    dana = story.peer(cast.admin, "Dana W.", km_north=9.0)

    story.do(visits.withdraw, marcus, visit, "car")
    story.expect(WANTED, dana)
    snapshot = story.snapshot(request)
    assert snapshot["state"] == "searching"
    assert snapshot["visit"] is None
    assert snapshot["bridge"]["peer"]["name"] == "Rosa M."
    assert snapshot["priority"] == "continuing"

    visit = story.accept(dana, request)
    story.do(visits.arrive, dana, visit)
    story.expect(RELIEVED, rosa)
    story.do(visits.start, dana, visit)
    story.do(visits.complete, dana, visit)
    story.expect(TAKEN, rosa)
    assert shown(story, request) == ("completed", "completed", None)


def test_video_is_enough(story: Story, cast: Cast) -> None:
    marcus, [rosa], request, visit = far_and_video(story, cast)
    story.do(visits.depart, marcus, visit)
    story.do(bridges.want, cast.manager, request)
    story.expect(WANTED, rosa)
    bridge = story.accept(rosa, request)
    with pytest.raises(Conflict):
        story.do(staff.keep_video, cast.nurse, request)
    story.do(visits.start, rosa, bridge)
    story.do(staff.keep_video, cast.nurse, request)
    story.expect(TURN_AROUND, marcus)
    snapshot = story.snapshot(request)
    assert (snapshot["state"], snapshot["bridge"]) == ("in_session", None)
    assert snapshot["visit"]["peer"]["name"] == snapshot["owner"]["name"] == "Rosa M."
    story.do(visits.hand_over, rosa, bridge)
    assert story.asked(request) == [], "neither of them is asked again"
    story.forward(60)
    story.expect(NEEDS_YOU, cast.manager)
    story.do(staff.cancel, cast.nurse, request, "leaving")


def test_video_is_enough_while_somebody_else_is_looked_for(story: Story, cast: Cast) -> None:
    marcus, [rosa], request, visit = far_and_video(story, cast)
    story.do(bridges.want, cast.nurse, request)
    story.expect(WANTED, rosa)
    bridge = story.accept(rosa, request)
    story.do(visits.start, rosa, bridge)
    dana = story.peer(cast.admin, "Dana W.", km_north=9.0)
    story.do(visits.withdraw, cast.manager, visit)
    story.expect(TAKEN, marcus)
    story.expect(WANTED, dana)
    story.do(staff.keep_video, cast.nurse, request)
    story.expect(TAKEN, dana)
    assert shown(story, request) == ("in_session", "in_session", None)
    story.do(visits.complete, rosa, bridge)


def test_the_peer_by_video_cannot_go_on(story: Story, cast: Cast) -> None:
    _, [rosa, ann], request, _ = far_and_video(story, cast, "Rosa M.", "Ann B.")
    story.do(bridges.want, cast.nurse, request)
    story.expect(WANTED, rosa, ann)
    bridge = story.accept(rosa, request)
    story.expect(TAKEN, ann)
    story.do(visits.withdraw, rosa, bridge)
    story.expect(WANTED, ann)
    bridge = story.accept(ann, request)
    story.do(visits.start, ann, bridge)
    story.do(visits.hand_over, ann, bridge)
    snapshot = story.snapshot(request)
    assert (snapshot["state"], snapshot["bridge"]) == ("accepted", None)
    assert snapshot["bridge_search"] is not None
    story.do(bridges.stop, cast.nurse, request)
    assert story.snapshot(request)["bridge_search"] is None
    story.do(staff.cancel, cast.nurse, request, "leaving")
    story.expect(TAKEN, cast.story.actors["Marcus T."])


def test_the_request_is_cancelled_and_both_end(story: Story, cast: Cast) -> None:
    marcus, [rosa], request, visit = far_and_video(story, cast)
    story.do(visits.depart, marcus, visit)
    story.do(bridges.want, cast.nurse, request)
    story.expect(WANTED, rosa)
    story.do(visits.start, rosa, story.accept(rosa, request))
    story.do(staff.cancel, cast.nurse, request, "leaving")
    story.expect(TURN_AROUND, marcus)
    story.expect(TAKEN, rosa)
    assert shown(story, request) == ("cancelled", "cancelled", None)


def test_a_peer_by_video_calls_for_help(story: Story, cast: Cast) -> None:
    marcus, [rosa], request, visit = far_and_video(story, cast)
    story.do(bridges.want, cast.nurse, request)
    story.expect(WANTED, rosa)
    bridge = story.accept(rosa, request)
    story.do(visits.start, rosa, bridge)
    story.do(help_calls.call, rosa, bridge)
    story.expect("Call now", cast.manager, cast.nurse)
    assert story.snapshot(request)["help"]["peer"]["name"] == "Rosa M."
    story.do(visits.complete, rosa, bridge)
    story.do(help_calls.close, cast.manager, request, "talked with her")
    story.do(visits.arrive, marcus, visit)
    story.do(visits.start, marcus, visit)
    story.do(visits.complete, marcus, visit)


def test_nothing_is_heard_of_the_peer_by_video(story: Story, cast: Cast) -> None:
    policy(story, cast, session_check_s=600)
    marcus, [rosa], request, visit = far_and_video(story, cast)
    story.do(visits.depart, marcus, visit)
    story.do(bridges.want, cast.nurse, request)
    story.expect(WANTED, rosa)
    story.do(visits.start, rosa, story.accept(rosa, request))
    story.forward(601)
    story.expect(NEEDS_YOU, cast.manager)
    assert story.snapshot(request)["alarm"] == "sign_of_life_lost"
    story.do(duty.heard_from, rosa.id)
    story.forward(301)
    assert story.snapshot(request)["alarm"] is None
    story.do(staff.cancel, cast.nurse, request, "leaving")
    story.expect(TURN_AROUND, marcus)
    story.expect(TAKEN, rosa)


def test_by_itself_when_staff_offered_video_and_the_network_says_so(
    story: Story, cast: Cast
) -> None:
    policy(story, cast, bridge="automatic")
    marcus = story.peer(cast.admin, "Marcus T.", km_north=38.0)
    request = story.ask(cast.nurse, video_fallback=True)
    story.expect(WANTED, marcus)
    visit = story.accept(marcus, request)
    story.forward(60)
    assert "bridge_wanted" not in story.facts(request), "nobody could be asked"
    rosa = story.peer(cast.admin, "Rosa M.", on_duty=False, **BY_VIDEO)
    story.on_duty(rosa, modalities=[Modality.VIDEO])
    story.forward(31)
    story.expect(WANTED, rosa)
    bridge = story.accept(rosa, request)
    story.do(visits.start, rosa, bridge)
    story.do(visits.complete, rosa, bridge)
    story.forward(60)
    assert story.snapshot(request)["bridge_search"] is None, "they have said goodbye: not again"
    story.do(visits.arrive, cast.nurse, visit)
    story.do(visits.start, marcus, visit)
    story.do(visits.complete, marcus, visit)


def test_a_yes_by_video_that_never_connects(story: Story, cast: Cast) -> None:
    policy(story, cast, bridge_connect_s=120)
    marcus, [rosa], request, visit = far_and_video(story, cast)
    story.do(visits.depart, marcus, visit)
    story.do(bridges.want, cast.nurse, request)
    story.expect(WANTED, rosa)
    bridge = story.accept(rosa, request)
    ann = story.peer(cast.admin, "Ann B.", on_duty=False, **BY_VIDEO)
    story.on_duty(ann, modalities=[Modality.VIDEO])
    story.forward(119)
    assert shown(story, request)[2] == "accepted"
    story.forward(2)
    story.expect(TAKEN, rosa)
    story.expect(WANTED, ann)
    assert shown(story, request) == ("en_route", "en_route", None), "he still comes"
    assert story.snapshot(request)["bridge_search"]["asked"] == 1
    with pytest.raises(Conflict):
        story.do(visits.start, rosa, bridge)

    bridge = story.accept(ann, request)
    story.forward(110)
    story.do(visits.start, ann, bridge)
    story.do(visits.undo, ann, bridge)
    story.forward(100)
    assert shown(story, request)[2] == "accepted", "a start taken back is a sign of life"
    story.do(visits.start, ann, bridge)
    story.do(visits.arrive, cast.nurse, visit)
    story.expect(RELIEVED, ann)
    story.do(visits.complete, ann, bridge)
    story.do(visits.start, marcus, visit)
    story.do(visits.complete, marcus, visit)


def test_who_sits_in_the_room_is_not_taken_for_silent(story: Story, cast: Cast) -> None:
    policy(story, cast, bridge_connect_s=120)
    marcus, [rosa], request, visit = far_and_video(story, cast)
    story.do(bridges.want, cast.nurse, request)
    story.expect(WANTED, rosa)
    bridge = story.accept(rosa, request)

    def in_room(action: Any, *args: Any) -> None:
        with story.db.transaction() as tx:
            action(tx, tx.session.get_one(Visit, bridge), Side.PEER, "a page", *args)

    in_room(rooms.enter)
    for _ in range(20):
        story.forward(10)
        in_room(rooms.report, Said(SeatState.READY))
    assert shown(story, request)[2] == "accepted", "the bedside is what is missing"
    story.forward(75)
    story.expect(TAKEN, rosa)
    assert story.facts(request)[-1] == "bridge_left"
    story.do(bridges.stop, cast.nurse, request)
    story.do(visits.arrive, cast.nurse, visit)
    story.do(visits.start, marcus, visit)
    story.do(visits.complete, marcus, visit)
