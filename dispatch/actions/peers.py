"""What a peer does with an offer: see it, say yes, say not this time.

The race itself is run in `dispatch.race`; what a loser is told is said here.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import or_, select

from dispatch import access, engine, journal, race
from dispatch.access import Actor
from dispatch.actions import duty
from dispatch.errors import Conflict, Gone
from dispatch.events import ENGINE, FactType
from dispatch.models import Offer, Peer, SupportRequest, User, Visit
from dispatch.states import (
    LIVE_VISIT,
    OfferState,
    RequestState,
    VisitState,
)
from storage.database import Transaction


def see(tx: Transaction, actor: Actor, offer_id: str) -> Offer:
    """The app has shown the offer to its peer. Seeing it twice is the same as once."""
    offer = access.offer(tx, actor, offer_id)
    if offer.seen_at is not None:
        return offer
    request = access.locked_request(tx, offer.request_id)
    tx.session.refresh(offer)
    if offer.state is not OfferState.OPEN:
        raise _closed(offer)
    offer.seen_at = tx.now
    journal.append(
        tx, request, FactType.OFFER_SEEN, actor.by(), {"offer": _named(offer, actor.name)}
    )
    return offer


def decline(tx: Transaction, actor: Actor, offer_id: str, reason: str | None = None) -> Offer:
    """Not this time. It costs nothing, and can be taken back with a yes while the search lasts.

    When nobody else's answer is awaited, the next wave goes in this same transaction.
    """
    offer = access.offer(tx, actor, offer_id)
    request = access.locked_request(tx, offer.request_id)
    tx.session.refresh(offer)
    if offer.state is OfferState.DECLINED:
        offer.decline_reason = reason or offer.decline_reason
        return offer
    if offer.state is not OfferState.OPEN:
        raise _closed(offer)
    offer.state = OfferState.DECLINED
    offer.answered_at = tx.now
    offer.decline_reason = reason
    data: dict[str, Any] = {"offer": _named(offer, actor.name) | {"reason": reason}}
    journal.append(tx, request, FactType.OFFER_DECLINED, actor.by(), data)
    engine.look(tx, request)
    return offer


def accept(tx: Transaction, actor: Actor, offer_id: str) -> tuple[Offer, Visit]:
    """The yes. Exactly one peer's yes is taken for a request, and one request for a peer.

    Raises `Conflict` (`already_taken`, `busy`) or `Gone` (`offer_closed`). The second tap of the
    peer whose yes was taken gets the same answer as the first.
    """
    taken = race.take_yes(tx, actor, offer_id)
    return taken if taken is not None else _came_late(tx, actor, offer_id)


def unreachable(tx: Transaction, offer_id: str) -> None:
    """No address of an asked peer works any more: their answer is not waited for.

    Called by the floor that knows phones. The offer stays open, should the app come back by itself.
    """
    found = tx.session.get(Offer, offer_id)
    if found is None:
        return
    # The peer's row before the request's, as everywhere: so nobody waits for each other.
    _set_unreachable(tx, found.peer_id)
    request = access.locked_request(tx, found.request_id)
    tx.session.refresh(found)
    if found.state is not OfferState.OPEN or found.is_unreachable:
        return
    found.is_unreachable = True
    request.next_action_at = tx.now
    name = tx.session.get_one(User, found.peer_id).name
    journal.append(tx, request, FactType.OFFER_UNREACHABLE, ENGINE, {"offer": _named(found, name)})


def all_unreachable(
    tx: Transaction, peer_id: str, offer_ids: Collection[str], *, has_phone: bool
) -> None:
    """No address of a user works any more; for one who is no peer there is nothing to do.

    Neither `offer_ids` nor any other open offer that they have not seen is waited for. With
    `has_phone` False an open app still counts: they hear of offers there, and are waited for.
    Requests are held in the order of their ids, so that two of these do not wait for each other.
    """
    if not has_phone and duty.has_app_open(tx, peer_id):
        return
    _set_unreachable(tx, peer_id)
    rows = tx.session.scalars(
        select(Offer.id)
        .where(Offer.peer_id == peer_id, Offer.state == OfferState.OPEN)
        .where(or_(Offer.id.in_(offer_ids), Offer.seen_at.is_(None)))
        .order_by(Offer.request_id, Offer.id)
    ).all()
    for offer_id in rows:
        unreachable(tx, offer_id)


def _set_unreachable(tx: Transaction, peer_id: str) -> None:
    """Through the row, not by a bare UPDATE: what watches the rows must notice."""
    peer = tx.session.get(Peer, peer_id, with_for_update={"key_share": True})
    if peer is not None:
        peer.is_reachable = False
        tx.session.flush()


def _came_late(tx: Transaction, actor: Actor, offer_id: str) -> tuple[Offer, Visit]:
    """The answer to a yes that found its offer or its request no longer waiting for one."""
    offer = access.offer(tx, actor, offer_id)
    if offer.state is OfferState.ACCEPTED:
        visit = tx.session.scalars(
            select(Visit).where(
                Visit.offer_id == offer.id,
                Visit.state.in_((*sorted(LIVE_VISIT), VisitState.COMPLETED)),
            )
        ).one_or_none()
        if visit is not None:
            return offer, visit
    state = tx.session.execute(
        select(SupportRequest.state).where(SupportRequest.id == offer.request_id)
    ).scalar_one()
    if offer.state is OfferState.DECLINED and state not in (
        RequestState.CANCELLED,
        RequestState.UNFILLED,
    ):
        raise Conflict("Someone else said yes first. Thank you.", code="already_taken")
    raise _closed(offer)


def _closed(offer: Offer) -> Conflict | Gone:
    if offer.state is OfferState.SUPERSEDED:
        return Conflict("Someone else said yes first. Thank you.", code="already_taken")
    return Gone("This offer is closed.")


def _named(offer: Offer, name: str) -> dict[str, Any]:
    return {"id": offer.id, "peer": {"id": offer.peer_id, "name": name}}
