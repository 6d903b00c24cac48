"""Making and closing offers on a request whose row the transaction holds.

The one place that inserts offers and the one that ends them without their peer's yes. It is told
whom to ask; deciding that is `matching`'s and `waves`'.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, update

from dispatch import journal, shapes, simple
from dispatch.bars import keeps_offer
from dispatch.events import ENGINE, By, FactType
from dispatch.geo import Point, shown_distance_m
from dispatch.knowledge import NOTHING, Knowledge
from dispatch.matching import Candidate, Need, PeerView
from dispatch.models import Offer, SupportRequest, User
from dispatch.policy import Policy
from dispatch.prices.chances import sane, usable
from dispatch.states import OfferState
from dispatch.waves import Decision
from storage.database import Transaction
from storage.failpoints import failpoint
from storage.ids import new_id


def send_wave(
    tx: Transaction,
    request: SupportRequest,
    decision: Decision,
    peers: Sequence[PeerView],
    need: Need,
    policy: Policy,
    known: Knowledge = NOTHING,
) -> None:
    """Insert the offers of a wave and journal it: `wave_sent`, then one `offer_made` each."""
    request.wave += 1
    offers = _new_offers(tx, request, decision, peers, need, policy, known)
    tx.session.add_all(offers)
    tx.session.flush()
    failpoint("wave.offers")
    request.asked = tx.session.execute(
        select(func.count(func.distinct(Offer.peer_id))).where(
            Offer.request_id == request.id, Offer.is_bridge.is_(False)
        )
    ).scalar_one()
    named = [
        _named(offer, candidate.name) for offer, candidate in zip(offers, decision.ask, strict=True)
    ]
    journal.append(
        tx,
        request,
        FactType.WAVE_SENT,
        ENGINE,
        {
            "wave": request.wave,
            "asked": request.asked,
            "eligible": request.eligible,
            "next_wave_at": shapes.stamp(request.next_wave_at),
            "offers": named,
            "why": decision.why,
        },
    )
    ladder = _ladder(policy)
    for shape in named:
        journal.append(tx, request, FactType.OFFER_MADE, ENGINE, {"offer": shape, "ladder": ladder})
    failpoint("wave.journaled")


def send_bridge(
    tx: Transaction,
    request: SupportRequest,
    decision: Decision,
    peers: Sequence[PeerView],
    need: Need,
    policy: Policy,
    known: Knowledge,
    arrives_at: datetime,
) -> None:
    """Insert offers to be there by video until somebody arrives, and journal them in one fact.

    The request's own wave and its count of the asked stay as they are.
    """
    offers = _new_offers(tx, request, decision, peers, need, policy, known)
    for offer in offers:
        offer.wave = request.bridge_wave
        offer.is_bridge = True
        offer.until_about = arrives_at
    tx.session.add_all(offers)
    tx.session.flush()
    request.bridge_asked += len(offers)
    data = {
        "bridge_search": shapes.bridge_search(request),
        "offers": [
            _named(offer, candidate.name)
            for offer, candidate in zip(offers, decision.ask, strict=True)
        ],
        "ladder": _ladder(policy),
        "why": decision.why,
    }
    journal.append(tx, request, FactType.BRIDGE_ASKED, ENGINE, data)


def _ladder(policy: Policy) -> dict[str, int]:
    """When the rungs of an offer are due, in seconds from its making."""
    return {
        "push_again_s": policy.push_again_s,
        "sms_s": policy.sms_s,
        "voice_s": policy.voice_s,
    }


def _new_offers(
    tx: Transaction,
    request: SupportRequest,
    decision: Decision,
    peers: Sequence[PeerView],
    need: Need,
    policy: Policy,
    known: Knowledge,
) -> list[Offer]:
    """The rows of what was decided, not stored yet."""
    views = {peer.id: peer for peer in peers}
    offers = [
        _new_offer(tx, request, candidate, views[candidate.peer_id].position, need)
        for candidate in decision.ask
    ]
    if policy.strategy == "priced" and not simple.fell_back(decision):
        # What was held likely stands beside what will come of it.
        chances = usable(known.chances, policy.pricing)
        for offer, candidate in zip(offers, decision.ask, strict=True):
            offer.chance = sane(chances.of(views[candidate.peer_id], candidate, tx.now))
            offer.learned_version = known.version
    return offers


def _new_offer(
    tx: Transaction,
    request: SupportRequest,
    candidate: Candidate,
    position: Point | None,
    need: Need,
) -> Offer:
    is_travelling = candidate.travel_s is not None and position is not None
    between: tuple[int | None, int | None] = (None, None)
    if candidate.travel_s is not None and need.travel is not None:
        between = need.travel.range_s(candidate.travel_s)
    return Offer(
        id=new_id(),
        network_id=request.network_id,
        request_id=request.id,
        peer_id=candidate.peer_id,
        wave=request.wave,
        modality=candidate.modality,
        state=OfferState.OPEN,
        distance_m=shown_distance_m(position, need.site) if is_travelling and position else None,
        travel_s=candidate.travel_s,
        travel_from_s=between[0],
        travel_until_s=between[1],
        arrive_by=candidate.arrive_by,
        reasons=list(candidate.reasons),
        asked_at=tx.now,
    )


def _named(offer: Offer, peer_name: str) -> dict[str, Any]:
    return {
        "id": offer.id,
        "peer": {"id": offer.peer_id, "name": peer_name},
        "wave": offer.wave,
        "modality": offer.modality.value,
        "distance_m": offer.distance_m,
        "travel_s": offer.travel_s,
        "arrive_by": shapes.stamp(offer.arrive_by),
    }


def close(
    tx: Transaction,
    request: SupportRequest,
    state: OfferState,
    reason: str,
    by: By,
    *where: ColumnElement[bool],
) -> bool:
    """End the open offers of a request that match `where`; journal their ends in one fact.

    Returns whether there were any. Nothing to end, nothing journaled.
    """
    ended = end(tx, request, state, reason, *where)
    if ended:
        journal.append(tx, request, FactType.OFFERS_CLOSED, by, {"offers": ended})
    return bool(ended)


def withdraw_lost(tx: Transaction, request: SupportRequest, peers: Sequence[PeerView]) -> bool:
    """End the open offers of peers who may no longer be asked; return whether there were any.

    Who is asked and not among `peers` at all has no active account any more.
    """
    asked = tx.session.scalars(
        select(Offer.peer_id).where(Offer.request_id == request.id, Offer.state == OfferState.OPEN)
    )
    keeping = {peer.id for peer in peers if keeps_offer(peer, tx.now)}
    lost = set(asked) - keeping
    return bool(lost) and close(
        tx, request, OfferState.WITHDRAWN, "not_eligible", ENGINE, Offer.peer_id.in_(sorted(lost))
    )


def end(
    tx: Transaction,
    request: SupportRequest,
    state: OfferState,
    reason: str,
    *where: ColumnElement[bool],
) -> list[dict[str, Any]]:
    """End the open offers that match `where`; return what the fact says of each.

    The caller journals: an offer may end only together with the fact that tells its peer.
    """
    name = select(User.name).where(User.id == Offer.peer_id).scalar_subquery()
    closed = tx.session.execute(
        update(Offer)
        .where(
            Offer.request_id == request.id,
            Offer.state == OfferState.OPEN,
            *where,
        )
        .values(state=state, closed_at=tx.now, close_reason=reason)
        .returning(Offer.id, Offer.peer_id, name)
        .execution_options(synchronize_session=False)
    ).all()
    return [
        {
            "id": offer_id,
            "peer": {"id": peer_id, "name": peer_name},
            "state": state.value,
            "reason": reason,
        }
        for offer_id, peer_id, peer_name in sorted(map(tuple, closed))
    ]
