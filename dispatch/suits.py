"""Whom the person asked for, in the order of a search by the clock. Pure.

A peer whom they have met before, or who is as they wished, may be some minutes further away and
still be asked first: the minutes are those of `pricing`, as in a search by price. Where nobody was
asked for, the order is that of the minutes alone. It knows no rows, and excludes nobody.
"""

from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter

from dispatch.matching import AS_WISHED, MET_BEFORE, Candidate, Need, PeerView, Ranking
from dispatch.policy import Policy
from dispatch.prices.pricing import Pricing
from dispatch.states import REMOTE

_has_met = attrgetter("has_met")


def first_asked_for(
    ranking: Ranking, peers: Sequence[PeerView], need: Need, policy: Policy
) -> Ranking:
    """The same ranking by minutes less what suits; who is equal stays in the order they were in."""
    if not need.wishes and not any(map(_has_met, peers)):
        return ranking

    def counts_s(one: Candidate) -> float:
        late_s = need.remote_handicap_s if one.modality in REMOTE else 0
        return one.help_s + late_s - 60.0 * ahead_min(one, policy.pricing)

    return replace(ranking, candidates=tuple(sorted(ranking.candidates, key=counts_s)))


def ahead_min(candidate: Candidate, pricing: Pricing) -> float:
    """How many minutes later a candidate may be there because the person asked for them."""
    worth = pricing.met_min if MET_BEFORE in candidate.reasons else 0.0
    if AS_WISHED in candidate.reasons:
        worth += pricing.wish_min
    return min(worth, pricing.suits_most_min)


def for_others(reasons: Sequence[str]) -> list[str]:
    """Reasons as anybody but the peer may read them: what peers say of themselves is theirs."""
    return [code for code in reasons if code != AS_WISHED]
