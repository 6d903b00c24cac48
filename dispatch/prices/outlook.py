"""What is to be expected when so many of a list are asked now, and so on. Pure arithmetic.

The model: those who are asked say yes with their chances, all in about the same time; the first yes
ends the search; without one, the next are asked after the review. From the end of the list
backwards this gives the minutes until help for the best numbers at once, each ask at its price.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from typing import NamedTuple

from dispatch.prices.chances import answer_min
from dispatch.prices.pricing import Pricing

_NODES = (0.1127016653792583, 0.5, 0.8872983346207417)
_WEIGHTS = (5 / 18, 8 / 18, 5 / 18)
"""Gauss-Legendre: the share of a peer's answers that have come, instead of the time itself."""


class Hope(NamedTuple):
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
def _waits(pricing: Pricing) -> tuple[float, float, float]:
    """Minutes until so many of the answers have come, by node."""
    first, middle, last = (answer_min(node, pricing) for node in _NODES)
    return first, middle, last


_Part = tuple[float, float, float, float, float, float, float]
"""What somebody contributes to every group they are in: by node, that they have not said yes, and the
minutes of their yes beside it; and that they never say yes."""


def _parts(hopes: Sequence[Hope], pricing: Pricing) -> list[_Part]:
    """Of each: worked out once, because everybody stands in several groups."""
    (one, two, three), (soon, then, late) = _NODES, _waits(pricing)
    found = []
    for chance, cost_min in hopes:
        first, middle, last = 1.0 - chance * one, 1.0 - chance * two, 1.0 - chance * three
        found.append(
            (
                first,
                middle,
                last,
                chance * (cost_min + soon) / first,
                chance * (cost_min + then) / middle,
                chance * (cost_min + late) / last,
                1.0 - chance,
            )
        )
    return found


def expected(group: Sequence[Hope], otherwise_min: float, pricing: Pricing) -> float:
    """Minutes until help when these may say yes, and `otherwise_min` when none of them does."""
    minutes, nobody = _growing(_parts(group, pricing))[-1]
    return minutes + nobody * otherwise_min


def _growing(parts: Sequence[_Part]) -> list[tuple[float, float]]:
    """For the first none, one, two ... of them: minutes times how likely a yes, and of no yes.

    By node: how likely none has said yes by then, times the sum of what a yes of each would bring.
    """
    (of_one, of_two, of_three), nobody = _WEIGHTS, 1.0
    none_one = none_two = none_three = 1.0
    yes_one = yes_two = yes_three = 0.0
    found = [(0.0, nobody)]
    for left_one, left_two, left_three, gain_one, gain_two, gain_three, never in parts:
        none_one *= left_one
        none_two *= left_two
        none_three *= left_three
        yes_one += gain_one
        yes_two += gain_two
        yes_three += gain_three
        nobody *= never
        total = (
            of_one * none_one * yes_one
            + of_two * none_two * yes_two
            + of_three * none_three * yes_three
        )
        found.append((total, nobody))
    return found


def look_ahead(
    awaited: Sequence[Hope], hopes: Sequence[Hope], pricing: Pricing, end_min: float
) -> Outlook:
    """How many of `hopes`, in their order, to ask now while `awaited` may still answer.

    `end_min`: what it costs when the list is exhausted.
    """
    most, review, price = pricing.at_once, pricing.review_s / 60.0, pricing.ask_min
    parts, count = _parts(hopes, pricing), len(hopes)
    later = [end_min] * (count + 1)
    for begin in range(count - 1, -1, -1):
        least = inf
        group = _growing(parts[begin : begin + most])
        for size, (minutes, nobody) in enumerate(group[1:], start=1):
            whole = minutes + nobody * (review + later[begin + size]) + price * size
            if whole < least:
                least = whole
        later[begin] = least
    now = _growing([*_parts(awaited, pricing), *parts[:most]])[len(awaited) :]
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
