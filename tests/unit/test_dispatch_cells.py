"""Cells: whoever is sure to be seen is seen, everywhere on the globe where there are hospitals."""

from math import cos, nan, radians

from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.cells import cell_of, disk, rings, sure_m
from dispatch.geo import Point, distance_m


@given(
    latitude=st.floats(min_value=-60.0, max_value=71.0),
    longitude=st.floats(min_value=-180.0, max_value=180.0),
    north=st.floats(min_value=-1.0, max_value=1.0),
    east=st.floats(min_value=-1.0, max_value=1.0),
    around=st.sampled_from([1, 2, 4, 8, 16]),
)
@settings(max_examples=400, deadline=None)
def test_everybody_nearer_than_sure_is_in_the_disk(
    latitude: float, longitude: float, north: float, east: float, around: int
) -> None:
    here = cell_of(latitude, longitude)
    assert here is not None
    reach = sure_m(here, around) / 111_320.0
    there = Point(
        latitude + north * reach,
        (longitude + east * reach / cos(radians(latitude)) + 180.0) % 360.0 - 180.0,
    )
    if distance_m(Point(latitude, longitude), there) < sure_m(here, around):
        assert cell_of(there.latitude, there.longitude) in disk(here, around)


def test_more_rings_are_sure_of_more_and_the_first_of_something() -> None:
    here = cell_of(39.96, -83.0)
    assert here is not None
    sure = [sure_m(here, around) for around in (0, 1, 2, 4, 8, 16)]
    assert sure == sorted(sure)
    assert sure[0] == 0.0
    assert sure[4] > 14_000


def test_as_many_rings_as_it_takes_and_no_more() -> None:
    here = cell_of(39.96, -83.0)
    assert here is not None
    for metres in (1.0, 5_000.0, 40_000.0):
        many = rings(here, metres)
        assert sure_m(here, many) >= metres > sure_m(here, many - 1)
    assert rings(here, sure_m(here, 5)) in (5, 6)


def test_what_is_no_place_has_no_cell() -> None:
    assert [cell_of(None, 5.0), cell_of(nan, 5.0), cell_of(91.0, 5.0)] == [None] * 3
