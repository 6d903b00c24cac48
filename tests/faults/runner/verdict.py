"""What must be true after a fault, asked of the rows, of the provider and of everybody who was promised something.

It trusts no code of the product where it can ask in its own words.
"""

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import select, text

from dispatch import invariants
from dispatch.events import FactType, apply
from dispatch.models import JournalEntry, Offer, SupportRequest
from dispatch.states import OfferState
from notifications.models import Delivery, DeliveryState, Kind, Rung
from storage.database import Transaction
from tests.faults.runner.cluster import Cluster
from tests.faults.runner.crew import token_of
from tests.faults.runner.door import Promise
from tests.faults.runner.load import Load
from tests.harness.databases import decided_otherwise

FACT_OF = {
    "create": FactType.REQUEST_CREATED,
    "accept": FactType.OFFER_ACCEPTED,
    "depart": FactType.VISIT_DEPARTED,
    "arrive": FactType.VISIT_ARRIVED,
    "start": FactType.VISIT_STARTED,
    "complete": FactType.VISIT_COMPLETED,
    "cancel": FactType.REQUEST_CANCELLED,
}
ONCE = frozenset({"create", "accept", "cancel", "complete"})
"""Steps that a request takes at most once in these stories."""
_TOLD = (DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.UNKNOWN)
_OVER = (OfferState.SUPERSEDED, OfferState.WITHDRAWN)


def broken(cluster: Cluster, load: Load) -> list[str]:
    """One sentence for everything that is not as it must be. Empty is what we want to see."""
    found = list(load.ledger.odd)
    with cluster.db.read() as tx:
        found += invariants.check(tx)
        found += decided_otherwise(tx)
        found += _kept(tx, load.ledger.promises)
        found += _lost(tx, load)
        found += _alerts(tx, load, cluster)
    found += load.follower.wrong()
    found += [f"the provider refused: {why}" for why in cluster.fcm.refused]
    return found


def _kept(tx: Transaction, promises: list[Promise]) -> Iterator[str]:
    """Every 2xx is in the story of its request, by who was told, and as often as it may be."""
    for promise in promises:
        type_ = FACT_OF.get(promise.what)
        if type_ is None:
            continue
        rows = tx.session.scalars(
            select(JournalEntry).where(
                JournalEntry.request_id == promise.request_id, JournalEntry.type == type_
            )
        ).all()
        if not any(row.actor.get("id") == promise.who for row in rows):
            yield f"{promise.what} of {promise.request_id} was promised and is not there"
        if promise.what in ONCE and len(rows) > 1:
            yield f"{promise.what} of {promise.request_id} was done {len(rows)} times"


def _lost(tx: Transaction, load: Load) -> Iterator[str]:
    """Every request is at an end, its story folds into what it is, and none was made twice."""
    for snapshot in load.created:
        request = tx.session.get_one(SupportRequest, snapshot["id"])
        if request.closed_at is None:
            yield f"{request.id} is still {request.state.value}"
        facts = tx.session.scalars(
            select(JournalEntry)
            .where(JournalEntry.request_id == request.id)
            .order_by(JournalEntry.seq)
        ).all()
        if [fact.seq for fact in facts] != list(range(1, request.seq + 1)):
            yield f"{request.id} has a gap in its story"
        folded = snapshot
        for fact in facts:
            if fact.seq > snapshot["seq"]:
                folded = apply(folded, fact.seq, fact.data)
        if folded["state"] != request.state.value:
            yield f"{request.id} is {request.state.value}, its facts say {folded['state']}"
        yeses = Counter(fact.type for fact in facts)[FactType.OFFER_ACCEPTED]
        visits = tx.session.execute(
            text("SELECT count(*) FROM visits WHERE request_id = :id AND NOT is_bridge"),
            {"id": request.id},
        ).scalar()
        if yeses != visits:
            yield f"{request.id} has {yeses} yeses and {visits} visits"
    known = {snapshot["id"] for snapshot in load.created}
    stray = tx.session.scalars(
        select(SupportRequest.id).where(
            SupportRequest.created_at >= load.began, SupportRequest.id.not_in(known)
        )
    ).all()
    yield from (f"{one} was made and nobody was told so" for one in stray)


def _alerts(tx: Transaction, load: Load, cluster: Cluster) -> Iterator[str]:
    """The outbox is empty, each phone shows one alert for an offer, and who was told hears the end."""
    ids = [snapshot["id"] for snapshot in load.created]
    rows = tx.session.scalars(select(Delivery).where(Delivery.request_id.in_(ids))).all()
    by_once = {row.once: row for row in rows}
    for row in rows:
        if row.due_at is not None:
            yield f"alert {row.id} ({row.rung.value}) is still to be sent"
        if row.state is DeliveryState.PENDING:
            yield f"alert {row.id} ({row.rung.value}) waits for nobody"
    offers = {
        offer.id: offer
        for offer in tx.session.scalars(select(Offer).where(Offer.request_id.in_(ids)))
    }
    asked = {(row.offer_id, row.device_id) for row in rows if row.rung is Rung.PUSH}
    for offer_id in offers:
        if not any(known == offer_id for known, _ in asked):
            yield f"offer {offer_id} was made and its peer's phone has no alert"
    for row in rows:
        offer = offers.get(row.offer_id or "")
        is_alert = row.channel is Kind.FCM and row.rung is not Rung.NOTICE
        if offer is None or not is_alert or row.state not in _TOLD or offer.state not in _OVER:
            continue
        end = by_once.get(f"{offer.id}:closed:{row.device_id}")
        if end is None or end.state not in _TOLD:
            yield f"the peer of offer {offer.id} was told of it and not how it ended"
    for peer in cluster.crew.peers:
        tags: dict[str, set[str]] = {}
        for message in cluster.fcm.sent_to(token_of(peer)):
            if message["data"].get("offer_id") in offers:
                tag = message["android"]["notification"]["tag"]
                tags.setdefault(message["data"]["offer_id"], set()).add(tag)
        yield from (
            f"the phone shows {len(shown)} alerts for offer {offer_id}"
            for offer_id, shown in tags.items()
            if len(shown) > 1
        )
