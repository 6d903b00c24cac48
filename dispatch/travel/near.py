"""Whether a phone is at the entrance. Pure, and a hint: a person says that somebody has arrived.

A phone indoors can be off by a street. So one reading counts only when all of its circle lies
within the radius; otherwise two in a row must be inside.
"""

from dataclasses import dataclass

from dispatch.geo import Point, distance_m

VAGUE = 3.0
"""A reading whose circle is wider than this many radiuses says nothing."""


@dataclass(frozen=True)
class Reading:
    """Where a phone says it is, and how far off that may be."""

    point: Point
    accuracy_m: float


def is_near(site: Point, radius_m: float, here: Reading, before: Reading | None) -> bool:
    """Whether the newest reading, with the one before it, says that the phone is at the site."""
    away_m = distance_m(here.point, site)
    if away_m + here.accuracy_m <= radius_m:
        return True
    return _is_inside(site, radius_m, here) and (
        before is not None and _is_inside(site, radius_m, before)
    )


def _is_inside(site: Point, radius_m: float, reading: Reading) -> bool:
    is_vague = reading.accuracy_m > VAGUE * radius_m
    return not is_vague and distance_m(reading.point, site) <= radius_m
