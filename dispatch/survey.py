"""Who of many peers can be asked about one request, in which way, and why the others cannot. Pure.

First the hard constraints, in the order of `Reason`, then the way in which help comes soonest. A network
has hundreds of peers and every search looks at all of them many times: so what is the same for everybody
is worked out once, the checks are plain comparisons, nobody's distance is worked out in vain, and nobody
is described before somebody wants to know.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial

from dispatch.geo import Box, Point, box_around, is_place, metres_to, travel_s
from dispatch.matching import (
    AS_WISHED,
    MET_BEFORE,
    SHARED,
    WIDENED_LIMIT_FACTOR,
    Candidate,
    Need,
    Ordered,
    PeerView,
    Place,
    Ranking,
    Reason,
    Way,
)
from dispatch.policy import Policy
from dispatch.states import REMOTE, Modality

_IN_PERSON = Modality.IN_PERSON
_HELD = Reason.ASKED_ELSEWHERE
"""By names of their own: to look a member up takes longer than most checks do."""

_NOWHERE = Box(south=0.0, north=-1.0, west=0.0, east=-1.0)
"""Nobody is in it."""


def help_s_from(metres: float, need: Need, policy: Policy) -> int:
    """Seconds until somebody is there from so far away, whose way no router has told."""
    ready_s = need.travel.prepare_s if need.travel else policy.prepare_s
    road_s = need.travel.travel_s(metres) if need.travel else travel_s(metres, policy)
    return policy.answer_s + ready_s + road_s


class _Judge:
    """One request at one moment: what is the same for every peer is worked out once."""

    def __init__(self, need: Need, now: datetime, policy: Policy) -> None:
        self._need = need
        self._now = now
        self._policy = policy
        self._is_somewhere = is_place(need.site)
        factor = WIDENED_LIMIT_FACTOR if need.is_widened else 1.0
        self._limit_m = policy.default_travel_limit_m * factor
        self._metres = metres_to(need.site if self._is_somewhere else Point(0.0, 0.0))
        travel = need.travel
        self._travel_s = travel.travel_s if travel else partial(travel_s, policy=policy)
        self._ready_s = policy.answer_s + (travel.prepare_s if travel else policy.prepare_s)
        language: tuple[str, ...] = (f"language_{need.language}",)
        self._reasons = ((*language, SHARED), language)

    def calls(self) -> list[tuple[Way, int]]:
        """Each call that is allowed: it is the same for everybody; and what it counts beside a way."""
        help_s = self._policy.answer_s + self._policy.video_setup_s
        arrive_by = self._now + timedelta(seconds=help_s)
        counts_s = help_s + self._need.remote_handicap_s
        return [
            ((help_s, modality, None, None, arrive_by), counts_s)
            for modality in sorted(self._need.modalities & REMOTE)
        ]

    def in_person(self, peer: PeerView, at: Point) -> Way | None:
        """The way of somebody who may be near enough, if they are, and may enter, and have the time."""
        if peer.badge_until is None or peer.badge_until <= self._now:
            return None
        metres = self._metres(at)
        if metres > self._limit_of(peer):
            return None
        if peer.routed_s is not None and self._need.travel is not None:
            road_s = self._need.travel.routed_s(peer.routed_s)
        else:
            road_s = self._travel_s(metres)
        help_s = self._ready_s + road_s
        arrive_by = self._now + timedelta(seconds=help_s)
        if peer.until is not None and arrive_by >= peer.until:
            return None
        return help_s, _IN_PERSON, round(metres), road_s, arrive_by

    def box_of(self, own_m: int | None) -> Box:
        """Outside of it nobody is near enough who has set this limit for themselves, or none."""
        limit_m = self._limit_m if own_m is None else own_m
        return box_around(self._need.site, limit_m) if self._is_somewhere else _NOWHERE

    def candidate(self, place: Place) -> Candidate:
        """Somebody who can be asked, as they are told about."""
        _, unfit, _, _, peer, (help_s, modality, metres, road_s, arrive_by) = place
        reasons = self._reasons[unfit]
        if metres is not None:
            reasons += ("badge",)
        if peer.has_met:
            reasons += (MET_BEFORE,)
        if self._need.wishes and not self._need.wishes.isdisjoint(peer.traits):
            reasons += (AS_WISHED,)
        return Candidate(peer.id, peer.name, modality, help_s, metres, road_s, arrive_by, reasons)

    def personal(self, peer: PeerView) -> Reason:
        """The first reason that holds in every modality, of somebody for whom one does."""
        if peer.open_offer is not None:
            return Reason.ALREADY_ASKED
        if peer.has_declined:
            return Reason.DECLINED
        if peer.is_excluded:
            return Reason.EXCLUDED
        if peer.is_do_not_pair:
            return Reason.DO_NOT_PAIR
        if not peer.on_duty or (peer.until is not None and peer.until <= self._now):
            return Reason.OFF_DUTY
        if peer.is_muted:
            return Reason.MUTED
        if not peer.is_reachable:
            return Reason.UNREACHABLE
        if peer.is_busy:
            return Reason.BUSY
        if peer.certified_until is None or peer.certified_until <= self._now:
            return Reason.CERTIFICATE
        return Reason.LANGUAGE

    def no_way(self, peer: PeerView) -> Reason:
        """Why somebody on duty, against whom nothing personal speaks, cannot be asked in any way."""
        reason = Reason.MODALITY
        for modality in sorted(self._need.modalities & peer.modalities & peer.duty_modalities):
            # A call can only come too late for a shift.
            reason = Reason.SHIFT_ENDS if modality in REMOTE else self._not_in_person(peer)
        return reason

    def _not_in_person(self, peer: PeerView) -> Reason:
        at = peer.position
        if peer.badge_until is None or peer.badge_until <= self._now:
            return Reason.BADGE
        if at is None or not is_place(at) or not self._is_somewhere:
            return Reason.NO_POSITION
        return Reason.TOO_FAR if self._metres(at) > self._limit_of(peer) else Reason.SHIFT_ENDS

    def _limit_of(self, peer: PeerView) -> float:
        """What peers have set for themselves is never widened."""
        return self._limit_m if peer.travel_limit_m is None else peer.travel_limit_m


class Barred(Mapping[str, Reason]):
    """Why each of those who cannot be asked cannot. Few decisions want to know it of everybody, so it is
    found out when one does."""

    def __init__(self, judge: _Judge) -> None:
        self._judge = judge
        self._by_id: dict[str, Reason] | None = None
        self.off_duty: list[PeerView] = []
        """Most of a network; a few of them have a reason that comes first."""
        self.no_way: list[PeerView] = []
        """On duty, and not to be asked in any way."""
        self.others: list[tuple[PeerView, Reason]] = []

    def __len__(self) -> int:
        return len(self.off_duty) + len(self.no_way) + len(self.others)

    def __iter__(self) -> Iterator[str]:
        return iter(self._found())

    def __getitem__(self, peer_id: str) -> Reason:
        return self._found()[peer_id]

    def __repr__(self) -> str:
        return repr(self._found())

    def _found(self) -> dict[str, Reason]:
        if self._by_id is None:
            self._by_id = {
                **{peer.id: self._judge.personal(peer) for peer in self.off_duty},
                **{peer.id: self._judge.no_way(peer) for peer in self.no_way},
                **{peer.id: reason for peer, reason in self.others},
            }
        return self._by_id


class Survey:
    """All peers looked at for one request, those who can be asked in no order yet.

    Whoever asks only a few of hundreds sorts and describes only those; `rank` does it for all.
    """

    def __init__(
        self, peers: Iterable[PeerView], need: Need, now: datetime, policy: Policy
    ) -> None:
        judge = _Judge(need, now, policy)
        self.candidate = judge.candidate
        """Somebody who can be asked, as they are told about."""
        self.places: list[Place] = []
        self.excluded = Barred(judge)
        self.free_again_at: datetime | None = None
        self._blocks = timedelta(seconds=policy.offer_blocks_s)
        self._look_at(peers, need, now, judge)

    def __len__(self) -> int:
        return len(self.places)

    @property
    def ids(self) -> list[str]:
        """Of those who can be asked."""
        return [place[3] for place in self.places]

    def in_order(self) -> list[str]:
        """The same, soonest help first."""
        return [place[3] for place in sorted(self.places)]

    def _look_at(self, peers: Iterable[PeerView], need: Need, now: datetime, judge: _Judge) -> None:
        """Everybody once: those who can be asked get a place, the others are sorted by what kept them."""
        language, focus = need.language, need.focus
        goes, calls = _IN_PERSON in need.modalities, judge.calls()
        boxes: dict[int | None, Box] = {}
        places, excluded, in_person = self.places, self.excluded, judge.in_person
        off_duty, no_way, others = excluded.off_duty, excluded.no_way, excluded.others
        for peer in peers:
            if not peer.on_duty:
                off_duty.append(peer)
                continue
            until = peer.until
            if not (
                # No personal reason holds: all of `personal` in one expression, for most peers.
                peer.open_offer is None
                and not peer.has_declined
                and not peer.is_excluded
                and not peer.is_do_not_pair
                and not peer.is_muted
                and peer.is_reachable
                and not peer.is_busy
                and (until is None or until > now)
                and peer.certified_until is not None
                and peer.certified_until > now
                and language in peer.languages
            ):
                others.append((peer, judge.personal(peer)))
                continue
            best: Way | None = None
            best_s = 0
            has, offers = peer.modalities, peer.duty_modalities
            if goes and _IN_PERSON in has and _IN_PERSON in offers:
                own_m, at = peer.travel_limit_m, peer.position
                # Peers choose from few distances, so each box is worked out once.
                box = boxes.get(own_m) or boxes.setdefault(own_m, judge.box_of(own_m))
                south, north, west, east = box
                if at and south <= at.latitude <= north and west <= at.longitude <= east:
                    best = in_person(peer, at)
                    best_s = best[0] if best else 0
            for by_call, counts_s in calls:
                if by_call[1] in has and by_call[1] in offers:
                    if until is not None and by_call[4] >= until:
                        break
                    is_first = best is not None and by_call[1] < _IN_PERSON
                    if best is None or counts_s < best_s or (counts_s == best_s and is_first):
                        best, best_s = by_call, counts_s
                    break
            if best is None:
                no_way.append(peer)
            elif (peer.offers_elsewhere or peer.open_offer_limit <= 0) and self._is_held(peer, now):
                others.append((peer, _HELD))
            else:
                unfit = 0 if focus in peer.focus else 1
                places.append((best_s, unfit, peer.turn, peer.id, peer, best))

    def _is_held(self, peer: PeerView, now: datetime) -> bool:
        """Whether offers elsewhere keep this peer from being asked; notes until when."""
        holding = sorted(at for at in peer.offers_elsewhere if at > now - self._blocks)
        let_go = len(holding) - peer.open_offer_limit
        if let_go < 0:
            return False
        if peer.open_offer_limit > 0:
            # So many of the offers have let go then that fewer than the limit are left.
            free_at = holding[let_go] + self._blocks
            self.free_again_at = min(free_at, self.free_again_at or free_at)
        return True


def rank(peers: Iterable[PeerView], need: Need, now: datetime, policy: Policy) -> Ranking:
    """Everyone who can be asked, soonest help first; ties by fit, then by turn and id for a stable order."""
    found = Survey(peers, need, now, policy)
    candidates = Ordered(sorted(found.places), found.candidate)
    return Ranking(candidates, found.excluded, found.free_again_at)


def judge(peer: PeerView, need: Need, now: datetime, policy: Policy) -> Candidate | Reason:
    """The peer as a candidate in their quickest allowed modality, or the first reason against."""
    found = Survey((peer,), need, now, policy)
    return found.candidate(found.places[0]) if found.places else found.excluded[peer.id]
