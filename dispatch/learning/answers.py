"""Past offers into a model of the chance of a yes, checked on its latest fifth. Pure.

Nothing is learned from too little, and what foresees the latest answers worse than the policy's own
numbers says so itself (`Model.is_better`).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from math import log, log1p, sqrt
from typing import NamedTuple

from dispatch.learning.calibration import Said, bins
from dispatch.learning.fitting import Cell, chance_at, fit, score_of
from dispatch.learning.model import Check, Coefficients, Model, features
from dispatch.learning.silence import Silence
from dispatch.prices.chances import MOST, sane
from dispatch.prices.pricing import Pricing

LEAST = 200.0
"""Answers (a silence by what it is worth) below which nothing is learned: six coefficients with some
thirty answers each."""

DRAWN = 8.0
"""K: so many expected yeses pull a peer's own ratio half the way to everybody's. A person who said
no four times in a row is a person with a bad week."""

CHECKED = 0.2
"""The share of the answers, the latest, on which it is checked."""

_KM, _WEIGHTS = 2.0, 20.0
"""How finely ways and silences are told apart in cells: 2 km, twenty weights, closer to one another
where they are small."""

_ALERTS, _HELD = 3, 1e-3

DOUBT = (1.5, 0.5, 0.7, 0.2, 0.5, 0.5)
"""How far the coefficients may be from the policy's without much persuasion (deviations)."""


class Asked(NamedTuple):
    """One past offer that says something."""

    peer_id: str
    km: float | None
    """None when there was no way to go."""
    alerts: int
    hour: float
    """By the site's own clock."""
    is_yes: bool
    is_no: bool
    after_s: float


def learn(asked: Sequence[Asked], pricing: Pricing) -> Model | None:
    """A model of these offers, which come in the order of time; None when they say too little.

    Raises `ValueError` when what comes out is none that could be used.
    """
    silence = Silence.of(pricing)
    if _worth(asked, silence) < LEAST:
        return None
    apart = len(asked) - max(round(len(asked) * CHECKED), 1)
    check = _checked(asked[:apart], asked[apart:], pricing, silence)
    by = _fitted(asked, pricing, silence)
    return Model(
        coefficients=Coefficients.of(by),
        ratios=_ratios(asked, by, silence),
        yes=float(sum(one.is_yes for one in asked)),
        no=float(sum(one.is_no for one in asked)),
        silent=round(sum(_weight(one, silence) for one in asked if _is_silent(one)), 1),
        check=check,
    )


def policy_chance(one: Asked, pricing: Pricing) -> float:
    """As `dispatch.prices.chances.Prior` has it."""
    chance = pricing.yes_chance - pricing.yes_less_per_km * (one.km or 0.0)
    return sane(chance * (1.0 - pricing.yes_less_per_alert) ** one.alerts)


def expected_coefficients(pricing: Pricing) -> tuple[float, ...]:
    """The policy's own numbers as coefficients: what holds where nothing was seen."""
    chance = pricing.yes_chance
    slope = chance * (1.0 - chance)
    kept = max(1.0 - pricing.yes_less_per_alert, 0.3)
    return (
        log(chance / (1.0 - chance)),
        max(-10.0 * pricing.yes_less_per_km / slope, -2.0),
        0.0,
        max(log(kept) / (1.0 - chance), -1.0),
        0.0,
        0.0,
    )


def _is_silent(one: Asked) -> bool:
    return not (one.is_yes or one.is_no)


def _weight(one: Asked, silence: Silence) -> float:
    """How much of a no it is."""
    return 1.0 if one.is_no else silence.weight(one.after_s)


def _worth(asked: Iterable[Asked], silence: Silence) -> float:
    """How many answers these are worth."""
    return sum(1.0 if one.is_yes else _weight(one, silence) for one in asked)


def _fitted(asked: Iterable[Asked], pricing: Pricing, silence: Silence) -> tuple[float, ...]:
    cells, expected = list(_cells(asked, silence)), expected_coefficients(pricing)
    by = fit(cells, expected, DOUBT)
    if by[_ALERTS] <= 0.0:
        return by
    # Nobody goes rather because they were asked for nothing; the willing are only asked oftener.
    held = [0.0 if place == _ALERTS else one for place, one in enumerate(expected)]
    return fit(cells, held, [_HELD if place == _ALERTS else one for place, one in enumerate(DOUBT)])


def _cells(asked: Iterable[Asked], silence: Silence) -> Iterable[Cell]:
    """Alike offers together. A silence that is worth nothing is left out."""
    counts: Counter[tuple[float | None, int, int, int]] = Counter()
    for one in asked:
        km = None if one.km is None else round(one.km / _KM) * _KM
        told = -1 if one.is_yes else round(sqrt(_weight(one, silence)) * _WEIGHTS)
        if told:
            counts[km, one.alerts, int(one.hour), told] += 1
    for (km, alerts, hour, told), count in counts.items():
        row = features(km, alerts, hour + 0.5)
        if told < 0:
            yield Cell(row, yes=count, silent=0.0, weight=0.0)
        else:
            yield Cell(row, yes=0.0, silent=count, weight=(told / _WEIGHTS) ** 2)


def _ratios(asked: Sequence[Asked], by: Sequence[float], silence: Silence) -> dict[str, float]:
    """By peer: what came over what had to come, with K of each added.

    Where every offer is answered, what had to come is the sum of the chances. Silences make it the
    number at which the peer's own answers are likeliest, which is the same in the mean.
    """
    yes: Counter[str] = Counter()
    noes: dict[str, list[float]] = {}
    for one in asked:
        mine = noes.setdefault(one.peer_id, [])
        if one.is_yes:
            yes[one.peer_id] += 1
        elif weight := _weight(one, silence):
            mine.append(weight * _said(one, by, 1.0))
    return {peer_id: _ratio(yes[peer_id], mine) for peer_id, mine in sorted(noes.items())}


def _ratio(yes: int, noes: Sequence[float]) -> float:
    """The root of what falls from too many to too few, halved upon."""
    low, high = 0.05, 5.0
    for _ in range(16):
        middle = (low + high) / 2.0
        due = sum(one / (1.0 - min(middle * one, MOST)) for one in noes)
        if (yes + DRAWN) / middle > due + DRAWN:
            low = middle
        else:
            high = middle
    return round((low + high) / 2.0, 3)


def _said(one: Asked, by: Sequence[float], ratio: float) -> float:
    """The chance that `model.Learned` would say."""
    return sane(chance_at(score_of(features(one.km, one.alerts, one.hour), by)) * ratio)


def _checked(
    before: Sequence[Asked], after: Sequence[Asked], pricing: Pricing, silence: Silence
) -> Check:
    """Learned from those before, held beside those after, which it has not seen."""
    by = _fitted(before, pricing, silence)
    ratios = _ratios(before, by, silence)
    middle = fit(
        [Cell((1.0,), cell.yes, cell.silent, cell.weight) for cell in _cells(before, silence)],
        expected_coefficients(pricing)[:1],
        DOUBT[:1],
    )
    said = [_said(one, by, ratios.get(one.peer_id, 1.0)) for one in after]
    alike = sane(chance_at(middle[0]))
    return Check(
        answers=round(_worth(after, silence), 1),
        learned=_score(after, said, silence),
        policy=_score(after, [policy_chance(one, pricing) for one in after], silence),
        alike=_score(after, [alike] * len(after), silence),
        bins=bins(
            (
                Said(chance, one.is_yes, one.after_s)
                for chance, one in zip(said, after, strict=True)
            ),
            silence,
        ),
    )


def _score(after: Sequence[Asked], said: Sequence[float], silence: Silence) -> float:
    """The mean logarithm of how likely what came was held to be."""
    total = 0.0
    for one, chance in zip(after, said, strict=True):
        total += log(chance) if one.is_yes else log1p(-_weight(one, silence) * chance)
    return round(total / max(len(after), 1), 6)
