"""Positions: what cannot be true is not used, what is used is news only when it is, and it is forgotten."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from dispatch.actions import duty, visits
from dispatch.actions.duty import Position, Recorded, Used
from dispatch.models import Duty
from dispatch.queries import facts_after
from dispatch.states import Modality
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.traces import refused
from tests.harness.world import COLUMBUS, KM_NORTH
from tests.integration.conftest import Ward


def at(moment: datetime, km_north: float = 5.0) -> Position:
    """A reading so far north of the hospital."""
    return Position(COLUMBUS[0] + km_north * KM_NORTH, COLUMBUS[1], 15.0, moment)


def report(ward: Ward, reading: Position) -> Recorded:
    """Marcus' phone reports."""
    done = ward.world.do(duty.record_position, ward.marcus, reading)
    assert isinstance(done, Recorded)
    return done


def row(db: Database, ward: Ward) -> Duty:
    """What is kept of Marcus."""
    with db.read() as tx:
        return tx.session.get_one(Duty, ward.marcus.id)


@pytest.mark.parametrize("age_s, code", [(301, "position_stale"), (-61, "position_in_future")])
def test_what_says_nothing_about_now_is_refused(
    ward: Ward, db: Database, clock: ManualClock, age_s: int, code: str
) -> None:
    with refused(db, code):
        report(ward, at(clock.now() - timedelta(seconds=age_s)))


def test_a_phone_without_a_fix_is_nowhere(ward: Ward, db: Database, clock: ManualClock) -> None:
    with refused(db, "invalid"):
        report(ward, Position(0.0, 0.0, 15.0, clock.now()))


def test_a_position_is_kept_while_on_duty_and_forgotten_after(
    ward: Ward, db: Database, clock: ManualClock
) -> None:
    assert report(ward, at(clock.now())) == Recorded(Used.USED)
    kept = row(db, ward)
    assert kept.latitude == pytest.approx(COLUMBUS[0] + 5 * KM_NORTH)
    assert (kept.accuracy_m, kept.position_at) == (15.0, clock.now())
    ward.world.off_duty(ward.marcus)
    kept = row(db, ward)
    assert (kept.latitude, kept.longitude, kept.accuracy_m, kept.position_at) == (None,) * 4
    assert report(ward, at(clock.now())).used is Used.OFF_DUTY
    assert row(db, ward).latitude is None


def test_a_late_reading_and_a_jump_are_not_used(
    ward: Ward, db: Database, clock: ManualClock
) -> None:
    report(ward, at(clock.now()))
    clock.advance(30)
    assert report(ward, at(clock.now() - timedelta(seconds=31))).used is Used.OUT_OF_ORDER
    assert report(ward, at(clock.now(), km_north=45)).used is Used.IMPOSSIBLE_SPEED
    kept = row(db, ward)
    assert kept.latitude == pytest.approx(COLUMBUS[0] + 5 * KM_NORTH)
    assert kept.contact_at == clock.now(), "it is a sign of life all the same"
    assert report(ward, at(clock.now(), km_north=5.4)).used is Used.USED


def test_a_fresh_position_counts_for_who_is_near(ward: Ward, clock: ManualClock) -> None:
    report(ward, at(clock.now(), km_north=30))
    request_id = ward.world.ask(ward.nurse)
    offer = ward.world.offer_of(ward.marcus, request_id)
    assert offer is not None
    assert offer.distance_m == pytest.approx(30_000, rel=0.01)
    clock.advance(1801)
    request_id = ward.world.ask(ward.nurse)
    offer = ward.world.offer_of(ward.marcus, request_id)
    assert offer is not None
    assert offer.distance_m == pytest.approx(5_000, rel=0.01), "half an hour later home counts"


def test_on_the_road_the_site_sees_it_and_news_of_the_arrival_is_a_fact(
    ward: Ward, clock: ManualClock
) -> None:
    request_id = ward.world.ask(ward.nurse)
    visit_id = ward.world.accept(ward.marcus, request_id)
    assert report(ward, at(clock.now())).shared_with_request_id is None
    assert "position" not in ward.world.snapshot(request_id)["visit"]

    ward.world.do(visits.depart, ward.marcus, visit_id)
    first = ward.world.snapshot(request_id)
    clock.advance(60)
    assert report(ward, at(clock.now(), km_north=4.5)).shared_with_request_id == request_id
    seen = ward.world.snapshot(request_id)
    assert seen["visit"]["position"]["recorded_at"].startswith("2026-03-03T02:41:00")
    assert seen["visit"]["eta_at"] == first["visit"]["eta_at"], "a minute is no news"
    assert seen["seq"] == first["seq"]

    clock.advance(400)
    report(ward, at(clock.now(), km_north=4.4))
    later = ward.world.snapshot(request_id)
    assert later["visit"]["eta_at"] > first["visit"]["eta_at"]
    assert ward.world.facts(request_id)[-1] == "eta_changed"

    ward.world.do(visits.arrive, ward.marcus, visit_id)
    assert "position" not in ward.world.snapshot(request_id)["visit"]
    clock.advance(10)
    assert report(ward, at(clock.now(), km_north=4.4)).shared_with_request_id is None


def test_no_fact_ever_carries_a_position(ward: Ward, db: Database, clock: ManualClock) -> None:
    request_id = ward.world.ask(ward.nurse)
    visit_id = ward.world.accept(ward.marcus, request_id)
    ward.world.do(visits.depart, ward.marcus, visit_id)
    for _ in range(3):
        clock.advance(200)
        report(ward, at(clock.now(), km_north=4.321))
    stray = str(COLUMBUS[0] + 4.321 * KM_NORTH)[:8]
    with db.read() as tx:
        for fact in facts_after(tx, request_id, 0, 100):
            assert stray not in str(fact.data)
            assert "accuracy_m" not in str(fact.data)


@pytest.mark.parametrize(
    "values, field",
    [
        ({"modalities": []}, "modalities"),
        ({"modalities": ["in_person", "chat"]}, "modalities"),
        ({"until": timedelta(0)}, "until"),
        ({"until": timedelta(hours=-1)}, "until"),
    ],
)
def test_a_duty_that_makes_no_sense_is_refused(
    ward: Ward, db: Database, clock: ManualClock, values: dict[str, Any], field: str
) -> None:
    some = ward.world.peer(ward.admin, "Some S.", modalities=["in_person"], on_duty=False)
    ways = [Modality(way) for way in values.get("modalities", ["in_person"])]
    until = clock.now() + values["until"] if "until" in values else None
    with refused(db, "invalid") as refusal:
        ward.world.do(duty.set_duty, some, on_duty=True, modalities=ways, until=until)
    assert refusal.value.field == field


def test_who_is_no_peer_has_no_duty(ward: Ward, db: Database) -> None:
    with refused(db, "not_found"):
        ward.world.do(duty.set_duty, ward.nurse, on_duty=False, modalities=[])


def test_duty_says_since_when(ward: Ward, db: Database, clock: ManualClock) -> None:
    start = row(db, ward).since
    clock.advance(60)
    ward.world.on_duty(ward.marcus)
    assert row(db, ward).since == start, "a change is no new beginning"
    ward.world.off_duty(ward.marcus)
    assert row(db, ward).since is None
