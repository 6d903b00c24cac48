"""Priced asking: one list over all ways of meeting, and an ask when it saves more than it costs.

Every candidate has a cost in patient-minutes and a chance of a yes; those who were asked and are
silent keep what is left of theirs. The next is asked while the minutes this is expected to save are
more than the price of an alert. Video stands in the same list, later by what it costs a person who
wished for somebody beside them: so it is asked as soon as lateness can be foreseen.

Pure and replayable, like `waves`, whose clock for managers it shares.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from dispatch import matching, waves, why
from dispatch.chances import MOST, Chances, Prior, sane, still_yes
from dispatch.matching import Candidate, Need, PeerView, Ranking
from dispatch.outlook import Hope, look_ahead
from dispatch.policy import Policy
from dispatch.score import Scale, Scored
from dispatch.states import Modality
from dispatch.waves import Awaited, Decision, Search

FAR_AHEAD = 10
"""How many of the list are looked at: nobody is asked so far down in one look."""

BATCH = 16
"""How many are weighed before it is asked whether anybody further down can matter."""

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
    if search.modality is Modality.IN_PERSON and search.video_fallback:
        need = replace(
            need,
            modalities=need.modalities | {Modality.VIDEO},
            remote_handicap_s=round(pricing.remote_min * 60),
        )
    ranking = matching.rank(peers, need, now, policy)
    scale = Scale(need, search.modality, policy)
    known: Chances = chances or Prior(pricing)
    first = _first(ranking.candidates, peers, scale, known, now, policy)
    is_longer = len(ranking.candidates) > len(first)
    outlook = look_ahead(
        [_awaited(offer, scale, now, policy) for offer in search.awaited],
        [Hope(one.chance, one.cost_min) for one in first],
        pricing,
        first[-1].cost_min + BEYOND_MIN if is_longer else pricing.unfilled_min,
    )
    ask = tuple(one.candidate for one in first[: outlook.ask])
    nearer = why.who_is_nearer(peers, ranking, need, ask) if ask else None
    return waves.timed(
        search,
        ranking,
        now,
        policy,
        ask=ask,
        waves_used=search.waves_used + bool(ask),
        next_wave_at=_review_at(ranking, now, policy),
        parts=why.in_parts(first, outlook, ranking, search, pricing, nearer),
        first=(one.candidate.peer_id for one in first),
    )


def _first(
    candidates: Sequence[Candidate],
    peers: Sequence[PeerView],
    scale: Scale,
    chances: Chances,
    now: datetime,
    policy: Policy,
) -> list[Scored]:
    """The best few by cost and doubt; ties by id, so that the order is always the same.

    The candidates come in the order of their way. What suits can make somebody better than their
    way by so much and no more: whoever is further behind the best few is not even weighed.
    """
    views = {peer.id: peer for peer in peers if peer.on_duty}
    doubt = policy.pricing.doubt_min
    head_start = policy.pricing.suits_most_min - doubt / MOST
    best: list[tuple[float, str, float, float, Candidate]] = []
    for begin in range(0, len(candidates), BATCH):
        batch = candidates[begin : begin + BATCH]
        if len(best) == FAR_AHEAD:
            nearest = scale.way_min(batch[0].modality, batch[0].help_s)
            if nearest - head_start > best[-1][0]:
                break
        for one in batch:
            peer = views[one.peer_id]
            chance = sane(chances.of(peer, one, now))
            cost = scale.cost_min(peer, one)
            best.append((cost + doubt / chance, one.peer_id, cost, chance, one))
        best.sort()
        del best[FAR_AHEAD:]
    return [Scored(one, chance, cost) for _, _, cost, chance, one in best]


def _awaited(offer: Awaited, scale: Scale, now: datetime, policy: Policy) -> Hope:
    """Somebody who was asked: what is left of their chance, and what their yes would cost."""
    pricing = policy.pricing
    asked_at = offer.asked_at or now
    silent_s = (now - asked_at).total_seconds()
    chance = still_yes(pricing.yes_chance, silent_s, pricing)
    arrive_by = offer.arrive_by or asked_at + timedelta(seconds=policy.answer_s)
    help_s = (arrive_by - asked_at).total_seconds()
    return Hope(chance, scale.way_min(offer.modality, help_s))


def _review_at(ranking: Ranking, now: datetime, policy: Policy) -> datetime | None:
    """When to look again; a no brings it forward."""
    if not ranking.candidates:
        return None
    return now + timedelta(seconds=policy.pricing.review_s)
