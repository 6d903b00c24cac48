"""How far off expected arrivals are, before and after a network's own trips are learned from.

Towns are made up, each with a truth of its own that the model does not know; a few trips of it teach,
others are judged. No timing: the same numbers on every machine.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import exp
from random import Random

from benchmarks.table import show
from dispatch.geo import travel_s
from dispatch.policy import DEFAULT
from dispatch.travel.minutes import UNKNOWN, Density, Hour, Pace, hour_of
from dispatch.travel.trips import Trip, errors, fit

LEARNED = (30, 100, 500)
JUDGED = 2_000
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
SITES = ("a", "b", "c", "d")


@dataclass(frozen=True)
class Town:
    """The truth about a town: a speed for each end of the range of ways, and what is special."""

    name: str
    near_kmh: float
    far_kmh: float
    """On the first kilometre and on the thirtieth; road kilometres."""
    winding: float = 1.3
    rush: float = 1.2
    slow_site: float = 1.0
    park_s: float = 200.0
    spread: float = 0.15
    forgets: float = 0.0
    """How many press "I've arrived" half an hour late."""


TOWNS = (
    Town("as surveys have it", 30, 60),
    Town("slow city, hard rush", 18, 35, winding=1.4, rush=1.6, park_s=420),
    Town("open country", 55, 85, winding=1.25, rush=1.0, park_s=90),
    Town("a river before one site", 30, 60, slow_site=1.7),
    Town("one in seven forgets to press", 30, 60, forgets=0.15),
)


def main() -> None:
    """Print the table."""
    rows = []
    for town in TOWNS:
        judged = list(_trips(town, JUDGED, seed=1))
        # Who is judged pressed in time: what is asked is when somebody stood there.
        flat = sum(abs(trip.took_s - travel_s(trip.metres, DEFAULT)) for trip in judged)
        paces = [UNKNOWN, *(_learned(town, count) for count in LEARNED)]
        found = [errors(judged, pace) for pace in paces]
        rows.append(
            [
                town.name,
                f"{flat / JUDGED / 60:.1f}",
                *(f"{off_min:.1f} ({100 * inside:.0f} %)" for off_min, inside in found),
            ]
        )
    show(
        "Expected arrivals: minutes off on average (and how many arrived within the range shown)",
        ["town", "one speed", "assumed", *(f"{count} trips" for count in LEARNED)],
        rows,
        f"{JUDGED} trips of 1 to 30 km judged, others learned from. The range should hold 80 %.",
    )


def _learned(town: Town, count: int) -> Pace:
    return fit(_trips(town, count, seed=2, forgets=town.forgets))


def _trips(town: Town, count: int, seed: int, forgets: float = 0.0) -> Iterator[Trip]:
    """Trips of a week, by the truth of the town."""
    chance = Random(seed)
    for _ in range(count):
        left_at = MONDAY + timedelta(minutes=chance.randrange(7 * 24 * 60))
        site = chance.choice(SITES)
        metres = 1_000 * exp(chance.uniform(0.0, 3.4))
        kmh = town.near_kmh + (town.far_kmh - town.near_kmh) * min(metres / 30_000, 1.0)
        road_s = metres * town.winding / (kmh / 3.6)
        road_s *= town.rush if hour_of(left_at) is Hour.RUSH else 1.0
        road_s *= town.slow_site if site == "a" else 1.0
        park_s = town.park_s * exp(chance.gauss(0.0, 0.3))
        late_s = 1_800.0 if chance.random() < forgets else 0.0
        took_s = road_s * exp(chance.gauss(0.0, town.spread)) + park_s + late_s
        yield Trip(site, Density.TOWN, left_at, metres, took_s, 120.0, park_s + late_s)
