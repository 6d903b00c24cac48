"""Positions of many peers together: what becomes of each is what would have become of it alone."""

import random
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from dispatch.access import Actor
from dispatch.actions import duty
from dispatch.actions.duty import Position, Used
from dispatch.actions.positions import record_many
from dispatch.models import Duty
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.world import COLUMBUS, KM_NORTH
from tests.integration.conftest import Ward


def at(moment: datetime, km_north: float = 5.0, accuracy_m: float = 15.0) -> Position:
    """A reading so far north of the hospital."""
    return Position(COLUMBUS[0] + km_north * KM_NORTH, COLUMBUS[1], accuracy_m, moment)


def kept(db: Database, peer: Actor) -> tuple[object, ...]:
    """What is known of where somebody is."""
    row = Duty.latitude, Duty.longitude, Duty.accuracy_m, Duty.position_at, Duty.cell
    with db.read() as tx:
        found = tx.session.execute(
            select(*row, Duty.contact_at).where(Duty.peer_id == peer.id)
        ).one_or_none()
        return tuple(found or ())


def some_readings(dice: random.Random, now: datetime) -> list[Position]:
    """A few readings as they may arrive: late ones, twins, jumps, and some that are fine."""
    return [
        at(
            now + timedelta(seconds=dice.choice([-200, -60, -30, -10, -5, 0, 0, 5])),
            km_north=dice.choice([5.0, 5.0, 5.1, 5.4, 9.0, 60.0]),
            accuracy_m=dice.choice([5.0, 50.0]),
        )
        for _ in range(dice.randrange(1, 6))
    ]


@pytest.mark.parametrize("seed", range(8))
def test_together_or_one_by_one_is_the_same(
    ward: Ward, db: Database, clock: ManualClock, seed: int
) -> None:
    dice = random.Random(seed)
    pairs = [
        tuple(
            ward.world.peer(ward.admin, f"{word}{n} X.", on_duty=n != 3) for word in ("One", "All")
        )
        for n in range(4)
    ]
    for _ in range(4):
        clock.advance(dice.choice([1, 40]))
        said = [some_readings(dice, clock.now()) for _ in pairs]
        with db.transaction() as tx:
            done = record_many(
                tx, {pair[1].id: readings for pair, readings in zip(pairs, said, strict=True)}
            )
        for (alone, together), readings in zip(pairs, said, strict=True):
            used = [ward.world.do(duty.record_position, alone, one).used for one in readings]
            assert done.used[together.id] == used
            assert kept(db, together) == kept(db, alone)
        assert not done.held
        assert not done.visiting


def test_who_is_on_a_visit_is_left_alone(ward: Ward, db: Database, clock: ManualClock) -> None:
    request_id = ward.world.ask(ward.nurse)
    ward.world.accept(ward.marcus, request_id)
    before = kept(db, ward.marcus)
    with db.transaction() as tx:
        readings = [at(clock.now())]
        done = record_many(tx, {ward.marcus.id: readings, ward.dana.id: readings})
    assert done.visiting == {ward.marcus.id}
    assert kept(db, ward.marcus) == before
    assert done.used == {ward.dana.id: [Used.USED]}
    assert set(done.moved) == {ward.dana.id}
    assert done.moved[ward.dana.id].network_id == ward.dana.network_id


def test_who_stopped_or_never_was_available_is_nowhere(
    ward: Ward, db: Database, clock: ManualClock
) -> None:
    never = ward.world.peer(ward.admin, "Never N.", on_duty=False)
    with db.transaction() as tx:
        record_many(tx, {ward.dana.id: [at(clock.now())]})
    ward.world.off_duty(ward.dana)
    clock.advance(10)
    with db.transaction() as tx:
        readings = [at(clock.now()), at(clock.now())]
        done = record_many(tx, {ward.dana.id: readings, never.id: readings})
    nothing = [Used.OFF_DUTY, Used.OFF_DUTY]
    assert done.used == {ward.dana.id: nothing, never.id: nothing}
    assert not done.moved
    assert kept(db, ward.dana)[:5] == (None,) * 5


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_row_that_somebody_holds_is_left_for_the_next_time(
    ward: Ward, db: Database, clock: ManualClock
) -> None:
    readings = {ward.marcus.id: [at(clock.now())], ward.dana.id: [at(clock.now())]}
    with db.transaction() as other:
        other.session.scalars(
            select(Duty).where(Duty.peer_id == ward.marcus.id).with_for_update()
        ).one()
        with db.transaction() as tx:
            done = record_many(tx, readings)
        assert done.held == {ward.marcus.id}
        assert done.used == {ward.dana.id: [Used.USED]}
    with db.transaction() as tx:
        again = record_many(tx, {ward.marcus.id: readings[ward.marcus.id]})
    assert again.used == {ward.marcus.id: [Used.USED]}
