"""Who can be asked about one request, with a reason for everyone who cannot, and in which order.

First version: hard constraints, then one list over all allowed modalities, ordered by the expected
minutes until the person has help. Pure: peers come in as values, `now` is handed in. It knows
nothing of waves, and nothing of rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dispatch.geo import Point, distance_m, travel_s
from dispatch.policy import Policy
from dispatch.states import REMOTE, Focus, Modality

WIDENED_LIMIT_FACTOR = 2.0
"""A widened request may ask this many times further than the policy's travel limit."""

SESSION_S = 35 * 60
"""Expected length of a conversation (published: 35 min): a shift must outlast its arrival."""


class Reason(StrEnum):
    """Why a peer cannot be asked. The order is the order in which it is looked for."""

    ALREADY_ASKED = "already_asked"
    DECLINED = "declined"
    EXCLUDED = "excluded"
    DO_NOT_PAIR = "do_not_pair"
    OFF_DUTY = "off_duty"
    MUTED = "muted"
    UNREACHABLE = "unreachable"
    BUSY = "busy"
    CERTIFICATE = "certificate"
    LANGUAGE = "language"
    MODALITY = "modality"
    BADGE = "badge"
    NO_POSITION = "no_position"
    TOO_FAR = "too_far"
    SHIFT_ENDS = "shift_ends"
    ASKED_ELSEWHERE = "asked_elsewhere"


REASON_WORDS: dict[Reason, str] = {
    Reason.ALREADY_ASKED: "has been asked and has not answered yet",
    Reason.DECLINED: "said not this time",
    Reason.EXCLUDED: "was on this request before",
    Reason.DO_NOT_PAIR: "is not paired with this hospital",
    Reason.OFF_DUTY: "is not on duty",
    Reason.MUTED: "has muted requests",
    Reason.UNREACHABLE: "has no phone that can be reached",
    Reason.BUSY: "is with someone",
    Reason.CERTIFICATE: "has no valid certificate",
    Reason.LANGUAGE: "does not speak the language",
    Reason.MODALITY: "is not available in this way now",
    Reason.BADGE: "has no valid badge for this hospital",
    Reason.NO_POSITION: "has no known position or home area",
    Reason.TOO_FAR: "is beyond their travel limit",
    Reason.SHIFT_ENDS: "their shift ends before they could arrive",
    Reason.ASKED_ELSEWHERE: "has an open offer for another request",
}


@dataclass(frozen=True)
class PeerView:
    """One peer as the decision sees them, with regard to one request."""

    id: str
    name: str
    on_duty: bool = False
    until: datetime | None = None
    duty_modalities: frozenset[Modality] = frozenset()
    modalities: frozenset[Modality] = frozenset()
    languages: frozenset[str] = frozenset()
    focus: frozenset[Focus] = frozenset()
    certified_until: datetime | None = None
    badge_until: datetime | None = None
    is_excluded: bool = False
    is_do_not_pair: bool = False
    is_muted: bool = False
    is_reachable: bool = True
    is_busy: bool = False
    open_offer: Modality | None = None
    """The modality in which this peer is being asked about this request, if they are."""
    has_declined: bool = False
    position: Point | None = None
    travel_limit_m: int | None = None
    open_offer_limit: int = 1
    offers_elsewhere: tuple[datetime, ...] = ()
    """When each unanswered offer of another request was made."""


@dataclass(frozen=True)
class Need:
    """What the request needs of a peer."""

    site: Point
    modalities: frozenset[Modality]
    language: str
    focus: Focus | None = None
    is_widened: bool = False


@dataclass(frozen=True)
class Candidate:
    """A peer who can be asked: in which modality, and when help would be there."""

    peer_id: str
    name: str
    modality: Modality
    help_s: int
    """Expected seconds from now to help: answer, preparation and travel, or a connected call."""
    distance_m: int | None
    travel_s: int | None
    arrive_by: datetime
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Ranking:
    """The ordered candidates, and the reason code of every other peer of the network."""

    candidates: tuple[Candidate, ...]
    excluded: dict[str, Reason]
    free_again_at: datetime | None = None
    """When the first peer who is only held by an offer elsewhere becomes free."""


def rank(peers: Iterable[PeerView], need: Need, now: datetime, policy: Policy) -> Ranking:
    """Everyone who can be asked, soonest help first; ties by fit, then by id for a stable order."""
    found: list[tuple[tuple[int, int, str], Candidate]] = []
    excluded: dict[str, Reason] = {}
    free_again: list[datetime] = []
    for peer in peers:
        verdict = judge(peer, need, now, policy)
        if isinstance(verdict, Reason):
            excluded[peer.id] = verdict
            if verdict is Reason.ASKED_ELSEWHERE and peer.open_offer_limit > 0:
                free_again.append(_free_again(peer, now, policy))
            continue
        fits = 0 if need.focus in peer.focus else 1
        found.append(((verdict.help_s, fits, peer.id), verdict))
    found.sort(key=lambda entry: entry[0])
    return Ranking(
        tuple(candidate for _, candidate in found), excluded, min(free_again, default=None)
    )


def judge(peer: PeerView, need: Need, now: datetime, policy: Policy) -> Candidate | Reason:
    """The peer as a candidate in their quickest allowed modality, or the first reason against."""
    personal = _personal_reason(peer, need, now)
    if personal is not None:
        return personal
    options = need.modalities & peer.modalities & peer.duty_modalities
    if not options:
        return Reason.MODALITY
    best: Candidate | None = None
    reason = Reason.MODALITY
    for modality in sorted(options):
        verdict = (
            _remote(peer, need, modality, now, policy)
            if modality in REMOTE
            else _in_person(peer, need, now, policy)
        )
        if isinstance(verdict, Reason):
            reason = verdict
        elif best is None or verdict.help_s < best.help_s:
            best = verdict
    if best is None:
        return reason
    if len(_holding(peer, now, policy)) >= peer.open_offer_limit:
        return Reason.ASKED_ELSEWHERE
    return best


def keeps_offer(peer: PeerView, now: datetime) -> bool:
    """Whether a peer who was asked may still answer; true for one who has no open offer.

    Narrower than `judge`: somebody who was asked does not lose the offer by driving away.
    """
    if peer.open_offer is None:
        return True
    has_badge = peer.open_offer in REMOTE or _is_valid(peer.badge_until, now)
    return (
        has_badge
        and peer.on_duty
        and not _is_past(peer.until, now)
        and not peer.is_busy
        and not peer.is_excluded
        and not peer.is_do_not_pair
        and _is_valid(peer.certified_until, now)
        and peer.open_offer in peer.modalities & peer.duty_modalities
    )


def bars_assignment(
    peer: PeerView, modality: Modality, language: str, now: datetime
) -> Reason | None:
    """What keeps a peer from being assigned after a call: what no telephone call can mend."""
    needs_badge = modality not in REMOTE
    checks = (
        (peer.is_excluded, Reason.EXCLUDED),
        (peer.is_do_not_pair, Reason.DO_NOT_PAIR),
        (not _is_valid(peer.certified_until, now), Reason.CERTIFICATE),
        (modality not in peer.modalities, Reason.MODALITY),
        (language not in peer.languages, Reason.LANGUAGE),
        (needs_badge and not _is_valid(peer.badge_until, now), Reason.BADGE),
    )
    return next((reason for applies, reason in checks if applies), None)


def _personal_reason(peer: PeerView, need: Need, now: datetime) -> Reason | None:
    """The reasons that hold in every modality."""
    checks = (
        (peer.open_offer is not None, Reason.ALREADY_ASKED),
        (peer.has_declined, Reason.DECLINED),
        (peer.is_excluded, Reason.EXCLUDED),
        (peer.is_do_not_pair, Reason.DO_NOT_PAIR),
        (not peer.on_duty or _is_past(peer.until, now), Reason.OFF_DUTY),
        (peer.is_muted, Reason.MUTED),
        (not peer.is_reachable, Reason.UNREACHABLE),
        (peer.is_busy, Reason.BUSY),
        (not _is_valid(peer.certified_until, now), Reason.CERTIFICATE),
        (need.language not in peer.languages, Reason.LANGUAGE),
    )
    return next((reason for applies, reason in checks if applies), None)


def _in_person(peer: PeerView, need: Need, now: datetime, policy: Policy) -> Candidate | Reason:
    if not _is_valid(peer.badge_until, now):
        return Reason.BADGE
    if peer.position is None:
        return Reason.NO_POSITION
    metres = distance_m(peer.position, need.site)
    if metres > _limit_m(peer, need, policy):
        return Reason.TOO_FAR
    road_s = travel_s(metres, policy)
    help_s = policy.answer_s + policy.prepare_s + road_s
    return _candidate(peer, need, Modality.IN_PERSON, help_s, now, round(metres), road_s)


def _limit_m(peer: PeerView, need: Need, policy: Policy) -> float:
    """How far a peer is asked to go. What they have set for themselves is never widened."""
    if peer.travel_limit_m is not None:
        return peer.travel_limit_m
    return policy.default_travel_limit_m * (WIDENED_LIMIT_FACTOR if need.is_widened else 1.0)


def _remote(
    peer: PeerView, need: Need, modality: Modality, now: datetime, policy: Policy
) -> Candidate | Reason:
    help_s = policy.answer_s + policy.video_setup_s
    return _candidate(peer, need, modality, help_s, now, None, None)


def _candidate(
    peer: PeerView,
    need: Need,
    modality: Modality,
    help_s: int,
    now: datetime,
    metres: int | None,
    road_s: int | None,
) -> Candidate | Reason:
    arrive_by = now + timedelta(seconds=help_s)
    if peer.until is not None and arrive_by >= peer.until:
        return Reason.SHIFT_ENDS
    reasons = [f"language_{need.language}"]
    if need.focus is not None and need.focus in peer.focus:
        reasons.append("shared_experience")
    if modality is Modality.IN_PERSON:
        reasons.append("badge")
    return Candidate(
        peer.id, peer.name, modality, help_s, metres, road_s, arrive_by, tuple(reasons)
    )


def _holding(peer: PeerView, now: datetime, policy: Policy) -> list[datetime]:
    """The offers elsewhere that still keep this peer from being asked."""
    horizon = now - timedelta(seconds=policy.offer_blocks_s)
    return [asked_at for asked_at in peer.offers_elsewhere if asked_at > horizon]


def _free_again(peer: PeerView, now: datetime, policy: Policy) -> datetime:
    """When so many of the holding offers have let go that fewer than the limit are left."""
    holding = sorted(_holding(peer, now, policy))
    last = holding[len(holding) - peer.open_offer_limit]
    return last + timedelta(seconds=policy.offer_blocks_s)


def _is_valid(until: datetime | None, now: datetime) -> bool:
    return until is not None and until > now


def _is_past(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now
