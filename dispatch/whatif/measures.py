"""The numbers of a policy over all its runs. Pure: logs in, one record out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import fmean, median

from dispatch.policy import DEFAULT
from dispatch.states import REMOTE
from dispatch.whatif.answers import People
from dispatch.whatif.log import Log, Outcome
from dispatch.whatif.world import World

METRES_PER_MILE = 1609.344
DAY_S = 24 * 3600.0


@dataclass(frozen=True)
class Played:
    """One run in its world."""

    world: World
    people: People
    log: Log


@dataclass(frozen=True, kw_only=True)
class Measures:
    """What a policy came to. Minutes are over the requests in which it happened, and means where
    nothing else is said."""

    policy: str
    requests: int
    filled: int
    gt_min: float
    """General time: minutes to bedside or video, 40 more when somebody in person was wished for
    and video came, 120 when nobody did."""
    minutes_to_yes: float | None
    minutes_to_yes_median: float | None
    minutes_to_yes_p90: float | None
    minutes_to_help: float | None
    """To the bedside or to a connected call, whichever it was."""
    minutes_to_help_p90: float | None
    minutes_to_contact: float | None
    """To whoever was first: somebody by video until the other arrived, or who came or called."""
    bridged_pct: float
    """Of the filled: somebody was there by video until somebody arrived."""
    bridge_asks: int
    """Of the asks: to be there by video until somebody arrives."""
    minutes_to_bedside: float | None
    minutes_to_video: float | None
    unfilled_pct: float
    wish_met_pct: float
    """Of all requests: somebody came in the way that was wished for."""
    asks: int
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


def measure(runs: Sequence[Played]) -> Measures:
    """One policy over its runs: one a seed, or one a draw."""
    outcomes = [one for run in runs for one in run.log.outcomes]
    filled = [one for one in outcomes if one.is_filled]
    asks = [ask for run in runs for ask in run.log.asks]
    lost = sum(ask.is_lost_race for ask in asks)
    came = [one for one in filled if one.modality not in REMOTE]
    called = [one for one in filled if one.modality in REMOTE]
    to_yes = [minutes for one in filled if (minutes := _minutes(one, one.yes_at_s)) is not None]
    to_help = [
        minutes for one in filled if (minutes := _minutes(one, one.reached_at_s)) is not None
    ]
    return Measures(
        policy=runs[0].log.policy,
        requests=len(outcomes),
        filled=len(filled),
        gt_min=round(mean_cost(outcomes), 3),
        minutes_to_yes=_mean(to_yes),
        minutes_to_yes_median=round(median(to_yes), 3) if to_yes else None,
        minutes_to_yes_p90=_p90(to_yes),
        minutes_to_help=_mean(to_help),
        minutes_to_help_p90=_p90(to_help),
        minutes_to_contact=_mean(_minutes(one, one.contact_at_s) for one in filled),
        bridged_pct=round(100 * sum(map(_is_bridged, filled)) / len(filled), 2) if filled else 0.0,
        bridge_asks=sum(ask.is_bridge for ask in asks),
        minutes_to_bedside=_mean(_minutes(one, one.reached_at_s) for one in came),
        minutes_to_video=_mean(_minutes(one, one.reached_at_s) for one in called),
        unfilled_pct=round(100 * (1 - len(filled) / len(outcomes)), 2) if outcomes else 0.0,
        wish_met_pct=round(100 * _share(outcomes), 2),
        asks=len(asks),
        asks_per_filled=round(len(asks) / len(filled), 3) if filled else None,
        asks_per_shift=round(len(asks) / max(sum(map(shifts, runs)), 1), 3),
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


def _is_bridged(outcome: Outcome) -> bool:
    return outcome.contact_at_s != outcome.reached_at_s


def _mean(numbers: Iterable[float | None]) -> float | None:
    found = [number for number in numbers if number is not None]
    return round(fmean(found), 3) if found else None


def _p90(numbers: Sequence[float]) -> float | None:
    """Nine of ten are not above this: the nearest rank."""
    return round(sorted(numbers)[ceil(0.9 * len(numbers)) - 1], 3) if numbers else None


def _share(outcomes: Sequence[Outcome]) -> float:
    met = sum(one.is_filled and one.modality is one.request.modality for one in outcomes)
    return met / len(outcomes) if outcomes else 0.0


def shifts(run: Played) -> int:
    """How many shifts were begun while requests came in."""
    ends_s = run.world.days * DAY_S
    return sum(shift.begins_s < ends_s for peer in run.world.peers for shift in peer.shifts)


def _miles(run: Played) -> Iterable[float]:
    for one in run.log.outcomes:
        if one.peer is not None and one.modality not in REMOTE:
            metres = run.people.metres(run.world.peers[one.peer], one.request.site)
            yield metres * DEFAULT.road_factor / METRES_PER_MILE


def _gini_of_cases(run: Played) -> float:
    cases = Counter(one.peer for one in run.log.outcomes)
    cases += Counter(one.bridge.peer for one in run.log.outcomes if one.bridge is not None)
    return gini([cases[peer.number] for peer in run.world.peers])


def _gini_of_asks(run: Played) -> float:
    asks = Counter(ask.peer for ask in run.log.asks)
    return gini([asks[peer.number] for peer in run.world.peers])
