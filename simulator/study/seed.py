"""One seed of a study: its world, what was played in it, and what could have been; one job of many.

A seed needs nothing of another, so each can have a process of its own. What comes back is what
happened (`Log`), without what the run remembered on the way.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

from dispatch.whatif.bridged import BridgedRun
from dispatch.whatif.log import Log
from dispatch.whatif.loop import Run
from dispatch.whatif.strategy import Product, Strategy
from simulator.study import check
from simulator.study.hindsight import Planned, look_back
from simulator.study.learned import Learner
from simulator.study.people import People
from simulator.study.world import Plan, World, build

Tell = Callable[[str], None]


class BrokenRule(Exception):
    """A run did what must not be done; the study has no result."""


@dataclass(frozen=True)
class Seed:
    """What was played with one seed."""

    world: World
    back: Log
    """The schedule of hindsight, played."""
    bound: tuple[float, ...]
    """Patient-minutes by request that nothing can be below."""
    logs: tuple[Log, ...]
    """One for each policy, in their order."""


def play_all(
    plans: Sequence[Plan], strategies: Sequence[Strategy], tell: Tell, jobs: int
) -> Iterator[Seed]:
    """Every seed in its order, so many at a time. With more than one job `tell` must be a function of
    a module, because other processes call it."""
    job = partial(play, strategies=tuple(strategies), tell=tell)
    if min(jobs, len(plans)) <= 1:
        yield from map(job, plans)
        return
    with ProcessPoolExecutor(min(jobs, len(plans))) as pool:
        yield from pool.map(job, plans)


def play(plan: Plan, strategies: Sequence[Strategy], tell: Tell) -> Seed:
    """Build the world, look back on it, and play each policy. Raises `BrokenRule`."""
    world = build(plan)
    people = People(world)
    tell(f"seed {plan.seed}: {len(world.requests)} requests, looking back")
    found = look_back(world, people)
    back = _checked(world, people, Planned(found.plan))
    logs = []
    for strategy in strategies:
        tell(f"seed {plan.seed}: {strategy.name}")
        chosen = strategy.in_world(world) if isinstance(strategy, Learner) else strategy
        logs.append(_checked(world, people, chosen))
    return Seed(world, back, found.bound, tuple(logs))


def _checked(world: World, people: People, strategy: Strategy) -> Log:
    log = run_of(world, people, strategy).play()
    for sentence in check.broken_rules(world, people, log):
        raise BrokenRule(f"{strategy.name}: {sentence}")
    return log


def run_of(world: World, people: People, strategy: Strategy) -> Run:
    """With bridges where the product's policy begins them by itself."""
    if isinstance(strategy, Product) and strategy.policy.bridge == "automatic":
        policy = strategy.policy
        return BridgedRun(world, people, strategy, lambda _request: policy, strategy.known)
    return Run(world, people, strategy)
