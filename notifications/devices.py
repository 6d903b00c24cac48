"""Devices: registered, moved to another person, removed, found dead.

An address rings one person only. When a phone changes hands its old owner's deliveries are stopped
in the same transaction, so nobody gets the alerts of somebody else. Addresses are never logged.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError

from notifications import outbox
from notifications.models import AddressKind, Device, DeviceState, Gone, Kind, Rung
from notifications.readiness import GONE_SHOWN, Known
from storage.database import Transaction
from storage.ids import new_id

TEST_TTL_S = 120
TEST_KEYS = {Kind.SMS: "sms_test", Kind.VOICE: "voice_test"}
"""A test that is answered in its own way; elsewhere the app answers."""
CONTENDERS = 50
"""How many may register one address at one moment; each of them takes it from the one before."""

FID = re.compile(r"[A-Za-z0-9_-]{22}")
"""A Firebase installation id; a registration token is several times as long."""


@dataclass(frozen=True)
class Target:
    """One place to ring a user; `device_id` None when there is no device to ring."""

    device_id: str | None
    kind: Kind
    locale: str | None = None


def register(
    tx: Transaction,
    *,
    user_id: str,
    network_id: str,
    kind: Kind,
    address: str | None = None,
    subscription: Mapping[str, Any] | None = None,
    platform: str,
    locale: str | None = None,
) -> Device:
    """The active device of this address, now this user's; registering again refreshes it.

    A Web Push subscription brings its own address (`endpoint`). `ValueError` without an address.
    """
    where = address if subscription is None else subscription.get("endpoint")
    if not isinstance(where, str) or not where:
        raise ValueError("a device needs an address, or a subscription with an endpoint")
    device = None
    for _ in range(CONTENDERS):
        device = _claim(tx, user_id, kind, where) or _insert(
            tx, user_id, network_id, kind, where, platform
        )
        if device is not None:
            break
    if device is None:
        raise RuntimeError("an address is being registered by too many at once")
    device.address_kind = _address_kind(where) if kind is Kind.FCM else None
    device.subscription = None if subscription is None else dict(subscription)
    device.platform, device.locale, device.refreshed_at = platform, locale, tx.now
    tx.session.flush()
    return device


def _claim(tx: Transaction, user_id: str, kind: Kind, address: str) -> Device | None:
    """This user's active device of that address; another user's is disabled and silenced."""
    query = (
        select(Device)
        .where(Device.kind == kind, Device.address == address)
        .where(Device.state == DeviceState.ACTIVE)
        # Not against those who only refer to it: a planner may be writing a delivery for it.
        .with_for_update(key_share=True)
    )
    device = tx.session.scalars(query).one_or_none()
    if device is None or device.user_id == user_id:
        return device
    _retire(tx, device, Gone.MOVED)
    return None


def _insert(
    tx: Transaction, user_id: str, network_id: str, kind: Kind, address: str, platform: str
) -> Device | None:
    """A new device; None when the address was registered by somebody else at this moment."""
    device = Device(
        id=new_id(),
        network_id=network_id,
        user_id=user_id,
        kind=kind,
        address=address,
        platform=platform,
        state=DeviceState.ACTIVE,
        created_at=tx.now,
        refreshed_at=tx.now,
    )
    try:
        with tx.session.begin_nested():
            tx.session.add(device)
    except IntegrityError:
        return None
    return device


def _address_kind(address: str) -> AddressKind:
    return AddressKind.FID if FID.fullmatch(address) else AddressKind.TOKEN


def remove(tx: Transaction, device: Device) -> None:
    """Never ring this device again; what waits for it is cancelled."""
    if device.state is DeviceState.ACTIVE:
        _retire(tx, device, Gone.REMOVED)


def _retire(tx: Transaction, device: Device, reason: Gone) -> None:
    device.state, device.dead_reason, device.ended_at = DeviceState.DISABLED, reason.value, tx.now
    tx.session.flush()
    outbox.stop_device(tx, device.id)


def find(tx: Transaction, user_id: str, device_id: str) -> Device | None:
    """A user's own active device; None for everything else."""
    device = tx.session.get(Device, device_id)
    if device is None or device.user_id != user_id or device.state is not DeviceState.ACTIVE:
        return None
    return device


def list_active(tx: Transaction, user_id: str) -> list[Device]:
    """A user's active devices, oldest first."""
    query = (
        select(Device)
        .where(Device.user_id == user_id, Device.state == DeviceState.ACTIVE)
        .order_by(Device.created_at, Device.id)
    )
    return list(tx.session.scalars(query))


def known(tx: Transaction, user_ids: Collection[str]) -> Mapping[str, list[Known]]:
    """What is known of each user's devices, oldest first: the active, and those lost lately."""
    lately = tx.now - GONE_SHOWN
    rows = tx.session.execute(
        select(Device.user_id, *(getattr(Device, one.name) for one in fields(Known)))
        .where(Device.user_id.in_(user_ids))
        .where(or_(Device.state == DeviceState.ACTIVE, Device.ended_at > lately))
        .order_by(Device.created_at, Device.id)
    )
    found: dict[str, list[Known]] = {user_id: [] for user_id in user_ids}
    for user_id, *values in rows:
        found[user_id].append(
            Known(**{one.name: value for one, value in zip(fields(Known), values, strict=True)})
        )
    return found


def request_test(tx: Transaction, device: Device, *, locale: str = "en", key: str = "test") -> str:
    """Ring this one device with a test that it must answer; the id of the delivery."""
    device.tested_at = tx.now
    draft = outbox.Draft(
        network_id=device.network_id,
        user_id=device.user_id,
        device_id=device.id,
        channel=device.kind,
        once=f"test:{new_id()}",
        key=TEST_KEYS.get(device.kind, key),
        rung=Rung.NOTICE,
        locale=device.locale or locale,
        collapse_id=device.id,
        due_at=tx.now,
        expires_at=tx.now + timedelta(seconds=TEST_TTL_S),
    )
    outbox.write(tx, [draft])
    return draft.id


def targets(
    tx: Transaction, user_ids: Collection[str], kinds: Collection[Kind]
) -> Mapping[str, list[Target]]:
    """Where each of these users can be rung through these kinds; never an empty list.

    A user without such a device has one target without a device: the console prints it, and where
    there is no console the relay finds that this user cannot be reached.
    """
    rows = tx.session.execute(
        select(Device.user_id, Device.id, Device.kind, Device.locale)
        .where(Device.user_id.in_(user_ids), Device.state == DeviceState.ACTIVE)
        .where(Device.kind.in_(kinds))
        .order_by(Device.id)
    )
    found: defaultdict[str, list[Target]] = defaultdict(list)
    for user_id, device_id, kind, locale in rows:
        found[user_id].append(Target(device_id, kind, locale))
    return {user_id: found.get(user_id) or [Target(None, Kind.CONSOLE)] for user_id in user_ids}


def bury(tx: Transaction, device_id: str, state: DeviceState, reason: str) -> None:
    """An address that a provider condemned is not used again. It locks the device only."""
    tx.session.execute(
        update(Device)
        .where(Device.id == device_id, Device.state == DeviceState.ACTIVE)
        .values(state=state, dead_reason=reason[:60], ended_at=tx.now)
        .execution_options(synchronize_session=False)
    )


def has_any(tx: Transaction, user_id: str, kinds: Collection[Kind]) -> bool:
    """Whether one device of these kinds is left."""
    query = select(Device.id).where(
        Device.user_id == user_id, Device.state == DeviceState.ACTIVE, Device.kind.in_(kinds)
    )
    return tx.session.execute(query.limit(1)).first() is not None


def worked(tx: Transaction, device_ids: Collection[str]) -> None:
    """A provider took something for these; noted at most once an hour, to spare the rows."""
    if not device_ids:
        return
    is_old = (Device.last_ok_at.is_(None)) | (Device.last_ok_at < tx.now - timedelta(hours=1))
    free = (
        select(Device.id)
        .where(Device.id.in_(device_ids), is_old)
        .order_by(Device.id)
        .with_for_update(skip_locked=True, key_share=True)
    )
    tx.session.execute(
        update(Device)
        .where(Device.id.in_(free.scalar_subquery()))
        .values(last_ok_at=tx.now)
        .execution_options(synchronize_session=False)
    )


def phones(tx: Transaction, user_ids: Collection[str]) -> dict[str, str]:
    """The telephone numbers of these users, for a person to call: of calls, else of messages."""
    rows = tx.session.execute(
        select(Device.user_id, Device.kind, Device.address)
        .where(
            Device.user_id.in_(user_ids),
            Device.kind.in_((Kind.VOICE, Kind.SMS)),
            Device.state == DeviceState.ACTIVE,
        )
        .order_by(Device.created_at, Device.id)
    ).all()
    by_message = {row.user_id: row.address for row in rows if row.kind is Kind.SMS}
    return by_message | {row.user_id: row.address for row in rows if row.kind is Kind.VOICE}
