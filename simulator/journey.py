"""A way from one place to another that takes its time. It knows the map, not the traveller."""

from dataclasses import dataclass
from datetime import datetime
from random import Random

from dispatch.geo import Point, distance_m
from simulator.nature import Habits


@dataclass(frozen=True)
class Journey:
    """From `start` to `end`, beginning at `at`, in `seconds`. Staying is a journey of no length."""

    start: Point
    end: Point
    at: datetime
    seconds: float

    def where(self, now: datetime) -> Point:
        """Where the traveller is."""
        share = self.share(now)
        return Point(
            self.start.latitude + (self.end.latitude - self.start.latitude) * share,
            self.start.longitude + (self.end.longitude - self.start.longitude) * share,
        )

    def share(self, now: datetime) -> float:
        """How much of the way is done, 0 to 1."""
        if self.seconds <= 0:
            return 1.0
        return min(max((now - self.at).total_seconds() / self.seconds, 0.0), 1.0)


def travel(start: Point, end: Point, now: datetime, habits: Habits, chance: Random) -> Journey:
    """By car, with a little luck or bad luck on the road; parking is not in it."""
    road_s = distance_m(start, end) * habits.road_factor / habits.speed_mps
    return Journey(start, end, now, road_s * max(chance.gauss(1.0, habits.road_spread), 0.7))


def stay(here: Point, now: datetime) -> Journey:
    """Being somewhere."""
    return Journey(here, here, now, 0.0)
