"""Whose number this is, and STOP and START for it.

It knows devices of texts by their number; it refuses to know what is written in a text.
"""

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from notifications.models import Device, DeviceState, Gone, Kind
from storage.database import Transaction


def active(tx: Transaction, number: str) -> Device | None:
    """The device of texts that is used under this number; there is one at most."""
    return tx.session.scalars(
        select(Device).where(
            Device.kind == Kind.SMS, Device.address == number, Device.state == DeviceState.ACTIVE
        )
    ).one_or_none()


def stopped(tx: Transaction, number: str) -> Device | None:
    """The device whose owner stopped texts to this number, unless somebody uses it by now."""
    other = aliased(Device)
    is_used = exists().where(
        other.kind == Kind.SMS, other.address == number, other.state == DeviceState.ACTIVE
    )
    return tx.session.scalars(
        select(Device)
        .where(
            Device.kind == Kind.SMS,
            Device.address == number,
            Device.state == DeviceState.DISABLED,
            Device.dead_reason == Gone.STOPPED,
            ~is_used,
        )
        .order_by(Device.ended_at.desc(), Device.id.desc())
        .limit(1)
    ).one_or_none()


def start(tx: Transaction, device: Device) -> bool:
    """Use a stopped device again; False when its number was given to somebody at this moment."""
    try:
        with tx.session.begin_nested():
            device.state, device.dead_reason, device.ended_at = DeviceState.ACTIVE, None, None
            device.refreshed_at = tx.now
            tx.session.flush()
    except IntegrityError:
        return False
    return True
