"""Every fault that the runner can make, and which of them a seed means.

A failpoint times an act, or the weather between two processes, times the database. A seed says the
fault, the moment and what the people do; so does the same seed tomorrow.
"""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from random import Random

from tests.faults.points import DROP, HANG, KILL, POINTS, STOP
from tests.faults.runner.cluster import Cluster, is_stopped, send
from tests.faults.runner.load import Load

HANG_S = 1.5
ASLEEP_S = {"postgresql": 6.0, "sqlite": 2.0}
"""Past the leases of a search and of a push, where there is somebody else to take over."""
WEATHER_S = 2.5
REACHED_S = 9.0
"""How long to wait until somebody gets to a failpoint before more nurses ask."""
ROUNDS = 3
ELSEWHERE = frozenset({"migration.before_commit"})
"""Not reached by serving: a named test of its own kills a migration there."""

FAILED_OVER = "failed over"
"""The primary's machine is gone; a standby that had every commit takes its place."""

SLOW_PROVIDER = frozenset({"lease.renewed"})
"""Reached only while a send takes its time."""

DATABASES = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Fault:
    """What is done to the product, once."""

    point: str
    """A failpoint, or `~` and the weather."""
    act: str
    database: str

    @property
    def is_kill(self) -> bool:
        """Whether a process ends without a chance to tidy up."""
        return self.act in (KILL, "killed", "crashed")

    def __str__(self) -> str:
        return f"{self.point} {self.act} on {self.database}"


@dataclass
class Made:
    """What came of making it."""

    is_reached: bool
    role: str = ""
    at: float = 0.0


def every(database: str | None = None) -> list[Fault]:
    """All faults, in one fixed order: their number is part of what a seed means."""
    found = []
    for name in DATABASES:
        for point in POINTS.values():
            if point.name not in ELSEWHERE and point.only in (None, name):
                found += [Fault(point.name, act, name) for act in point.acts]
        found += [
            Fault(f"~{place}", act, name)
            for (place, act), (_, only) in WEATHER.items()
            if only in (None, name)
        ]
    return [one for one in found if database in (None, one.database)]


def of(seed: int) -> Fault:
    """The fault that a seed means: neighbours differ in every respect, and `len(every())` have all."""
    order = _order()
    return order[seed % len(order)]


@cache
def _order() -> list[Fault]:
    known = every()
    return Random(0x5EED).sample(known, len(known))


def prepare(fault: Fault, cluster: Cluster) -> None:
    """Put up what the fault needs, before anybody asks for anything."""
    if fault.act == FAILED_OVER and cluster.standby is None:
        cluster.add_standby()


def make(fault: Fault, cluster: Cluster, load: Load, chance: Random) -> Made:
    """Let it happen while the load runs."""
    if fault.point.startswith("~"):
        time.sleep(chance.uniform(0.2, 1.5))
        do, _ = WEATHER[fault.point[1:], fault.act]
        at = time.monotonic()
        do(cluster, chance)
        return Made(True, fault.point[1:], at)
    time.sleep(chance.uniform(0.0, 0.8))
    if fault.point in SLOW_PROVIDER:
        cluster.provider.become(latency_s=1.3)
    said = {HANG: f"sleep {HANG_S}", DROP: "stop"}.get(fault.act, fault.act)
    cluster.arm(fault.point, said)
    pid = _until_reached(fault, cluster, load)
    if pid is None:
        cluster.disarm()
        return Made(False)
    role = cluster.role(pid)
    at = time.monotonic()
    if fault.act in (DROP, STOP):
        deadline = time.monotonic() + 2
        while not is_stopped(pid) and time.monotonic() < deadline:
            time.sleep(0.01)
        if fault.act == DROP:
            cluster.cut_ways_of(pid)
        else:
            cluster.wait(ASLEEP_S[cluster.database])
        send(pid, signal.SIGCONT)
    return Made(True, role, at)


def _until_reached(fault: Fault, cluster: Cluster, load: Load) -> int | None:
    for again in range(ROUNDS):
        if again:
            load.begin()
        deadline = time.monotonic() + REACHED_S
        while time.monotonic() < deadline:
            pid = cluster.fired(fault.point)
            if pid is not None:
                return pid
            cluster.supervise()
            time.sleep(0.01)
    return None


# The weather: what happens to a process or between two, at no point in particular.

Doing = Callable[[Cluster, Random], None]


def _nothing(cluster: Cluster, chance: Random) -> None:
    """The yardstick: how long things are held up on this machine when nobody breaks anything."""


def _kill(which: int) -> Doing:
    def do(cluster: Cluster, chance: Random) -> None:
        cluster.processes[which].kill()

    return do


def _kill_worker(cluster: Cluster, chance: Random) -> None:
    send(cluster.worker(chance.randrange(2)), signal.SIGKILL)


def _term(which: int) -> Doing:
    def do(cluster: Cluster, chance: Random) -> None:
        cluster.processes[which].end()

    return do


def _sleep_worker(cluster: Cluster, chance: Random) -> None:
    pid = cluster.worker(chance.randrange(2))
    send(pid, signal.SIGSTOP)
    cluster.wait(WEATHER_S)
    send(pid, signal.SIGCONT)


def _sleep_dispatcher(cluster: Cluster, chance: Random) -> None:
    pid = cluster.processes[1].process.pid
    send(pid, signal.SIGSTOP)
    cluster.wait(ASLEEP_S[cluster.database])
    send(pid, signal.SIGCONT)


def _turn(way: str, **weather: object) -> Doing:
    def do(cluster: Cluster, chance: Random) -> None:
        proxy = getattr(cluster, way)
        proxy.become(**weather)
        cluster.wait(WEATHER_S)
        proxy.heal()

    return do


def _cut(way: str, *, reset: bool = True) -> Doing:
    def do(cluster: Cluster, chance: Random) -> None:
        for _ in range(3):
            getattr(cluster, way).cut(reset=reset)
            cluster.wait(chance.uniform(0.05, 0.4))

    return do


def _stop_postgres(how: signal.Signals) -> Doing:
    def do(cluster: Cluster, chance: Random) -> None:
        assert cluster.postgres is not None
        cluster.postgres.stop(how)
        cluster.wait(chance.uniform(0.0, 1.0))
        cluster.postgres.start()

    return do


def _fail_over(cluster: Cluster, chance: Random) -> None:
    cluster.fail_over(after_s=chance.uniform(0.0, 0.5))


def _stop_redis(cluster: Cluster, chance: Random) -> None:
    assert cluster.redis is not None
    cluster.redis.stop()
    cluster.wait(WEATHER_S)
    cluster.redis.start()


def _flush_redis(cluster: Cluster, chance: Random) -> None:
    import redis

    assert cluster.redis is not None
    with redis.Redis(port=cluster.redis.port) as client:
        client.flushall()


_PG = "postgresql"
_HOLE: dict[str, object] = {"is_hole": True}

WEATHER: dict[tuple[str, str], tuple[Doing, str | None]] = {
    ("nothing", "happens"): (_nothing, None),
    ("web", "killed"): (_kill(0), None),
    ("web", "ended"): (_term(0), None),
    ("worker", "killed"): (_kill_worker, _PG),
    ("worker", "asleep"): (_sleep_worker, None),
    ("dispatcher", "killed"): (_kill(1), _PG),
    ("dispatcher", "ended"): (_term(1), _PG),
    ("dispatcher", "asleep"): (_sleep_dispatcher, _PG),
    ("callers", "cut"): (_cut("door"), None),
    ("callers", "slow"): (_turn("door", latency_s=0.3), None),
    ("callers", "cut in mid-answer"): (_turn("door", cut_after=200), None),
    ("postgres", "cut"): (_cut("way"), _PG),
    ("postgres", "closed"): (_cut("way", reset=False), _PG),
    ("postgres", "slow"): (_turn("way", latency_s=0.05), _PG),
    ("postgres", "dripping"): (_turn("way", drip=400), _PG),
    ("postgres", "in a black hole"): (_turn("way", **_HOLE), _PG),
    ("postgres", "cut in mid-answer"): (_turn("way", cut_after=500), _PG),
    ("postgres", "refusing"): (_turn("way", refuses=True), _PG),
    ("postgres", "stopped"): (_stop_postgres(signal.SIGINT), _PG),
    ("postgres", "crashed"): (_stop_postgres(signal.SIGQUIT), _PG),
    ("postgres", FAILED_OVER): (_fail_over, _PG),
    ("redis", "away"): (_stop_redis, _PG),
    ("redis", "flushed"): (_flush_redis, _PG),
    ("redis", "cut"): (_cut("redis_way"), _PG),
    ("redis", "in a black hole"): (_turn("redis_way", **_HOLE), _PG),
    ("redis", "slow"): (_turn("redis_way", latency_s=0.2), _PG),
    ("provider", "cut"): (_cut("provider"), None),
    ("provider", "in a black hole"): (_turn("provider", **_HOLE), None),
    ("provider", "cut in mid-answer"): (_turn("provider", cut_after=20), None),
    ("provider", "refusing"): (_turn("provider", refuses=True), None),
    ("provider", "slow"): (_turn("provider", latency_s=0.5), None),
}
"""By place and act: what is done, and the one database where it can be."""
