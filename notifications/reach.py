"""Whether a person can be rung at all, and what follows when one of their addresses is gone.

It knows devices and the outbox; what it means for searches is told through the directory.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import and_, or_, select

from notifications import climb, devices, outbox
from notifications.directory import Directory
from notifications.ladder import OFFER_KINDS
from notifications.models import Delivery, Device, DeviceState, Gone, Kind
from storage.database import Transaction


def rings(kind: Kind, kinds: Collection[Kind]) -> bool:
    """Whether an offer rings devices of this kind, with these channels in use."""
    return kind in OFFER_KINDS and kind in kinds


def is_left(tx: Transaction, user_id: str, kinds: Collection[Kind]) -> bool:
    """Whether an offer can still ring this user. On the console everybody is rung."""
    return Kind.CONSOLE in kinds or devices.has_any(tx, user_id, OFFER_KINDS & set(kinds))


def lose(
    tx: Transaction,
    directory: Directory,
    kinds: Collection[Kind],
    device: Device,
    reason: Gone | str,
    *,
    state: DeviceState = DeviceState.DISABLED,
    by_app: bool = False,
    alert: Any = None,
) -> None:
    """Never ring this device again: its ladders climb, and nobody waits for who has none left.

    `by_app`: its own app said so, so that an open app may still be how they are reached. `alert` is
    a delivery (`id`, `offer_id`) to it that turns out not to have arrived, and that the caller will
    change. It locks the device, then rows of dispatch, then deliveries, all at once. A device that
    is not active is left alone.
    """
    if device.state is not DeviceState.ACTIVE:
        return
    offer_ids = outbox.offers_waiting_for(tx, device.id)
    if alert is not None and alert.offer_id is not None:
        offer_ids.add(alert.offer_id)
    device.state, device.dead_reason, device.ended_at = state, str(reason)[:60], tx.now
    tx.session.flush()
    if not is_left(tx, device.user_id, kinds):
        directory.unreachable(tx, device.user_id, offer_ids, has_phone=not by_app)
    if alert is not None:
        due = and_(Delivery.device_id == device.id, Delivery.due_at.is_not(None))
        outbox.lock(tx, or_(due, Delivery.id == alert.id))
    for row in outbox.stop_device(tx, device.id):
        climb.next_rung(tx, row)


def leave_others(
    tx: Transaction,
    directory: Directory,
    kinds: Collection[Kind],
    kind: Kind,
    address: str,
    user_id: str,
) -> None:
    """This address is about to be `user_id`'s: whoever else has it loses it."""
    query = (
        select(Device)
        .where(Device.kind == kind, Device.address == address)
        .where(Device.state == DeviceState.ACTIVE, Device.user_id != user_id)
        .with_for_update(key_share=True)
    )
    device = tx.session.scalars(query).one_or_none()
    if device is not None:
        lose(tx, directory, kinds, device, Gone.MOVED)
