"""The simple strategy: two at a time by the minutes until help, all ways of meeting in one list. Pure.

No prices and no chances, so there is nothing in it that could be wrong about people: what `priced`
falls back to. Video stands in the list later by what it costs a person who wished for somebody
beside them, and is asked as soon as nobody could be there before. Who is silent after the review
no longer holds up the next; a no is followed by the next at once.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from dispatch import suits, survey, waves
from dispatch.matching import Need, PeerView
from dispatch.policy import Policy
from dispatch.recorded.because import Part
from dispatch.states import Modality
from dispatch.waves import Decision, Search

FELL_BACK: Part = {"code": "not_by_price"}
"""Told first when prices were wanted and did not add up."""


def fell_back(decision: Decision) -> bool:
    """Whether this was decided simply because prices did not add up."""
    return FELL_BACK in decision.because


def in_one_list(search: Search, need: Need, policy: Policy) -> Need:
    """The need with video in it, if it was offered for a wish in person, and what that counts."""
    if search.modality is not Modality.IN_PERSON or not search.video_fallback:
        return need
    return replace(
        need,
        modalities=need.modalities | {Modality.VIDEO},
        remote_handicap_s=round(policy.pricing.remote_min * 60),
    )


def decide(
    search: Search,
    peers: Sequence[PeerView],
    need: Need,
    now: datetime,
    policy: Policy,
    before: tuple[Part, ...] = (),
) -> Decision:
    """The next move of a search; `before` is told before the reason."""
    need = in_one_list(search, need, policy)
    ranking = survey.rank(peers, need, now, policy)
    ranking = suits.first_asked_for(ranking, peers, need, policy)
    review = timedelta(seconds=policy.pricing.review_s)
    fresh = [one for one in search.awaited if (one.asked_at or now) + review > now]
    ask = tuple(ranking.candidates[: max(policy.simple_at_once - len(fresh), 0)])
    # With two just asked it is their review that is due next; anybody asked now comes after.
    due = [one.asked_at + review for one in fresh if one.asked_at] if not ask else []
    return waves.timed(
        search,
        ranking,
        now,
        policy,
        ask=ask,
        waves_used=search.waves_used + bool(ask),
        next_wave_at=min(due, default=now + review) if ranking.candidates else None,
        parts=(*before, *waves.reasons(ask, ranking, search)),
    )
