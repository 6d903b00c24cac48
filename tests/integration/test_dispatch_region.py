"""A network too large to look at everybody: the nearest are found, calls go in turn, nobody is lost."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import select, update

from dispatch import near, region, views
from dispatch.actions import duty, people
from dispatch.actions.duty import Position
from dispatch.actions.people import Profile
from dispatch.cells import cell_of
from dispatch.geo import Point, distance_m
from dispatch.models import Duty, Peer, SupportRequest
from dispatch.policy import DEFAULT, parse
from dispatch.states import Modality, Role
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.world import COLUMBUS, KM_NORTH, World

HERE = Point(*COLUMBUS)


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four on duty are a large network here; the nearest three and two by call are looked at."""
    monkeypatch.setattr(region, "SMALL", 3)
    monkeypatch.setattr(region, "NEAREST", 3)
    monkeypatch.setattr(region, "BY_CALL", 2)


@pytest.fixture
def world(db: Database, clock: ManualClock) -> World:
    """A nurse, and eight peers who go in person, each a kilometre further than the one before."""
    world = World(db, clock)
    admin = world.network(waves=[{"after_s": 0, "size": 2}])
    world.user(admin, "Hannah L.", Role.STAFF, world.site(admin))
    world.user(admin, "Renee A.", Role.MANAGER)
    for km in range(8):
        world.peer(admin, f"P{km} Q.", km_north=km)
        world.on_duty(world.actors[f"P{km} Q."], modalities=[Modality.IN_PERSON])
    return world


def seen(db: Database, request_id: str) -> list[str]:
    with db.read() as tx:
        request = tx.session.get_one(SupportRequest, request_id)
        found = views.peer_views(tx, request, parse(request.policy))
    return sorted(view.name for view in found)


def test_a_small_network_sees_everybody(world: World, db: Database) -> None:
    assert len(seen(db, world.ask(world.actors["Hannah L."]))) == 8


def test_a_large_one_sees_the_nearest_and_who_was_asked(
    large: None, world: World, db: Database
) -> None:
    request_id = world.ask(world.actors["Hannah L."])
    assert seen(db, request_id) == ["P0 Q.", "P1 Q.", "P2 Q."]
    far = world.actors["P7 Q."]
    world.do(duty.record_position, far, Position(COLUMBUS[0], COLUMBUS[1], 10.0, world.clock.now()))
    assert seen(db, request_id) == ["P0 Q.", "P1 Q.", "P7 Q."]
    world.do(people.update_peer, world.actors["admin:Central Ohio Peer Network"],
             world.actors["P0 Q."].id, Profile(home_latitude=COLUMBUS[0] + 90 * KM_NORTH))  # fmt: skip
    assert seen(db, request_id) == ["P0 Q.", "P1 Q.", "P2 Q.", "P7 Q."], "P0 was asked: kept"


def test_a_position_that_is_old_gives_way_to_the_home_area(
    large: None, world: World, db: Database, clock: ManualClock
) -> None:
    far = world.actors["P7 Q."]
    world.do(duty.record_position, far, Position(COLUMBUS[0], COLUMBUS[1], 10.0, clock.now()))
    request_id = world.ask(world.actors["Hannah L."], modality=Modality.PHONE)
    assert "P7 Q." in seen(db, request_id)
    clock.advance(DEFAULT.position_fresh_s + 1)
    assert "P7 Q." not in seen(db, request_id)


def test_who_goes_off_duty_is_in_no_cell(world: World, db: Database, clock: ManualClock) -> None:
    peer = world.actors["P1 Q."]
    world.do(duty.record_position, peer, Position(COLUMBUS[0], COLUMBUS[1], 10.0, clock.now()))
    with db.read() as tx:
        row = tx.session.get_one(Duty, peer.id)
        assert row.cell == cell_of(*COLUMBUS)
        assert row.home_cell == cell_of(COLUMBUS[0] + KM_NORTH, COLUMBUS[1])
    world.off_duty(peer)
    with db.read() as tx:
        assert tx.session.get_one(Duty, peer.id).cell is None


def test_calls_go_in_turn(large: None, world: World, db: Database, clock: ManualClock) -> None:
    nurse = world.actors["Hannah L."]
    for km in range(4, 8):
        world.on_duty(world.actors[f"P{km} Q."], modalities=[Modality.VIDEO])
    asked: list[set[str]] = []
    for _ in range(2):
        request_id = world.ask(nurse, modality=Modality.VIDEO)
        asked.append(
            {name for name, one in world.actors.items() if world.offer_of(one, request_id)}
        )
        clock.advance(DEFAULT.offer_blocks_s + 1)
    assert [len(names) for names in asked] == [2, 2]
    assert not asked[0] & asked[1], "the second call goes to those who were not asked at the first"


def test_the_nearest_are_those_of_a_plain_look_at_everybody(
    world: World, db: Database, clock: ManualClock
) -> None:
    chance = Random(3)
    ids = [actor.id for name, actor in world.actors.items() if name.startswith("P")]
    for _ in range(6):
        with db.transaction() as tx:
            for peer_id in ids:
                at = (HERE.latitude + chance.gauss(0, 0.3), HERE.longitude + chance.gauss(0, 0.3))
                old = chance.random() < 0.3
                moment = clock.now() - timedelta(seconds=9000 if old else 0)
                values = {"latitude": at[0], "longitude": at[1], "cell": cell_of(*at)}
                tx.session.execute(
                    update(Duty).where(Duty.peer_id == peer_id).values(position_at=moment, **values)
                )
        fresh = clock.now() - timedelta(seconds=DEFAULT.position_fresh_s)
        with db.read() as tx:
            rows = tx.session.execute(select(Duty, Peer).join(Peer, Peer.id == Duty.peer_id))
            plain = sorted(
                (distance_m(_where(row, peer, row.position_at >= fresh), HERE), row.peer_id)
                for row, peer in rows
                if row.position_at is not None
            )
            network_id = world.actors["Hannah L."].network_id
            asked = near.Asked(network_id, "en", fresh)
            for limit_m, wanted in ((40_000.0, 3), (15_000.0, 8), (80_000.0, 5)):
                found = near.nearest(tx.session, asked, HERE, limit_m, wanted)
                assert found == [one for one in plain if one[0] <= limit_m][:wanted]
            assert near.nearest(tx.session, replace(asked, language="so"), HERE, 4e4, 3) == []


def test_an_own_limit_counts_and_so_does_the_badge(
    large: None, world: World, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever goes further than the network's limit is found, however many there are of them."""
    admin = world.actors["admin:Central Ohio Peer Network"]
    far, near_by, foreign = (world.actors[f"P{km} Q."] for km in (7, 0, 1))
    moved = Profile(home_latitude=COLUMBUS[0] + 70 * KM_NORTH, travel_limit_m=80_000)
    world.do(people.update_peer, admin, far.id, moved)
    world.do(people.update_peer, admin, near_by.id, Profile(travel_limit_m=100))
    world.do(people.update_peer, admin, near_by.id, Profile(home_latitude=COLUMBUS[0] + KM_NORTH))
    world.do(people.update_peer, admin, foreign.id, Profile(badges=[]))
    monkeypatch.setattr(region, "NEAREST", 6)
    request_id = world.ask(world.actors["Hannah L."], modality=Modality.PHONE)
    expected = ["P2 Q.", "P3 Q.", "P4 Q.", "P5 Q.", "P6 Q.", "P7 Q."]
    assert seen(db, request_id) == expected
    monkeypatch.setattr(near, "FAR", 0)
    assert seen(db, request_id) == expected


def test_by_price_it_counts_what_those_who_are_looked_at_were_asked(
    large: None, world: World, db: Database, clock: ManualClock
) -> None:
    world.ask(world.actors["Hannah L."])
    clock.advance(60)
    request_id = world.ask(world.actors["Hannah L."], modality=Modality.PHONE)
    with db.read() as tx:
        request = tx.session.get_one(SupportRequest, request_id)
        views_of = views.peer_views(tx, request, DEFAULT.model_copy(update={"strategy": "priced"}))
    counted = {one.name: (one.recent_alerts, len(one.offers_elsewhere)) for one in views_of}
    assert counted["P0 Q."] == counted["P1 Q."] == (1, 1)
    assert counted["P2 Q."] == (0, 0)


def _where(row: Duty, peer: Peer, is_fresh: bool) -> Point:
    latitude = row.latitude if is_fresh else peer.home_latitude
    longitude = row.longitude if is_fresh else peer.home_longitude
    assert latitude is not None
    assert longitude is not None
    return Point(latitude, longitude)
