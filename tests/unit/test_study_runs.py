"""Runs of every policy keep the rules and repeat themselves; hindsight is below all, its bound below it."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import permutations, product

import pytest

from dispatch.whatif.log import UNFILLED_MIN, Ask, End, Log
from dispatch.whatif.loop import Run
from dispatch.whatif.measures import gini, mean_cost
from simulator.study import check
from simulator.study.hindsight import GAP_S, KEPT, Option, Planned, joined, look_back, options
from simulator.study.people import People
from simulator.study.strategies import by_name
from simulator.study.world import Plan, World, build

SEEDS = (1, 2, 3)
BUSY = Plan(seed=1, days=0.5, site_count=12, peer_count=40, load=6.0)
"""Small, and so busy that requests are in one another's way."""


@cache
def world_of(seed: int) -> World:
    return build(replace(BUSY, seed=seed))


@cache
def played(seed: int, policy: str) -> Log:
    world = world_of(seed)
    return Run(world, People(world), by_name()[policy]).play()


@cache
def looked_back(seed: int) -> tuple[Log, float, float]:
    """The replayed schedule, its own cost, and the bound; both means."""
    world = world_of(seed)
    people = People(world)
    back = look_back(world, people)
    costs = [
        back.plan[n][0].cost + (back.plan[n][1] - back.plan[n][0].earliest_s) / 60
        if n in back.plan
        else UNFILLED_MIN
        for n in range(len(world.requests))
    ]
    log = Run(world, people, Planned(back.plan)).play()
    return log, sum(costs) / len(costs), sum(back.bound) / len(back.bound)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("policy", list(by_name()))
def test_every_policy_keeps_the_rules(policy: str, seed: int) -> None:
    world = world_of(seed)
    log = played(seed, policy)
    assert list(check.broken_rules(world, People(world), log)) == []
    assert len(log.outcomes) == len(world.requests)
    assert {ask.end for ask in log.asks} >= {End.ACCEPTED, End.DECLINED}
    assert End.OPEN not in {ask.end for ask in log.asks}


@pytest.mark.parametrize("policy", list(by_name()))
def test_the_same_run_again_is_the_same_run(policy: str) -> None:
    world = build(replace(BUSY, seed=2))
    again = Run(world, People(world), by_name()[policy]).play()
    assert (again.asks, again.outcomes) == (played(2, policy).asks, played(2, policy).outcomes)


def test_a_peer_gives_the_same_answer_to_every_policy() -> None:
    heard: dict[tuple[int, int, str], set[tuple[str, float | None]]] = {}
    for policy in by_name():
        for ask in played(1, policy).asks:
            seen_s = None if ask.sees_at_s is None else round(ask.sees_at_s - ask.at_s, 6)
            key = (ask.request, ask.peer, ask.modality)
            heard.setdefault(key, set()).add(("seen after", seen_s))
    assert max(map(len, heard.values())) == 1
    assert len(heard) < sum(len(played(1, policy).asks) for policy in by_name()) / 2


@pytest.mark.parametrize("seed", SEEDS)
def test_bound_hindsight_policies_stand_in_this_order(seed: int) -> None:
    world = world_of(seed)
    log, planned, bound = looked_back(seed)
    hindsight = mean_cost(log.outcomes)
    assert list(check.broken_rules(world, People(world), log)) == []
    assert hindsight == pytest.approx(planned, abs=1e-6), "what was planned came true"
    assert len(log.asks) == sum(one.is_filled for one in log.outcomes)
    assert bound <= hindsight
    for policy in by_name():
        assert hindsight <= mean_cost(played(seed, policy).outcomes), policy


@pytest.mark.parametrize("policy", list(by_name()))
def test_no_policy_is_so_near_to_hindsight_that_it_must_have_known_an_answer(policy: str) -> None:
    outcomes = [one for seed in SEEDS for one in played(seed, policy).outcomes]
    hindsight = [one for seed in SEEDS for one in looked_back(seed)[0].outcomes]
    assert mean_cost(outcomes) > 1.07 * mean_cost(hindsight)


@pytest.mark.parametrize("seed", range(1, 13))
def test_on_tiny_worlds_the_best_of_all_schedules_is_between_bound_and_hindsight(
    seed: int,
) -> None:
    plan = Plan(seed=seed, days=0.06, site_count=2, peer_count=8, load=30.0)
    world = build(plan)
    world = replace(world, requests=world.requests[:4])
    people = People(world)
    back = look_back(world, people)
    hindsight = sum(
        option.cost + (at_s - option.earliest_s) / 60 for option, at_s in back.plan.values()
    ) + UNFILLED_MIN * (len(world.requests) - len(back.plan))
    assert world.requests
    shifts = [joined(peer) for peer in world.peers]
    best = min(_all_costs([list(options(world, people, one, shifts)) for one in world.requests]))
    assert sum(back.bound) <= best + 1e-9
    assert best <= hindsight + 1e-9
    assert hindsight <= best * 1.05, "and the schedule is near the best"


def _all_costs(choices: list[list[Option]]) -> Iterator[float]:
    """The cost of every legal schedule, by trying all."""
    assert all(len(found) <= KEPT for found in choices)
    for chosen in product(*([None, *found] for found in choices)):
        fixed = UNFILLED_MIN * sum(one is None for one in chosen)
        by_peer: dict[int, list[Option]] = {}
        for one in chosen:
            if one is not None:
                by_peer.setdefault(one.peer, []).append(one)
        costs = [_best_order(wanted) for wanted in by_peer.values()]
        if None not in costs:
            yield fixed + sum(cost for cost in costs if cost is not None)


def _best_order(wanted: list[Option]) -> float | None:
    found = []
    for order in permutations(wanted):
        free, cost = 0.0, 0.0
        for option in order:
            at_s = max(option.earliest_s, free)
            if at_s > option.latest_s:
                break
            cost += option.cost + (at_s - option.earliest_s) / 60
            free = at_s + option.busy_s + GAP_S
        else:
            found.append(cost)
    return min(found, default=None)


def _broken(log: Log) -> str:
    world = world_of(1)
    return " ".join(check.broken_rules(world, People(world), log))


def test_the_check_sees_what_is_wrong() -> None:
    log = played(1, "fixed_waves")
    first = next(one for one in log.outcomes if one.is_filled)
    ask = next(one for one in log.asks if one.end is End.DECLINED)

    def with_ask(wrong: Ask) -> str:
        return _broken(Log(log.policy, [*log.asks, wrong], log.outcomes))

    assert "asked before" in with_ask(ask)
    assert "off shift" in with_ask(replace(ask, arrive_by_s=1e9))
    assert "before the department" in with_ask(replace(ask, at_s=-5.0))
    twice = [*log.outcomes, replace(first, request=log.outcomes[-1].request)]
    assert "two places" in _broken(Log(log.policy, log.asks, twice))
    stranger = [replace(one, peer=39) if one is first else one for one in log.outcomes]
    assert "did not say yes" in _broken(Log(log.policy, log.asks, stranger))
    assert "led nowhere" in _broken(Log(log.policy, log.asks, stranger))


def test_gini_is_nought_for_all_alike_and_near_one_for_one_alone() -> None:
    assert gini([3, 3, 3]) == pytest.approx(0.0)
    assert gini([]) == gini([0, 0]) == 0.0
    assert gini([0] * 99 + [7]) == pytest.approx(0.99)
