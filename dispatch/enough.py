"""Whether a look at some of a network was far enough: the others would not change whom it asks. Pure.

It knows of those who were not looked at two things: nobody of them who is free could come from nearer than so
many metres, and whether there are any who could call. The best that can be of them is taken to be so.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from math import inf

from dispatch.matching import AS_WISHED, SHARED, Candidate, Need, PeerView
from dispatch.policy import Policy
from dispatch.prices.chances import MOST
from dispatch.prices.priced import FAR_AHEAD
from dispatch.prices.score import Scale
from dispatch.states import REMOTE, Modality
from dispatch.suits import ahead_min
from dispatch.survey import Survey, help_s_from
from dispatch.waves import Decision

_IN_PERSON = Modality.IN_PERSON


def is_enough(
    decision: Decision,
    peers: Sequence[PeerView],
    need: Need,
    now: datetime,
    policy: Policy,
    *,
    sure_m: float,
    is_whole_line: bool,
) -> bool:
    """Whether a decision made of these peers asks whom it would ask of everybody.

    `need` has the ways that stood in its list (`deciding.listed`). Who calls is as good as another who
    calls and suits as well. By price it is near enough: how tired all are in the mean is taken of those who were seen.
    """
    # Of those who are not in the list nobody needs to be seen.
    are_near = sure_m == inf or _IN_PERSON not in need.modalities
    are_in_line = is_whole_line or need.modalities.isdisjoint(REMOTE)
    if are_near and are_in_line:
        return True
    able, asks = len(decision.order), len(decision.ask)
    if not able or asks == able:
        return False  # There may be more whom it would ask.
    if policy.strategy == "priced":
        if able <= FAR_AHEAD:
            return False  # How many it asks depends on who comes next, and whether anybody does.
        first = _by_price(decision, peers, need, now, policy)
    else:
        first = _by_minutes(decision.ask, need, policy)
    if not first:
        return True
    calls = [one for one, _ in first if one.modality in REMOTE]
    come_min = [counts_min for one, counts_min in first if one.modality not in REMOTE]
    most_min = _most_min(need, policy)
    if not are_near:
        if not come_min and not _can_come(peers, need, now, policy):
            return False  # It asked by call because nobody seemed to be able to come.
        way_min = (help_s_from(sure_m, need, policy) - policy.answer_s) / 60.0
        if max(counts_min for _, counts_min in first) >= way_min - most_min:
            return False
    if are_in_line:
        return True
    call_min = policy.video_setup_s / 60.0 + _later_min(need, policy) - most_min
    return all(_suits(one, need) for one in calls) and max(come_min, default=-inf) < call_min


def _by_minutes(
    asked: Sequence[Candidate], need: Need, policy: Policy
) -> list[tuple[Candidate, float]]:
    """Each with the minutes from a yes to help, less what suits: the order of `suits`."""
    later_min = _later_min(need, policy)
    return [
        (
            one,
            (one.help_s - policy.answer_s) / 60.0
            + (later_min if one.modality in REMOTE else 0.0)
            - ahead_min(one, policy.pricing),
        )
        for one in asked
    ]


def _by_price(
    decision: Decision, peers: Sequence[PeerView], need: Need, now: datetime, policy: Policy
) -> list[tuple[Candidate, float]]:
    """Those whom the price of one more is reckoned with, each with their cost."""
    pricing = policy.pricing
    # A chance of theirs is taken to be the usual, of those who were not seen the best there is.
    doubt = pricing.doubt_min / pricing.yes_chance - pricing.doubt_min / MOST
    wish = _IN_PERSON if _IN_PERSON in need.modalities else Modality.VIDEO
    found = Survey(peers, need, now, policy)
    weighed = {
        place[3]: (cost, place) for cost, place in Scale(need, wish, policy).weigh(found.places)
    }
    first = [weighed[one] for one in decision.order[:FAR_AHEAD] if one in weighed]
    return [(found.candidate(place), cost + doubt) for cost, place in first]


def _can_come(peers: Sequence[PeerView], need: Need, now: datetime, policy: Policy) -> bool:
    in_person = replace(need, modalities=frozenset({_IN_PERSON}))
    return len(Survey(peers, in_person, now, policy)) > 0


def _later_min(need: Need, policy: Policy) -> float:
    """How much later a call stands in the list than it would be there."""
    if policy.strategy == "priced":
        return policy.pricing.remote_min if _IN_PERSON in need.modalities else 0.0
    return need.remote_handicap_s / 60.0


def _most_min(need: Need, policy: Policy) -> float:
    """How much earlier somebody may stand who suits in all; whoever was met before is always seen."""
    pricing = policy.pricing
    worth = pricing.wish_min if need.wishes else 0.0
    if need.focus is not None and policy.strategy == "priced":
        worth += pricing.experience_min
    return min(worth, pricing.suits_most_min)


def _suits(one: Candidate, need: Need) -> bool:
    """Whether nobody who calls could suit better."""
    return (not need.wishes or AS_WISHED in one.reasons) and (
        need.focus is None or SHARED in one.reasons
    )
