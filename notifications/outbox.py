"""The outbox: the one way to write a delivery, and to stop those that have not been sent.

It runs inside the transaction of the state change. Rows are always locked in the order of their
ids, so that an accept and a relay that records never wait for each other in a circle.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, and_, bindparam, case, or_, select, update
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


# Built once, over the table: these run for every answer of every peer.
_ROWS = cast(Table, Delivery.__table__)
_ROW = _ROWS.c
_TO_STOP = (
    select(
        _ROW.id,
        _ROW.user_id,
        _ROW.device_id,
        _ROW.channel,
        _ROW.offer_id,
        _ROW.request_id,
        _ROW.network_id,
        _ROW.site_id,
        _ROW.rung,
        _ROW.locale,
        _ROW.is_private,
        _ROW.state,
        _ROW.due_at,
    )
    .where(
        _ROW.request_id.in_(bindparam("requests", expanding=True)),
        or_(
            _ROW.offer_id.in_(bindparam("offers", expanding=True)),
            and_(
                _ROW.key.in_(bindparam("keys", expanding=True)),
                _ROW.due_at.is_not(None),
            ),
        ),
    )
    .order_by(_ROW.id)
    .with_for_update()
)
_STOP = (
    update(_ROWS)
    .where(_ROW.id.in_(bindparam("ids", expanding=True)), _ROW.due_at.is_not(None))
    .values(
        state=case(
            (_ROW.state == DeliveryState.PENDING, DeliveryState.CANCELLED), else_=_ROW.state
        ),
        due_at=None,
    )
)


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
    tx.session.flush()
    rows: Sequence[Any] = (
        tx.session.connection()
        .execute(
            _TO_STOP,
            {
                "requests": sorted(request_ids),
                "offers": sorted(offer_ids),
                "keys": sorted(keys),
            },
        )
        .all()
    )
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
    tx.session.connection().execute(_STOP, {"ids": list(ids)})
