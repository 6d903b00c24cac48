"""Who can be asked about one request, with a reason for everyone who cannot, and in which order.

First version: hard constraints, then one list over all allowed modalities, ordered by the expected
minutes until the person has help. Pure: peers come in as values, `now` is handed in. It knows
nothing of waves, and nothing of rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import NamedTuple

from dispatch.geo import METRES_A_DEGREE, Point, distance_m, is_place, travel_s
from dispatch.policy import Policy
from dispatch.states import REMOTE, Focus, Modality
from dispatch.travel.minutes import Travel

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
    routed_s: int | None = None
    """Seconds on the road from there, when a router has said so."""
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
    turn: int = 0
    """Who goes first of those who are equal in all else, by request: the lower one."""


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
    travel: Travel | None = None
    """The roads to the site at this hour; None: the policy's own speed for every way."""


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

    @property
    def ids(self) -> list[str]:
        """Of those who can be asked."""
        return [one.peer_id for one in self.candidates]

    def in_order(self) -> list[str]:
        """The same, soonest help first."""
        return self.ids


_Way = tuple[int, Modality, int | None, int | None, datetime]
"""Seconds until help, in which modality, metres and seconds on the road if any, arrival."""

Place = tuple[int, int, tuple[int, str], PeerView, _Way]
"""Somebody who can be asked, after what they are sorted by: the seconds until help (with what a call
counts beside somebody in person), whether they fit (0) or not (1), their turn and id; the peer; the way."""


class Survey:
    """All peers looked at for one request, those who can be asked in no order yet.

    Whoever asks only a few of hundreds sorts and describes only those; `rank` does it for all.
    """

    def __init__(
        self, peers: Iterable[PeerView], need: Need, now: datetime, policy: Policy
    ) -> None:
        self._judge = _Judge(need, now, policy)
        self.places: list[Place] = []
        self.excluded: dict[str, Reason] = {}
        free_again: list[datetime] = []
        place = self._judge.place
        for peer in peers:
            placed = place(peer)
            if isinstance(placed, tuple):
                self.places.append(placed)
                continue
            self.excluded[peer.id] = placed
            if placed is _HELD and peer.open_offer_limit > 0:
                free_again.append(_free_again(peer, now, policy))
        self.free_again_at = min(free_again, default=None)

    @property
    def ids(self) -> list[str]:
        """Of those who can be asked."""
        return [place[3].id for place in self.places]

    def in_order(self) -> list[str]:
        """The same, soonest help first."""
        return [place[3].id for place in sorted(self.places)]

    def candidate(self, place: Place) -> Candidate:
        """Somebody who can be asked, as they are told about."""
        return self._judge.candidate(place)


def rank(peers: Iterable[PeerView], need: Need, now: datetime, policy: Policy) -> Ranking:
    """Everyone who can be asked, soonest help first; ties by fit, then by turn and id for a stable order."""
    found = Survey(peers, need, now, policy)
    candidates = tuple(map(found.candidate, sorted(found.places)))
    return Ranking(candidates, found.excluded, found.free_again_at)


def judge(peer: PeerView, need: Need, now: datetime, policy: Policy) -> Candidate | Reason:
    """The peer as a candidate in their quickest allowed modality, or the first reason against."""
    judging = _Judge(need, now, policy)
    placed = judging.place(peer)
    return judging.candidate(placed) if isinstance(placed, tuple) else placed


_IN_PERSON = Modality.IN_PERSON
_OFF_DUTY, _NO_WAY, _TOO_FAR, _HELD = (
    Reason.OFF_DUTY,
    Reason.MODALITY,
    Reason.TOO_FAR,
    Reason.ASKED_ELSEWHERE,
)
"""The commonest, by names of their own: to look a member up takes longer than most checks do."""


class _Judge:
    """One request at one moment: what is the same for every peer is worked out once.

    A network has hundreds of peers and a search looks at all of them many times; so the checks are
    plain comparisons in the order of `Reason`, and nobody's distance is worked out in vain.
    """

    def __init__(self, need: Need, now: datetime, policy: Policy) -> None:
        self._need = need
        self._now = now
        self._policy = policy
        self._is_somewhere = is_place(need.site)
        self._focus = need.focus
        self._wishes = need.wishes
        self._handicap_s = need.remote_handicap_s
        self._holds_since = now - timedelta(seconds=policy.offer_blocks_s)
        factor = WIDENED_LIMIT_FACTOR if need.is_widened else 1.0
        self._limit_m = policy.default_travel_limit_m * factor
        self._travel = travel = need.travel
        self._travel_s = travel.travel_s if travel else partial(travel_s, policy=policy)
        self._ready_s = policy.answer_s + (travel.prepare_s if travel else policy.prepare_s)
        remote_s = policy.answer_s + policy.video_setup_s
        remote_by = now + timedelta(seconds=remote_s)
        self._ways: tuple[tuple[Modality, _Way | None], ...] = tuple(
            (way, (remote_s, way, None, None, remote_by) if way in REMOTE else None)
            for way in sorted(need.modalities)
        )
        """With the way of a call, which is the same for everybody."""
        self._language = need.language
        language = (f"language_{need.language}",)
        experience, badge = ("shared_experience",), ("badge",)
        self._reasons: dict[tuple[bool, bool], tuple[str, ...]] = {
            (False, False): language,
            (True, False): language + experience,
            (False, True): language + badge,
            (True, True): language + experience + badge,
        }

    def place(self, peer: PeerView) -> Place | Reason:
        """The peer in their quickest allowed modality, or the first reason against."""
        if not (
            # No personal reason holds: all of `_personal` in one expression, for most peers.
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
        ):
            return self._personal(peer)
        best: _Way | None = None
        best_s, reason = 0, _NO_WAY
        has, offers, until = peer.modalities, peer.duty_modalities, peer.until
        for modality, by_call in self._ways:
            if modality not in has or modality not in offers:
                continue
            way = by_call or self._in_person(peer)
            if not isinstance(way, tuple):
                reason = way
                continue
            if until is not None and way[4] >= until:
                reason = Reason.SHIFT_ENDS
                continue
            counts_s = way[0] + self._handicap_s if by_call else way[0]
            if best is None or counts_s < best_s:
                best, best_s = way, counts_s
        if best is None:
            return reason
        if peer.offers_elsewhere or peer.open_offer_limit <= 0:
            holding = sum(asked_at > self._holds_since for asked_at in peer.offers_elsewhere)
            if holding >= peer.open_offer_limit:
                return _HELD
        unfit = 0 if self._focus in peer.focus else 1
        return best_s, unfit, (peer.turn, peer.id), peer, best

    def candidate(self, place: Place) -> Candidate:
        """The same with what is told about it."""
        _, unfit, _, peer, (help_s, modality, metres, road_s, arrive_by) = place
        reasons = self._reasons[not unfit, metres is not None]
        if peer.has_met:
            reasons += (MET_BEFORE,)
        if self._wishes and not self._wishes.isdisjoint(peer.traits):
            reasons += (AS_WISHED,)
        return Candidate(peer.id, peer.name, modality, help_s, metres, road_s, arrive_by, reasons)

    def _personal(self, peer: PeerView) -> Reason:
        """The first reason that holds in every modality, of somebody for whom one does."""
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
            return _OFF_DUTY
        if peer.is_muted:
            return Reason.MUTED
        if not peer.is_reachable:
            return Reason.UNREACHABLE
        if peer.is_busy:
            return Reason.BUSY
        if peer.certified_until is None or peer.certified_until <= now:
            return Reason.CERTIFICATE
        return Reason.LANGUAGE

    def _in_person(self, peer: PeerView) -> _Way | Reason:
        if peer.badge_until is None or peer.badge_until <= self._now:
            return Reason.BADGE
        if peer.position is None or not is_place(peer.position) or not self._is_somewhere:
            return Reason.NO_POSITION
        # What peers have set for themselves is never widened.
        limit_m = self._limit_m if peer.travel_limit_m is None else peer.travel_limit_m
        site = self._need.site
        if abs(peer.position.latitude - site.latitude) * METRES_A_DEGREE > limit_m:
            return _TOO_FAR  # The latitudes alone are too far apart.
        metres = distance_m(peer.position, site)
        if metres > limit_m:
            return _TOO_FAR
        if peer.routed_s is not None and self._travel is not None:
            road_s = self._travel.routed_s(peer.routed_s)
        else:
            road_s = self._travel_s(metres)
        help_s = self._ready_s + road_s
        arrive_by = self._now + timedelta(seconds=help_s)
        return help_s, _IN_PERSON, round(metres), road_s, arrive_by


def _holding(peer: PeerView, now: datetime, policy: Policy) -> list[datetime]:
    """The offers elsewhere that still keep this peer from being asked."""
    horizon = now - timedelta(seconds=policy.offer_blocks_s)
    return [asked_at for asked_at in peer.offers_elsewhere if asked_at > horizon]


def _free_again(peer: PeerView, now: datetime, policy: Policy) -> datetime:
    """When so many of the holding offers have let go that fewer than the limit are left."""
    holding = sorted(_holding(peer, now, policy))
    last = holding[len(holding) - peer.open_offer_limit]
    return last + timedelta(seconds=policy.offer_blocks_s)
