"""The next move of one search: peers as values come in, whom to ask and when to look again go out.

The one way in for everybody who decides: the engine with rows behind it, the study with a made-up
state, a replay with what was recorded. Pure: the same inputs, the same decision. It knows that there
are strategies and leaves to each how it decides.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from dispatch import simple, suits, survey, waves
from dispatch.knowledge import NOTHING, Knowledge
from dispatch.matching import Need, PeerView
from dispatch.policy import Policy
from dispatch.prices import priced
from dispatch.prices.chances import usable
from dispatch.states import Modality
from dispatch.waves import Decision, Search


def next_move(
    search: Search,
    peers: Sequence[PeerView],
    need: Need,
    now: datetime,
    policy: Policy,
    known: Knowledge = NOTHING,
) -> Decision:
    """What to do about a search that nobody has said yes to. `need` is in the wish's own modality."""
    if policy.strategy == "priced":
        chances = usable(known.chances, policy.pricing)
        try:
            return priced.decide(search, peers, need, now, policy, chances)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            # Whatever was learned and cannot be reckoned with must not end a search.
            return simple.decide(search, peers, need, now, policy, (simple.FELL_BACK,))
    if policy.strategy == "simple":
        return simple.decide(search, peers, need, now, policy)
    ranking = survey.rank(peers, need, now, policy)
    if waves.wants_video(search, ranking, now, policy):
        ranking = survey.rank(peers, _with_video(need), now, policy)
    ranking = suits.first_asked_for(ranking, peers, need, policy)
    return waves.decide(search, ranking, now, policy)


def listed(
    search: Search, peers: Sequence[PeerView], need: Need, now: datetime, policy: Policy
) -> Need:
    """The same need in all the ways that stand in the list of this move."""
    if policy.strategy != "waves":
        return simple.in_one_list(search, need, policy)
    ranking = survey.rank(peers, need, now, policy)
    return _with_video(need) if waves.wants_video(search, ranking, now, policy) else need


def _with_video(need: Need) -> Need:
    return replace(need, modalities=need.modalities | {Modality.VIDEO})
