"""The study as a whole: worlds, hindsight, policies; and how it is printed for people and machines."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import fmean
from typing import Any

from dispatch.whatif.log import Log
from dispatch.whatif.measures import Played, mean_cost
from dispatch.whatif.strategy import Strategy
from simulator.study.measures import Measures, measure
from simulator.study.people import People
from simulator.study.seed import Tell, play_all
from simulator.study.world import Plan


@dataclass(frozen=True)
class Study:
    """What it came to."""

    plan: Plan
    seeds: tuple[int, ...]
    sites: int
    peers: int
    policies: tuple[Measures, ...]
    hindsight: Measures
    bound_min: float
    """No schedule has a general time below this."""


def study(
    plan: Plan, seeds: Sequence[int], strategies: Sequence[Strategy], tell: Tell, jobs: int = 1
) -> Study:
    """Play every policy in the world of every seed, so many seeds at a time, and look back on each.

    Raises `BrokenRule` when a run, or the schedule of hindsight, breaks one; `ValueError` when
    there is no such world.
    """
    plans = [replace(plan, seed=seed) for seed in seeds]
    found = list(play_all(plans, strategies, tell, jobs))
    worlds = [(one.world, People(one.world)) for one in found]

    def runs(logs: Iterable[Log]) -> list[Played]:
        return [Played(*world, log) for world, log in zip(worlds, logs, strict=True)]

    backs = runs(one.back for one in found)
    gt_min = mean_cost([one for run in backs for one in run.log.outcomes])
    bounds = [minutes for one in found for minutes in one.bound]
    return Study(
        plan=plan,
        seeds=tuple(seeds),
        sites=len(found[0].world.sites),
        peers=len(found[0].world.peers),
        policies=tuple(
            measure(runs(logs), plan.load, gt_min)
            for logs in zip(*(one.logs for one in found), strict=True)
        ),
        hindsight=measure(backs, plan.load, gt_min),
        bound_min=round(fmean(bounds), 3) if bounds else 0.0,
    )


def as_dict(found: Study) -> dict[str, Any]:
    """For machines."""
    return {
        "policies": [asdict(one) for one in found.policies],
        "hindsight": asdict(found.hindsight) | {"bound_min": found.bound_min},
        "world": {
            "state": found.plan.state,
            "sites": found.sites,
            "peers": found.peers,
            "days": found.plan.days,
            "load": found.plan.load,
            "seeds": list(found.seeds),
        },
    }


_ROWS: tuple[tuple[str, str, str], ...] = (
    ("GT, minutes", "gt_min", "{:.1f}"),
    ("gap to hindsight, %", "gap_pct", "{:+.1f}"),
    ("minutes to yes", "minutes_to_yes", "{:.1f}"),
    ("minutes to bedside", "minutes_to_bedside", "{:.1f}"),
    ("minutes to video", "minutes_to_video", "{:.1f}"),
    ("unfilled, %", "unfilled_pct", "{:.2f}"),
    ("came as wished, %", "wish_met_pct", "{:.1f}"),
    ("asks per filled", "asks_per_filled", "{:.2f}"),
    ("asks per shift", "asks_per_shift", "{:.2f}"),
    ("lost races", "lost_races", "{}"),
    ("miles to bedside", "miles", "{:.1f}"),
    ("Gini of cases", "gini_cases", "{:.2f}"),
    ("Gini of asks", "gini_asks", "{:.2f}"),
)


_WITH_BRIDGE: tuple[tuple[str, str, str], ...] = (
    ("minutes to contact", "minutes_to_contact", "{:.1f}"),
    ("by video till then, %", "bridged_pct", "{:.1f}"),
)
"""Shown where somebody was there by video until somebody arrived."""


def lines(found: Study) -> Iterator[str]:
    """For people: one column a policy, hindsight last."""
    columns = [*found.policies, found.hindsight]
    width = max(12, *(len(one.policy) + 2 for one in columns))
    seeds = ", ".join(map(str, found.seeds))
    yield (
        f"{found.plan.state}: {found.sites} departments, {found.peers} peers, "
        f"{found.plan.days:g} days at {found.plan.load:g} x load, seeds {seeds}; "
        f"{found.hindsight.requests} requests"
    )
    yield ""
    yield " " * 22 + "".join(one.policy.rjust(width) for one in columns)
    rows = [*_ROWS, *_WITH_BRIDGE] if any(one.bridge_asks for one in columns) else _ROWS
    for title, name, shape in rows:
        cells = (getattr(one, name) for one in columns)
        yield title.ljust(22) + "".join(
            ("-" if cell is None else shape.format(cell)).rjust(width) for cell in cells
        )
    yield ""
    yield (
        f"Hindsight knows every answer in advance. Nothing can be below {found.bound_min:.1f} minutes."
    )
