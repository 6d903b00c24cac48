"""What trips teach: recovered when it is there, held back when there are few, deaf to nonsense."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from dispatch.policy import DEFAULT
from dispatch.travel import content
from dispatch.travel.minutes import HIGH, LOW, UNKNOWN, Density, Hour, Pace, Way, travel_to
from dispatch.travel.trips import Trip, errors, fit, is_sound

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)


def driven(count: int, seed: int = 1, spread: float = 0.12, slower: float = 1.4) -> list[Trip]:
    """Trips in a town that is `slower` than assumed, twice so in the rush, at three sites."""
    chance = Random(seed)
    found = []
    for _ in range(count):
        left_at = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(
            minutes=chance.randrange(7 * 24 * 60)
        )
        site = chance.choice(("a", "b", "c"))
        metres = chance.uniform(1_000, 30_000)
        travel = travel_to(site, Density.OPEN, left_at, DEFAULT)
        is_rush = left_at.weekday() < 5 and left_at.hour in (7, 8, 16, 17)
        ratio = slower * (1.3 if is_rush else 1.0) * (1.2 if site == "c" else 1.0)
        road_s = (travel.travel_s(metres) - DEFAULT.park_s) * ratio
        took_s = road_s * math.exp(chance.gauss(0, spread)) + 300
        found.append(Trip(site, Density.OPEN, left_at, metres, took_s, 150.0, 300.0))
    return found


def test_a_slow_town_its_rush_and_its_slow_site_are_told_apart() -> None:
    pace = fit(driven(2_000))
    here = pace.ratio * pace.sites["a"] * pace.hours[Hour.DAY] * pace.ways[Way.MIDDLE]
    assert here == pytest.approx(1.4, rel=0.06)
    assert pace.hours[Hour.RUSH] / pace.hours[Hour.DAY] == pytest.approx(1.3, rel=0.06)
    assert pace.sites["c"] / pace.sites["a"] == pytest.approx(1.2, rel=0.06)
    assert pace.ways[Way.SHORT] / pace.ways[Way.LONG] == pytest.approx(1.0, rel=0.06)
    assert pace.prepare_s == pytest.approx(150, rel=0.01)
    assert pace.park_s == pytest.approx(300, rel=0.01)
    assert LOW < pace.low < 0.95 < 1.05 < pace.high < HIGH


def test_on_other_trips_the_error_falls_and_the_range_holds_eight_of_ten() -> None:
    before, _ = errors(driven(1_000, seed=2), UNKNOWN)
    after, inside = errors(driven(1_000, seed=2), fit(driven(500)))
    assert after < 0.45 * before
    assert 0.70 < inside < 0.92


def test_one_trip_in_five_with_a_forgotten_press_moves_little() -> None:
    trips = driven(500)
    dirty = [
        replace(trip, took_s=trip.took_s + 2700) if number % 5 == 0 else trip
        for number, trip in enumerate(trips)
    ]
    clean, moved = fit(trips), fit(dirty)
    assert moved.ratio == pytest.approx(clean.ratio, rel=0.12)


def test_a_few_trips_are_believed_a_little() -> None:
    pace = fit(driven(3, slower=2.0))
    assert pace.trips == 3
    travel = travel_to("a", Density.OPEN, NOW, DEFAULT, pace)
    plain = travel_to("a", Density.OPEN, NOW, DEFAULT)
    ratio = (travel.travel_s(8000) - travel.park_s) / (plain.travel_s(8000) - plain.park_s)
    assert 1.0 < ratio < 1.4
    assert fit([]) is UNKNOWN


@pytest.mark.parametrize(
    "metres, took_s, sound",
    [
        (400, 600, False),
        (5_000, 30, False),
        (40_000, 900, False),
        (5_000, 11_000, False),
        (1_000, 3_000, False),
        (5_000, 900, True),
        (40_000, 3_000, True),
    ],
)
def test_what_nobody_drove_is_left_out(metres: float, took_s: float, sound: bool) -> None:
    assert is_sound(Trip("a", Density.OPEN, NOW, metres, took_s)) is sound


def test_a_routers_time_is_compared_with_what_it_took() -> None:
    trips = [replace(trip, routed_s=trip.metres * 0.07) for trip in driven(500, slower=1.0)]
    assert fit(trips).routed != 1.0
    assert 0.4 <= fit(trips).routed <= 2.5


def test_a_pace_is_kept_and_read_again() -> None:
    pace = fit(driven(300))
    assert content.read(content.kept(pace), NOW, NOW + timedelta(days=60)) == pace


@pytest.mark.parametrize(
    "change",
    [
        {"ratio": 50.0},
        {"ratio": float("nan")},
        {"ratio": "quick"},
        {"low": 0.0},
        {"high": float("inf")},
        {"ways": {"flying": 1.0}},
        {"sites": {"a": -1.0}},
        {"more": 1},
        {"park_s": -5},
    ],
)
def test_what_is_poisoned_is_not_used(change: dict[str, object]) -> None:
    assert content.read(content.kept(Pace()) | change, NOW, NOW) is None


def test_what_is_old_or_of_the_future_is_not_used() -> None:
    good = content.kept(Pace())
    assert content.read(good, NOW - timedelta(days=61), NOW) is None
    assert content.read(good, NOW + timedelta(days=2), NOW) is None
    assert content.read(good, NOW - timedelta(days=1), NOW) == Pace()
    assert content.read({}, NOW, NOW) is None
