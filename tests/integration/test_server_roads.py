"""Times on the road from an OSRM server: kept by areas, never waited for, deaf to nonsense."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from dispatch.actions import visits
from dispatch.geo import Point, area, distance_m
from dispatch.models import Visit
from dispatch.policy import DEFAULT
from dispatch.states import Modality
from dispatch.travel import roads
from dispatch.travel.roads import RoadTime
from server import roads as asking
from server.doctor import roads as doctor
from server.roads import Roads
from server.settings import Settings
from server.wiring import make_loops, wire
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.osrm import OsrmServer
from tests.harness.world import COLUMBUS, KM_NORTH
from tests.integration.conftest import Ward

HOME = Point(COLUMBUS[0] + 5 * KM_NORTH, COLUMBUS[1])


@pytest.fixture
def osrm() -> Iterator[OsrmServer]:
    """OSRM's stand-in."""
    with OsrmServer() as server:
        yield server


@pytest.fixture
def turn(db: Database, osrm: OsrmServer) -> Iterator[Roads]:
    """The turn that asks it."""
    made = Roads(db, osrm.url)
    yield made
    made.close()


def rows(db: Database) -> list[RoadTime]:
    """What is kept."""
    with db.read() as tx:
        return list(tx.session.scalars(select(RoadTime).order_by(RoadTime.cell)))


def told_s(ward: Ward) -> int:
    """The seconds that Marcus is told with an offer of a request that is made now."""
    request_id = ward.world.ask(ward.nurse)
    offer = ward.world.offer_of(ward.marcus, request_id)
    assert offer is not None
    assert offer.travel_s is not None
    ward.world.clock.advance(3600)
    return offer.travel_s


def test_a_decision_takes_what_the_router_said_and_asks_nobody(
    ward: Ward, db: Database, osrm: OsrmServer, turn: Roads
) -> None:
    by_model = told_s(ward)
    osrm.mps = 5_000 / 1_200
    assert turn.turn() == 2, "Marcus and Dana, each for the one site"
    assert turn.turn() == 0, "known for a month"
    asked = len(osrm.asked)
    by_road = told_s(ward)
    assert by_road == pytest.approx(1_200 * 0.93 + DEFAULT.park_s, rel=0.1), "at night"
    assert by_road > 1.3 * by_model
    assert len(osrm.asked) == asked


def test_only_areas_leave_the_house(ward: Ward, osrm: OsrmServer, turn: Roads) -> None:
    turn.turn()
    site = Point(COLUMBUS[0], COLUMBUS[1])
    middles = {area(HOME), area(Point(COLUMBUS[0] + 8 * KM_NORTH, COLUMBUS[1]))}
    for start, end in osrm.asked:
        assert min(distance_m(start, middle) for middle in middles) < 12
        assert distance_m(end, site) < 2
    for path in osrm.paths:
        assert ward.site not in path
        assert ward.marcus.id not in path


def test_on_the_road_the_arrival_goes_by_it_and_the_trip_remembers(
    ward: Ward, db: Database, osrm: OsrmServer, turn: Roads
) -> None:
    turn.turn()
    request_id = ward.world.ask(ward.nurse)
    visit_id = ward.world.accept(ward.marcus, request_id)
    ward.world.do(visits.depart, ward.marcus, visit_id)
    with db.read() as tx:
        visit = tx.session.get_one(Visit, visit_id)
        assert visit.way_routed_s == pytest.approx(500, rel=0.1)
        assert visit.way_m == pytest.approx(5_000, rel=0.01)


@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 500},
        {"status": 429},
        {"body": b"<html>", "status": 200},
        {"body": b"[]"},
        {"body": b'{"code": "Ok"}'},
        {"body": b'{"code": "Ok", "durations": [[1, 2, 3]]}'},
        {"body": b'{"code": "Ok", "durations": "quick"}'},
        {"body": b"x" * 1_000_100},
        {"hang_s": 1.0},
    ],
)
def test_a_server_in_trouble_is_left_alone_and_the_model_answers(
    ward: Ward,
    db: Database,
    clock: ManualClock,
    osrm: OsrmServer,
    turn: Roads,
    trouble: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(asking, "TIMEOUT_S", (0.5, 0.3))
    by_model = told_s(ward)
    for name, value in trouble.items():
        setattr(osrm, name, value)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert turn.turn() == 0
            clock.advance(10)
        assert len(osrm.asked) == 1, "it rests"
        clock.advance(31)
        assert turn.turn() == 0
    assert len(osrm.asked) == 2
    assert rows(db) == []
    said = [record.getMessage() for record in caplog.records if "on the road" in record.msg]
    assert len(said) == 1
    assert "39." not in said[0]
    assert told_s(ward) == by_model
    for name, value in {"status": 200, "body": None, "hang_s": 0.0}.items():
        setattr(osrm, name, value)
    assert turn.turn() == 2, "well again"


@pytest.mark.parametrize("nonsense", [-5, 0, 1e12, "quick", True])
def test_a_time_that_nobody_drives_is_not_kept(
    ward: Ward, db: Database, osrm: OsrmServer, turn: Roads, nonsense: object
) -> None:
    osrm.durations = [[nonsense]]
    turn.turn()
    assert rows(db) == []


@pytest.mark.parametrize("no_way", [{"durations": [[None]]}, {"status": 400, "code": "NoTable"}])
def test_where_there_is_no_way_it_is_asked_again_in_a_week(
    ward: Ward,
    db: Database,
    clock: ManualClock,
    osrm: OsrmServer,
    turn: Roads,
    no_way: dict[str, object],
) -> None:
    by_model = told_s(ward)
    for name, value in no_way.items():
        setattr(osrm, name, value)
    assert turn.turn() == 2
    assert [row.seconds for row in rows(db)] == [None, None]
    assert turn.turn() == 0
    assert told_s(ward) == by_model
    clock.advance(7 * 24 * 3600)
    ward.world.on_duty(ward.marcus)
    assert turn.turn() == 2


def test_ways_are_asked_again_after_a_month_and_forgotten_after_two(
    ward: Ward, db: Database, clock: ManualClock, osrm: OsrmServer, turn: Roads
) -> None:
    turn.turn()
    clock.advance(31 * 24 * 3600)
    assert turn.turn() == 2
    assert len(rows(db)) == 2
    ward.world.off_duty(ward.marcus)
    ward.world.off_duty(ward.dana)
    clock.advance(61 * 24 * 3600)
    assert turn.turn() == 0
    assert rows(db) == []


def test_nobody_asks_beyond_a_limit_or_for_who_does_not_drive(ward: Ward, db: Database) -> None:
    ward.world.site(ward.admin, "Far", km_north=70.0)
    ward.world.site(ward.admin, "Next door", km_north=5.2)
    calls = ward.world.peer(
        ward.admin, "Video V.", modalities=["video"], km_north=20.0, on_duty=False
    )
    ward.world.on_duty(calls, modalities=[Modality.VIDEO])
    ward.world.off_duty(ward.dana)
    with db.read() as tx:
        [wanted] = roads.wanted(tx, 20)
    assert [site_id for site_id, _ in wanted.sites] == [ward.site]


def test_the_dispatcher_has_the_turn_only_with_a_server(tmp_path: Path) -> None:
    for url, expected in ((None, False), ("http://127.0.0.1:1", True)):
        told = {"alongside_env": "test", "alongside_data": tmp_path, "osrm_url": url}
        wired = wire(Settings.model_validate(told))
        loops = make_loops(wired)
        assert ("roads" in loops.turns) is expected
        loops.close()
        wired.close()


def test_the_doctor_says_what_the_server_says(
    ward: Ward, db: Database, osrm: OsrmServer, database_url: str, tmp_path: Path
) -> None:
    def said(url: str) -> tuple[bool, str]:
        told = {
            "alongside_env": "test",
            "alongside_data": tmp_path,
            "database_url": database_url,
            "osrm_url": url,
        }
        wired = wire(Settings.model_validate(told))
        try:
            [found] = doctor.examine(wired)
        finally:
            wired.close()
        return found.is_well, found.sentence

    assert said(osrm.url) == (True, "times on the road come from OSRM")
    assert "cannot be reached" in said("http://127.0.0.1:1")[1]
    osrm.status, osrm.code = 400, "NoSegment"
    assert "knows no roads around Scioto Ridge" in said(osrm.url)[1]
    osrm.status, osrm.body = 200, b"hello"
    assert "look at OSRM_URL" in said(osrm.url)[1]
