"""A phone at the entrance: one sharp reading, or two in a row."""

import pytest

from dispatch.geo import Point
from dispatch.travel.near import Reading, is_near

SITE = Point(39.9612, -82.9988)


def away(metres: float, accuracy_m: float) -> Reading:
    """A reading so far north of the site."""
    return Reading(Point(SITE.latitude + metres / 111_200, SITE.longitude), accuracy_m)


@pytest.mark.parametrize(
    "here, before, expected",
    [
        (away(50, 20), None, True),
        (away(140, 20), None, False),
        (away(140, 20), away(120, 30), True),
        (away(140, 20), away(400, 30), False),
        (away(160, 5), away(100, 5), False),
        (away(20, 400), None, False),
        (away(20, 400), away(10, 400), True),
        (away(20, 500), away(10, 500), False),
        (away(20, 100), away(10, 500), True),
    ],
)
def test_a_sharp_reading_counts_alone_and_a_vague_one_is_confirmed(
    here: Reading, before: Reading | None, expected: bool
) -> None:
    assert is_near(SITE, 150, here, before) is expected
