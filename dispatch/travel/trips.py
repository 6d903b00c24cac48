"""What a network's own trips say of its roads. Pure: trips in, a `Pace` out.

Middles and no means, so that a forgotten press of "I've arrived" moves nothing; each class is held
back towards what is assumed by the number of its trips. A trip that nobody can have driven is left
out. It knows no rows.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import exp, log
from statistics import median
from typing import Any

from dispatch.policy import DEFAULT
from dispatch.travel.minutes import (
    FEWEST,
    HIGH,
    LEAST,
    LOW,
    MOST,
    UNKNOWN,
    Density,
    Pace,
    Travel,
    blend,
    hour_of,
    travel_to,
    way_of,
)

SHORTEST_M = 500.0
"""Who lives next door walks: that is no news of the roads."""

SLOWEST_KMH, FASTEST_KMH = 4.0, 130.0
"""Slower, parking and all, is a stop on the way or a forgotten press; faster a wrong position."""

LONGEST_S = 3 * 3600.0
ROUNDS = 3
"""The classes are told apart by going over them so often."""

SPREAD_FEWEST = 20.0
"""So many trips weigh as much as the assumed spread; fewer say little of one in ten."""


@dataclass(frozen=True)
class Trip:
    """One way that was driven, by the site's own clock."""

    site_id: str
    density: Density
    left_at: datetime
    metres: float
    """As the crow flies, where the peer left."""
    took_s: float
    """From leaving to having arrived, with parking."""
    prepare_s: float | None = None
    """From the yes to leaving."""
    park_s: float | None = None
    """From the entrance to having arrived, when the phone was seen there."""
    routed_s: float | None = None
    """What a router had said."""


def is_sound(trip: Trip) -> bool:
    """Whether somebody can have driven this trip."""
    if trip.metres < SHORTEST_M or not 60.0 <= trip.took_s <= LONGEST_S:
        return False
    kmh = trip.metres * DEFAULT.road_factor / trip.took_s * 3.6
    return SLOWEST_KMH <= kmh <= FASTEST_KMH


def fit(trips: Iterable[Trip]) -> Pace:
    """What these trips say; `UNKNOWN` without any that can be used."""
    sound = [trip for trip in trips if is_sound(trip)]
    if not sound:
        return UNKNOWN
    park_s = _middle_s([trip.park_s for trip in sound], DEFAULT.park_s, 30.0, 900.0)
    prepare_s = _middle_s([trip.prepare_s for trip in sound], DEFAULT.prepare_s, 20.0, 1200.0)
    parked = DEFAULT.park_s if park_s is None else park_s
    logs = [log(_road_s(trip, parked) / _assumed_s(trip)) for trip in sound]
    middle = median(logs)
    rest = [value - middle for value in logs]
    effects: list[dict[Hashable, float]] = [{}, {}, {}, {}]
    for _ in range(ROUNDS):
        for number, class_of in enumerate(_CLASSES):
            before = effects[number]
            whole = [
                value + before.get(class_of(trip), 0.0)
                for value, trip in zip(rest, sound, strict=True)
            ]
            effects[number] = after = _effects(whole, [class_of(trip) for trip in sound])
            rest = [value - after[class_of(trip)] for value, trip in zip(whole, sound, strict=True)]
    ways, hours, densities, sites = (_ratios(effect) for effect in effects)
    pace = Pace(
        trips=len(sound),
        ratio=_held(exp(middle)),
        ways=ways,
        hours=hours,
        densities=densities,
        sites=sites,
        prepare_s=prepare_s,
        park_s=park_s,
        routed=_routed(sound, parked),
    )
    low, high = _spread([trip.took_s / _expected_s(trip, pace) for trip in sound])
    return Pace(**{**vars(pace), "low": low, "high": high})


def errors(trips: Sequence[Trip], pace: Pace) -> tuple[float, float]:
    """Mean absolute error in minutes, and the share of trips inside the range that was shown."""
    off, inside = 0.0, 0
    for trip in trips:
        travel = _travel(trip, pace)
        expected = travel.travel_s(trip.metres)
        from_s, until_s = travel.range_s(expected)
        off += abs(trip.took_s - expected) / 60.0
        inside += from_s <= trip.took_s <= until_s
    return off / len(trips), inside / len(trips)


_CLASSES: tuple[Callable[[Trip], Hashable], ...] = (
    lambda trip: way_of(trip.metres),
    lambda trip: hour_of(trip.left_at),
    lambda trip: trip.density,
    lambda trip: trip.site_id,
)


def _travel(trip: Trip, pace: Pace = UNKNOWN) -> Travel:
    return travel_to(trip.site_id, trip.density, trip.left_at, DEFAULT, pace)


def _expected_s(trip: Trip, pace: Pace) -> float:
    return float(_travel(trip, pace).travel_s(trip.metres))


def _assumed_s(trip: Trip) -> float:
    """On the road, without parking, before anything is learned."""
    travel = _travel(trip)
    return max(travel.travel_s(trip.metres) - travel.park_s, 1.0)


def _road_s(trip: Trip, parked_s: float) -> float:
    return max(trip.took_s - parked_s, 0.2 * trip.took_s)


def _effects(rest: Sequence[float], classes: Sequence[Hashable]) -> dict[Hashable, float]:
    """The middle of each class, held back towards 0."""
    found: dict[Hashable, list[float]] = {}
    for value, name in zip(rest, classes, strict=True):
        found.setdefault(name, []).append(value)
    return {
        name: median(values) * len(values) / (len(values) + FEWEST)
        for name, values in found.items()
    }


def _ratios(effects: Mapping[Hashable, float]) -> dict[Any, float]:
    return {name: _held(exp(value)) for name, value in effects.items()}


def _routed(trips: Sequence[Trip], parked_s: float) -> float:
    """How the time on the road compares with a router's, held back towards 1."""
    ratios = [
        _road_s(trip, parked_s)
        / (trip.routed_s * travel_to("", Density.OPEN, trip.left_at, DEFAULT).routed)
        for trip in trips
        if trip.routed_s
    ]
    return _held(blend(median(ratios), len(ratios), 1.0)) if ratios else 1.0


def _middle_s(
    values: Iterable[float | None], assumed_s: float, least_s: float, most_s: float
) -> float | None:
    """The middle of those that can be true, held back; None when there are none."""
    known = [value for value in values if value is not None and least_s <= value <= most_s]
    return blend(median(known), len(known), assumed_s) if known else None


def _spread(ratios: Sequence[float]) -> tuple[float, float]:
    """The 10th and 90th of a hundred, held back towards what is assumed."""
    ordered = sorted(ratios)
    last = len(ordered) - 1
    low = min(ordered[round(0.1 * last)], 0.99)
    high = max(ordered[round(0.9 * last)], 1.01)
    count = len(ordered)
    return (
        min(max(blend(low, count, LOW, SPREAD_FEWEST), 0.3), 0.99),
        min(max(blend(high, count, HIGH, SPREAD_FEWEST), 1.01), 4.0),
    )


def _held(ratio: float) -> float:
    return min(max(ratio, LEAST), MOST)
