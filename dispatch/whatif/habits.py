"""How a network's own peers answer, in the numbers of its policy, from what they really did.

Few answers leave the policy's numbers as they are. A silence counts for as much of a no as it is
long beside the usual time to an answer. Pure.
"""

from collections.abc import Iterable, Sequence
from math import erf, exp, log, sqrt
from statistics import fmean

from dispatch.prices.pricing import Pricing
from dispatch.whatif.past import Said

WEIGHT = 50.0
"""The policy's numbers count as so many answers."""


def come(after_s: float, pricing: Pricing) -> float:
    """The share of all answers that have come so long after the asking."""
    if after_s <= 0.0:
        return 0.0
    away = log(after_s / pricing.answer_median_s) / pricing.answer_spread
    return 0.5 * (1.0 + erf(away / sqrt(2.0)))


def learned(said: Iterable[Said], pricing: Pricing) -> Pricing:
    """The policy's prices with the chance of a yes and the times to an answer of this network."""
    told = list(said)
    times = [log(max(one.after_s, 1.0)) for one in told if one.yes is not None]
    median_s, spread = _times(times, pricing)
    timed = pricing.model_copy(update={"answer_median_s": median_s, "answer_spread": spread})
    yes = sum(one.yes is True for one in told)
    no = sum(one.yes is False for one in told)
    silent = sum(come(one.after_s, timed) for one in told if one.yes is None)
    chance = (yes + WEIGHT * pricing.yes_chance) / (yes + no + silent + WEIGHT)
    unwilling = no + silent
    no_share = (no + WEIGHT * pricing.no_share) / (unwilling + WEIGHT)
    return timed.model_copy(
        update={"yes_chance": min(max(chance, 0.02), 0.95), "no_share": min(no_share, 1.0)}
    )


def _times(logs: Sequence[float], pricing: Pricing) -> tuple[float, float]:
    """Median and spread of the times to an answer, drawn to the policy's own."""
    usual = log(pricing.answer_median_s)
    total = len(logs) + WEIGHT
    middle = (sum(logs) + WEIGHT * usual) / total
    own = fmean((one - middle) ** 2 for one in logs) if logs else 0.0
    variance = (len(logs) * own + WEIGHT * pricing.answer_spread**2) / total
    return min(max(exp(middle), 1.0), 600.0), min(max(sqrt(variance), 0.05), 3.0)
