"""More peers on a shift: who would be there each day if somebody were found. Pure.

They live within a few kilometres of the site whose area is named, have every badge, and answer as
is likely in this network. The peers who exist stay as they are, with the same answers.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from math import cos, pi, radians, sin, sqrt
from zoneinfo import ZoneInfo

from dispatch.geo import METRES_A_DEGREE, Point
from dispatch.states import Modality
from dispatch.whatif.chance import draws
from dispatch.whatif.world import Peer, Shift, World

NEAR_M = 10_000.0
"""They live at most so far from the site."""

_PLACES = -2
"""In place of a request: the draws that say where somebody lives."""


@dataclass(frozen=True)
class More:
    """So many more, every day from one time of day to another, by the site's own clock."""

    count: int
    from_min: int
    """Minutes after midnight."""
    until_min: int
    """Not later than `from_min`: on the next day."""
    site: int
    modalities: frozenset[Modality]
    languages: frozenset[str]


def with_more(world: World, wanted: tuple[More, ...], zones: tuple[str, ...]) -> World:
    """The world with these peers after all others."""
    found = list(world.peers)
    for one in wanted:
        shifts = tuple(_shifts(world, one, ZoneInfo(zones[one.site])))
        for _ in range(one.count):
            number = len(found)
            found.append(
                Peer(
                    number=number,
                    home=_home(world.sites[one.site].at, number),
                    modalities=one.modalities,
                    languages=one.languages,
                    focus=frozenset(),
                    travel_limit_m=None,
                    shifts=shifts,
                )
            )
    return replace(world, peers=tuple(found))


def _shifts(world: World, one: More, zone: ZoneInfo) -> list[Shift]:
    """One a day, from the day before the start: it may reach over midnight."""
    first = world.start.astimezone(zone).date() - timedelta(days=1)
    ends_s = world.days * 24 * 3600.0
    found = []
    for number in range(int(world.days) + 3):
        day = first + timedelta(days=number)
        later = 1 if one.until_min <= one.from_min else 0
        begins_s = world.seconds(_at(day, one.from_min, zone))
        until_s = world.seconds(_at(day + timedelta(days=later), one.until_min, zone))
        if until_s > 0.0 and begins_s < ends_s:
            found.append(Shift(max(begins_s, 0.0), until_s, one.modalities, until_s))
    return found


def _at(day: date, minute: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(minute // 60, minute % 60), zone)


def _home(site: Point, number: int) -> Point:
    turn, far = draws(0, _PLACES, number, 2)
    metres = NEAR_M * sqrt(far)
    north = metres * cos(2 * pi * turn) / METRES_A_DEGREE
    east = metres * sin(2 * pi * turn) / METRES_A_DEGREE / max(cos(radians(site.latitude)), 0.01)
    return Point(site.latitude + north, site.longitude + east)
