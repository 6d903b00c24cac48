"""Several dispatchers at one instant: no wave goes twice, nobody is asked twice, no row waits."""

from collections import Counter
from functools import partial

import pytest
from sqlalchemy import func, select

from dispatch import engine, sweeper
from dispatch.models import Offer
from dispatch.states import OfferState
from tests.races.start import WON, Course, StartLine

pytestmark = [pytest.mark.race, pytest.mark.timeout(3600)]


def test_four_engines_send_one_wave(course: Course, line: StartLine) -> None:
    course.peers(3)
    late = [course.world.peer(course.admin, f"Late{n} L.", on_duty=False) for n in range(3)]
    for _ in course.rounds():
        request = course.world.ask(course.nurse)
        for one in late:
            course.world.on_duty(one)
        course.world.clock.advance(90)
        heard = line.shoot(*[partial(engine.tick, course.world.db)] * 4)
        assert heard == [WON] * 4
        assert course.world.facts(request).count("wave_sent") == 2
        assert course.offers(request) == {OfferState.OPEN: 6}
        for one in late:
            course.world.off_duty(one)


def test_everybody_declines_at_one_instant_and_the_next_wave_goes_once(
    course: Course, line: StartLine
) -> None:
    first = course.peers(4)
    for _ in course.rounds():
        request = course.world.ask(course.nurse)
        late = course.world.peer(course.admin, "Late L.")
        heard = line.shoot(
            *(partial(course.world.decline, peer, request) for peer in first),
            partial(engine.tick, course.world.db),
        )
        assert heard == [WON] * 5
        assert course.world.asked(request) == ["Late L."]
        assert course.world.facts(request).count("wave_sent") == 2
        course.world.off_duty(late)


def test_engines_and_sweepers_over_many_requests(course: Course, line: StartLine) -> None:
    course.peers(6, open_offer_limit=10)
    for _ in course.rounds():
        requests = [course.world.ask(course.nurse) for _ in range(5)]
        course.world.clock.advance(400)
        heard = line.shoot(
            *[partial(engine.tick, course.world.db, limit=3)] * 4,
            *[partial(sweeper.sweep, course.world.db)] * 2,
        )
        assert heard == [WON] * 6
        course.world.tick()
        states = Counter(course.world.snapshot(request)["state"] for request in requests)
        assert states == {"escalated": 5}
        for request in requests:
            assert course.world.facts(request).count("request_escalated") == 1


def test_nobody_off_duty_keeps_an_offer(course: Course, line: StartLine) -> None:
    course.peers(1)
    late = course.world.peer(course.admin, "Late L.", on_duty=False)
    for _ in course.rounds():
        request = course.world.ask(course.nurse)
        course.world.on_duty(late)
        course.world.clock.advance(90)
        line.shoot(
            partial(engine.tick, course.world.db),
            partial(course.world.off_duty, late),
        )
        course.world.clock.advance(60)
        course.world.tick()
        with course.world.db.read() as tx:
            still_open = tx.session.scalars(
                select(func.count())
                .select_from(Offer)
                .where(Offer.peer_id == late.id, Offer.state == OfferState.OPEN)
            ).one()
        assert still_open == 0, "at the latest at the next look the offer is gone"
        assert course.world.asked(request) == ["P00 P."]
