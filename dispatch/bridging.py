"""Who is asked to be there by video until somebody arrives. Pure: by the same decision as a search.

A bridge is a search for video alone, in small steps, that nobody is alarmed about: when nobody
answers, somebody is on the way all the same. So the clock of the managers is taken off, and with
priced asking a person without a bridge loses no more than the wait that is left.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dispatch.deciding import next_move
from dispatch.knowledge import NOTHING, Knowledge
from dispatch.matching import Need, PeerView
from dispatch.policy import Policy, Wave
from dispatch.states import Modality, RequestState
from dispatch.waves import Awaited, Decision, Search

_STEPS = 10
"""So many small waves before whoever is left is asked at once."""

_NEVER_S = 24 * 3600


@dataclass(frozen=True)
class Looking:
    """A search for a bridge as the decision sees it."""

    since: datetime
    waves_used: int
    asked: frozenset[str]
    """Who was asked to bridge for this request."""
    awaited: tuple[Awaited, ...]
    arrives_at: datetime
    """When the peer on the way is expected."""


def is_worth_it(arrives_at: datetime | None, now: datetime, policy: Policy) -> bool:
    """Whether the wait that is left is long enough to look for somebody by video."""
    if policy.bridge == "off" or arrives_at is None:
        return False
    return arrives_at - now > timedelta(seconds=policy.bridge_stop_s)


def begins_by_itself(arrives_at: datetime | None, now: datetime, policy: Policy) -> bool:
    """Whether a bridge is looked for without anybody's asking, once staff have offered video."""
    if policy.bridge != "automatic" or not is_worth_it(arrives_at, now, policy):
        return False
    return arrives_at is not None and arrives_at - now >= timedelta(seconds=policy.bridge_eta_s)


def whom_to_ask(
    looking: Looking,
    peers: Sequence[PeerView],
    need: Need,
    now: datetime,
    policy: Policy,
    known: Knowledge = NOTHING,
) -> Decision:
    """The next move of a search for a bridge; it never raises an alarm and never escalates."""
    search = Search(
        state=RequestState.SEARCHING,
        modality=Modality.VIDEO,
        started_at=looking.since,
        waves_used=looking.waves_used,
        video_fallback=False,
        is_widened=False,
        has_alarmed=True,
        asked=looking.asked,
        awaited=looking.awaited,
        quiet_since=now,
    )
    by_video = replace(need, modalities=frozenset({Modality.VIDEO}), remote_handicap_s=0)
    left_min = max(0.0, (looking.arrives_at - now).total_seconds() / 60.0)
    return next_move(search, peers, by_video, now, _quiet(policy, left_min), known)


def _quiet(policy: Policy, left_min: float) -> Policy:
    """The policy without the managers' clock, in small waves, and with what there is to lose."""
    return policy.model_copy(
        update={
            "waves": tuple(
                Wave(after_s=policy.bridge_every_s * step, size=policy.bridge_size)
                for step in range(_STEPS)
            ),
            "escalate_after_s": _NEVER_S,
            "nobody_left_s": _NEVER_S,
            "pricing": policy.pricing.model_copy(update={"unfilled_min": left_min}),
        }
    )
