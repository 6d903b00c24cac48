"""What is kept about one peer for deciding whom to ask, for that peer alone: to see and to correct.

It tells facts and never a rate. Every way in takes the actor; nobody else's rows exist here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from dispatch.access import Actor
from dispatch.errors import not_found
from dispatch.geo import Point, area
from dispatch.learning import counting, current
from dispatch.learning.counting import Counted
from dispatch.learning.offered import COUNTED, offered
from dispatch.models import Network, Offer, Peer, Visit
from dispatch.policy import parse
from dispatch.states import Modality, OfferState
from storage.database import Transaction

SHOWN = 40
"""The latest offers that are shown: what was before these weighs little."""

MONTH = timedelta(days=30)
DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Past:
    """One past offer as its peer sees it: no hospital, no person."""

    id: str
    at: datetime
    modality: Modality
    is_open: bool
    counts: Counted
    is_uncounted: bool


@dataclass(frozen=True)
class Kept:
    """All of it."""

    peer: Peer
    area: Point | None
    asked_day: int
    asked_month: int
    visits_month: int
    is_learned: bool
    """Whether what was learned of answers is used when this network asks."""
    offers: tuple[Past, ...]


def show(tx: Transaction, actor: Actor) -> Kept:
    """What is kept about the acting peer. `NotFound` for who is none."""
    peer = _own(tx, actor)
    network = tx.session.get_one(Network, actor.network_id)
    is_priced = parse(network.policy).strategy == "priced"
    home = None
    if peer.home_latitude is not None and peer.home_longitude is not None:
        home = area(Point(peer.home_latitude, peer.home_longitude))
    return Kept(
        peer=peer,
        area=home,
        asked_day=_asked(tx, peer, DAY),
        asked_month=_asked(tx, peer, MONTH),
        visits_month=tx.session.scalar(
            select(func.count()).where(Visit.peer_id == peer.id, Visit.accepted_at > tx.now - MONTH)
        )
        or 0,
        is_learned=is_priced and current.standing(tx, peer.network_id).why_not is None,
        offers=_offers(tx, peer),
    )


def count_offer(tx: Transaction, actor: Actor, offer_id: str, *, counts: bool) -> None:
    """Leave one of the peer's own offers out of what is learned, or take it in again."""
    found = tx.session.execute(
        update(Offer)
        .where(
            Offer.id == offer_id,
            Offer.peer_id == actor.id,
            Offer.network_id == actor.network_id,
        )
        .values(uncounted_at=None if counts else func.coalesce(Offer.uncounted_at, tx.now))
        .returning(Offer.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if found is None:
        raise not_found("offer")


def begin_anew(tx: Transaction, actor: Actor) -> None:
    """From now on nothing that was before is held for or against the peer."""
    peer = _own(tx, actor)
    peer.counted_from = tx.now
    tx.session.flush()


def _own(tx: Transaction, actor: Actor) -> Peer:
    peer = tx.session.get(Peer, actor.id)
    if peer is None:
        raise not_found("peer")
    return peer


def _asked(tx: Transaction, peer: Peer, within: timedelta) -> int:
    query = select(func.count()).where(Offer.peer_id == peer.id, Offer.asked_at > tx.now - within)
    return tx.session.scalar(query) or 0


def _offers(tx: Transaction, peer: Peer) -> tuple[Past, ...]:
    rows = tx.session.execute(
        select(
            Offer.id,
            Offer.modality,
            *COUNTED,
        )
        .where(Offer.peer_id == peer.id)
        .order_by(Offer.asked_at.desc(), Offer.id.desc())
        .limit(SHOWN)
    ).all()
    found = []
    for row in rows:
        counts = counting.counts_as(offered(row), tx.now)
        if peer.counted_from is not None and row.asked_at <= peer.counted_from:
            counts = Counted.NOT
        found.append(
            Past(
                id=row.id,
                at=row.asked_at,
                modality=row.modality,
                is_open=row.state is OfferState.OPEN,
                counts=counts,
                is_uncounted=row.uncounted_at is not None,
            )
        )
    return tuple(found)
