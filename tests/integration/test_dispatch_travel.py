"""An expected arrival with its range, the hint at the entrance, and roads learned from own trips."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from dispatch.actions import duty, visits
from dispatch.actions.duty import Position
from dispatch.learning import versions
from dispatch.learning.versions import Kind, Learned
from dispatch.models import Offer, Site, SupportRequest, Visit
from dispatch.policy import DEFAULT
from dispatch.states import Modality, RequestState, VisitState
from dispatch.travel import calibrate, known
from dispatch.travel.minutes import Density, Hour
from storage.clock import ManualClock
from storage.database import Database
from storage.ids import new_id
from tests.harness.world import COLUMBUS, KM_NORTH
from tests.integration.conftest import Ward


def report(ward: Ward, km_north: float, accuracy_m: float = 15.0) -> None:
    """Marcus' phone says where he is."""
    here = Position(
        COLUMBUS[0] + km_north * KM_NORTH, COLUMBUS[1], accuracy_m, ward.world.clock.now()
    )
    ward.world.do(duty.record_position, ward.marcus, here)


def shown(ward: Ward, request_id: str) -> dict[str, Any]:
    """The visit as the site sees it."""
    visit = ward.world.snapshot(request_id)["visit"]
    assert isinstance(visit, dict)
    return visit


def width_s(ward: Ward, request_id: str) -> float:
    """How wide the range is that is shown, in seconds."""
    between = shown(ward, request_id)["eta_range"]
    ends = [datetime.fromisoformat(between[name]) for name in ("from", "until")]
    return (ends[1] - ends[0]).total_seconds()


def test_an_offer_and_a_visit_say_between_when_and_when(ward: Ward) -> None:
    request_id = ward.world.ask(ward.nurse)
    offer = ward.world.offer_of(ward.marcus, request_id)
    assert offer is not None
    assert offer.travel_from_s is not None
    assert offer.travel_until_s is not None
    assert offer.travel_from_s < (offer.travel_s or 0) < offer.travel_until_s
    visit_id = ward.world.accept(ward.marcus, request_id)
    promised = shown(ward, request_id)
    assert promised["eta_range"]["from"] < promised["eta_at"] < promised["eta_range"]["until"]
    before = width_s(ward, request_id)
    ward.world.do(visits.depart, ward.marcus, visit_id)
    assert width_s(ward, request_id) < before, "who has left is surer"
    ward.world.do(visits.undo, ward.marcus, visit_id)
    assert shown(ward, request_id)["eta_range"] == promised["eta_range"]


def test_a_call_has_no_range(ward: Ward) -> None:
    request_id = ward.world.ask(ward.nurse, modality=Modality.VIDEO)
    ward.world.accept(ward.marcus, request_id)
    assert shown(ward, request_id)["eta_range"] is None


def test_the_range_shrinks_on_the_way_and_each_change_is_a_fact(
    ward: Ward, clock: ManualClock
) -> None:
    request_id = ward.world.ask(ward.nurse)
    visit_id = ward.world.accept(ward.marcus, request_id)
    ward.world.do(visits.depart, ward.marcus, visit_id)
    whole = width_s(ward, request_id)
    for km in (4.0, 3.0, 2.0, 1.0):
        clock.advance(115)
        report(ward, km)
    assert width_s(ward, request_id) <= 0.5 * whole
    assert 1 <= ward.world.facts(request_id).count("eta_changed") <= 2


def test_at_the_entrance_it_is_said_once_and_nobody_has_arrived(
    ward: Ward, clock: ManualClock
) -> None:
    request_id = ward.world.ask(ward.nurse)
    visit_id = ward.world.accept(ward.marcus, request_id)
    report(ward, 0.05)
    assert shown(ward, request_id)["near_at"] is None, "who has not left is nowhere near"
    clock.advance(200)
    report(ward, 2.0)
    ward.world.do(visits.depart, ward.marcus, visit_id)
    clock.advance(200)
    report(ward, 0.12, accuracy_m=60)
    assert shown(ward, request_id)["near_at"] is None, "one vague reading"
    clock.advance(20)
    report(ward, 0.10, accuracy_m=60)
    near = shown(ward, request_id)
    assert near["near_at"] is not None
    assert near["state"] == "en_route"
    assert ward.world.facts(request_id)[-1] == "visit_near"
    clock.advance(600)
    report(ward, 0.02)
    assert ward.world.facts(request_id).count("visit_near") == 1
    assert shown(ward, request_id)["eta_at"] == near["eta_at"], "standing there is no delay"
    ward.world.do(visits.arrive, ward.nurse, visit_id)
    assert shown(ward, request_id)["near_at"] == near["near_at"]


def test_leaving_that_is_taken_back_takes_the_hint_with_it(ward: Ward, clock: ManualClock) -> None:
    request_id = ward.world.ask(ward.nurse)
    visit_id = ward.world.accept(ward.marcus, request_id)
    ward.world.do(visits.depart, ward.marcus, visit_id)
    clock.advance(5)
    report(ward, 0.01)
    assert shown(ward, request_id)["near_at"] is not None
    ward.world.do(visits.undo, ward.marcus, visit_id)
    assert shown(ward, request_id)["near_at"] is None


def test_who_is_at_the_entrance_is_not_not_moving(ward: Ward, clock: ManualClock) -> None:
    request_id = ward.world.ask(ward.nurse)
    visit_id = ward.world.accept(ward.marcus, request_id)
    ward.world.do(visits.depart, ward.marcus, visit_id)
    for km in (6.0, 8.0, 10.0, 12.0):
        clock.advance(120)
        report(ward, km)
    ward.world.tick()
    assert ward.world.snapshot(request_id)["alarm"] == "not_moving"
    clock.advance(300)
    report(ward, 0.01)
    ward.world.tick()
    assert ward.world.snapshot(request_id)["alarm"] is None
    clock.advance(600)
    report(ward, 0.02)
    ward.world.tick()
    assert ward.world.snapshot(request_id)["alarm"] is None


def test_sites_close_together_are_a_city(ward: Ward, db: Database) -> None:
    for number in range(3):
        ward.world.site(ward.admin, f"Other {number}", km_north=3.0 + number)
    ward.world.site(ward.admin, "Far", km_north=60.0)
    with db.read() as tx:
        sites = {site.name: known.density(tx, site) for site in tx.session.scalars(select(Site))}
    assert sites["Scioto Ridge"] is Density.DENSE
    assert sites["Far"] is Density.OPEN


def drive(ward: Ward, db: Database, count: int, ratio: float) -> None:
    """So many trips of the past weeks, `ratio` times as long as expected."""
    with db.transaction() as tx:
        site = tx.session.get_one(Site, ward.site)
        for number in range(count):
            left_at = tx.now - timedelta(hours=number + 1)
            metres = 2_000 + 300 * (number % 40)
            travel = known.to_site(tx, site, DEFAULT)
            took_s = (travel.travel_s(metres) - travel.park_s) * ratio + 200
            request = SupportRequest(
                id=new_id(),
                network_id=ward.nurse.network_id,
                site_id=ward.site,
                requested_by_id=ward.nurse.id,
                consent_at=left_at,
                state=RequestState.COMPLETED,
                modality=Modality.IN_PERSON,
                place="12",
                language="en",
                policy=DEFAULT.frozen(),
                created_at=left_at,
                search_started_at=left_at,
                closed_at=tx.now,
            )
            tx.session.add(request)
            tx.session.flush()
            arrived_at = left_at + timedelta(seconds=took_s)
            tx.session.add(
                Visit(
                    network_id=ward.nurse.network_id,
                    request_id=request.id,
                    peer_id=ward.marcus.id,
                    modality=Modality.IN_PERSON,
                    state=VisitState.COMPLETED,
                    accepted_at=left_at - timedelta(seconds=90),
                    departed_at=left_at,
                    arrived_at=arrived_at,
                    near_at=arrived_at - timedelta(seconds=200),
                    way_m=metres,
                    contact_at=arrived_at,
                )
            )


def versions_of(db: Database) -> list[Learned]:
    """What was learned of roads, oldest first."""
    with db.read() as tx:
        return list(
            tx.session.scalars(
                select(Learned).where(Learned.kind == Kind.TRAVEL).order_by(Learned.version)
            )
        )


def test_a_network_learns_its_roads_once_a_day_and_the_next_offer_knows(
    ward: Ward, db: Database, clock: ManualClock
) -> None:
    assert calibrate.calibrate(db) == 0, "no trips, nothing to learn"
    first = ward.world.ask(ward.nurse)
    plain = ward.world.offer_of(ward.marcus, first)
    drive(ward, db, 60, ratio=1.8)
    assert calibrate.calibrate(db) == 1
    assert calibrate.calibrate(db) == 0, "once a day"
    clock.advance(25 * 3600)
    assert calibrate.calibrate(db) == 1
    assert [(one.version, one.rows) for one in versions_of(db)] == [(1, 60), (2, 60)]
    taught = versions_of(db)[-1].content
    assert "Marcus" not in str(taught)
    ward.world.on_duty(ward.marcus)
    second = ward.world.ask(ward.nurse)
    learned = ward.world.offer_of(ward.marcus, second)
    assert plain is not None
    assert learned is not None
    assert plain.travel_s is not None
    assert learned.travel_s is not None
    assert learned.travel_s > 1.2 * plain.travel_s
    told_s = (learned.arrive_by or clock.now()) - learned.asked_at
    assert told_s.total_seconds() < DEFAULT.answer_s + DEFAULT.prepare_s + learned.travel_s, (
        "this network's peers are quick to leave"
    )
    ward.world.accept(ward.marcus, second)
    seen = shown(ward, second)
    with db.read() as tx:
        visit = tx.session.get_one(Visit, seen["id"])
        assert visit.eta_at is not None
        after_s = (visit.eta_at - visit.accepted_at).total_seconds()
    assert after_s == told_s.total_seconds() - DEFAULT.answer_s


@pytest.mark.parametrize("poison", ["old", "nonsense"])
def test_what_is_old_or_poisoned_changes_nothing(
    ward: Ward, db: Database, clock: ManualClock, poison: str
) -> None:
    plain = ward.world.offer_of(ward.marcus, ward.world.ask(ward.nurse))
    drive(ward, db, 60, ratio=1.8)
    assert calibrate.calibrate(db) == 1
    if poison == "nonsense":
        with db.transaction() as tx:
            tx.session.execute(update(Learned).values(content={"ratio": 1e9}))
        clock.advance(3600)
    else:
        clock.advance(61 * 24 * 3600)
    ward.world.on_duty(ward.marcus)
    offer = ward.world.offer_of(ward.marcus, ward.world.ask(ward.nurse))
    assert isinstance(plain, Offer)
    assert isinstance(offer, Offer)
    assert offer.travel_s == pytest.approx(plain.travel_s, rel=0.25)


def test_another_network_learns_nothing_from_it(ward: Ward, db: Database) -> None:
    drive(ward, db, 60, ratio=1.8)
    other = ward.world.network("Other")
    calibrate.calibrate(db)
    with db.read() as tx:
        assert versions.newest(tx, other.network_id, Kind.TRAVEL) is None
        assert Hour.NIGHT in known.pace(tx, ward.nurse.network_id).hours
