"""Hours in seconds: a database of its own, the real application, and the city's people at its door.

The story's clock is the application's clock too. The dispatcher's turns are those that
`server.wiring` has put together; only who waits between them is another.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select

from dispatch import invariants
from dispatch.models import IS_OPEN_REQUEST, SupportRequest
from notifications.channels.memory import MemoryChannel
from notifications.models import Kind
from server.app import create_app
from server.settings import Settings
from server.turns import Turn
from server.wiring import make_loops, wire
from simulator import nature, report
from simulator.doors.in_process import InProcessDoor
from simulator.journal import read_stories
from simulator.people.manager import Manager
from simulator.people.nurse import Nurse
from simulator.people.peer import Life, Peer
from simulator.people.person import Person
from simulator.phone import SignIn
from simulator.report import Report
from simulator.settle import Ward, settle
from simulator.stage import VirtualStage
from simulator.town import Town
from storage import migrate
from storage.clock import ManualClock

START = datetime(2026, 3, 3, 21, 0, tzinfo=UTC)
"""Four in the afternoon in Ohio: the evening is when departments are busy."""

DRAIN = timedelta(hours=4)
"""How long after the last hour what is open may still come to its end."""

SESSIONS_S = 300.0
"""How often it is asked whether the live lines still stand on something."""

MOST_TURNS = 100


@dataclass(frozen=True)
class Plan:
    """What is to be played."""

    sites: int = 20
    peers: int = 80
    hours: float = 6.0
    seed: int = 7
    state: str = "OH"
    load: float = 1.0
    """How many times more often than usual everybody asks."""
    habits: nature.Habits = nature.LIFE


@dataclass(frozen=True)
class Played:
    """What came of it."""

    report: Report
    wall_s: float
    compared: int
    calls: int


def play(plan: Plan) -> Played:
    """Play a plan from beginning to end in a database that is thrown away afterwards."""
    began = time.perf_counter()
    with TemporaryDirectory(prefix="alongside-city-") as folder:
        world = World(plan, Path(folder))
        try:
            found = world.play()
        finally:
            world.close()
    return Played(found, time.perf_counter() - began, world.town.compared, world.door.calls)


class World:
    """A city with its own product, and a clock that jumps."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan = plan
        self.clock = ManualClock(START)
        self.phones = MemoryChannel(Kind.FCM)
        settings = Settings(
            alongside_env="test",
            alongside_data=folder,
            database_url=f"sqlite:///{folder / 'city.sqlite3'}",
        )
        self.wired = wire(settings, self.clock, channels={Kind.FCM: self.phones})
        migrate.upgrade(self.wired.db.engine)
        self.city = settle(
            self.wired.db,
            state=plan.state,
            sites=plan.sites,
            peers=plan.peers,
            seed=plan.seed,
        )
        app = create_app(self.wired)
        self.door = InProcessDoor(app, app.extensions["socketio"])
        self._watcher = app.extensions["alongside_watcher"]
        self._loops = make_loops(self.wired)
        self._turns = [turn for loop in self._loops.turns.values() for turn in loop]
        # A web process looks by itself every other second; here the story says when, and nobody
        # in it is thrown out.
        self._turns.append(Turn("watcher", self._look_at_sessions, SESSIONS_S))
        self.town = Town()
        poked = self.wired.wake.waiter()
        self.stage = VirtualStage(
            self.clock, hear=self._hear, turn=self._turn, is_poked=lambda: poked.wait(0.0)
        )
        self._due = dict.fromkeys((turn.name for turn in self._turns), START)
        self._pushed = 0
        self.manager = Manager(*self._who(self.city.manager))
        self.nurses = [self._nurse(ward) for ward in self.city.wards]
        self.peers = [self._peer(number) for number in range(len(self.city.residents))]
        self._by_address = {
            peer.life.push_address: peer for peer in self.peers if peer.life.push_address
        }

    def _who(self, sign_in: SignIn) -> tuple[Any, ...]:
        return (self.door, self.stage, sign_in, self.town, self.plan.habits, str(self.plan.seed))

    def _nurse(self, ward: Ward) -> Nurse:
        chance = Random(f"{self.plan.seed}:asks:{ward.sign_in.email}")
        zone = ward.hospital.time_zone
        per_month = ward.per_month * self.plan.load
        times = nature.ask_times(START, self.plan.hours, per_month, zone, chance)
        return Nurse(*self._who(ward.sign_in), asks_s=times)

    def _peer(self, number: int) -> Peer:
        resident = self.city.residents[number]
        chance = Random(f"{self.plan.seed}:life:{resident.sign_in.email}")
        life = Life(
            home=resident.home,
            shift=nature.shift(self.plan.hours, chance),
            push_address=f"city-phone-{number}",
        )
        return Peer(*self._who(resident.sign_in), life=life)

    def play(self) -> Report:
        """The whole story, and what came of it."""
        people: Sequence[Person] = [self.manager, *self.nurses, *self.peers]
        for person in people:
            person.begin()
        end = START + timedelta(hours=self.plan.hours)
        self.stage.run(end)
        self.stage.run(end + DRAIN, while_=self._is_open)
        stories = read_stories(lambda path: self.manager.phone.call("GET", path))
        with self.wired.db.read() as tx:
            broken = invariants.check(tx)
        return report.tally(stories, self.town.rings, [*self.town.broken, *broken], self.town.seen)

    def close(self) -> None:
        """Let go of the phones and of the database."""
        self._loops.close()
        self.wired.close()

    def _is_open(self) -> bool:
        with self.wired.db.read() as tx:
            some = select(SupportRequest.id).where(IS_OPEN_REQUEST).limit(1)
            return tx.session.scalar(some) is not None

    def _turn(self) -> bool:
        """The dispatcher's turn; whether any request is open."""
        for _ in range(MOST_TURNS):
            if not sum(turn.work() for turn in self._turns_due()):
                return self._is_open()
        raise RuntimeError(f"the dispatcher does not come to rest at {self.clock.now()}")

    def _turns_due(self) -> Iterator[Turn]:
        now = self.clock.now()
        for turn in self._turns:
            if self._due[turn.name] <= now:
                self._due[turn.name] = now + timedelta(seconds=turn.every_s)
                yield turn

    def _look_at_sessions(self) -> int:
        self._watcher.look()
        return 0

    def _hear(self) -> bool:
        """Hand out what has arrived on lines and phones; whether there was something."""
        new = self.phones.sent[self._pushed :]
        self._pushed += len(new)
        for envelope in new:
            peer = self._by_address.get(envelope.address.value) if envelope.address else None
            if peer is not None:
                peer.push(dict(envelope.data))
        return self.door.hand_out() or bool(new)
