"""The study with bridges: nobody is in two places, the first contact comes sooner, no figure moves without."""

from functools import cache

import pytest

from dispatch.states import Modality
from dispatch.whatif.log import End, Log
from dispatch.whatif.measures import Measures, Played, measure
from simulator.study import check
from simulator.study.people import People
from simulator.study.seed import run_of
from simulator.study.strategies import by_name, with_bridges
from simulator.study.world import Plan, World, build

SPARSE = Plan(seed=1, days=0.5, site_count=12, peer_count=40, load=5.0)
"""Few peers for much: many ways are long enough to bridge."""
OWN = ("simple", "priced")


@cache
def world() -> World:
    return build(SPARSE)


@cache
def played(policy: str) -> Log:
    strategies = {one.name: one for one in with_bridges(list(by_name().values()))}
    return run_of(world(), People(world()), strategies[policy]).play()


def measured(policy: str) -> Measures:
    return measure([Played(world(), People(world()), played(policy))])


def test_each_of_the_products_own_has_a_bridge_beside_it() -> None:
    names = [one.name for one in with_bridges([*by_name().values()])]
    assert [name for name in names if "+" in name] == [
        "clock+bridge", "simple+bridge", "priced+bridge",
    ]  # fmt: skip


@pytest.mark.parametrize("policy", OWN)
def test_a_run_with_bridges_keeps_the_rules_and_repeats_itself(policy: str) -> None:
    log = played(f"{policy}+bridge")
    assert list(check.broken_rules(world(), People(world()), log)) == []
    assert End.OPEN not in {ask.end for ask in log.asks}
    assert {ask.modality for ask in log.asks if ask.is_bridge} == {Modality.VIDEO}
    played.cache_clear()
    assert played(f"{policy}+bridge") == log


@pytest.mark.parametrize("policy", OWN)
def test_who_waits_for_somebody_far_is_with_somebody_sooner(policy: str) -> None:
    bridged = [one for one in played(f"{policy}+bridge").outcomes if one.bridge is not None]
    assert bridged
    for one in bridged:
        assert one.modality is Modality.IN_PERSON
        assert one.reached_at_s is not None
        assert one.contact_at_s is not None
        assert one.contact_at_s <= one.reached_at_s
    without, with_it = measured(policy), measured(f"{policy}+bridge")
    assert without.minutes_to_contact == without.minutes_to_help
    assert without.bridged_pct == without.bridge_asks == 0
    assert with_it.minutes_to_contact is not None
    assert without.minutes_to_contact is not None
    assert with_it.minutes_to_contact < without.minutes_to_contact
    assert with_it.bridged_pct > 0


def test_a_yes_that_nobody_gave_and_two_places_at_once_are_found_out() -> None:
    log = played("simple+bridge")
    one = next(one for one in log.outcomes if one.bridge is not None)
    assert one.bridge is not None
    one.bridge.yes_at_s -= 1.0
    try:
        broken = list(check.broken_rules(world(), People(world()), log))
    finally:
        one.bridge.yes_at_s += 1.0
    assert broken[0] == "somebody is there by video who did not say yes, or a yes led nowhere"
