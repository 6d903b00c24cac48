"""What is to be expected when so many of a list are asked now, and so on. Pure arithmetic.

The model: those who are asked say yes with their chances, all in about the same time; the first yes
ends the search; without one, the next are asked after the review. From the end of the list
backwards this gives the minutes until help for the best numbers at once, each ask at its price.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from dispatch.prices.chances import answer_min
from dispatch.prices.pricing import Pricing

_NODES = (0.1127016653792583, 0.5, 0.8872983346207417)
_WEIGHTS = (5 / 18, 8 / 18, 5 / 18)
"""Gauss-Legendre: the share of a peer's answers that have come, instead of the time itself."""


@dataclass(frozen=True, slots=True)
class Hope:
    """Somebody who may say yes: how likely, and the minutes that it costs from then on."""

    chance: float
    cost_min: float


@dataclass(frozen=True)
class Outlook:
    """The best number to ask now, and what is to be expected of it."""

    ask: int
    minutes: float
    """Until help, with the price of the asks, when that number is asked."""
    gain_min: float
    """What the last of them is expected to save, before its price; 0 when nobody is asked."""
    next_gain_min: float
    """What one more would save."""


@lru_cache(maxsize=32)
def _rounds(pricing: Pricing) -> tuple[tuple[float, float, float], ...]:
    """Node, weight, and minutes until an answer."""
    return tuple(
        (node, weight, answer_min(node, pricing))
        for node, weight in zip(_NODES, _WEIGHTS, strict=True)
    )


def expected(group: Sequence[Hope], otherwise_min: float, pricing: Pricing) -> float:
    """Minutes until help when these may say yes, and `otherwise_min` when none of them does."""
    minutes, nobody = _growing(group, pricing)[-1]
    return minutes + nobody * otherwise_min


def _growing(hopes: Sequence[Hope], pricing: Pricing) -> list[tuple[float, float]]:
    """For the first none, one, two ... of them: minutes times how likely a yes, and of no yes."""
    rounds = _rounds(pricing)
    none, yes, nobody = [1.0] * len(rounds), [0.0] * len(rounds), 1.0
    found = [(0.0, nobody)]
    for hope in hopes:
        chance, cost_min, total = hope.chance, hope.cost_min, 0.0
        for place, (node, weight, waited) in enumerate(rounds):
            left = 1.0 - chance * node
            none[place] *= left
            yes[place] += chance * (cost_min + waited) / left
            total += weight * none[place] * yes[place]
        nobody *= 1.0 - chance
        found.append((total, nobody))
    return found


def look_ahead(
    awaited: Sequence[Hope], hopes: Sequence[Hope], pricing: Pricing, end_min: float
) -> Outlook:
    """How many of `hopes`, in their order, to ask now while `awaited` may still answer.

    `end_min`: what it costs when the list is exhausted.
    """
    most, review, price = pricing.at_once, pricing.review_s / 60.0, pricing.ask_min
    count = len(hopes)
    later = [end_min] * (count + 1)
    for begin in range(count - 1, -1, -1):
        group = _growing(hopes[begin : begin + most], pricing)
        later[begin] = min(
            group[size][0] + group[size][1] * (review + later[begin + size]) + price * size
            for size in range(1, len(group))
        )
    now = _growing([*awaited, *hopes[:most]], pricing)[len(awaited) :]
    plain = [
        minutes + nobody * (review + later[size]) for size, (minutes, nobody) in enumerate(now)
    ]
    priced = [minutes + price * size for size, minutes in enumerate(plain)]
    best = min(range(len(priced)), key=priced.__getitem__)
    return Outlook(
        ask=best,
        minutes=priced[best],
        gain_min=plain[best - 1] - plain[best] if best else 0.0,
        next_gain_min=plain[best] - plain[best + 1] if best + 1 < len(plain) else 0.0,
    )
