"""One synthetic state: emergency departments, peers with shifts, and requests, from a seed.

Every number has its source in `docs/study.md`. Pure: the same plan gives the same world, and
the parts do not disturb one another: a higher load adds requests and moves no peer. It knows who
lives where and when they are available; how people answer stands in `people`.
"""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from dispatch.geo import Point
from dispatch.states import Focus, Modality
from dispatch.whatif import world
from dispatch.whatif.world import Request, Shift
from simulator import nature, places
from simulator.places import Town

START = datetime(2026, 3, 2, tzinfo=UTC)
"""Midnight of a Monday, by the clock of the state: the study has no time zones."""

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S

SITES = 168
"""Emergency departments of a state, or as many as it has."""

PEERS_PER_SITE = 600 / 168
REQUESTS_PER_SITE_DAY = 2.0
"""336 a day on 168 departments."""

LEAST_ON_SHIFT, MOST_ON_SHIFT = 0.24, 0.60
SHIFT_S = (LEAST_ON_SHIFT + MOST_ON_SHIFT) / 2 * DAY_S
"""One shift a day of 10 hours gives the mean share on shift."""

BUSIEST_SHIFT_HOUR = 15.0
"""The hour at which most peers are on shift; twelve hours away the fewest are."""

SHIFT_JITTER_S = HOUR_S
"""A peer begins this much before or after their usual time, evenly spread."""

GOES = 0.85
"""Peers who go in person; the others work by video, phone and chat only."""

TALKS_REMOTE = 0.75
"""Of those who go: also take video, phone and chat."""

BY_SITE = 0.15
"""Peers whom a department itself has found: they live around it, wherever it is. The others live
where people live. With this share a quarter of Ohio's departments have two peers or fewer who go
in person within 10 miles."""

BY_SITE_KM = 15.0
OWN_LIMITS_M = (None, None, None, None, 20_000, 30_000)
"""How far peers want to go; none: the policy's limit."""

NOT_PAIRED = 0.01
"""Of all pairs of peer and site."""


@dataclass(frozen=True)
class Plan:
    """What to build. `sites` and `towns` are files of one's own, instead of the state's."""

    seed: int
    days: float = 7.0
    load: float = 1.0
    state: str = "OH"
    site_count: int | None = None
    peer_count: int | None = None
    sites: Path | None = None
    towns: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Site(world.Site):
    """An emergency department; `weight` is how much of all requests come from here."""

    name: str
    weight: float


@dataclass(frozen=True, kw_only=True)
class Peer(world.Peer):
    """A peer of the made-up state; every one has a home."""

    home: Point
    willing: float
    """The chance of a yes when they have seen an offer nearby, by day and rested."""


@dataclass(frozen=True, kw_only=True)
class World(world.World):
    """Everything that no policy can change, and the plan that it came from."""

    plan: Plan
    sites: tuple[Site, ...]
    peers: tuple[Peer, ...]
    requests: tuple[Request, ...]


def build(plan: Plan) -> World:
    """The world of a plan. Raises `ValueError` for a state or a file that gives no site."""
    sites = _sites(plan)
    count = plan.peer_count or max(round(len(sites) * PEERS_PER_SITE), 1)
    return World(
        start=START,
        days=plan.days,
        plan=plan,
        sites=sites,
        peers=_peers(plan, sites, count),
        requests=_requests(plan, sites),
    )


def _chance(plan: Plan, part: str) -> Random:
    """A stream of its own for each part of the world."""
    return Random(f"{plan.seed}/{plan.state}/{part}")


def _sites(plan: Plan) -> tuple[Site, ...]:
    if plan.sites is not None:
        found = _read_sites(plan.sites)
    else:
        known = sorted(places.hospitals(plan.state), key=lambda one: (-one.beds, one.name))
        found = [Site(name=one.name, at=one.at, weight=float(one.beds)) for one in known]
    found = found[: plan.site_count or (SITES if plan.sites is None else None)]
    if not found:
        raise ValueError(f"there is no emergency department in {plan.sites or plan.state}")
    # Visits to a department grow more slowly than its beds; where nobody counted, a small one.
    return tuple(replace(one, weight=math.sqrt(max(one.weight, 25.0))) for one in found)


def _read_sites(path: Path) -> list[Site]:
    """Columns `name,lat,lon` and, if known, `beds`."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Site(
                name=row["name"],
                at=Point(float(row["lat"]), float(row["lon"])),
                weight=float(row.get("beds") or 0),
            )
            for row in csv.DictReader(file)
        ]


def _homes(plan: Plan, sites: Sequence[Site], count: int) -> list[Point]:
    chance = _chance(plan, "homes")
    found = [
        places.scatter(chance.choice(sites).at, BY_SITE_KM, chance)
        for _ in range(round(count * BY_SITE))
    ]
    by_population = count - len(found)
    if plan.towns is None:
        near = [site.at for site in sites]
        return found + places.draw_homes(plan.state, near, by_population, chance)
    with plan.towns.open(encoding="utf-8", newline="") as file:
        towns = [
            Town(row["name"], Point(float(row["lat"]), float(row["lon"])), int(row["pop"]))
            for row in csv.DictReader(file)
        ]
    return found + places.draw_from(towns, by_population, chance)


def _peers(plan: Plan, sites: Sequence[Site], count: int) -> tuple[Peer, ...]:
    homes = _homes(plan, sites, count)
    chance = _chance(plan, "peers")
    return tuple(_peer(number, home, plan, len(sites), chance) for number, home in enumerate(homes))


def _peer(number: int, home: Point, plan: Plan, site_count: int, chance: Random) -> Peer:
    goes = chance.random() < GOES
    talks = not goes or chance.random() < TALKS_REMOTE
    modalities = {Modality.IN_PERSON} if goes else set()
    if talks:
        modalities |= {Modality.VIDEO, Modality.PHONE, Modality.CHAT}
    return Peer(
        number=number,
        home=home,
        modalities=frozenset(modalities),
        languages=frozenset(nature.languages(chance)),
        focus=frozenset(Focus(one) for one in nature.experience(chance)),
        travel_limit_m=chance.choice(OWN_LIMITS_M),
        willing=nature.willingness(nature.LIFE, chance),
        shifts=_shifts(plan.days, frozenset(modalities), chance),
        not_paired=frozenset(site for site in range(site_count) if chance.random() < NOT_PAIRED),
    )


def _shifts(days: float, modalities: frozenset[Modality], chance: Random) -> tuple[Shift, ...]:
    """One shift a day at about the same time, so that the share on shift follows the day.

    The shares of those on shift are a wave between the least and the most; a shift is a window over
    the beginnings, so the beginnings are a wave too, flatter by what the window smooths away.
    """
    half = SHIFT_S / 2
    smoothing = math.sin(math.pi * SHIFT_S / DAY_S) / (math.pi * SHIFT_S / DAY_S)
    mean = (LEAST_ON_SHIFT + MOST_ON_SHIFT) / 2
    swing = (MOST_ON_SHIFT - LEAST_ON_SHIFT) / 2 / mean / smoothing
    while True:
        middle_s = chance.uniform(0.0, DAY_S)
        wave = math.cos(2 * math.pi * (middle_s / HOUR_S - BUSIEST_SHIFT_HOUR) / 24)
        if chance.random() * (1 + swing) < 1 + swing * wave:
            break
    found = []
    for day in range(-1, math.ceil(days) + 2):
        jitter = chance.uniform(-SHIFT_JITTER_S, SHIFT_JITTER_S)
        begins = day * DAY_S + middle_s - half + jitter
        if begins + SHIFT_S > 0:
            ends = round(begins + SHIFT_S, 3)
            found.append(Shift(round(max(begins, 0.0), 3), ends, modalities, ends))
    return tuple(found)


def _requests(plan: Plan, sites: Sequence[Site]) -> tuple[Request, ...]:
    """A Poisson process with the day's shape; its sites by weight.

    The seeds of the load are its own: at five times the load nothing of the normal one returns.
    """
    chance = _chance(plan, f"requests/{plan.load:g}")
    per_s = len(sites) * REQUESTS_PER_SITE_DAY * plan.load / DAY_S
    mean = sum(nature.BY_HOUR) / 24
    peak = max(nature.BY_HOUR) / mean
    weights = [site.weight for site in sites]
    found: list[Request] = []
    at_s = 0.0
    while per_s > 0:
        at_s += chance.expovariate(per_s * peak)
        if at_s >= plan.days * DAY_S:
            break
        if chance.random() * peak < nature.BY_HOUR[int(at_s / HOUR_S) % 24] / mean:
            found.append(_request(len(found), round(at_s, 3), weights, chance))
    return tuple(found)


def _request(number: int, at_s: float, weights: Sequence[float], chance: Random) -> Request:
    return Request(
        number=number,
        site=chance.choices(range(len(weights)), weights)[0],
        at_s=at_s,
        modality=Modality(nature.pick(chance, nature.MODALITIES)),
        language=nature.pick(chance, nature.LANGUAGES),
        focus=Focus(nature.pick(chance, nature.FOCUSES)) if chance.random() < 0.9 else None,
    )
