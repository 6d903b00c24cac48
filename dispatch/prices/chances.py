"""How likely a peer says yes, before they are asked and while they are silent. Pure.

`Chances` is the door for what is learned of people; until something is, `Prior` answers from the
policy alone. A chance is always between `LEAST` and `MOST`, whatever comes in.
"""

from datetime import datetime
from math import erf, exp, log, sqrt
from statistics import NormalDist
from typing import Protocol

from dispatch.matching import Candidate, PeerView
from dispatch.prices.pricing import Pricing

LEAST, MOST = 0.02, 0.95


class Chances(Protocol):
    """Knows, or guesses, how likely somebody says yes."""

    def of(self, peer: PeerView, candidate: Candidate, now: datetime) -> float:
        """The chance that this peer, asked now in this way, says yes."""
        ...


class Prior:
    """The same for everybody but for the way, and how often they were asked for nothing."""

    def __init__(self, pricing: Pricing) -> None:
        self._chance = pricing.yes_chance
        self._less_per_m = pricing.yes_less_per_km / 1000.0
        self._kept = 1.0 - pricing.yes_less_per_alert

    def of(self, peer: PeerView, candidate: Candidate, now: datetime) -> float:
        """The policy's chance, less by the distance and by recent alerts."""
        chance = self._chance
        if candidate.distance_m is not None:
            chance -= self._less_per_m * candidate.distance_m
        if peer.recent_alerts:
            chance *= self._kept**peer.recent_alerts
        return sane(chance)


class Careful:
    """What was learned, as far as it can be reckoned with; of the others, the policy's own.

    A model that says nonsense, or breaks, must not end a search, nor make one peer certain.
    """

    def __init__(self, learned: Chances, pricing: Pricing) -> None:
        self._learned = learned
        self._prior = Prior(pricing)

    def of(self, peer: PeerView, candidate: Candidate, now: datetime) -> float:
        """A number from 0 to 1."""
        try:
            chance = self._learned.of(peer, candidate, now)
            # A number that is none compares as false with everything.
            is_usable = 0.0 <= chance <= 1.0
        except Exception:  # noqa: BLE001  # what was learned is a hint, whatever becomes of it
            return self._prior.of(peer, candidate, now)
        return chance if is_usable else self._prior.of(peer, candidate, now)


def usable(learned: Chances | None, pricing: Pricing) -> Chances:
    """What was learned, carefully; the policy's own where nothing was."""
    return Prior(pricing) if learned is None else Careful(learned, pricing)


def sane(chance: float) -> float:
    """A chance that can be reckoned with, whatever was learned: no certainty, and no nonsense."""
    if chance >= MOST:
        return MOST
    # A number that is none compares as false with everything.
    return chance if chance > LEAST else LEAST


def still_yes(chance: float, silent_s: float, pricing: Pricing) -> float:
    """What is left of a chance when the peer has been silent for so long.

    Whoever will say yes or no says it in a log-normal time; the others never answer. So silence
    speaks for those.
    """
    if silent_s <= 0.0:
        return chance
    away = log(silent_s / pricing.answer_median_s) / pricing.answer_spread
    not_yet = 0.5 * (1.0 - erf(away / sqrt(2.0)))
    yes = chance * not_yet
    no = (1.0 - chance) * pricing.no_share * not_yet
    never = (1.0 - chance) * (1.0 - pricing.no_share)
    total = yes + no + never
    return yes / total if total > 0.0 else 0.0


def answer_min(share: float, pricing: Pricing) -> float:
    """By when that share of the answers has come, in minutes."""
    away = NormalDist().inv_cdf(share)
    return pricing.answer_median_s * exp(pricing.answer_spread * away) / 60.0
