"""The outbox: the one way to write a delivery, and to stop those that have not been sent.

It runs inside the transaction of the state change. Rows are always locked in the order of their
ids, so that an accept and a relay that records never wait for each other in a circle.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from notifications import turns
from notifications.ladder import PUSH_KINDS
from notifications.models import Delivery, DeliveryState, Kind, Rung
from storage.claims import give_back, marks
from storage.database import Transaction
from storage.failpoints import failpoint
from storage.ids import new_id

TOLD = frozenset({DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.UNKNOWN})
"""The phone shows it, or may show it."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A delivery to be written. `once` makes writing it twice harmless."""

    network_id: str
    user_id: str
    device_id: str | None
    channel: Kind
    once: str
    key: str
    rung: Rung
    locale: str
    collapse_id: str
    due_at: datetime
    expires_at: datetime
    site_id: str | None = None
    """Whose turn it takes, see `notifications.turns`."""
    args: Mapping[str, Any] = field(default_factory=dict)
    is_private: bool = False
    request_id: str | None = None
    offer_id: str | None = None
    fact_seq: int | None = None
    id: str = field(default_factory=new_id)


def write(tx: Transaction, drafts: Sequence[Draft]) -> None:
    """Insert the deliveries, each with its turn; one that is already planned is left as it is."""
    if not drafts:
        return
    tx.session.flush()
    rows = [
        vars(draft)
        | {"turn": turn, "state": DeliveryState.PENDING, "created_at": tx.now, "attempts": 0}
        for draft, turn in zip(drafts, turns.take(tx, drafts), strict=True)
    ]
    connection = tx.session.connection()
    insert: Any = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    connection.execute(
        insert(Delivery.__table__).on_conflict_do_nothing(index_elements=["once"]), rows
    )
    failpoint("outbox.written")


def stop(
    tx: Transaction, request_ids: Collection[str], offer_ids: Collection[str], keys: Collection[str]
) -> Sequence[Any]:
    """Stop the ladders of these offers and the notices with these texts of these requests.

    What was not sent is `cancelled`. What is being sent, or may have been, stays `unknown` and is
    not sent again. Returns every delivery of the offers, as it is afterwards.
    """
    rows: Sequence[Any] = tx.session.execute(
        select(
            Delivery.id,
            Delivery.user_id,
            Delivery.device_id,
            Delivery.channel,
            Delivery.offer_id,
            Delivery.request_id,
            Delivery.network_id,
            Delivery.site_id,
            Delivery.rung,
            Delivery.locale,
            Delivery.is_private,
            Delivery.state,
            Delivery.due_at,
        )
        .where(Delivery.request_id.in_(request_ids))
        .where(
            or_(
                Delivery.offer_id.in_(offer_ids),
                and_(Delivery.key.in_(keys), Delivery.due_at.is_not(None)),
            )
        )
        .order_by(Delivery.id)
        .with_for_update()
    ).all()
    _close(tx, [row.id for row in rows if row.due_at is not None])
    failpoint("outbox.stopped")
    return [row for row in rows if row.offer_id in offer_ids]


def stop_device(tx: Transaction, device_id: str) -> Sequence[Any]:
    """Nothing more goes to this device. Returns what was waiting for it."""
    waits = (Delivery.device_id == device_id, Delivery.due_at.is_not(None))
    lock(tx, *waits)
    rows: Sequence[Any] = tx.session.execute(
        select(Delivery.id, Delivery.offer_id, Delivery.user_id, Delivery.rung).where(*waits)
    ).all()
    _close(tx, [row.id for row in rows])
    return rows


def lock(tx: Transaction, *where: ColumnElement[bool]) -> None:
    """Hold these deliveries until the transaction ends.

    Once in a transaction, for all that it will touch: two that locked piece by piece could wait
    for each other. Whoever needs more of them later uses `lock_free`.
    """
    query = select(Delivery.id).where(*where).order_by(Delivery.id).with_for_update()
    tx.session.execute(query).all()


def closing_of(offer_id: str, where: str) -> str:
    """The `once` of the alert that ends an offer on a device (or with a user who has none)."""
    return f"{offer_id}:closed:{where}"


def offers_waiting_for(tx: Transaction, device_id: str) -> set[str]:
    """The offers with something still to come on this device."""
    query = select(Delivery.offer_id).where(
        Delivery.device_id == device_id, Delivery.due_at.is_not(None)
    )
    return {offer_id for offer_id in tx.session.scalars(query) if offer_id is not None}


def lock_free(tx: Transaction, *where: ColumnElement[bool]) -> list[str]:
    """The ids of these deliveries, locked; those that somebody else holds now are left out.

    For a transaction that already holds deliveries: it must not wait for more of them.
    """
    query = select(Delivery.id).where(*where).order_by(Delivery.id)
    return list(tx.session.scalars(query.with_for_update(skip_locked=True)))


def holders(tx: Transaction) -> set[str]:
    """Whose the claimed pushes are, by their marks."""
    return marks(
        tx.session,
        due=Delivery.due_at,
        leased_until=Delivery.leased_until,
        lease=Delivery.lease,
        now=tx.now,
        where=[Delivery.channel.in_(PUSH_KINDS)],
    )


def inherit(tx: Transaction, gone: Collection[str]) -> int:
    """What these holders had claimed is due for others; how many pushes.

    Only pushes: one that was on its way replaces itself on the phone. A text or a call may be on its
    way still, and its lease is as long as that can take.
    """
    return give_back(
        tx.session,
        Delivery,
        due=Delivery.due_at,
        leased_until=Delivery.leased_until,
        lease=Delivery.lease,
        of=gone,
        where=[Delivery.channel.in_(PUSH_KINDS)],
    )


def _close(tx: Transaction, ids: Sequence[str]) -> None:
    if not ids:
        return
    is_pending = Delivery.state == DeliveryState.PENDING
    tx.session.execute(
        update(Delivery)
        .where(Delivery.id.in_(ids), Delivery.due_at.is_not(None))
        .values(
            state=case((is_pending, DeliveryState.CANCELLED), else_=Delivery.state), due_at=None
        )
        .execution_options(synchronize_session=False)
    )
