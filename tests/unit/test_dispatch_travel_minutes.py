"""Seconds to a site: by the way, the hour, the density, and what trips taught."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.policy import DEFAULT, parse
from dispatch.travel.minutes import (
    Density,
    Hour,
    Pace,
    Way,
    density_of,
    hour_of,
    travel_to,
    way_of,
    with_leaving_s,
)

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
"""A Tuesday."""


def minutes(km: float, local: datetime = NOON, **given_: object) -> float:
    """On the road, without parking."""
    density = given_.pop("density", Density.OPEN)
    pace = given_.pop("pace", Pace())
    assert isinstance(density, Density)
    assert isinstance(pace, Pace)
    policy = parse({"park_s": 0, **given_})
    return travel_to("s", density, local, policy, pace).travel_s(km * 1000) / 60


def test_a_long_way_is_driven_faster_than_a_short_one() -> None:
    assert minutes(2.5) == pytest.approx(6.25, abs=0.01)  # 31 km/h
    assert minutes(10) == pytest.approx(18.06, abs=0.01)  # 43 km/h
    assert minutes(15) == pytest.approx(23.8, abs=0.1), "a survey has 23.3 min for 19.5 road km"
    assert minutes(25) == pytest.approx(35.3, abs=0.05)  # 55 km/h
    assert minutes(60) - minutes(40) == pytest.approx(20 * 1.3 / (48 * 1.4) * 60, abs=0.05)


@pytest.mark.parametrize(
    "hour, weekday, expected",
    [
        (5, 3, Hour.NIGHT),
        (6, 3, Hour.DAY),
        (7, 3, Hour.RUSH),
        (9, 3, Hour.DAY),
        (17, 6, Hour.RUSH),
        (17, 7, Hour.DAY),
        (18, 3, Hour.DAY),
        (21, 3, Hour.NIGHT),
    ],
)
def test_the_hour_is_the_sites_own(hour: int, weekday: int, expected: Hour) -> None:
    assert hour_of(datetime(2026, 3, weekday, hour, tzinfo=UTC)) is expected


def test_the_rush_takes_longer_and_the_night_less() -> None:
    day, rush = minutes(10), minutes(10, datetime(2026, 3, 3, 8, tzinfo=UTC))
    assert rush / day == pytest.approx(1.15, abs=0.01)
    assert minutes(10, datetime(2026, 3, 3, 3, tzinfo=UTC)) / day == pytest.approx(0.93, abs=0.01)


def test_many_sites_close_together_are_a_city() -> None:
    assert [density_of(n) for n in (0, 1, 2, 3)] == [
        Density.OPEN,
        Density.TOWN,
        Density.TOWN,
        Density.DENSE,
    ]
    assert minutes(10, density=Density.DENSE) / minutes(10) == pytest.approx(1.15, abs=0.01)


def test_the_policys_speed_holds_until_there_are_trips() -> None:
    assert minutes(10, speed_kmh=24.0) / minutes(10) == pytest.approx(2.0, abs=0.01)
    few = Pace(trips=10, ratio=1.0)
    assert minutes(10, speed_kmh=24.0, pace=few) / minutes(10) == pytest.approx(2**0.5, abs=0.01)
    many = Pace(trips=10_000, ratio=1.0)
    assert minutes(10, speed_kmh=24.0, pace=many) / minutes(10) == pytest.approx(1.0, abs=0.01)


def test_what_trips_taught_holds_where_they_were_driven() -> None:
    pace = Pace(trips=10**6, ratio=1.2, ways={Way.SHORT: 1.5}, sites={"s": 0.9})
    assert minutes(2, pace=pace) / minutes(2) == pytest.approx(1.2 * 1.5 * 0.9, abs=0.02)
    assert minutes(10, pace=pace) / minutes(10) == pytest.approx(1.2 * 0.9, abs=0.02)
    taught = travel_to("s", Density.OPEN, NOON, DEFAULT, Pace(prepare_s=77.4, park_s=100.0))
    assert (taught.prepare_s, taught.travel_s(0)) == (77, 100)


ratios = st.floats(0.4, 2.5)


@given(
    pace=st.builds(
        Pace,
        trips=st.integers(0, 10_000),
        ratio=ratios,
        ways=st.dictionaries(st.sampled_from(Way), ratios),
        hours=st.dictionaries(st.sampled_from(Hour), ratios),
        densities=st.dictionaries(st.sampled_from(Density), ratios),
    ),
    near=st.floats(0, 200_000),
    more=st.floats(0, 100_000),
    speed=st.floats(5, 130),
)
def test_further_is_never_quicker(pace: Pace, near: float, more: float, speed: float) -> None:
    travel = travel_to("s", Density.TOWN, NOON, parse({"speed_kmh": speed}), pace)
    assert travel.travel_s(near) <= travel.travel_s(near + more)
    from_s, until_s = travel.range_s(travel.travel_s(near))
    assert from_s <= travel.travel_s(near) <= until_s


def test_a_routers_time_is_taken_by_the_hour_with_parking() -> None:
    rush = travel_to("s", Density.DENSE, datetime(2026, 3, 3, 8, tzinfo=UTC), DEFAULT)
    assert rush.routed_s(600) == 690 + DEFAULT.park_s, "a router knows the town, not the hour"


def test_getting_ready_makes_a_range_wider_but_not_by_its_sum() -> None:
    assert with_leaving_s(0, 600, 500, 800) == (500, 800)
    from_s, until_s = with_leaving_s(120, 600, 500, 800)
    assert 720 - 160 < from_s < 720 - 100
    assert 720 + 200 < until_s < 720 + 320


def test_ways_have_three_lengths() -> None:
    assert [way_of(metres) for metres in (4_999, 5_000, 15_000)] == [
        Way.SHORT,
        Way.MIDDLE,
        Way.LONG,
    ]
