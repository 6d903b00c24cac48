"""Who handed over and stays, against the next one: exactly one of them has the visit, and it is told once."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from dispatch.access import Actor
from dispatch.actions import needs, stays, visits
from dispatch.help_calls import HelpKind
from tests.races.start import WON, Course, StartLine

pytestmark = [pytest.mark.race, pytest.mark.timeout(3600)]


def handed_over(course: Course, marcus: Actor) -> tuple[str, str]:
    """Marcus is with somebody, hands over and stays; the other peer was asked."""
    request = course.world.ask(course.nurse)
    visit = course.world.accept(marcus, request)
    for step in (visits.depart, visits.arrive, visits.start):
        course.world.do(step, marcus, visit)
    course.world.do(visits.hand_over, marcus, visit, stays=True)
    return request, visit


def test_yes_against_going_on_after_all(course: Course, line: StartLine) -> None:
    marcus, dana = course.peers(2)
    ends: Counter[str] = Counter()
    for number in course.rounds():
        request, visit = handed_over(course, marcus)
        go_on = partial(course.world.do, stays.carry_on, marcus, visit)
        calls: list[Callable[[], Any]] = [course.yes(dana, request), go_on]
        heard = line.shoot(*(calls if number % 2 else calls[::-1]))
        yes, on = heard if number % 2 else heard[::-1]
        assert [yes, on].count(WON) == 1, (yes, on)
        course.look()
        now = course.world.snapshot(request)
        assert now["visit"]["peer"]["id"] == (dana.id if yes == WON else marcus.id)
        assert (now["staying"] is None) == (on == WON)
        assert course.live_visits(request) == 1
        if on == WON:
            course.world.do(visits.complete, marcus, visit)
        ends[yes] += 1


def test_leaving_against_the_arrival_of_the_next(course: Course, line: StartLine) -> None:
    marcus, dana = course.peers(2)
    for number in course.rounds():
        request, visit = handed_over(course, marcus)
        second = course.world.accept(dana, request)
        course.world.do(visits.depart, dana, second)
        calls = [
            partial(course.world.do, stays.leave, marcus, visit),
            partial(course.world.do, visits.arrive, dana, second),
            partial(course.world.do, stays.still, marcus, visit),
        ]
        heard = line.shoot(*(calls if number % 2 else calls[::-1]))
        assert (heard if number % 2 else heard[::-1])[1] == WON, "who is there is there"
        assert course.world.facts(request).count("stay_ended") == 1
        assert course.world.snapshot(request)["staying"] is None


def test_two_say_i_am_coming_and_two_press(course: Course, line: StartLine) -> None:
    marcus, _ = course.peers(2)
    for _ in course.rounds():
        request = course.world.ask(course.nurse)
        visit = course.world.accept(marcus, request)
        call = partial(course.world.do, needs.call, marcus, visit, HelpKind.NURSE)
        assert line.shoot(*[call] * 4) == [WON] * 4
        assert course.world.facts(request).count("need_called") == 1
        hold = partial(course.world.do, needs.hold, course.nurse, request, HelpKind.NURSE)
        also = partial(course.world.do, needs.hold, course.manager, request, HelpKind.NURSE)
        line.shoot(hold, also, hold, also)
        course.look()
        (need,) = course.world.snapshot(request)["needs"]
        assert need["held_by"]["id"] in (course.nurse.id, course.manager.id)
