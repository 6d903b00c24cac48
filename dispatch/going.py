"""Who could go: everybody of the network with regard to one request, for the manager who decides.

The constraints are those of the search; beside each reason stands whether a telephone call could
mend it. It reads and never writes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import func, select

from dispatch import access, bars, region, survey, views
from dispatch.access import Actor
from dispatch.matching import Candidate, Need, PeerView, Reason
from dispatch.models import Offer, Site, Visit
from dispatch.policy import Policy, parse
from dispatch.states import FINAL, LIVE_VISIT, Modality
from dispatch.travel import known
from storage.database import Transaction

ASKS_COUNTED = timedelta(hours=24)
_ANSWER_PENDING = frozenset({Reason.ALREADY_ASKED, Reason.DECLINED, Reason.ASKED_ELSEWHERE})
"""Who was asked, here or elsewhere, could still go: their minutes are told."""


Rank = tuple[bool, bool, bool, int, str, str]
"""What they are sorted by; no two have the same."""


@dataclass(frozen=True)
class Going:
    """One peer: how they could help, why the search does not ask them, whether a call could."""

    peer: PeerView
    way: Candidate | None
    """In the request's modality, else by video; None when neither is possible as things stand."""
    reason: Reason | None
    """Why the search does not ask this peer in the request's modality now; None when it may."""
    can_assign: bool
    asks: int
    """How often they were asked in the last 24 hours, by any request."""
    rank: Rank
    is_outside: bool = False
    """Nothing is against them, but in a network searched by region others are looked at."""


def who(tx: Transaction, actor: Actor, request_id: str, only: str | None = None) -> list[Going]:
    """Everybody, those who can be asked first, soonest help first; or the one who is asked about.

    Once somebody said yes they alone are named, and nobody when it is over. Of a network searched by
    region those of the region are named, and whoever is asked about.
    """
    request = access.request(tx, actor, request_id)
    if request.state in FINAL:
        return []
    policy = parse(request.policy)
    site = tx.session.get_one(Site, request.site_id)
    need = views.need_of(request, site, travel=known.to_site(tx, site, policy))
    visitor = tx.session.scalars(
        select(Visit.peer_id).where(
            Visit.request_id == request.id,
            Visit.is_bridge.is_(False),
            Visit.state.in_(sorted(LIVE_VISIT)),
        )
    ).one_or_none()
    if only is not None:
        access.peer(tx, actor, only)
        if visitor not in (None, only):
            return []
    peers = views.peer_views(tx, request, policy, only=only or visitor)
    looked_at = region.among(tx, request, policy) if only and not visitor else None
    asks = _asks(tx, request.network_id)
    found = []
    for view in peers:
        way, reason = _judge(view, need, tx, policy)
        bar = bars.bars_assignment(view, request.modality, request.language, tx.now)
        can_assign = bar is None and not view.is_busy
        outside = reason is None and looked_at is not None and view.id not in looked_at
        rank = _rank(view, way, reason, request.modality, can_assign=can_assign)
        found.append(Going(view, way, reason, can_assign, asks.get(view.id, 0), rank, outside))
    return sorted(found, key=lambda one: one.rank)


def _judge(
    view: PeerView, need: Need, tx: Transaction, policy: Policy
) -> tuple[Candidate | None, Reason | None]:
    verdict = survey.judge(view, need, tx.now, policy)
    if isinstance(verdict, Candidate):
        return verdict, None
    if verdict in _ANSWER_PENDING:
        unasked = replace(view, open_offer=None, has_declined=False, offers_elsewhere=())
        could = survey.judge(unasked, need, tx.now, policy)
        return (could if isinstance(could, Candidate) else None), verdict
    by_video = replace(need, modalities=frozenset({Modality.VIDEO}))
    could = survey.judge(view, by_video, tx.now, policy)
    return (could if isinstance(could, Candidate) else None), verdict


def _rank(
    peer: PeerView,
    way: Candidate | None,
    reason: Reason | None,
    modality: Modality,
    *,
    can_assign: bool,
) -> Rank:
    """Who can be asked, then by video, then whom a call could send; soonest help first."""
    by_video = way is not None and way.modality is not modality
    help_s = way.help_s if way is not None else 10**6
    is_far = reason is not None and not by_video
    return (is_far, by_video, not can_assign, help_s, peer.name, peer.id)


def _asks(tx: Transaction, network_id: str) -> Mapping[str, int]:
    rows = tx.session.execute(
        select(Offer.peer_id, func.count())
        .where(Offer.network_id == network_id, Offer.asked_at > tx.now - ASKS_COUNTED)
        .group_by(Offer.peer_id)
    )
    return dict(rows.all())
