"""Priced asking: one list over all ways of meeting, and an ask when it saves more than it costs.

Every candidate has a cost in patient-minutes and a chance of a yes; those who were asked and are
silent keep what is left of theirs. The next is asked while the minutes this is expected to save are
more than the price of an alert. Video stands in the same list, later by what it costs a person who
wished for somebody beside them: so it is asked as soon as lateness can be foreseen.

Pure and replayable, like `waves`, whose clock for managers it shares.
"""

from bisect import insort
from collections.abc import Sequence
from datetime import datetime, timedelta
from heapq import heapify, heappop

from dispatch import waves
from dispatch.matching import Candidate, Need, PeerView
from dispatch.policy import Policy
from dispatch.prices.chances import MOST, Chances, Prior, sane, still_yes
from dispatch.prices.outlook import Hope, look_ahead
from dispatch.prices.score import Scale, Scored
from dispatch.recorded import why
from dispatch.simple import in_one_list
from dispatch.survey import Survey
from dispatch.waves import Awaited, Decision, Search

FAR_AHEAD = 10
"""How many of the list are looked at: nobody is asked so far down in one look."""

BEYOND_MIN = 5.0
"""When the list goes on after those: help a little later than by the last of them."""


def decide(
    search: Search,
    peers: Sequence[PeerView],
    need: Need,
    now: datetime,
    policy: Policy,
    chances: Chances | None = None,
) -> Decision:
    """The next move of a search. Without learned `chances` the policy's own hold."""
    pricing = policy.pricing
    need = in_one_list(search, need, policy)
    found = Survey(peers, need, now, policy)
    scale = Scale(need, search.modality, policy)
    first = _first(found, scale, chances or Prior(pricing), now, policy)
    pricing = scale.surged(pricing)
    is_longer = len(found.places) > len(first)
    outlook = look_ahead(
        [_awaited(offer, scale, now, policy) for offer in search.awaited],
        [Hope(one.chance, one.cost_min) for one in first],
        pricing,
        first[-1].cost_min + BEYOND_MIN if is_longer else pricing.unfilled_min,
    )
    ask = tuple(one.candidate for one in first[: outlook.ask])
    nearer = why.who_is_nearer(found.excluded.others, need, ask) if ask else None
    return waves.timed(
        search,
        found,
        now,
        policy,
        ask=ask,
        waves_used=search.waves_used + bool(ask),
        next_wave_at=now + timedelta(seconds=pricing.review_s) if found.places else None,
        parts=why.in_parts(first, outlook, len(found.places), search, pricing, nearer),
        first=[one.candidate.peer_id for one in first],
    )


def _first(
    found: Survey, scale: Scale, chances: Chances, now: datetime, policy: Policy
) -> list[Scored]:
    """The best few by cost and doubt; ties by turn and id, so that the order is always the same.

    Who would not be among them even if a yes were certain is not asked how likely it is.
    """
    doubt = policy.pricing.doubt_min
    waiting = scale.weigh(found.places)
    heapify(waiting)
    best: list[tuple[float, int, str, float, float, Candidate]] = []
    while waiting:
        cost, place = heappop(waiting)
        if len(best) >= FAR_AHEAD and cost + doubt / MOST > best[-1][0]:
            break
        candidate = found.candidate(place)
        _, _, turn, peer_id, peer, _ = place
        chance = sane(chances.of(peer, candidate, now))
        insort(best, (cost + doubt / chance, turn, peer_id, cost, chance, candidate))
        del best[FAR_AHEAD:]
    return [Scored(candidate, chance, cost) for *_, cost, chance, candidate in best]


def _awaited(offer: Awaited, scale: Scale, now: datetime, policy: Policy) -> Hope:
    """Somebody who was asked: what is left of their chance, and what their yes would cost."""
    pricing = policy.pricing
    asked_at = offer.asked_at or now
    silent_s = (now - asked_at).total_seconds()
    # How tired they were is not known any more: as tired as those who can be asked now.
    kept = (1.0 - pricing.yes_less_per_alert) ** scale.alerts
    chance = still_yes(sane(pricing.yes_chance * kept), silent_s, pricing)
    arrive_by = offer.arrive_by or asked_at + timedelta(seconds=policy.answer_s)
    help_s = (arrive_by - asked_at).total_seconds()
    return Hope(chance, scale.way_min(offer.modality, help_s))
