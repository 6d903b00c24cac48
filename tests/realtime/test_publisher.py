"""Announcements, before any socket: how large they are, and what is left unread."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from dispatch.access import Actor
from dispatch.actions import duty
from dispatch.actions import visits as steps
from dispatch.actions.duty import Position
from dispatch.actions.positions import record_many
from dispatch.states import Modality, Role
from server.auth import guests
from server.realtime import changes, events, rooms, wire
from server.realtime.outlets import MemoryOutlet, Nowhere
from server.realtime.publisher import Publisher
from storage.clock import ManualClock
from storage.database import Database, Transaction
from tests.harness.world import COLUMBUS, KM_NORTH, World

MANY = 150


@pytest.fixture
def outlet(db: Database) -> MemoryOutlet:
    """Everything that is announced of `db`."""
    outlet = MemoryOutlet()
    db.after_commit.append(Publisher(db, outlet).publish)
    return outlet


@pytest.fixture
def crowd(db: Database, clock: ManualClock) -> World:
    """A network in which the last wave asks very many."""
    return World(db, clock)


def test_every_live_event_is_small_and_declared(
    crowd: World, outlet: MemoryOutlet, clock: ManualClock
) -> None:
    admin = crowd.network()
    site = crowd.site(admin)
    nurse = crowd.user(admin, "Hannah L.", Role.STAFF, site)
    crowd.user(admin, "Renee A.", Role.MANAGER)
    people = [crowd.peer(admin, f"Ünïcödé {n} Ñandú", km_north=n / 10) for n in range(MANY)]
    preferences = ["ñ" * 80] * 12
    request_id = crowd.ask(nurse, note="日" * 500, preferences=preferences)
    crowd.forward(200)
    crowd.accept(people[-1], request_id)
    assert len(crowd.asked(request_id)) == 0
    told = outlet.emitted
    assert len([one for one in told if one.event == "offer"]) == MANY
    assert len([one for one in told if one.event == "offer_closed"]) == MANY
    for one in told:
        frame = f'42/live,["{one.event}",{wire.dumps(one.payload)}]'
        assert len(frame.encode()) < 8_192, one.event
        events.check(one.event, one.payload)
    # What was too large to say was at least mentioned: by the numbers, nothing is missing.
    seqs = {
        one.payload["seq"]
        for one in told
        if one.event in ("fact", "resync") and f"request:{request_id}:full" in one.rooms
    }
    assert seqs == set(range(1, crowd.snapshot(request_id)["seq"] + 1))
    assert any(one.event == "resync" for one in told)


def test_what_nobody_hears_is_not_read(db: Database, clock: ManualClock) -> None:
    class Deaf(Nowhere):
        """Counts what is said to nobody."""

        said = 0

        def emit(self, event: str, payload: object, rooms: object) -> None:
            self.said += event != "fact"

    deaf = Deaf()
    world = World(db, clock)
    admin = world.network()
    nurse = world.user(admin, "Hannah L.", Role.STAFF, world.site(admin))
    world.peer(admin, "Marcus T.")
    db.after_commit.append(Publisher(db, deaf).publish)
    world.ask(nurse)
    clock.advance(timedelta(seconds=1).total_seconds())
    assert deaf.said == 0


def test_only_a_bedside_that_has_a_screen_is_told(
    crowd: World, outlet: MemoryOutlet, db: Database
) -> None:
    admin = crowd.network()
    nurse = crowd.user(admin, "Hannah L.", Role.STAFF, crowd.site(admin))
    peers, requests, visits = [], [], []
    for name in ("Rosa V.", "Dana K.", "Marcus T."):
        peers.append(crowd.peer(admin, name, on_duty=False))
        crowd.on_duty(peers[-1], modalities=[Modality.VIDEO])
        requests.append(crowd.ask(nurse, modality=Modality.VIDEO, preferences=[]))
        visits.append(crowd.accept(peers[-1], requests[-1]))
    with db.transaction() as tx:
        links = [guests.make(tx, nurse, visit) for visit in visits[:2]]
        assert guests.claim(tx, links[0].secret) is not None
    outlet.emitted.clear()
    for peer, visit in zip(peers, visits, strict=True):
        crowd.do(steps.start, peer, visit)
    told = {one.rooms: one.payload for one in outlet.emitted if one.event == "bedside"}
    assert set(told) == {(rooms.bed(requests[0]),)}
    assert told[rooms.bed(requests[0]),]["visit_id"] == visits[0]


def alone(tx: Transaction, peer: Actor, said: Position) -> None:
    """A position as one phone says it."""
    duty.record_position(tx, peer, said)


def together(tx: Transaction, peer: Actor, said: Position) -> None:
    """A position as one of many."""
    [moved] = record_many(tx, {peer.id: [said]}).moved.values()
    changes.moved(tx, peer.id, moved.network_id, moved.before, moved.here)


@pytest.mark.parametrize("record", [alone, together])
def test_who_comes_back_from_an_area_that_another_process_told_is_told(
    db: Database, clock: ManualClock, record: Callable[[Transaction, Actor, Position], None]
) -> None:
    world = World(db, clock)
    peer = world.peer(world.network(), "Marcus T.")
    processes = [db, Database(db.engine, clock)]
    told = [MemoryOutlet(), MemoryOutlet()]
    for process, outlet in zip(processes, told, strict=True):
        process.after_commit.append(Publisher(process, outlet).publish)

    def areas(process: int, km_north: float) -> list[object]:
        """The areas that this process tells after a minute, when the peer says where they are."""
        clock.advance(60)
        told[process].emitted.clear()
        said = Position(COLUMBUS[0] + km_north * KM_NORTH, COLUMBUS[1], 10.0, clock.now())
        with processes[process].transaction() as tx:
            record(tx, peer, said)
        payloads = [one.payload for one in told[process].emitted if one.event == "board"]
        return [row["area"] for one in payloads for row in one["peers"]]

    [home] = areas(0, 5.0)
    assert areas(0, 5.001) == [], "the row is the same"
    [away] = areas(1, 7.0)
    assert away != home
    assert areas(0, 5.0) == [home]
    assert areas(0, 5.001) == []
