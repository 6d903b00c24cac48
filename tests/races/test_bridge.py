"""Races around a bridge: one yes, one bridge, and whatever the request's own visit does meanwhile."""

from collections import Counter
from functools import partial

import pytest

from dispatch.access import Actor
from dispatch.actions import bridges, staff, visits
from dispatch.states import Modality, OfferState, VisitState
from tests.races.start import WON, Course, StartLine

pytestmark = [pytest.mark.race, pytest.mark.timeout(3600)]

TOLD = {WON, "already_taken", "offer_closed", "illegal_step", "busy"}


def awaited(course: Course, marcus: Actor, *, nurse: Actor | None = None) -> tuple[str, str]:
    """A request for which Marcus, who is far away, has said yes, and his visit."""
    request = course.world.ask(nurse or course.nurse)
    return request, course.world.accept(marcus, request)


def far(course: Course) -> Actor:
    """Marcus, 40 minutes away."""
    return course.world.peer(course.admin, "Marcus T.", km_north=30)


def by_video(course: Course, count: int) -> list[Actor]:
    """Peers who are there by video alone."""
    everybody = [
        course.world.peer(course.admin, f"V{n} V.", on_duty=False, open_offer_limit=2)
        for n in range(count)
    ]
    for peer in everybody:
        course.world.on_duty(peer, modalities=[Modality.VIDEO])
    return everybody


def wanted(course: Course, request: str, *peers: Actor) -> None:
    """A bridge is looked for until all of these are asked."""
    course.world.do(bridges.want, course.nurse, request)
    for _ in range(12):
        if all(course.world.offer_of(peer, request) for peer in peers):
            return
        course.world.clock.advance(45)
        course.world.tick()


def connected(course: Course, rosa: Actor, request: str) -> str:
    """Rosa is with them by video; her visit."""
    wanted(course, request, rosa)
    bridge = course.world.accept(rosa, request)
    course.world.do(visits.start, rosa, bridge)
    return bridge


def test_four_peers_say_yes_to_one_bridge(course: Course, line: StartLine) -> None:
    marcus, everybody = far(course), by_video(course, 4)
    for _ in course.rounds():
        request, _visit = awaited(course, marcus)
        wanted(course, request, *everybody)
        heard = line.shoot(*(course.yes(peer, request) for peer in everybody))
        assert Counter(heard) == {WON: 1, "already_taken": 3}
        offers = course.offers(request)
        assert (offers[OfferState.ACCEPTED], offers[OfferState.OPEN]) == (2, 0)
        assert course.live_visits(request) == 2
        winner = everybody[heard.index(WON)]
        assert course.world.snapshot(request)["bridge"]["peer"]["id"] == winner.id


def test_a_yes_to_a_bridge_against_everything_that_ends_it(course: Course, line: StartLine) -> None:
    marcus, (rosa,) = far(course), by_video(course, 1)
    ends = ("arrive", "withdraw", "cancel", "stop")
    for number in course.rounds():
        request, visit = awaited(course, marcus)
        wanted(course, request, rosa)
        what = ends[number % len(ends)]
        call = {
            "arrive": partial(course.world.do, visits.arrive, marcus, visit),
            "withdraw": partial(course.world.do, visits.withdraw, marcus, visit),
            "cancel": partial(course.world.do, staff.cancel, course.nurse, request, "leaving"),
            "stop": partial(course.world.do, bridges.stop, course.nurse, request),
        }[what]
        yes, end = line.shoot(course.yes(rosa, request), call)
        assert end == WON, what
        assert yes in (WON, "offer_closed")
        bridge = course.world.snapshot(request)["bridge"]
        # Who withdraws leaves a bridge that has been taken where it is.
        assert (bridge is not None) == (what == "withdraw" and yes == WON)
        if what == "withdraw":
            course.look()
            course.clear()
            course.world.on_duty(marcus)


def test_one_peer_says_yes_to_a_bridge_and_to_another_request(
    course: Course, line: StartLine
) -> None:
    marcus, (rosa,) = far(course), by_video(course, 1)
    for _ in course.rounds():
        request, _visit = awaited(course, marcus)
        wanted(course, request, rosa)
        other = course.world.ask(course.nurse, modality=Modality.VIDEO)
        heard = line.shoot(course.yes(rosa, request), course.yes(rosa, other))
        assert sorted(heard) == ["busy", WON]
        assert course.live_visits(request) + course.live_visits(other) == 2


def test_video_is_enough_against_his_arrival_and_her_goodbye(
    course: Course, line: StartLine
) -> None:
    marcus, (rosa,) = far(course), by_video(course, 1)
    for number in course.rounds():
        request, visit = awaited(course, marcus)
        bridge = connected(course, rosa, request)
        against = (
            partial(course.world.do, visits.arrive, marcus, visit),
            partial(course.world.do, visits.complete, rosa, bridge),
            partial(course.world.do, visits.withdraw, marcus, visit),
            partial(course.world.do, visits.hand_over, rosa, bridge),
        )[number % 4]
        heard = line.shoot(
            partial(course.world.do, staff.keep_video, course.nurse, request), against
        )
        assert set(heard) <= TOLD
        assert WON in heard
        course.look()
        finish(course, request)


def test_two_steps_of_one_bridge_at_once(course: Course, line: StartLine) -> None:
    marcus, (rosa,) = far(course), by_video(course, 1)
    for _number in course.rounds():
        request, visit = awaited(course, marcus)
        wanted(course, request, rosa)
        bridge = course.world.accept(rosa, request)
        heard = line.shoot(
            partial(course.world.do, visits.start, rosa, bridge),
            partial(course.world.do, visits.withdraw, rosa, bridge),
            partial(course.world.do, visits.arrive, marcus, visit),
        )
        assert heard[2] == WON
        assert set(heard[:2]) <= {WON, "illegal_step"}
        assert Counter(heard[:2])[WON] <= 1
        course.look()
        finish(course, request)


def finish(course: Course, request: str) -> None:
    """Bring everything about a request to its end, wherever it stands."""
    world = course.world
    snapshot = world.snapshot(request)
    for visit in filter(None, (snapshot["bridge"], snapshot["visit"])):
        if visit["state"] == VisitState.IN_SESSION:
            world.do(visits.complete, course.nurse, visit["id"])
    if world.snapshot(request)["closed_at"] is None:
        world.do(staff.cancel, course.nurse, request, "round over")
