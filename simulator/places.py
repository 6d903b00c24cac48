"""Where the city is: emergency departments and towns of public data, and homes drawn from them.

It knows geography and chance; it refuses to know who lives anywhere. `data/README.md` says where
the files come from and under which licence.
"""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from dispatch.geo import Point, distance_m

DATA = Path(__file__).parent / "data"
KM_PER_DEGREE = 111.2
NEAR_M = 40_000.0
"""A town this near to a chosen site is one where its peers may live."""

_ZONES = {
    "America/New_York": "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC VA VT WV",
    "America/Chicago": "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
    "America/Denver": "CO ID MT NM UT WY",
    "America/Phoenix": "AZ",
    "America/Los_Angeles": "CA NV OR WA",
    "America/Anchorage": "AK",
    "Pacific/Honolulu": "HI",
    "America/Puerto_Rico": "PR VI",
    "Pacific/Guam": "AS GU MP",
}
_ZONE_OF = {state: zone for zone, states in _ZONES.items() for state in states.split()}


@dataclass(frozen=True)
class Hospital:
    """An emergency department of the public list."""

    name: str
    city: str
    state: str
    at: Point
    beds: int
    """0 when the list does not say."""

    @property
    def time_zone(self) -> str:
        """The zone of most of its state."""
        return _ZONE_OF.get(self.state, "America/New_York")


@dataclass(frozen=True)
class Town:
    """A populated place."""

    name: str
    at: Point
    population: int


@cache
def hospitals(state: str) -> tuple[Hospital, ...]:
    """The hospitals of a state (two letters) that have an emergency service, or may have one."""
    with (DATA / "hospitals.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Hospital(
                name=_tidy(row["name"]),
                city=row["city"],
                state=row["state"],
                at=Point(float(row["lat"]), float(row["lon"])),
                beds=int(row["beds"] or 0),
            )
            for row in csv.DictReader(file)
            if row["state"] == state and row["ed_cms"] != "N"
        )


def _tidy(name: str) -> str:
    """The name without what only a register wants to know, and not longer than a line."""
    for ending in (", Llc", " Llc", ", Inc.", ", Inc", " Inc"):
        name = name.removesuffix(ending)
    return name[:80].strip()


@cache
def towns(state: str) -> tuple[Town, ...]:
    """The towns of a state. Where no list of towns is shipped, its hospitals stand for them."""
    path = DATA / f"places-{_FILES.get(state, '')}.csv"
    if not path.exists():
        return tuple(Town(one.city, one.at, max(one.beds, 10) * 100) for one in hospitals(state))
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            Town(row["name"], Point(float(row["lat"]), float(row["lon"])), int(row["pop"]))
            for row in csv.DictReader(file)
        )


_FILES = {"OH": "ohio"}


def choose_sites(state: str, count: int, chance: Random) -> list[Hospital]:
    """`count` different hospitals of a state. Raises `ValueError` when it has not so many."""
    known = _one_per_name(hospitals(state))
    if count > len(known):
        raise ValueError(f"{state} has {len(known)} emergency departments, not {count}")
    return chance.sample(known, count)


def _one_per_name(found: Sequence[Hospital]) -> list[Hospital]:
    return list({one.name: one for one in found}.values())


def draw_homes(state: str, sites: Sequence[Point], count: int, chance: Random) -> list[Point]:
    """`count` homes, by population, in the towns near `sites`; none is anybody's address."""
    near = [
        town for town in towns(state) if min(distance_m(town.at, site) for site in sites) <= NEAR_M
    ]
    return draw_from(near or towns(state), count, chance)


def draw_from(chosen: Sequence[Town], count: int, chance: Random) -> list[Point]:
    """`count` homes in these towns, by population. Raises `ValueError` without a town."""
    if not chosen:
        raise ValueError("there is no town where peers could live")
    drawn = chance.choices(chosen, weights=[town.population for town in chosen], k=count)
    return [scatter(town.at, _radius_km(town.population), chance) for town in drawn]


def _radius_km(population: int) -> float:
    """How far a town reaches: about 1,000 people to a square kilometre, as Ohio's cities are."""
    return math.sqrt(population / 1000.0 / math.pi) + 0.5


def scatter(middle: Point, radius_km: float, chance: Random) -> Point:
    """A point within `radius_km` of `middle`, each square metre as likely as any other."""
    away_km = radius_km * math.sqrt(chance.random())
    turn = chance.uniform(0.0, 2.0 * math.pi)
    north = away_km * math.cos(turn) / KM_PER_DEGREE
    east = away_km * math.sin(turn) / KM_PER_DEGREE / math.cos(math.radians(middle.latitude))
    return Point(round(middle.latitude + north, 5), round(middle.longitude + east, 5))
