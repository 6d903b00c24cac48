"""Two policies beside one another, draw by draw, and how true the replay is. Pure.

No number stands without what it stands on: so many requests, shifts or peers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean, median

from dispatch.whatif.measures import Measures, Played, measure, shifts
from dispatch.whatif.past import Past

LEAST_REQUESTS = 20
"""Fewer requests say nothing about a policy."""


class Verdict(StrEnum):
    """Whether there is anything to say."""

    COMPARED = "compared"
    TOO_FEW = "too_few"
    NO_HISTORY = "no_history"


class Unit(StrEnum):
    """Of a number."""

    MINUTES = "minutes"
    PERCENT = "percent"
    ASKS = "asks"
    GINI = "gini"


class Basis(StrEnum):
    """What a number is counted over."""

    REQUESTS = "requests"
    FILLED = "filled"
    SHIFTS = "shifts"
    PEERS = "peers"


@dataclass(frozen=True)
class Row:
    """One number before and after, as means over the draws, and the least and most difference."""

    name: str
    unit: Unit
    is_less_better: bool
    before: float
    after: float
    change: float
    low: float
    high: float
    basis: Basis
    before_count: int
    after_count: int


@dataclass(frozen=True)
class Truth:
    """What really happened, and the policy of now played again, over the same requests."""

    requests: int
    """Those with a yes both in truth and in the replay."""
    recorded_min: float | None
    """The median of the minutes to a yes."""
    replayed_min: float | None
    over: int
    """Requests whose search is over."""
    recorded_unfilled: int
    replayed_unfilled: float
    """The mean over the draws."""


@dataclass(frozen=True)
class Comparison:
    """What a preview comes to."""

    verdict: Verdict
    requests: int
    draws: int
    rows: tuple[Row, ...]
    truth: Truth | None


_ROWS: tuple[tuple[str, Unit, bool, Basis, Callable[[Measures], float | None]], ...] = (
    ("minutes_to_yes_median", Unit.MINUTES, True, Basis.FILLED, lambda m: m.minutes_to_yes_median),
    ("minutes_to_yes_p90", Unit.MINUTES, True, Basis.FILLED, lambda m: m.minutes_to_yes_p90),
    ("minutes_to_help", Unit.MINUTES, True, Basis.FILLED, lambda m: m.minutes_to_help),
    ("minutes_to_help_p90", Unit.MINUTES, True, Basis.FILLED, lambda m: m.minutes_to_help_p90),
    ("general_time", Unit.MINUTES, True, Basis.REQUESTS, lambda m: m.gt_min),
    ("as_wished_pct", Unit.PERCENT, False, Basis.REQUESTS, lambda m: m.wish_met_pct),
    ("unfilled_pct", Unit.PERCENT, True, Basis.REQUESTS, lambda m: m.unfilled_pct),
    ("asks_per_filled", Unit.ASKS, True, Basis.FILLED, lambda m: m.asks_per_filled),
    ("asks_per_shift", Unit.ASKS, True, Basis.SHIFTS, lambda m: m.asks_per_shift),
    ("gini_asks", Unit.GINI, True, Basis.PEERS, lambda m: m.gini_asks),
    ("gini_cases", Unit.GINI, True, Basis.PEERS, lambda m: m.gini_cases),
)


def nothing_to_say(past: Past) -> Comparison | None:
    """The comparison when there is nothing to play, or too little; None when there is enough."""
    requests = len(past.world.requests)
    if not any(peer.shifts for peer in past.world.peers):
        return Comparison(Verdict.NO_HISTORY, requests, 0, (), None)
    if requests < LEAST_REQUESTS:
        return Comparison(Verdict.TOO_FEW, requests, 0, (), None)
    return None


def compare(past: Past, before: Sequence[Played], after: Sequence[Played]) -> Comparison:
    """The runs of both, in the same order of draws."""
    pairs = [(measure([one]), measure([other])) for one, other in zip(before, after, strict=True)]
    counts = _counts(before[0], pairs[0][0]), _counts(after[0], pairs[0][1])
    rows = []
    for name, unit, is_less_better, basis, of in _ROWS:
        both = [(of(one), of(other)) for one, other in pairs]
        known = [(one, other) for one, other in both if one is not None and other is not None]
        if not known:
            continue
        changes = [other - one for one, other in known]
        rows.append(
            Row(
                name=name,
                unit=unit,
                is_less_better=is_less_better,
                before=round(fmean(one for one, _ in known), 3),
                after=round(fmean(other for _, other in known), 3),
                change=round(fmean(changes), 3),
                low=round(min(changes), 3),
                high=round(max(changes), 3),
                basis=basis,
                before_count=counts[0][basis],
                after_count=counts[1][basis],
            )
        )
    return Comparison(
        Verdict.COMPARED, len(past.world.requests), len(pairs), tuple(rows), truth(past, before)
    )


def truth(past: Past, replayed: Sequence[Played]) -> Truth:
    """How well the replay of the policy of now reproduces what really happened."""
    recorded: list[float] = []
    again: list[float] = []
    unfilled = 0
    shared: set[int] = set()
    for run in replayed:
        for outcome in run.log.outcomes:
            number = outcome.request.number
            if number not in past.yes_s:
                continue
            unfilled += not outcome.is_filled
            really_s = past.yes_s[number]
            if really_s is None or outcome.yes_at_s is None:
                continue
            shared.add(number)
            recorded.append(really_s / 60)
            again.append((outcome.yes_at_s - outcome.request.at_s) / 60)
    return Truth(
        requests=len(shared),
        recorded_min=round(median(recorded), 2) if recorded else None,
        replayed_min=round(median(again), 2) if again else None,
        over=len(past.yes_s),
        recorded_unfilled=sum(one is None for one in past.yes_s.values()),
        replayed_unfilled=round(unfilled / len(replayed), 1),
    )


def _counts(run: Played, measures: Measures) -> dict[Basis, int]:
    """What the numbers of one run stand on; the next draw differs by a request or two."""
    return {
        Basis.REQUESTS: measures.requests,
        Basis.FILLED: measures.filled,
        Basis.SHIFTS: shifts(run),
        Basis.PEERS: len(run.world.peers),
    }
