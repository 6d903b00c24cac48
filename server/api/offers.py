"""Offers: what a peer is asked, and their answer."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field
from sqlalchemy import select

from dispatch import access, shapes
from dispatch.actions import peers
from dispatch.models import Offer, Site, SupportRequest, User
from dispatch.states import Role
from server.api.answers import AcceptedOffer, OfferAnswer, OfferList
from server.api.declare import Call, Json, Routes
from server.api.models import LINE, Body

routes = Routes("offers", "What a peer is asked, and their answer. Declining costs nothing.")


class DeclineBody(Body):
    """Why not this time, if the peer likes to say."""

    reason: Annotated[str, Field(min_length=1, max_length=40, pattern=LINE)] | None = None


def _shapes(call: Call, offers: Sequence[Offer]) -> list[Json]:
    call.tx.session.flush()
    rows = call.tx.session.execute(
        select(SupportRequest, Site)
        .join(Site, Site.id == SupportRequest.site_id)
        .where(SupportRequest.id.in_({offer.request_id for offer in offers}))
    )
    about = {request.id: (request, site) for request, site in rows}
    return [shapes.offer(offer, *about[offer.request_id]) for offer in offers]


@routes.add(
    "GET", "/offers", roles={Role.PEER}, answer=OfferList, summary="My open offers, oldest first."
)
def index(call: Call) -> Json:
    """All of them: a peer has a handful at most."""
    offers = access.open_offers(call.tx, call.actor)
    return {"items": _shapes(call, offers), "next_cursor": None}


@routes.add(
    "POST",
    "/offers/{offer_id}/seen",
    roles={Role.PEER},
    answer=OfferAnswer,
    summary="The offer is on the screen.",
    problems=("offer_closed", "already_taken"),
)
def seen(call: Call, offer_id: str) -> Json:
    """Ends the ladder: the phone need not ring again for it."""
    return _shapes(call, [peers.see(call.tx, call.actor, offer_id)])[0]


@routes.add(
    "POST",
    "/offers/{offer_id}/accept",
    roles={Role.PEER},
    answer=AcceptedOffer,
    summary="I can go.",
    is_urgent=True,
    problems=("already_taken", "busy", "offer_closed"),
)
def accept(call: Call, offer_id: str) -> Json:
    """Exactly one yes is taken; everybody else is told that it is taken care of."""
    offer, visit = peers.accept(call.tx, call.actor, offer_id)
    visitor = call.tx.session.get_one(User, visit.peer_id)
    return _shapes(call, [offer])[0] | {"visit": shapes.visit(visit, visitor)}


@routes.add(
    "POST",
    "/offers/{offer_id}/decline",
    roles={Role.PEER},
    answer=OfferAnswer,
    summary="Not this time.",
    problems=("offer_closed", "already_taken"),
)
def decline(call: Call, offer_id: str, body: DeclineBody) -> Json:
    """Can be taken back with a yes while the request is still looking."""
    return _shapes(call, [peers.decline(call.tx, call.actor, offer_id, body.reason)])[0]
