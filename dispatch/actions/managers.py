"""What a manager does with a request: own it, search again, assign somebody after a call."""

from typing import Any

from sqlalchemy import select

from dispatch import access, bars, engine, guard, journal, offering, queries, race, shapes, views
from dispatch.access import Actor
from dispatch.errors import Invalid
from dispatch.events import FactType
from dispatch.guard import refuse
from dispatch.matching import REASON_WORDS, PeerView
from dispatch.models import Offer, SupportRequest, User
from dispatch.policy import parse
from dispatch.states import (
    FINAL,
    REMOTE,
    Modality,
    OfferState,
    Step,
)
from dispatch.travel import arrival
from storage.database import Transaction


def claim(
    tx: Transaction, actor: Actor, request_id: str, reason: str | None = None
) -> SupportRequest:
    """ "I have this": the manager owns the request, and its alarm ends."""
    request = access.request(tx, actor, request_id, lock=True)
    if request.state in FINAL:
        raise refuse("claim", request.state)
    request.owner_id = actor.id
    request.alarm = None
    manager = tx.session.get_one(User, actor.id)
    rows = queries.one_request(tx, request)
    data: dict[str, Any] = {
        "owner": shapes.owner(request, manager, rows.visitor),
        "alarm": None,
        "manager": shapes.person(manager),
        "reason": reason,
    }
    journal.append(tx, request, FactType.REQUEST_CLAIMED, actor.by(), data)
    return request


def resume(
    tx: Transaction,
    actor: Actor,
    request_id: str,
    *,
    video_fallback: bool | None = None,
    reason: str | None = None,
) -> SupportRequest:
    """Search again from the first wave: those who did not answer are asked anew.

    Those who said not this time are left in peace; they can still say yes.
    """
    before = access.request(tx, actor, request_id, lock=True)
    values: dict[str, Any] = {"search_started_at": tx.now, "search_wave": 0, "alarmed": []}
    if video_fallback is not None:
        values["video_fallback"] = video_fallback
    request = guard.step(tx, before, Step.RESUME, owner_id=actor.id, alarm=None, **values)
    offering.close(tx, request, OfferState.WITHDRAWN, "asked_again", actor.by())
    manager = tx.session.get_one(User, actor.id)
    journal.append(
        tx,
        request,
        FactType.REQUEST_RESUMED,
        actor.by(),
        {
            "state": request.state.value,
            "owner": shapes.owner(request, manager, None),
            "alarm": None,
            "video_fallback": request.video_fallback,
            "reason": reason,
        },
    )
    engine.look(tx, request)
    return request


def assign(
    tx: Transaction,
    actor: Actor,
    request_id: str,
    peer_id: str,
    modality: Modality | None = None,
    reason: str | None = None,
) -> SupportRequest:
    """Send a peer who said yes on the telephone. Assigning always means that a call came first.

    Duty does not matter then; certificate, badge, language and the peer being free do. Raises
    `Invalid` naming what is missing, `Conflict` (`illegal_step`, `busy`).
    """
    before = access.request(tx, actor, request_id, lock=True)
    peer = access.peer(tx, actor, peer_id)
    request = guard.step(
        tx, before, Step.ASSIGN, next_wave_at=None, alarm=None, next_action_at=tx.now
    )
    way = modality or request.modality
    view = views.peer_views(tx, request, parse(request.policy), only=peer.id)
    _check_assignable(tx, request, view, way)
    offer = _answered_offer(tx, request, peer.id)
    arrives = None
    if way not in REMOTE:
        arrives = arrival.expected(tx, request, peer.id).with_leaving()
    person = tx.session.get_one(User, peer.id)
    first = race.first_visit(
        tx,
        arrives,
        network_id=request.network_id,
        request_id=request.id,
        peer_id=peer.id,
        offer_id=offer.id if offer is not None else None,
        modality=way,
    )
    visit = race.begin(tx, first, person)
    said_yes = race.said_yes(visit, person) | {"reason": reason}
    journal.append(tx, request, FactType.REQUEST_ASSIGNED, actor.by(), said_yes)
    offering.close(tx, request, OfferState.SUPERSEDED, "taken", actor.by())
    return request


def _check_assignable(
    tx: Transaction, request: SupportRequest, views: list[PeerView], way: Modality
) -> None:
    """Refuse a peer who may not do this, whoever asks: the constraints that a call cannot lift."""
    if not views:
        raise Invalid("This peer is no longer active.", field="peer_id")
    view = views[0]
    reason = bars.bars_assignment(view, way, request.language, tx.now)
    if reason is not None:
        raise Invalid(f"{view.name} {REASON_WORDS[reason]}.", field="peer_id")


def _answered_offer(tx: Transaction, request: SupportRequest, peer_id: str) -> Offer | None:
    """The peer's open or declined offer, turned into a yes; None when they were never asked."""
    tx.session.flush()
    offer = tx.session.scalars(
        select(Offer).where(
            Offer.request_id == request.id,
            Offer.peer_id == peer_id,
            Offer.is_bridge.is_(False),
            Offer.state.in_(race.ANSWERABLE),
        )
    ).one_or_none()
    if offer is not None:
        offer.state = OfferState.ACCEPTED
        offer.answered_at = tx.now
        tx.session.flush()
    return offer
