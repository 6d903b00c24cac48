"""The globe: distances that agree, times that grow, areas that hide, jumps that nobody drives."""

import pytest
from geopy.distance import geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.geo import Point, area, distance_m, is_impossible, shown_distance_m, travel_s
from dispatch.policy import DEFAULT, parse

COLUMBUS = Point(39.9612, -82.9988)
CINCINNATI = Point(39.1031, -84.5120)

LAND = st.builds(
    Point,
    st.floats(min_value=-60, max_value=70),
    st.floats(min_value=-179, max_value=179),
)


def test_columbus_to_cincinnati_is_161_kilometres() -> None:
    assert distance_m(COLUMBUS, CINCINNATI) == pytest.approx(161_000, rel=0.01)
    assert shown_distance_m(COLUMBUS, CINCINNATI) == pytest.approx(161_000, rel=0.01)


@settings(derandomize=True, deadline=None)
@given(LAND, LAND)
def test_the_shown_distance_is_geopys(a: Point, b: Point) -> None:
    plain = geodesic((a.latitude, a.longitude), (b.latitude, b.longitude)).meters
    assert shown_distance_m(a, b) == round(plain)


@settings(derandomize=True, deadline=None)
@given(LAND, LAND)
def test_the_quick_distance_is_close_to_the_shown_one(a: Point, b: Point) -> None:
    assert distance_m(a, b) == pytest.approx(shown_distance_m(a, b), rel=0.006, abs=1)
    assert distance_m(a, b) == pytest.approx(distance_m(b, a))


def test_travel_is_road_and_parking() -> None:
    # 10 km as the crow flies are 13 km of road: at 48 km/h 975 s, and 4 min from car to desk.
    assert travel_s(10_000, DEFAULT) == 975 + 240
    assert travel_s(0, DEFAULT) == 240
    assert travel_s(10_000, parse({"speed_kmh": 24, "park_s": 0})) == 1950


@settings(derandomize=True, deadline=None)
@given(LAND)
def test_an_area_is_near_the_position_and_shared_by_its_neighbours(point: Point) -> None:
    shown = area(point)
    assert distance_m(point, shown) < 1000
    assert area(shown) == shown, "the area of an area is itself: looking twice tells nothing more"


def test_an_area_hides_where_in_it_somebody_is() -> None:
    middle = area(COLUMBUS)
    near = [
        Point(middle.latitude + d * 0.0005, middle.longitude - d * 0.0005) for d in range(-3, 4)
    ]
    assert {area(point) for point in near} == {middle}


@pytest.mark.parametrize(
    "kilometres, elapsed_s, is_refused",
    [
        (0.4, 0.0, False),  # a phone indoors jumps about
        (0.4, -5.0, False),
        (1.0, 1.0, True),
        (10.0, 360.0, False),  # 100 km/h
        (10.0, 150.0, True),  # 240 km/h
        (10.49, 180.0, False),  # just under 200 km/h beyond the forgiven half kilometre
        (161.0, 3600.0, False),
        (161.0, 600.0, True),
    ],
)
def test_a_jump_nobody_could_drive_is_impossible(
    kilometres: float, elapsed_s: float, is_refused: bool
) -> None:
    there = Point(COLUMBUS.latitude + kilometres / 111.195, COLUMBUS.longitude)
    assert is_impossible(COLUMBUS, there, elapsed_s) is is_refused
