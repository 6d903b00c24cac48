"""Where the city is: real departments, and homes drawn by population near them."""

from random import Random

import pytest

from dispatch.geo import Point, distance_m
from simulator import names, places

COLUMBUS = Point(39.96118, -82.99879)


def test_ohio_has_its_departments_and_only_those_that_may_have_an_emergency_service() -> None:
    found = places.hospitals("OH")
    assert len(found) == 170
    assert all(38.3 < one.at.latitude < 42.4 for one in found)
    assert {one.time_zone for one in found} == {"America/New_York"}


@pytest.mark.parametrize("state", ["CA", "TX", "VT", "PR"])
def test_any_state_works(state: str) -> None:
    chance = Random(1)
    sites = places.choose_sites(state, 3, chance)
    homes = places.draw_homes(state, [site.at for site in sites], 20, chance)
    assert len({site.name for site in sites}) == 3
    assert len(homes) == 20


def test_a_state_cannot_give_more_sites_than_it_has() -> None:
    with pytest.raises(ValueError, match="VT has"):
        places.choose_sites("VT", 500, Random(1))


def test_homes_are_drawn_by_population() -> None:
    homes = places.draw_homes("OH", [COLUMBUS], 2_000, Random(1))
    towns = [town for town in places.towns("OH") if distance_m(town.at, COLUMBUS) <= places.NEAR_M]
    columbus = next(town for town in towns if town.name == "Columbus")
    expected = columbus.population / sum(town.population for town in towns)
    reach_m = 20_000
    in_columbus = sum(distance_m(home, columbus.at) <= reach_m for home in homes) / len(homes)
    # Some of the neighbours' homes lie within Columbus' reach too.
    assert in_columbus >= expected - 0.05
    assert all(distance_m(home, COLUMBUS) < places.NEAR_M + reach_m for home in homes)


def test_the_same_seed_draws_the_same_city() -> None:
    def draw(seed: int) -> tuple[list[str], list[Point]]:
        chance = Random(seed)
        sites = places.choose_sites("OH", 5, chance)
        homes = places.draw_homes("OH", [site.at for site in sites], 10, chance)
        return [site.name for site in sites], homes

    assert draw(3) == draw(3)
    assert draw(3) != draw(4)


def test_scattered_points_stay_within_the_radius() -> None:
    chance = Random(2)
    away = [distance_m(COLUMBUS, places.scatter(COLUMBUS, 5.0, chance)) for _ in range(500)]
    assert max(away) < 5_050
    # Each square metre is as likely as any other: half of the points lie outside 0.7 of the radius.
    assert 0.4 < sum(metres > 5_000 * 0.707 for metres in away) / 500 < 0.6


def test_invented_people_are_different_and_have_addresses() -> None:
    people = names.invent(300, Random(1))
    assert len(set(people)) == 300
    emails = {names.email_of(name, "city.example") for name in people}
    assert len(emails) == 300
    assert names.email_of("Mateo R.", "city.example") == "mateo.r@city.example"
    with pytest.raises(ValueError, match="names"):
        names.invent(1_000_000, Random(1))
