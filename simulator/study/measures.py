"""The numbers of a policy over all its runs. Pure: logs in, one record out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from dispatch.policy import DEFAULT
from dispatch.states import REMOTE
from simulator.study.log import Log, Outcome
from simulator.study.people import People
from simulator.study.world import DAY_S, World

METRES_PER_MILE = 1609.344


@dataclass(frozen=True)
class Played:
    """One run in its world."""

    world: World
    people: People
    log: Log


@dataclass(frozen=True)
class Measures:
    """What a policy came to. Minutes are means over the requests in which it happened."""

    policy: str
    load: float
    requests: int
    gt_min: float
    """General time: minutes to bedside or video, 40 more when somebody in person was wished for
    and video came, 120 when nobody did."""
    gap_pct: float
    """How much longer than in hindsight."""
    minutes_to_yes: float | None
    minutes_to_bedside: float | None
    minutes_to_video: float | None
    unfilled_pct: float
    wish_met_pct: float
    """Of all requests: somebody came in the way that was wished for."""
    asks_per_filled: float | None
    asks_per_shift: float
    lost_races: int
    """Peers who were reading an offer when it was taken, and said yes for nothing."""
    lost_races_per_filled: float | None
    miles: float | None
    """The road to the bedside, one way."""
    gini_cases: float
    gini_asks: float
    """0: all peers have the same number; 1: one peer has all."""
    decisions: int


def measure(runs: Sequence[Played], hindsight_gt_min: float) -> Measures:
    """One policy over its runs (one a seed)."""
    outcomes = [one for run in runs for one in run.log.outcomes]
    filled = [one for one in outcomes if one.is_filled]
    asks = [ask for run in runs for ask in run.log.asks]
    lost = sum(ask.is_lost_race for ask in asks)
    came = [one for one in filled if one.modality not in REMOTE]
    called = [one for one in filled if one.modality in REMOTE]
    gt_min = mean_cost(outcomes)
    return Measures(
        policy=runs[0].log.policy,
        load=runs[0].world.plan.load,
        requests=len(outcomes),
        gt_min=round(gt_min, 3),
        gap_pct=round(100 * (gt_min / hindsight_gt_min - 1), 2) if hindsight_gt_min else 0.0,
        minutes_to_yes=_mean(_minutes(one, one.yes_at_s) for one in filled),
        minutes_to_bedside=_mean(_minutes(one, one.reached_at_s) for one in came),
        minutes_to_video=_mean(_minutes(one, one.reached_at_s) for one in called),
        unfilled_pct=round(100 * (1 - len(filled) / len(outcomes)), 2) if outcomes else 0.0,
        wish_met_pct=round(100 * _share(outcomes), 2),
        asks_per_filled=round(len(asks) / len(filled), 3) if filled else None,
        asks_per_shift=round(len(asks) / max(sum(map(_shifts, runs)), 1), 3),
        lost_races=lost,
        lost_races_per_filled=round(lost / len(filled), 4) if filled else None,
        miles=_mean(mile for run in runs for mile in _miles(run)),
        gini_cases=round(fmean(_gini_of_cases(run) for run in runs), 4),
        gini_asks=round(fmean(_gini_of_asks(run) for run in runs), 4),
        decisions=sum(run.log.decisions for run in runs),
    )


def mean_cost(outcomes: Sequence[Outcome]) -> float:
    """The general time over these requests; 0 without any."""
    return fmean(one.cost_min() for one in outcomes) if outcomes else 0.0


def gini(numbers: Sequence[float]) -> float:
    """How unevenly something is spread: 0 evenly (or nothing to spread), near 1 on one alone."""
    total = sum(numbers)
    if not total:
        return 0.0
    count = len(numbers)
    ranked = sum(rank * number for rank, number in enumerate(sorted(numbers), start=1))
    return 2 * ranked / (count * total) - (count + 1) / count


def _minutes(outcome: Outcome, at_s: float | None) -> float | None:
    return None if at_s is None else (at_s - outcome.request.at_s) / 60


def _mean(numbers: Iterable[float | None]) -> float | None:
    found = [number for number in numbers if number is not None]
    return round(fmean(found), 3) if found else None


def _share(outcomes: Sequence[Outcome]) -> float:
    met = sum(one.is_filled and one.modality is one.request.modality for one in outcomes)
    return met / len(outcomes) if outcomes else 0.0


def _shifts(run: Played) -> int:
    ends = run.world.plan.days * DAY_S
    return sum(begins < ends for peer in run.world.peers for begins, _ in peer.shifts)


def _miles(run: Played) -> Iterable[float]:
    for one in run.log.outcomes:
        if one.peer is not None and one.modality not in REMOTE:
            metres = run.people.metres(run.world.peers[one.peer], one.request.site)
            yield metres * DEFAULT.road_factor / METRES_PER_MILE


def _gini_of_cases(run: Played) -> float:
    cases = Counter(one.peer for one in run.log.outcomes)
    return gini([cases[peer.number] for peer in run.world.peers])


def _gini_of_asks(run: Played) -> float:
    asks = Counter(ask.peer for ask in run.log.asks)
    return gini([asks[peer.number] for peer in run.world.peers])
