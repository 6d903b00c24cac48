"""What a peer does with an offer: see it, say yes, say not this time.

The race is decided here, by one guarded statement on the request and two partial unique indexes.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import exists, select, update

from dispatch import access, engine, journal, offering, shapes
from dispatch.access import Actor
from dispatch.actions import visits
from dispatch.errors import Conflict, Gone
from dispatch.events import ENGINE, FactType
from dispatch.guard import take
from dispatch.models import Badge, Certificate, Offer, Peer, SupportRequest, User, Visit
from dispatch.policy import parse
from dispatch.shapes import Named
from dispatch.states import (
    LIVE_VISIT,
    REMOTE,
    Modality,
    OfferState,
    RequestState,
    Step,
    VisitState,
)
from storage.database import Transaction
from storage.ids import new_id

ANSWERABLE = (OfferState.OPEN, OfferState.DECLINED)
"""A "not this time" can be taken back while the request is still looking."""


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
    offer = access.offer(tx, actor, offer_id)
    if offer.state not in ANSWERABLE:
        return _answered_before(tx, offer)
    _still_certified(tx, offer)
    request = take(
        tx,
        offer.request_id,
        Step.ACCEPT,
        next_wave_at=None,
        alarm=None,
        next_action_at=tx.now,
    )
    if request is None:
        return _lost_race(tx, offer)
    taken = tx.session.scalars(
        update(Offer)
        .where(Offer.id == offer.id, Offer.state.in_(ANSWERABLE))
        .values(state=OfferState.ACCEPTED, answered_at=tx.now)
        .returning(Offer),
        execution_options={"populate_existing": True},
    ).one_or_none()
    if taken is None:
        raise Gone("This offer is closed.")
    visit = start_visit(tx, request, taken.peer_id, taken.modality, offer=taken)
    ended = offering.end(tx, request, OfferState.SUPERSEDED, "taken")
    journal.append(
        tx,
        request,
        FactType.OFFER_ACCEPTED,
        actor.by(),
        said_yes(request, visit, actor) | {"offer": _named(taken, actor.name)},
    )
    if ended:
        journal.append(tx, request, FactType.OFFERS_CLOSED, ENGINE, {"offers": ended})
    return taken, visit


def said_yes(request: SupportRequest, visit: Visit, person: Named) -> dict[str, Any]:
    """What a fact says when a visit has begun: the request fields that a yes changes."""
    return {
        "state": request.state.value,
        "owner": shapes.owner(request, None, person),
        "visit": shapes.visit(visit, person),
        "next_wave_at": None,
        "alarm": None,
    }


def start_visit(
    tx: Transaction,
    request: SupportRequest,
    peer_id: str,
    modality: Modality,
    *,
    offer: Offer | None,
) -> Visit:
    """Begin the visit of a peer whose yes was just taken; raises `Conflict` (`busy`)."""
    policy = parse(request.policy)
    eta_at = None
    if modality not in REMOTE:
        road_s = (
            offer.travel_s
            if offer is not None and offer.travel_s is not None
            else (visits.eta(tx, request, peer_id) - tx.now).total_seconds()
        )
        eta_at = tx.now + timedelta(seconds=policy.prepare_s + road_s)
    visit = visits.begin(
        tx,
        request,
        {
            "id": new_id(),
            "peer_id": peer_id,
            "offer_id": offer.id if offer is not None else None,
            "modality": modality,
            "state": VisitState.ACCEPTED,
            "eta_at": eta_at,
            "promised_at": eta_at,
            "accepted_at": tx.now,
            "contact_at": tx.now,
        },
    )
    request.alarmed = []
    return visit


def unreachable(tx: Transaction, offer_id: str) -> None:
    """No address of an asked peer works any more: their answer is not waited for.

    Called by the floor that knows phones. The offer stays open, should the app come back by itself.
    """
    found = tx.session.get(Offer, offer_id)
    if found is None:
        return
    # The peer's row before the request's, as everywhere: so nobody waits for each other.
    tx.session.execute(update(Peer).where(Peer.id == found.peer_id).values(is_reachable=False))
    request = access.locked_request(tx, found.request_id)
    tx.session.refresh(found)
    if found.state is not OfferState.OPEN or found.is_unreachable:
        return
    found.is_unreachable = True
    request.next_action_at = tx.now
    name = tx.session.get_one(User, found.peer_id).name
    journal.append(tx, request, FactType.OFFER_UNREACHABLE, ENGINE, {"offer": _named(found, name)})


def _still_certified(tx: Transaction, offer: Offer) -> None:
    """Rule 9 at the moment of the yes: certificate and badge may have ended since the offer."""
    valid = exists().where(Certificate.peer_id == offer.peer_id, Certificate.expires_at > tx.now)
    conditions = [valid]
    if offer.modality not in REMOTE:
        conditions.append(
            exists().where(
                Badge.peer_id == offer.peer_id,
                Badge.expires_at > tx.now,
                Badge.site_id == SupportRequest.site_id,
            )
        )
    found = tx.session.execute(
        select(SupportRequest.id).where(SupportRequest.id == offer.request_id, *conditions)
    ).one_or_none()
    if found is None:
        raise Gone("This offer is closed: a certificate or badge has ended.")


def _answered_before(tx: Transaction, offer: Offer) -> tuple[Offer, Visit]:
    """The answer to a yes that comes when the offer is no longer open."""
    if offer.state is OfferState.ACCEPTED:
        visit = tx.session.scalars(
            select(Visit).where(
                Visit.offer_id == offer.id,
                Visit.state.in_((*sorted(LIVE_VISIT), VisitState.COMPLETED)),
            )
        ).one_or_none()
        if visit is not None:
            return offer, visit
    raise _closed(offer)


def _lost_race(tx: Transaction, offer: Offer) -> tuple[Offer, Visit]:
    """The answer to a yes that found the request no longer looking."""
    tx.session.refresh(offer)
    if offer.state is OfferState.ACCEPTED:
        return _answered_before(tx, offer)
    state = tx.session.execute(
        select(SupportRequest.state).where(SupportRequest.id == offer.request_id)
    ).scalar_one()
    if state in (RequestState.CANCELLED, RequestState.UNFILLED):
        raise Gone("This request has ended.")
    raise Conflict("Someone else said yes first. Thank you.", code="already_taken")


def _closed(offer: Offer) -> Conflict | Gone:
    if offer.state is OfferState.SUPERSEDED:
        return Conflict("Someone else said yes first. Thank you.", code="already_taken")
    return Gone("This offer is closed.")


def _named(offer: Offer, name: str) -> dict[str, Any]:
    return {"id": offer.id, "peer": {"id": offer.peer_id, "name": name}}
