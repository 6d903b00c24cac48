"""A rung that will never reach its person lets the next one go now.

It knows the deliveries of one offer; it refuses to know why a rung was lost.
"""

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
    """Make the rung after this lost delivery due, unless its own still reaches them elsewhere.

    `lost` has `offer_id`, `user_id` and `rung`. Deliveries that somebody else holds are left to
    their own time: this transaction may hold some already and must not wait for more.
    """
    if lost.offer_id is None or lost.rung is Rung.NOTICE:
        return
    mine = (Delivery.offer_id == lost.offer_id, Delivery.user_id == lost.user_id)
    elsewhere = (
        select(Delivery.id)
        .where(*mine, Delivery.rung == lost.rung, Delivery.state.in_(ALIVE))
        .limit(1)
    )
    if tx.session.execute(elsewhere).first() is not None:
        return
    ahead = tx.session.execute(
        select(Delivery.rung)
        .where(*mine, Delivery.state == DeliveryState.PENDING, Delivery.rung != Rung.NOTICE)
        .where(Delivery.due_at > tx.now)
        .order_by(Delivery.due_at)
        .limit(1)
    ).first()
    if ahead is not None:
        ids = outbox.lock_free(
            tx, *mine, Delivery.rung == ahead.rung, Delivery.state == DeliveryState.PENDING
        )
        tx.session.execute(
            update(Delivery)
            .where(Delivery.id.in_(ids), Delivery.due_at > tx.now)
            .values(due_at=tx.now)
            .execution_options(synchronize_session=False)
        )
