"""The made-up state: the numbers of the brief come out of the draws, and the same seed is the same."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from dispatch.states import Modality
from simulator.study.people import People, rest
from simulator.study.world import DAY_S, HOUR_S, Plan, World, build

TEN_MILES_M = 16_093.0
SMALL = Plan(seed=4, days=1.0, site_count=12, peer_count=40)


@pytest.fixture(scope="module")
def ohio() -> World:
    """The whole state for a week."""
    return build(Plan(seed=1))


def test_ohio_has_its_departments_peers_and_requests(ohio: World) -> None:
    assert len(ohio.sites) == 168
    assert len(ohio.peers) == 600
    assert len(ohio.requests) / 7 == pytest.approx(336, rel=0.05)


def test_a_quarter_to_six_tenths_are_on_shift_by_the_hour(ohio: World) -> None:
    shares = []
    for hour in range(24):
        at_s = 3 * DAY_S + hour * HOUR_S
        on = sum(any(a <= at_s < b for a, b, *_ in peer.shifts) for peer in ohio.peers)
        shares.append(on / len(ohio.peers))
    assert min(shares) == pytest.approx(0.24, abs=0.04)
    assert max(shares) == pytest.approx(0.60, abs=0.04)
    assert shares.index(max(shares)) in range(12, 19)


def test_a_quarter_of_the_departments_have_hardly_anybody_near() -> None:
    shares = []
    for seed in (1, 2, 3):
        world = build(Plan(seed=seed, days=0.01))
        people = People(world)
        who_go = [peer for peer in world.peers if Modality.IN_PERSON in peer.modalities]
        near = [
            sum(people.metres(peer, site) <= TEN_MILES_M for peer in who_go)
            for site in range(len(world.sites))
        ]
        shares.append(sum(count <= 2 for count in near) / len(near))
    assert sum(shares) / 3 == pytest.approx(0.25, abs=0.04)


def test_the_same_seed_is_the_same_world_and_another_is_another() -> None:
    assert build(SMALL) == build(SMALL)
    assert build(SMALL).peers != build(replace(SMALL, seed=5)).peers


def test_a_higher_load_moves_no_peer() -> None:
    usual, surge = build(SMALL), build(replace(SMALL, load=5.0))
    assert usual.peers == surge.peers
    assert len(surge.requests) > 3 * len(usual.requests)


@pytest.mark.parametrize("state", ["VT", "CA", "PR"])
def test_any_state_has_a_world(state: str) -> None:
    world = build(Plan(seed=1, days=0.1, state=state))
    assert world.sites
    assert len(world.peers) == pytest.approx(600 / 168 * len(world.sites), abs=1)


def test_a_state_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="ZZ"):
        build(Plan(seed=1, state="ZZ"))


def test_own_departments_and_towns_take_the_place_of_the_states(tmp_path: Path) -> None:
    sites, towns = tmp_path / "sites.csv", tmp_path / "towns.csv"
    sites.write_text("name,lat,lon\nNorth,50.0,8.0\nSouth,49.0,8.0\n", encoding="utf-8")
    towns.write_text("name,lat,lon,pop\nMiddle,49.5,8.0,50000\n", encoding="utf-8")
    world = build(Plan(seed=1, peer_count=30, sites=sites, towns=towns))
    assert [site.name for site in world.sites] == ["North", "South"]
    assert all(48.5 < peer.home.latitude < 50.5 for peer in world.peers)


def test_an_answer_belongs_to_its_request_and_peer_whatever_was_drawn_before() -> None:
    world = build(SMALL)
    pairs = [(request, peer) for request in world.requests for peer in world.peers]
    in_order, shuffled = People(world), People(world)
    expected = {(r.number, p.number): in_order.answer(r, p, Modality.IN_PERSON) for r, p in pairs}
    Random(3).shuffle(pairs)
    for request, peer in pairs:
        again = shuffled.answer(request, peer, Modality.IN_PERSON)
        assert again == expected[request.number, peer.number]


def test_about_38_of_100_rested_peers_say_yes_and_a_tired_one_never_where_a_rested_one_does_not(
    ohio: World,
) -> None:
    people = People(ohio)
    answers = [
        people.answer(request, peer, Modality.VIDEO)
        for request in ohio.requests[::40]
        for peer in ohio.peers[:200]
    ]
    assert sum(one.yes() for one in answers) / len(answers) == pytest.approx(0.38, abs=0.03)
    for alerts in (1, 5, 40):
        tired = [one for one in answers if one.yes(rest(alerts))]
        assert len(tired) < sum(one.yes() for one in answers)
        assert all(one.yes() for one in tired)
