"""The gates. One per kind of thing; for an actor, another network's rows do not exist.

Every action and every read enters through here, so that a row which is not the actor's to see and
a row which is not there give the same `NotFound`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, select
from sqlalchemy.orm import aliased

from dispatch.errors import not_found
from dispatch.events import By
from dispatch.models import Offer, Peer, Site, SupportRequest, User, Visit
from dispatch.near import as_one, dialect_of, one_of
from dispatch.previewing.previews import Preview
from dispatch.states import BUSY_VISIT, LIVE_VISIT, OfferState, Role, VisitState
from storage.database import Transaction

KEPT_VISITS = (*sorted(BUSY_VISIT), VisitState.COMPLETED, VisitState.CANCELLED)
"""A peer keeps seeing a request they are on, and one they finished or that was cancelled."""

MANAGING = frozenset({Role.MANAGER, Role.SUPERVISOR, Role.ADMIN})
"""The roles that see a whole network; what each may do is the entry point's to say."""


@dataclass(frozen=True)
class Actor:
    """Who is asking: one signed-in user. A peer's profile has the user's id."""

    id: str
    network_id: str
    role: Role
    name: str
    site_id: str | None = None

    def by(self) -> By:
        """The actor as a fact names them."""
        return By(self.role.value, self.id, self.name)


Pair = tuple[Actor, str]
"""Somebody, and the id of a request."""


def may_see_request(actor: Actor) -> ColumnElement[bool]:
    """The condition on `SupportRequest` under which this actor sees it."""
    same_network = SupportRequest.network_id == actor.network_id
    if actor.role in MANAGING:
        return same_network
    if actor.role is Role.STAFF:
        if actor.site_id is None:
            return false()
        return and_(same_network, SupportRequest.site_id == actor.site_id)
    mine = aliased(Visit)
    return and_(
        same_network,
        exists().where(
            mine.request_id == SupportRequest.id,
            mine.peer_id == actor.id,
            _shows(mine),
        ),
    )


def _shows(visit: type[Visit]) -> ColumnElement[bool]:
    """The condition on a visit under which its peer sees the request."""
    return and_(
        visit.state.in_(KEPT_VISITS),
        # Who was there by video until somebody came has no part in what follows.
        or_(visit.is_bridge.is_(False), visit.state.in_(sorted(LIVE_VISIT))),
    )


def seen_by_peers(tx: Transaction, pairs: Collection[Pair]) -> set[Pair]:
    """Those of the pairs in which `may_see_request` lets the actor see the request. For peers only.

    One statement, however many they are.
    """
    dialect = dialect_of(tx.session)
    asked = [(actor, request_id) for actor, request_id in pairs if actor.role is Role.PEER]
    values = {
        "peers": as_one(dialect, sorted({actor.id for actor, _ in asked})),
        "requests": as_one(dialect, sorted({request_id for _, request_id in asked})),
    }
    rows = tx.session.connection().execute(_seen(dialect), values)
    found = {(peer_id, request_id, network_id) for peer_id, request_id, network_id in rows}
    return {
        (actor, request_id)
        for actor, request_id in asked
        if (actor.id, request_id, actor.network_id) in found
    }


# Built once: it is asked every two seconds.
@cache
def _seen(dialect: str) -> Any:
    return (
        select(Visit.peer_id, SupportRequest.id, SupportRequest.network_id)
        .join(SupportRequest, SupportRequest.id == Visit.request_id)
        .where(
            one_of(dialect, Visit.peer_id, "peers"),
            one_of(dialect, SupportRequest.id, "requests"),
            _shows(Visit),
        )
    )


def request(
    tx: Transaction, actor: Actor, request_id: str, *, lock: bool = False
) -> SupportRequest:
    """The request, or `NotFound`. With `lock`, its row is held until the transaction ends."""
    query = select(SupportRequest).where(SupportRequest.id == request_id, may_see_request(actor))
    if lock:
        query = query.with_for_update(of=SupportRequest)
    row = tx.session.scalars(query, execution_options={"populate_existing": lock}).one_or_none()
    if row is None:
        raise not_found("request")
    return row


def locked_request(tx: Transaction, request_id: str) -> SupportRequest:
    """The request's row, held until the transaction ends. For actions that passed another gate."""
    return tx.session.scalars(
        select(SupportRequest).where(SupportRequest.id == request_id).with_for_update(),
        execution_options={"populate_existing": True},
    ).one()


def offer(tx: Transaction, actor: Actor, offer_id: str) -> Offer:
    """The peer's own offer, or `NotFound`."""
    row = tx.session.scalars(
        select(Offer).where(
            Offer.id == offer_id,
            Offer.network_id == actor.network_id,
            Offer.peer_id == actor.id,
        )
    ).one_or_none()
    if row is None:
        raise not_found("offer")
    return row


def open_offers(tx: Transaction, actor: Actor) -> list[Offer]:
    """The peer's open offers, oldest first."""
    return list(
        tx.session.scalars(
            select(Offer)
            .where(Offer.peer_id == actor.id, Offer.state == OfferState.OPEN)
            .order_by(Offer.asked_at, Offer.id)
        )
    )


def visit(tx: Transaction, actor: Actor, visit_id: str) -> Visit:
    """The visit, for its peer, its site's staff or its managers; else `NotFound`."""
    query = select(Visit).where(Visit.id == visit_id, Visit.network_id == actor.network_id)
    if actor.role is Role.PEER:
        query = query.where(Visit.peer_id == actor.id)
    elif actor.role is Role.STAFF:
        query = query.join(SupportRequest, SupportRequest.id == Visit.request_id).where(
            SupportRequest.site_id == actor.site_id
        )
    row = tx.session.scalars(query).one_or_none()
    if row is None:
        raise not_found("visit")
    return row


def site(tx: Transaction, actor: Actor, site_id: str) -> Site:
    """The site, or `NotFound`: staff see their own, everyone else their network's."""
    query = select(Site).where(Site.id == site_id, Site.network_id == actor.network_id)
    if actor.role is Role.STAFF:
        query = query.where(Site.id == actor.site_id)
    row = tx.session.scalars(query).one_or_none()
    if row is None:
        raise not_found("site")
    return row


def preview(tx: Transaction, actor: Actor, preview_id: str) -> Preview:
    """The preview of the actor's network, or `NotFound`."""
    row = tx.session.scalars(
        select(Preview).where(Preview.id == preview_id, Preview.network_id == actor.network_id)
    ).one_or_none()
    if row is None:
        raise not_found("preview")
    return row


def user(tx: Transaction, actor: Actor, user_id: str) -> User:
    """The user of the actor's network, or `NotFound`."""
    row = tx.session.scalars(
        select(User).where(User.id == user_id, User.network_id == actor.network_id)
    ).one_or_none()
    if row is None:
        raise not_found("user")
    return row


def peer(tx: Transaction, actor: Actor, peer_id: str) -> Peer:
    """The peer of the actor's network, or `NotFound`."""
    row = tx.session.scalars(
        select(Peer).where(Peer.id == peer_id, Peer.network_id == actor.network_id)
    ).one_or_none()
    if row is None:
        raise not_found("peer")
    return row
