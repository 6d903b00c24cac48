"""Offers: what a peer is asked, and their answer."""

from collections.abc import Sequence
from typing import Annotated, Any, cast

from pydantic import Field
from sqlalchemy import Table, bindparam, select

from dispatch import access, shapes
from dispatch.actions import peers
from dispatch.models import Offer, Site, SupportRequest
from dispatch.states import Role
from server.api.answers import AcceptedOffer, OfferAnswer, OfferList
from server.api.declare import Call, Json, Routes
from server.api.models import LINE, Body

routes = Routes("offers", "What a peer is asked, and their answer. Declining costs nothing.")


_REQUEST = cast(Table, SupportRequest.__table__)
_SITE = cast(Table, Site.__table__)
# Built once, and no more of both than an offer shows: it runs for every answer of every peer.
_ABOUT = (
    select(
        _REQUEST.c.id,
        _REQUEST.c.focus,
        _REQUEST.c.language,
        _REQUEST.c.priority,
        _REQUEST.c.is_stayed,
        _REQUEST.c.next_wave_at,
        _SITE.c.name,
        _SITE.c.area,
    )
    .join_from(_REQUEST, _SITE, _SITE.c.id == _REQUEST.c.site_id)
    .where(_REQUEST.c.id.in_(bindparam("ids", expanding=True)))
)


class DeclineBody(Body):
    """Why not this time, if the peer likes to say."""

    reason: Annotated[str, Field(min_length=1, max_length=40, pattern=LINE)] | None = None


def _shapes(call: Call, offers: Sequence[Offer]) -> list[Json]:
    call.tx.session.flush()
    rows = call.tx.session.connection().execute(
        _ABOUT, {"ids": sorted({offer.request_id for offer in offers})}
    )
    about: dict[str, Any] = {row.id: row for row in rows}
    return [
        shapes.offer(offer, about[offer.request_id], about[offer.request_id]) for offer in offers
    ]


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
    return _shapes(call, [offer])[0] | {"visit": shapes.visit(visit, call.actor)}


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
