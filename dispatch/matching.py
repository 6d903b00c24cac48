"""Who can be asked about one request, with a reason for everyone who cannot, and in which order.

First version: hard constraints, then one list over all allowed modalities, ordered by the expected
minutes until the person has help. Pure: peers come in as values, `now` is handed in. It knows
nothing of waves, and nothing of rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from dispatch.geo import METRES_A_DEGREE, Point, distance_m, is_place, travel_s
from dispatch.policy import Policy
from dispatch.states import REMOTE, Focus, Modality

WIDENED_LIMIT_FACTOR = 2.0
"""A widened request may ask this many times further than the policy's travel limit."""

SESSION_S = 35 * 60
"""Expected length of a conversation (published: 35 min): a shift must outlast its arrival."""


MET_BEFORE = "met_before"
AS_WISHED = "as_wished"
"""Reasons of an offer that say something of the person or of the peer: for that peer only."""


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
    recent_alerts: int = 0
    """How often they were asked in the last 24 hours and no visit came of it."""
    recent_cases: int = 0
    """Their visits of the last 24 hours."""
    has_met: bool = False
    """Has met this person before, who would like to see them again."""
    traits: frozenset[str] = frozenset()
    """What they say of themselves, in the words of a request's wishes."""
    counted_from: datetime | None = None
    """From when on they want to be learned of; None: from the beginning."""


@dataclass(frozen=True)
class Need:
    """What the request needs of a peer."""

    site: Point
    modalities: frozenset[Modality]
    language: str
    focus: Focus | None = None
    is_widened: bool = False
    remote_handicap_s: int = 0
    """How many seconds later somebody in person may be and still be put before a call."""
    wishes: frozenset[str] = frozenset()
    """Whom the person would rather have, if possible."""


class Candidate(NamedTuple):
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
    judging = _Judge(need, now, policy)
    found: list[tuple[int, int, str, Candidate]] = []
    excluded: dict[str, Reason] = {}
    free_again: list[datetime] = []
    for peer in peers:
        placed = judging.place(peer)
        if isinstance(placed, tuple):
            found.append(placed)
            continue
        excluded[peer.id] = placed
        if placed is Reason.ASKED_ELSEWHERE and peer.open_offer_limit > 0:
            free_again.append(_free_again(peer, now, policy))
    found.sort()
    return Ranking(
        tuple(candidate for *_, candidate in found), excluded, min(free_again, default=None)
    )


def judge(peer: PeerView, need: Need, now: datetime, policy: Policy) -> Candidate | Reason:
    """The peer as a candidate in their quickest allowed modality, or the first reason against."""
    placed = _Judge(need, now, policy).place(peer)
    return placed[3] if isinstance(placed, tuple) else placed


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


_Way = tuple[int, Modality, int | None, int | None, datetime]
"""Seconds until help, in which modality, metres and seconds on the road if any, arrival."""


class _Judge:
    """One request at one moment: what is the same for every peer is worked out once.

    A network has hundreds of peers and a search looks at all of them many times; so the checks are
    plain comparisons in the order of `Reason`, and nobody's distance is worked out in vain.
    """

    def __init__(self, need: Need, now: datetime, policy: Policy) -> None:
        self._need = need
        self._now = now
        self._policy = policy
        self._ways = tuple((way, way in REMOTE) for way in sorted(need.modalities))
        self._is_somewhere = is_place(need.site)
        self._focus = need.focus
        self._wishes = need.wishes
        self._handicap_s = need.remote_handicap_s
        self._holds_since = now - timedelta(seconds=policy.offer_blocks_s)
        factor = WIDENED_LIMIT_FACTOR if need.is_widened else 1.0
        self._limit_m = policy.default_travel_limit_m * factor
        self._ready_s = policy.answer_s + policy.prepare_s
        remote_s = policy.answer_s + policy.video_setup_s
        remote_by = now + timedelta(seconds=remote_s)
        self._by_call: dict[Modality, _Way] = {
            way: (remote_s, way, None, None, remote_by) for way in need.modalities & REMOTE
        }
        self._language = need.language
        language = (f"language_{need.language}",)
        experience, badge = ("shared_experience",), ("badge",)
        self._reasons: dict[tuple[bool, bool], tuple[str, ...]] = {
            (False, False): language,
            (True, False): language + experience,
            (False, True): language + badge,
            (True, True): language + experience + badge,
        }

    def place(self, peer: PeerView) -> tuple[int, int, str, Candidate] | Reason:
        """The peer in their quickest allowed modality, after what they are sorted by.

        Sorted by the seconds until help (with what a call counts beside somebody in person), then
        whether they fit, then their id. Or the first reason against.
        """
        reason = None if self._may(peer) else self._personal(peer)
        if reason is not None:
            return reason
        best: _Way | None = None
        best_s = 0
        reason = Reason.MODALITY
        has, offers = peer.modalities, peer.duty_modalities
        for modality, is_remote in self._ways:
            if modality not in has or modality not in offers:
                continue
            way = self._by_call.get(modality) or self._in_person(peer)
            if not isinstance(way, tuple):
                reason = way
                continue
            if peer.until is not None and way[4] >= peer.until:
                reason = Reason.SHIFT_ENDS
                continue
            counts_s = way[0] + self._handicap_s if is_remote else way[0]
            if best is None or counts_s < best_s:
                best, best_s = way, counts_s
        if best is None:
            return reason
        if peer.offers_elsewhere or peer.open_offer_limit <= 0:
            holding = sum(asked_at > self._holds_since for asked_at in peer.offers_elsewhere)
            if holding >= peer.open_offer_limit:
                return Reason.ASKED_ELSEWHERE
        help_s, modality, metres, road_s, arrive_by = best
        fits = self._focus is not None and self._focus in peer.focus
        reasons = self._reasons[fits, metres is not None]
        if peer.has_met:
            reasons += (MET_BEFORE,)
        if self._wishes and not self._wishes.isdisjoint(peer.traits):
            reasons += (AS_WISHED,)
        candidate = Candidate(
            peer.id, peer.name, modality, help_s, metres, road_s, arrive_by, reasons
        )
        return best_s, 0 if fits else 1, peer.id, candidate

    def _may(self, peer: PeerView) -> bool:
        """Whether no personal reason holds: all of `_personal` in one expression, for most peers."""
        return (
            peer.on_duty
            and peer.open_offer is None
            and not peer.has_declined
            and not peer.is_excluded
            and not peer.is_do_not_pair
            and not peer.is_muted
            and peer.is_reachable
            and not peer.is_busy
            and (peer.until is None or peer.until > self._now)
            and peer.certified_until is not None
            and peer.certified_until > self._now
            and self._language in peer.languages
        )

    def _personal(self, peer: PeerView) -> Reason | None:
        """The first reason that holds in every modality."""
        now = self._now
        if peer.open_offer is not None:
            return Reason.ALREADY_ASKED
        if peer.has_declined:
            return Reason.DECLINED
        if peer.is_excluded:
            return Reason.EXCLUDED
        if peer.is_do_not_pair:
            return Reason.DO_NOT_PAIR
        if not peer.on_duty or (peer.until is not None and peer.until <= now):
            return Reason.OFF_DUTY
        if peer.is_muted:
            return Reason.MUTED
        if not peer.is_reachable:
            return Reason.UNREACHABLE
        if peer.is_busy:
            return Reason.BUSY
        if peer.certified_until is None or peer.certified_until <= now:
            return Reason.CERTIFICATE
        if self._need.language not in peer.languages:
            return Reason.LANGUAGE
        return None

    def _in_person(self, peer: PeerView) -> _Way | Reason:
        if peer.badge_until is None or peer.badge_until <= self._now:
            return Reason.BADGE
        if peer.position is None or not is_place(peer.position) or not self._is_somewhere:
            return Reason.NO_POSITION
        # What peers have set for themselves is never widened.
        limit_m = self._limit_m if peer.travel_limit_m is None else peer.travel_limit_m
        site = self._need.site
        if abs(peer.position.latitude - site.latitude) * METRES_A_DEGREE > limit_m:
            return Reason.TOO_FAR  # The latitudes alone are too far apart.
        metres = distance_m(peer.position, site)
        if metres > limit_m:
            return Reason.TOO_FAR
        road_s = travel_s(metres, self._policy)
        help_s = self._ready_s + road_s
        arrive_by = self._now + timedelta(seconds=help_s)
        return help_s, Modality.IN_PERSON, round(metres), road_s, arrive_by


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
