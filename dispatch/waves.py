"""What happens next about one request that nobody has said yes to. Pure and replayable.

The policy's clock says when how many are asked. A wave in which nobody's answer is awaited any
more (everyone said no, or cannot be reached) brings the next one forward. When the clock has run
out, or nobody is left, a manager owns the request; the search itself never stops before a yes.

It knows candidates and the clock, and refuses to know rows, phones or people's names.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from dispatch.matching import Candidate, Ranking, Reason
from dispatch.policy import Policy
from dispatch.recorded import because
from dispatch.recorded.because import Part
from dispatch.states import Modality, RequestState
from dispatch.survey import Survey

LOOK_AGAIN_S = 60
"""The longest time between two looks at an open search, whatever the clock says."""


@dataclass(frozen=True)
class Awaited:
    """An open offer whose peer may still answer."""

    modality: Modality
    arrive_by: datetime | None
    asked_at: datetime | None = None


@dataclass(frozen=True)
class Search:
    """One request as the decision sees it."""

    state: RequestState
    modality: Modality
    started_at: datetime
    """When this search began; the policy's waves count from here."""
    waves_used: int
    video_fallback: bool
    is_widened: bool
    has_alarmed: bool
    asked: frozenset[str]
    """The ids of all who were asked, in this search or in one before it."""
    awaited: tuple[Awaited, ...]
    quiet_since: datetime
    """The last time somebody was asked, answered or was lost: since then nothing happened."""


@dataclass(frozen=True)
class Decision:
    """What to do now, and when to look again. An empty `ask` asks nobody."""

    ask: tuple[Candidate, ...]
    waves_used: int
    eligible: int
    next_wave_at: datetime | None
    look_again_at: datetime
    raise_alarm: bool
    escalate: bool
    why: str
    because: tuple[Part, ...] = ()
    """The same as `why`, in codes and numbers."""
    excluded: Mapping[str, Reason] = field(default_factory=dict)
    """Why each of the others could not be asked."""
    sort: Callable[[], Sequence[str]] = field(default=tuple, repr=False, compare=False)

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The ids of all who could be asked, in the order in which they would be.

        Few want to know it of all, so it is found out when somebody does.
        """
        return tuple(dict.fromkeys(self.sort()))


def wants_video(search: Search, ranking: Ranking, now: datetime, policy: Policy) -> bool:
    """Whether video peers are asked too, given the ranking in the request's own modality.

    Only when staff or a manager offered video for an in-person wish: at once when the request is
    widened, escalated or nobody can come; else from `video_fallback_after_s` on, when nobody asked
    or askable would be there within `video_fallback_eta_s`.
    """
    if not search.video_fallback or search.modality is not Modality.IN_PERSON:
        return False
    if search.is_widened or search.state is RequestState.ESCALATED:
        return True
    if not search.awaited and not ranking.candidates:
        return True
    if now < search.started_at + timedelta(seconds=policy.video_fallback_after_s):
        return False
    soon = now + timedelta(seconds=policy.video_fallback_eta_s)
    arrivals = [offer.arrive_by for offer in search.awaited if offer.arrive_by is not None]
    arrivals += [candidate.arrive_by for candidate in ranking.candidates]
    return not any(arrival < soon for arrival in arrivals)


def decide(search: Search, ranking: Ranking, now: datetime, policy: Policy) -> Decision:
    """The next move of a search, from its state, the ranked candidates and the clock."""
    used, ask = _wave(search, ranking, now, policy)
    return timed(
        search,
        ranking,
        now,
        policy,
        ask=ask,
        waves_used=used,
        next_wave_at=_next_wave_at(search, used, policy),
        parts=reasons(ask, ranking, search),
    )


def timed(
    search: Search,
    able: Ranking | Survey,
    now: datetime,
    policy: Policy,
    *,
    ask: tuple[Candidate, ...],
    waves_used: int,
    next_wave_at: datetime | None,
    parts: tuple[Part, ...],
    first: Sequence[str] = (),
) -> Decision:
    """A decision with what the clock says to it: alarm, escalation, and when to look again.

    `first` are the ids of those who come before all others, where that is not the order of `able`.
    """
    nobody_left = not search.awaited and not len(able) and able.free_again_at is None
    elapsed_s = (now - search.started_at).total_seconds()
    is_searching = search.state is RequestState.SEARCHING
    quiet_until = search.quiet_since + timedelta(seconds=policy.nobody_left_s)
    escalate = is_searching and (
        elapsed_s >= policy.escalate_after_s or (nobody_left and now >= quiet_until)
    )
    raise_alarm = (
        is_searching
        and not escalate
        and not search.has_alarmed
        and elapsed_s >= policy.alarm_after_s
    )
    if escalate or not is_searching:
        next_wave_at = None
    look = [now + timedelta(seconds=LOOK_AGAIN_S)]
    if is_searching and not escalate:
        look.append(search.started_at + timedelta(seconds=policy.escalate_after_s))
        if not search.has_alarmed and not raise_alarm:
            look.append(search.started_at + timedelta(seconds=policy.alarm_after_s))
        if search.video_fallback:
            fallback_at = search.started_at + timedelta(seconds=policy.video_fallback_after_s)
            if fallback_at > now:
                look.append(fallback_at)
        if nobody_left:
            look.append(quiet_until)
    else:
        look.append(now + timedelta(seconds=policy.escalated_recheck_s))
    if next_wave_at is not None:
        look.append(next_wave_at)
    if able.free_again_at is not None:
        look.append(able.free_again_at)
    if escalate:
        # What was decided about asking is told only when somebody was asked.
        parts = (*(parts if ask else ()), {"code": "escalated", "asked": len(search.asked)})
    return Decision(
        ask=ask,
        waves_used=waves_used,
        eligible=_eligible(search, able),
        next_wave_at=next_wave_at,
        look_again_at=max(min(look), now + timedelta(seconds=1)),
        raise_alarm=raise_alarm,
        escalate=escalate,
        why=because.in_english(parts),
        because=parts,
        excluded=able.excluded,
        sort=lambda: [*first, *able.in_order()],
    )


def _eligible(search: Search, able: Ranking | Survey) -> int:
    """All who were asked or can be. Somebody who can be asked anew is still one person."""
    asked = search.asked
    return len(asked) + len(able) - (len(asked.intersection(able.ids)) if asked else 0)


def _wave(
    search: Search, ranking: Ranking, now: datetime, policy: Policy
) -> tuple[int, tuple[Candidate, ...]]:
    """How many waves are used after this look, and who is asked in it."""
    total = len(policy.waves)
    elapsed = now - search.started_at
    due = sum(1 for wave in policy.waves if timedelta(seconds=wave.after_s) <= elapsed)
    used = max(due, search.waves_used)
    candidates = ranking.candidates
    if search.is_widened or search.state is RequestState.ESCALATED:
        return total, tuple(candidates)
    if not candidates:
        return used, ()
    if used == search.waves_used and not search.awaited and used < total:
        used += 1  # Nobody's answer is awaited any more: the next wave goes now.
    if used == search.waves_used:
        # After the last wave, whoever becomes eligible is asked at once.
        return used, tuple(candidates) if used >= total else ()
    sizes = [wave.size for wave in policy.waves[search.waves_used : used]]
    if None in sizes:
        return used, tuple(candidates)
    return used, tuple(candidates[: sum(size for size in sizes if size is not None)])


def _next_wave_at(search: Search, used: int, policy: Policy) -> datetime | None:
    if used >= len(policy.waves):
        return None
    return search.started_at + timedelta(seconds=policy.waves[used].after_s)


def reasons(ask: tuple[Candidate, ...], ranking: Ranking, search: Search) -> tuple[Part, ...]:
    """The decision in parts, kept with the wave and read by managers."""
    if not ask:
        return ({"code": "waiting", "awaited": len(search.awaited), "asked": len(search.asked)},)
    return (
        {
            "code": "asked",
            "asked": len(ask),
            "eligible": len(ranking.candidates),
            "soonest_min": round(min(one.help_s for one in ask) / 60),
            "cannot": len(ranking.excluded),
        },
    )
