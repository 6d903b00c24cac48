"""A rung that will never reach its person lets the next one go now.

It knows the deliveries of one offer; it refuses to know why a rung was lost.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update

from notifications import outbox
from notifications.models import Delivery, DeliveryState, Rung
from storage.database import Transaction

ALIVE = (
    DeliveryState.PENDING,
    DeliveryState.SENT,
    DeliveryState.DELIVERED,
    DeliveryState.UNKNOWN,
)
"""A delivery in one of these has reached its phone or still may."""


def next_rung(tx: Transaction, lost: Any) -> None:
    """Make the rung after this lost delivery due, unless its own still reaches them elsewhere."""
    next_rungs(tx, [lost])


def next_rungs(tx: Transaction, lost: Sequence[Any]) -> None:
    """The same for several that were lost together: three statements, however many they are.

    Each has `offer_id`, `user_id` and `rung`. Deliveries that somebody else holds are left to
    their own time: this transaction may hold some already and must not wait for more.
    """
    rungs = {
        (one.offer_id, one.user_id, one.rung)
        for one in lost
        if one.offer_id is not None and one.rung is not Rung.NOTICE
    }
    if not rungs:
        return
    rows = tx.session.execute(
        select(
            Delivery.id,
            Delivery.offer_id,
            Delivery.user_id,
            Delivery.rung,
            Delivery.state,
            Delivery.due_at,
        )
        .where(Delivery.offer_id.in_({offer_id for offer_id, _, _ in rungs}))
        .where(Delivery.state.in_(ALIVE), Delivery.rung != Rung.NOTICE)
    ).all()
    alive = {(row.offer_id, row.user_id, row.rung) for row in rows}
    ladders = defaultdict(list)
    for row in rows:
        if row.state is DeliveryState.PENDING and row.due_at > tx.now:
            ladders[row.offer_id, row.user_id].append(row)
    ids: list[str] = []
    for offer_id, user_id, _rung in rungs - alive:
        ladder = ladders.get((offer_id, user_id))
        if ladder:
            ahead = min(ladder, key=lambda row: row.due_at).rung
            ids += [row.id for row in ladder if row.rung is ahead]
    if not ids:
        return
    free = outbox.lock_free(tx, Delivery.id.in_(ids), Delivery.state == DeliveryState.PENDING)
    tx.session.execute(
        update(Delivery)
        .where(Delivery.id.in_(free), Delivery.due_at > tx.now)
        .values(due_at=tx.now)
        .execution_options(synchronize_session=False)
    )
