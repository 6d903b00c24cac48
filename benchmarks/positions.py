"""Positions that phones say over their sockets, a second: how many one web process takes.

Production's shape on this machine: PostgreSQL, Redis, one web process, a dispatcher, and 1,000 phones
on sockets of their own in this process. Each step offers more positions a second than the last; one
counts when it is acknowledged as used, which means that it is stored. Ten of the phones walk to and
fro over the border of two areas: from the moment they say so until the manager's live board does is
the lag. Beside it, in the same run and on the same PostgreSQL: one transaction for each position, as it
was before, and the one statement alone that writes a batch, which is the limit.
"""

import asyncio
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import h3
import psutil
from sqlalchemy import select

from benchmarks.lines import Switchboard, deaf
from benchmarks.load.country import Country, Person, settle
from benchmarks.load.line import Line
from benchmarks.load.plan import Plan
from benchmarks.load.stage import Stage
from benchmarks.table import percentile, show
from dispatch.access import Actor
from dispatch.actions import duty
from dispatch.actions.duty import Position
from dispatch.actions.positions import record_many
from dispatch.geo import AREA_RESOLUTION, Point
from dispatch.models import Duty
from dispatch.shapes import stamp
from dispatch.states import Role
from storage.clock import SystemClock
from storage.database import Database

PHONES = 1_000
PROBES = 10
PROBE_S = 2.5
"""A peer is looked at every two seconds at most."""
STEPS = (2_000, 4_000, 5_000, 6_000, 8_000)
"""Offered, a second."""
STEP_S = 10.0
CALM_S = 2.0
TICK_S = 0.01
GOAL = 5_000
LAG_GOAL_S = 1.0
ONE_BY_ONE_S = 5.0
BATCH = 1_250
"""What gathers in 250 ms at the goal."""
CLOCK = SystemClock()
Json = dict[str, Any]


class Walker:
    """A phone that says again and again where it is."""

    def __init__(self, who: Person) -> None:
        assert who.home is not None
        self.who = who
        self.home = who.home
        self.step = 0
        self.line: Line | None = None
        self.stored = 0.0
        """The latitude that was acknowledged last."""

    def body(self, here: Point) -> Json:
        """A position."""
        return {
            "latitude": here.latitude,
            "longitude": here.longitude,
            "accuracy_m": 10.0,
            "recorded_at": stamp(CLOCK.now()),
        }

    def next(self) -> Point:
        """A few steps from home: another place each time, the same area."""
        self.step += 1
        return Point(self.home.latitude + self.step % 20 / 1e6, self.home.longitude)


class Prober(Walker):
    """Walks over the border of two areas."""

    def __init__(self, who: Person) -> None:
        super().__init__(who)
        cell = h3.latlng_to_cell(self.home.latitude, self.home.longitude, AREA_RESOLUTION)
        other = min(set(h3.grid_disk(cell, 1)) - {cell})
        here, there = (h3.cell_to_latlng(one) for one in (cell, other))
        self._sides = [
            Point(*(a + share * (b - a) for a, b in zip(here, there, strict=True)))
            for share in (0.45, 0.55)
        ]
        self.said_at: float | None = None

    def next(self) -> Point:
        """The other side."""
        self.step += 1
        return self._sides[self.step % 2]


@dataclass
class Step:
    """What came of one rate."""

    offered: int
    said: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    took_s: list[float] = field(default_factory=list)
    lags_s: list[float] = field(default_factory=list)
    seconds: float = 0.0
    cpu_s: float = 0.0
    """Of the web process."""

    @property
    def stored(self) -> float:
        """Positions a second that were acknowledged as used."""
        return self.answers["used"] / self.seconds


class Town:
    """All the phones and one manager's board."""

    def __init__(self, country: Country, port: int, web: psutil.Process) -> None:
        self.board = Switchboard(port, country)
        self._web = web
        self._manager = country.managers[0]
        network = self._manager.network_id
        mine = [one for one in country.peers if one.network_id == network]
        self.probers = [Prober(one) for one in mine[:PROBES]]
        known = {one.who.id for one in self.probers}
        self.walkers = [Walker(one) for one in country.peers if one.id not in known]
        self._by_id = {one.who.id: one for one in self.probers}
        self.now = Step(0)

    async def enter(self) -> None:
        """Everybody connects; the manager's board is followed."""
        everybody: list[Walker] = [*self.walkers, *self.probers]
        lines = await self.board.all([one.who for one in everybody], deaf)
        for one in everybody:
            one.line = lines[one.who.id]
        manager = await self.board.one(self._manager, self._hear)
        assert (await manager.ask("follow_board", {}))["ok"]

    def _hear(self, event: str, told: Json) -> None:
        now = asyncio.get_running_loop().time()
        for row in told["peers"] if event == "board" else ():
            prober = self._by_id.get(row["id"])
            if prober is not None and prober.said_at is not None:
                self.now.lags_s.append(now - prober.said_at)
                prober.said_at = None

    def say(self, walker: Walker) -> None:
        """One position of one phone."""
        here = walker.next()
        step = self.now

        def heard(answer: Json, seconds: float) -> None:
            what = str(answer.get("used") or answer.get("code"))
            step.answers[what] += 1
            step.took_s.append(seconds)
            if what == "used":
                walker.stored = here.latitude

        assert walker.line is not None
        step.said += 1
        walker.line.say("position", walker.body(here), heard)

    async def offer(self, rate: int) -> Step:
        """So many positions a second for a while, in even turns."""
        loop = asyncio.get_running_loop()
        self.now = step = Step(rate)
        began, used = loop.time(), self._web.cpu_times()
        said, turn, probed = 0, 0, began
        while (now := loop.time()) < began + STEP_S:
            while said < (now - began) * rate:
                self.say(self.walkers[turn % len(self.walkers)])
                said, turn = said + 1, turn + 1
            while probed < now:
                probed += PROBE_S / PROBES
                prober = self.probers[int(probed / PROBE_S * PROBES) % PROBES]
                prober.said_at = now
                self.say(prober)
            await asyncio.sleep(TICK_S)
        step.seconds = loop.time() - began
        # What was said in this step is answered before the next one begins.
        until = loop.time() + 5.0
        while sum(step.answers.values()) < step.said and loop.time() < until:
            await asyncio.sleep(TICK_S)
        after = self._web.cpu_times()
        step.cpu_s = after.user + after.system - used.user - used.system
        late = loop.time() - began - STEP_S
        step.seconds += max(0.0, late - 0.5)  # a batch and its answer belong to the step
        await asyncio.sleep(CALM_S)
        return step


def main() -> None:
    """Run all and print the table."""
    plan = Plan(phones=PHONES, reconnect=0, web=1)
    with (
        tempfile.TemporaryDirectory() as folder,
        Stage(plan, Path(folder)) as stage,
    ):
        country = settle(stage.db, plan, stage.tokens)
        town = Town(country, stage.web.port, stage.processes()["web"][0])
        steps = asyncio.run(_offer(town))
        wrong = _not_stored(stage.db, town)
        complaints = stage.complaints()
        limit = _statement_alone(stage.db, country)
        peer = _one_by_one(stage.db, country)
    _print(steps, peer, limit, town.board.lost, wrong, complaints)


async def _offer(town: Town) -> list[Step]:
    await town.enter()
    await asyncio.sleep(CALM_S)
    return [await town.offer(rate) for rate in STEPS]


def _not_stored(db: Database, town: Town) -> int:
    """Phones whose row is not the last place that was acknowledged."""
    with db.read() as tx:
        rows = dict(tx.session.execute(select(Duty.peer_id, Duty.latitude)).all())
    return sum(rows[one.who.id] != one.stored for one in (*town.walkers, *town.probers))


def _statement_alone(db: Database, country: Country) -> float:
    """Rows a second of the batch by itself, one transaction each, in process."""
    count, began = 0, time.perf_counter()
    people = country.peers[:BATCH]
    while time.perf_counter() - began < ONE_BY_ONE_S:
        with db.transaction() as tx:
            at = tx.now + timedelta(seconds=10)
            record_many(tx, {one.id: [_beside(one, count, at)] for one in people})
        count += len(people)
    return count / (time.perf_counter() - began)


def _one_by_one(db: Database, country: Country) -> float:
    """Positions a second with a transaction for each, in process."""
    count, began = 0, time.perf_counter()
    while (now := time.perf_counter()) - began < ONE_BY_ONE_S:
        one = country.peers[count % len(country.peers)]
        with db.transaction() as tx:
            actor = Actor(one.id, one.network_id, Role.PEER, "")
            at = tx.now + timedelta(seconds=20)
            duty.record_position(tx, actor, _beside(one, count, at))
        count += 1
    return count / (now - began)


def _beside(one: Person, number: int, at: Any) -> Position:
    assert one.home is not None
    return Position(one.home.latitude + number % 20 / 1e6, one.home.longitude, 10.0, at)


def _s(seconds: list[float], percent: float) -> str:
    return f"{percentile(seconds, percent):.2f}" if seconds else ""


def _print(
    steps: list[Step], peer: float, limit: float, lost: int, wrong: int, complaints: list[str]
) -> None:
    rows = [
        (
            f"{one.offered:,} a second offered",
            f"{one.stored:,.0f}",
            f"{one.cpu_s / max(1, one.answers['used']) * 1e6:.0f}",
            _s(one.took_s, 50),
            _s(one.took_s, 99),
            _s(one.lags_s, 50),
            _s(one.lags_s, 99),
        )
        for one in steps
    ]
    alone = "in process, no socket: "
    rows += [
        (f"{alone}one transaction each", f"{peer:,.0f}", "", "", "", "", ""),
        (f"{alone}the statements of a batch of {PHONES:,}", f"{limit:,.0f}", "", "", "", "", ""),
    ]
    others = Counter[str]()
    for one in steps:
        others += one.answers
    del others["used"]
    unanswered = sum(one.said - sum(one.answers.values()) for one in steps)
    show(
        f"Positions stored a second, {PHONES:,} phones on one web process",
        ("what", "stored/s", "web, µs CPU", "ack p50 s", "p99", "board p50 s", "p99"),
        rows,
        f"Goal: {GOAL:,} stored a second with at most {LAG_GOAL_S:.0f} s to the board. "
        f"Other answers: {dict(others) or 'none'}; unanswered: {unanswered}; lines lost: {lost}; "
        f"phones whose row is not the last place acknowledged: {wrong}; "
        f"mistakes in the logs: {len(complaints)}.",
    )


if __name__ == "__main__":
    main()
