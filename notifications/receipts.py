"""What a phone says back of an alert: it is here, a person opened it.

A receipt tells of the alert and of nothing else. It stops no ladder: only what a person does with
the offer itself does that. It may come twice, in any order, forged by its own user, and long after
the delivery has ended; the first time of each event counts, and no delivery ever goes backwards.
"""

from enum import StrEnum

from sqlalchemy import func, or_, select, update

from notifications.models import Delivery, DeliveryState, Device
from storage.database import Transaction


class Event(StrEnum):
    """What happened on the phone."""

    DELIVERED = "delivered"
    """The alert is on the phone."""
    OPENED = "opened"
    """A person opened it; so it was delivered too."""


def take(tx: Transaction, user_id: str, delivery_id: str, event: Event) -> bool:
    """Note a receipt of this user; False when no such delivery is theirs.

    The device is locked before the delivery, as everywhere. What was on its way, or waited, is not
    sent again: it is on the phone.
    """
    device_id = tx.session.execute(
        select(Delivery.device_id).where(Delivery.id == delivery_id, Delivery.user_id == user_id)
    ).one_or_none()
    if device_id is None:
        return False
    tx.session.execute(
        update(Device)
        .where(Device.id == device_id[0])
        .where(or_(Device.heard_at.is_(None), Device.heard_at < tx.now))
        .values(heard_at=tx.now)
        .execution_options(synchronize_session=False)
    )
    note(tx, delivery_id, event)
    return True


def note(tx: Transaction, delivery_id: str, event: Event) -> None:
    """It is on the phone, whoever says so: the app, or the provider's callback."""
    values = {"delivered_at": func.coalesce(Delivery.delivered_at, tx.now)}
    if event is Event.OPENED:
        values["opened_at"] = func.coalesce(Delivery.opened_at, tx.now)
    tx.session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id)
        .values(state=DeliveryState.DELIVERED, due_at=None, **values)
        .execution_options(synchronize_session=False)
    )
