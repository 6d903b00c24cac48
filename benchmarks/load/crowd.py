"""All of them together: the ramp, positions, asking, and the moment in which many lose their line.

It makes things happen in time; it refuses to judge what came of them.
"""

import asyncio
import gc
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from benchmarks.load import watch
from benchmarks.load.country import Country
from benchmarks.load.desk import Manager, Nurse
from benchmarks.load.follower import CLOCK, Follower, Means
from benchmarks.load.line import Lost
from benchmarks.load.phone import Phone
from benchmarks.load.plan import Plan
from benchmarks.load.tally import Tally
from benchmarks.load.watch import Used, Watch

PROBE_S = 0.1
RENEW_S = 60.0
QUIET_S, MOST_QUIET_S = 2.0, 30.0
"""What is on its way has arrived when nothing has come for so long; nobody waits longer than this."""
CALM_S = 3.0
"""Between the ramp and the first request."""
RAMP_TRIES = 5


@dataclass
class Course:
    """When what happened, in the event loop's seconds and as moments, and what it took."""

    first_memory_mb: dict[str, float] = field(default_factory=dict)
    """Before anybody connected."""
    ramp_s: float = 0.0
    ramp: dict[str, Used] = field(default_factory=dict)
    connected: int = 0
    begin: float = 0.0
    began_at: datetime | None = None
    ended_at: datetime | None = None
    dropped: float = 0.0
    caught_up: float = 0.0
    """When the last of those who lost their line had caught up; 0 when nobody lost it."""
    end: float = 0.0
    steady: dict[str, Used] = field(default_factory=dict)
    storm: dict[str, Used] = field(default_factory=dict)


class Crowd:
    """Everybody in the country."""

    def __init__(self, plan: Plan, country: Country, port: int) -> None:
        chance = Random(plan.seed + 1)
        self.plan = plan
        self.tally = Tally()
        self.course = Course()
        self._chance = chance
        self._tasks: set[asyncio.Task[None]] = set()
        self._endless: list[asyncio.Task[None]] = []
        means = Means(port, country, self.tally, self.spawn)

        def own() -> Random:
            return Random(chance.getrandbits(64))

        self.phones = [Phone(means, one, own()) for one in country.peers]
        self.nurses = [Nurse(means, one, own()) for one in country.nurses]
        self.managers = [Manager(means, one, own()) for one in country.managers]

    @property
    def everybody(self) -> list[Follower]:
        """Phones, nurses and managers."""
        return [*self.phones, *self.nurses, *self.managers]

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Let something run; a line that was lost on the way, or a mistake of ours, is counted."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._over)
        return task

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.tally.errors[f"given up: {type(error).__name__} {error}"[:80]] += 1

    async def run(self, watched: Watch) -> None:
        """From the first connection to the last answer; everybody is still connected then."""
        course, plan = self.course, self.plan
        loop = asyncio.get_running_loop()
        watched.begin()
        await self._ramp()
        course.ramp = watched.end()
        # Our own collections would be measured as the server's answers being late.
        gc.collect()
        gc.freeze()
        looking = (manager.keep_looking() for manager in self.managers)
        for work in (
            watch.lateness(self.tally),
            self._probe(),
            self._positions(),
            self._renew(),
            *looking,
        ):
            self._endless.append(self.spawn(work))
        await asyncio.sleep(CALM_S)
        course.begin, course.began_at = loop.time(), CLOCK.now()
        watched.begin()
        self.spawn(self._ask(course.begin + plan.seconds))
        await asyncio.sleep(plan.seconds / 2)
        course.steady = watched.end()
        if plan.reconnect:
            watched.begin()
            await self._storm()
            course.storm = watched.end()
        await asyncio.sleep(max(0.0, course.begin + plan.seconds - loop.time()))
        course.end, course.ended_at = loop.time(), CLOCK.now()
        for one in self.everybody:
            one.is_done = True
        for task in self._endless:
            task.cancel()
        await self.settle()

    async def settle(self) -> None:
        """Until nothing has come for a while."""
        loop = asyncio.get_running_loop()
        began = self.tally.heard_at = loop.time()
        while loop.time() - self.tally.heard_at < QUIET_S and loop.time() - began < MOST_QUIET_S:
            await asyncio.sleep(0.1)

    def hang_up(self) -> None:
        """Let every line go, and whatever still runs."""
        for one in self.everybody:
            if one.line is not None:
                one.line.drop()
        for task in list(self._tasks):
            task.cancel()

    # The ramp

    async def _ramp(self) -> None:
        """Connect them all, so many at once as the plan says."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for nurse in self.nurses:
            await nurse.open()
        for manager in self.managers:
            await manager.open()
        waiting = list(reversed(self.phones))

        async def connect_some() -> None:
            while waiting:
                await self._enter(waiting.pop())

        await asyncio.gather(*(connect_some() for _ in range(self.plan.at_once)))
        self.course.ramp_s = loop.time() - began
        self.course.connected = sum(one.is_live for one in self.everybody)

    async def _enter(self, phone: Phone) -> None:
        for _ in range(RAMP_TRIES):
            try:
                ms = await phone.connect()
            except Lost as lost:
                self.tally.errors[f"first connect: {lost}"] += 1
                await asyncio.sleep(1.0)
            else:
                self.tally.connects.append((asyncio.get_running_loop().time(), ms))
                return

    # What goes on

    async def _positions(self) -> None:
        """Each phone at its own moment of the period, period after period."""
        loop, every_s = asyncio.get_running_loop(), self.plan.position_every_s
        order = [(self._chance.uniform(0.0, every_s), phone) for phone in self.phones]
        order.sort(key=lambda one: one[0])
        began = loop.time()
        while True:
            for phase, phone in order:
                ahead = began + phase - loop.time()
                if ahead > 0.001:
                    await asyncio.sleep(ahead)
                phone.tell_position()
            began += every_s

    async def _probe(self) -> None:
        while True:
            self.managers[0].probe()
            await asyncio.sleep(PROBE_S)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            for one in self.everybody:
                one.renew()

    async def _ask(self, until: float) -> None:
        """At random moments, so many a minute on average, each at a random site."""
        loop, number = asyncio.get_running_loop(), 0
        while True:
            await asyncio.sleep(self._chance.expovariate(self.plan.requests_per_minute / 60.0))
            if loop.time() >= until:
                return
            number += 1
            self.spawn(self._chance.choice(self.nurses).ask(number))

    async def _storm(self) -> None:
        """Many phones lose their connection at one instant, and all come back."""
        loop = asyncio.get_running_loop()
        live = [phone for phone in self.phones if phone.is_live]
        chosen = self._chance.sample(live, min(self.plan.reconnect, len(live)))
        self.course.dropped = loop.time()
        for phone in chosen:
            phone.drop()

        async def come_back(phone: Phone) -> None:
            await phone.come_back(waits_first=self.plan.backs_off)
            now = loop.time()
            self.tally.back.append((now, (now - self.course.dropped) * 1000.0))

        await asyncio.gather(*(come_back(phone) for phone in chosen))
        self.course.caught_up = loop.time()
