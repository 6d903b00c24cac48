"""Seconds to one site at one hour, from metres as the crow flies. Pure.

A way has three parts: the first kilometres go through streets, the middle over main roads, the rest
over highways. So the mean speed grows with the way, as travel surveys and the classic model of fire
engines in New York have it (Kolesar, Walker and Hausner, Operations Research 23(4), 1975: the root of
the distance for short ways, a straight line for long). On top stand an hour, how dense the sites are, and what the network's own trips
say (`Pace`). It knows no rows and no roads.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from math import exp, hypot, log

from dispatch.policy import DEFAULT, Policy


class Way(StrEnum):
    """How long a way is, as the crow flies."""

    SHORT = "short"
    MIDDLE = "middle"
    LONG = "long"


class Hour(StrEnum):
    """What the roads are like, by the site's own clock."""

    NIGHT = "night"
    DAY = "day"
    RUSH = "rush"


class Density(StrEnum):
    """How close together the network's sites stand: emergency departments are where people live.

    The sites are all that is known without outside data. Only neighbours prove a city; that there
    are none proves nothing, so the default for `OPEN` is the policy's own speed.
    """

    OPEN = "open"
    TOWN = "town"
    DENSE = "dense"


MIDDLE_FROM_M, LONG_FROM_M = 5_000.0, 15_000.0

NEIGHBOUR_M = 10_000.0
"""Sites within this are neighbours."""

_KNOTS: tuple[tuple[Way, float, float], ...] = (
    (Way.SHORT, 2_500.0, 0.65),
    (Way.MIDDLE, 10_000.0, 0.90),
    (Way.LONG, 25_000.0, 1.15),
)
"""Up to so many metres the mean speed is this share of the policy's.

With 48 km/h and 1.3 road kilometres per kilometre: 31, 43 and 55 km/h. A way of 19.5 road km takes
23.8 min; the US survey of 2001 has 23.3 (12.11 miles at 32 mph, FHWA, Highway Statistics 2006, NT-3).
"""

_BEYOND = 1.4
"""The speed of what lies beyond the last knot: highways."""

_ANYWHERE_M = 1e9
"""Further than anything on the globe; a number that can be written down, for replays."""

HOURS: Mapping[Hour, float] = {Hour.NIGHT: 0.93, Hour.DAY: 1.0, Hour.RUSH: 1.15}
"""Time by hour. The peak takes about 1.2 times what a free road does in US towns (Travel Time Index,
Urban Mobility Report); the day lies between."""

DENSITIES: Mapping[Density, float] = {Density.OPEN: 1.0, Density.TOWN: 1.05, Density.DENSE: 1.15}
"""Time by density: an assumption until trips say more."""

LOW, HIGH = 0.80, 1.35
"""Nine of ten trips take more than the first, nine of ten less than the second, times what was
expected: an assumption until there are trips. Times on the road are about log-normal, with a longer
tail to the right (Westgate et al. 2016, ambulances in Toronto)."""

PREPARE_LOW, PREPARE_HIGH = 0.5, 2.0
"""The same for the minutes from yes to leaving."""

FEWEST = 10.0
"""So many trips weigh as much as what is assumed."""

LEAST, MOST = 0.4, 2.5
"""What trips can say: a ratio beyond these is a mistake and no road."""


@dataclass(frozen=True)
class Pace:
    """What the network's own trips say, as ratios of time to what is assumed for a 48 km/h policy."""

    trips: int = 0
    ratio: float = 1.0
    """The middle of all trips."""
    ways: Mapping[Way, float] = field(default_factory=dict)
    hours: Mapping[Hour, float] = field(default_factory=dict)
    densities: Mapping[Density, float] = field(default_factory=dict)
    sites: Mapping[str, float] = field(default_factory=dict)
    """Of each class: how much it differs from the middle; already held back where trips are few."""
    low: float = LOW
    high: float = HIGH
    prepare_s: float | None = None
    park_s: float | None = None
    """Middles; None: as the policy has it."""
    routed: float = 1.0
    """Of trips whose way a router knew: their time beside the router's."""


UNKNOWN = Pace()


@dataclass(frozen=True, slots=True)
class Leg:
    """A part of the way at one speed."""

    until_m: float
    from_m: float
    from_s: float
    pace: float
    """Seconds a metre."""


@dataclass(frozen=True, slots=True)
class Travel:
    """The roads to one site at one hour: all that is the same for every peer, worked out once."""

    legs: tuple[Leg, ...]
    park_s: float
    prepare_s: int
    routed: float
    """What a router's seconds are multiplied by at this hour."""
    low: float = LOW
    high: float = HIGH

    def travel_s(self, metres: float) -> int:
        """Seconds on the road for `metres` as the crow flies, with parking."""
        for leg in self.legs:
            if metres <= leg.until_m:
                return round(leg.from_s + (metres - leg.from_m) * leg.pace + self.park_s)
        raise ValueError("the last leg has no end")

    def routed_s(self, road_s: float) -> int:
        """Seconds for a way whose time a router knows, with parking."""
        return round(road_s * self.routed + self.park_s)

    def range_s(self, travel_s: float) -> tuple[int, int]:
        """Between how many seconds it takes in eight of ten cases."""
        return round(travel_s * self.low), round(travel_s * self.high)


def with_leaving_s(
    prepare_s: float, travel_s: float, from_s: float, until_s: float
) -> tuple[int, int]:
    """The range from the yes on: getting ready and the road are early or late independently."""
    early = hypot(prepare_s * (1 - PREPARE_LOW), travel_s - from_s)
    late = hypot(prepare_s * (PREPARE_HIGH - 1), until_s - travel_s)
    return round(prepare_s + travel_s - early), round(prepare_s + travel_s + late)


def way_of(metres: float) -> Way:
    """The class of a way so long."""
    if metres < MIDDLE_FROM_M:
        return Way.SHORT
    return Way.MIDDLE if metres < LONG_FROM_M else Way.LONG


def hour_of(local: datetime) -> Hour:
    """The class of a moment by the site's own clock: rush on weekdays 7 to 9 and 16 to 18."""
    if local.hour >= 21 or local.hour < 6:
        return Hour.NIGHT
    is_rush = local.weekday() < 5 and (7 <= local.hour < 9 or 16 <= local.hour < 18)
    return Hour.RUSH if is_rush else Hour.DAY


def density_of(neighbours: int) -> Density:
    """The class of a site with so many others of the network within `NEIGHBOUR_M`."""
    if neighbours >= 3:
        return Density.DENSE
    return Density.TOWN if neighbours else Density.OPEN


def blend(learned: float, count: float, assumed: float, weight: float = FEWEST) -> float:
    """A ratio held back towards what is assumed, the more the fewer it was learned from."""
    return exp((count * log(learned) + weight * log(assumed)) / (count + weight))


def travel_to(
    site_id: str, density: Density, local: datetime, policy: Policy, pace: Pace = UNKNOWN
) -> Travel:
    """The roads to a site at a moment of its own clock, as the policy and the trips have them."""
    hour = hour_of(local)
    assumed = _held(
        (policy.road_factor / policy.speed_kmh) / (DEFAULT.road_factor / DEFAULT.speed_kmh), 0.1, 20
    )
    whole = blend(pace.ratio, pace.trips, assumed) if pace.trips else assumed
    here = HOURS[hour] * pace.hours.get(hour, 1.0)
    ratio = (
        whole
        * here
        * DENSITIES[density]
        * pace.densities.get(density, 1.0)
        * pace.sites.get(site_id, 1.0)
    )
    legs: list[Leg] = []
    from_m = from_s = last = 0.0
    for way, until_m, share in _KNOTS:
        last = ratio * pace.ways.get(way, 1.0)
        until_s = until_m * _seconds_a_metre(share) * last
        # Whatever was learned: further is never quicker.
        until_s = max(until_s, from_s + 0.2 * (until_m - from_m) * _seconds_a_metre(share))
        legs.append(Leg(until_m, from_m, from_s, (until_s - from_s) / (until_m - from_m)))
        from_m, from_s = until_m, until_s
    legs.append(Leg(_ANYWHERE_M, from_m, from_s, _seconds_a_metre(_BEYOND) * last))
    return Travel(
        legs=tuple(legs),
        park_s=policy.park_s if pace.park_s is None else pace.park_s,
        prepare_s=policy.prepare_s if pace.prepare_s is None else round(pace.prepare_s),
        routed=here * pace.routed,
        low=pace.low,
        high=pace.high,
    )


def _seconds_a_metre(share: float) -> float:
    """Of the crow's metres, at that share of the speed that the ratios refer to."""
    return DEFAULT.road_factor / (DEFAULT.speed_kmh / 3.6 * share)


def _held(value: float, least: float, most: float) -> float:
    return min(max(value, least), most)
