"""The race for a yes: one request, one peer, one answer, whatever happens at the same instant."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from dispatch import engine
from dispatch.actions import duty, managers, peers, staff, visits
from dispatch.states import Modality, OfferState
from tests.races.start import WON, Course, StartLine

pytestmark = [pytest.mark.race, pytest.mark.timeout(3600)]

ACCEPTED, SUPERSEDED = OfferState.ACCEPTED, OfferState.SUPERSEDED


def test_thirty_two_peers_say_yes_at_one_instant(course: Course, line: StartLine) -> None:
    everybody = course.peers(32)
    for _ in course.rounds():
        request = course.world.ask(course.nurse)
        heard = line.shoot(*(course.yes(peer, request) for peer in everybody))
        assert Counter(heard) == {WON: 1, "already_taken": 31}
        assert course.offers(request) == {ACCEPTED: 1, SUPERSEDED: 31}
        assert course.live_visits(request) == 1
        winner = everybody[heard.index(WON)]
        assert course.world.snapshot(request)["owner"]["id"] == winner.id


def test_one_peer_says_yes_to_two_requests(course: Course, line: StartLine) -> None:
    (marcus,) = course.peers(1, open_offer_limit=2)
    for _ in course.rounds():
        requests = [course.world.ask(course.nurse) for _ in range(2)]
        heard = line.shoot(*(course.yes(marcus, request) for request in requests))
        assert sorted(heard) == ["busy", WON]
        assert course.live_visits(*requests) == 1
        lost = requests[heard.index("busy")]
        assert course.world.snapshot(lost)["state"] == "searching", "nothing of it is left"


def test_eight_peers_and_eight_requests_criss_cross(course: Course, line: StartLine) -> None:
    everybody = course.peers(8, open_offer_limit=8)
    for _ in course.rounds():
        requests = [course.world.ask(course.nurse) for _ in range(4)]
        taps = [course.yes(peer, request) for peer in everybody for request in requests]
        heard = Counter(line.shoot(*taps))
        assert set(heard) <= {WON, "busy", "already_taken"}
        assert heard[WON] == course.live_visits(*requests) == 4


def test_a_double_tap_is_one_yes(course: Course, line: StartLine) -> None:
    (marcus,) = course.peers(1)
    for _ in course.rounds():
        request = course.world.ask(course.nurse)
        heard = line.shoot(*[course.yes(marcus, request)] * 4)
        assert heard == [WON] * 4, "the second tap gets the answer of the first"
        assert course.world.facts(request).count("offer_accepted") == 1


def test_yes_against_cancel(course: Course, line: StartLine) -> None:
    marcus, _ = course.peers(2)
    ends: Counter[str] = Counter()
    for number in course.rounds():
        request = course.world.ask(course.nurse)
        calls: list[Callable[[], Any]] = [
            course.yes(marcus, request),
            partial(course.world.do, staff.cancel, course.nurse, request, "leaving"),
        ]
        heard = line.shoot(*(calls if number % 2 else calls[::-1]))
        yes, cancel = heard if number % 2 else heard[::-1]
        assert cancel == WON, "a yes is no reason not to cancel"
        assert yes in (WON, "offer_closed")
        assert course.world.snapshot(request)["state"] == "cancelled"
        assert course.live_visits(request) == 0
        ends[yes] += 1


def test_yes_against_the_next_wave(course: Course, line: StartLine) -> None:
    early = course.peers(2)
    for _ in course.rounds():
        request = course.world.ask(course.nurse)
        late = course.world.peer(course.admin, "Late L.", on_duty=False)
        course.world.clock.advance(90)
        course.world.on_duty(late)
        heard = line.shoot(
            course.yes(early[0], request),
            partial(engine.tick, course.world.db),
            course.yes(early[1], request),
        )
        assert sorted(heard) == ["already_taken", WON, WON]
        assert heard[1] == WON
        assert course.offers(request)[OfferState.OPEN] == 0
        course.world.off_duty(late)


def test_yes_of_a_decliner_against_a_withdrawal(course: Course, line: StartLine) -> None:
    marcus, dana = course.peers(2)
    for _ in course.rounds():
        request = course.world.ask(course.nurse)
        course.world.decline(dana, request)
        visit = course.world.accept(marcus, request)
        heard = line.shoot(
            partial(course.world.do, visits.withdraw, marcus, visit),
            course.yes(dana, request),
        )
        assert heard[0] == WON
        assert heard[1] in (WON, "already_taken")
        assert course.live_visits(request) == (heard[1] == WON)


def test_yes_against_going_off_duty(course: Course, line: StartLine) -> None:
    marcus, dana = course.peers(2)
    for _ in course.rounds():
        request = course.world.ask(course.nurse)
        heard = line.shoot(
            course.yes(marcus, request),
            partial(course.world.off_duty, marcus),
            course.yes(dana, request),
        )
        assert heard[1] == WON
        assert heard[0] in (WON, "already_taken", "offer_closed")
        assert Counter(heard)[WON] == 2, "one of the two yeses is taken"
        course.world.on_duty(marcus)


def test_yes_against_decline_of_the_same_peer(course: Course, line: StartLine) -> None:
    marcus, _ = course.peers(2)
    for _ in course.rounds():
        request = course.world.ask(course.nurse)
        offer = course.world.offer_of(marcus, request)
        assert offer is not None
        heard = line.shoot(
            course.yes(marcus, request),
            partial(course.world.do, peers.decline, marcus, offer.id),
        )
        assert heard[0] == WON, "a no can be taken back"
        assert heard[1] in (WON, "offer_closed")
        assert course.live_visits(request) == 1


def test_yes_against_assign_and_asking_again(course: Course, line: StartLine) -> None:
    marcus, dana = course.peers(2)
    for _ in course.rounds():
        request = course.world.ask(course.nurse)
        course.world.clock.advance(360)
        course.world.tick()
        heard = line.shoot(
            course.yes(marcus, request),
            partial(course.world.do, managers.assign, course.manager, request, dana.id),
            partial(course.world.do, managers.resume, course.manager, request),
        )
        assert course.live_visits(request) == 1 == Counter(heard[:2])[WON]
        assert heard[0] in (WON, "already_taken", "offer_closed")
        assert heard[1] in (WON, "illegal_step")
        assert heard[2] in (WON, "illegal_step")


def test_two_phones_report_and_change_duty(course: Course, line: StartLine) -> None:
    """Unreachable, off duty, on again and other ways at once: nobody waits for nobody."""
    everybody = course.peers(4)
    for number in course.rounds():
        request = course.world.ask(course.nurse)
        offers = [course.world.offer_of(peer, request) for peer in everybody]
        calls: list[Callable[[], Any]] = []
        for peer, offer in zip(everybody, offers, strict=True):
            if offer is not None:
                calls.append(partial(course.world.do, peers.unreachable, offer.id))
            calls.append(partial(course.world.on_duty, peer, modalities=[Modality.VIDEO]))
            calls.append(partial(course.world.on_duty, peer))
        calls += [partial(engine.tick, course.world.db)] * 2
        heard = line.shoot(*calls[number % 3 :])
        assert set(heard) == {WON}
        for peer in everybody:
            course.world.do(duty.heard_from, peer.id)
            course.world.on_duty(peer)
