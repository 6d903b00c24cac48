"""Somebody whose phone cannot be rung any more is told by whatever still reaches them."""

from collections.abc import Collection, Mapping
from datetime import timedelta

from sqlalchemy import select

from notifications import outbox
from notifications.directory import Recipient
from notifications.ladder import OFFER_KINDS
from notifications.models import Device, DeviceState, Kind, Rung
from notifications.outbox import Draft
from storage.database import Transaction

TOLD_EVERY_S = 12 * 3600
"""A phone that comes and goes is spoken of once in so long."""
TTL_S = 12 * 3600


def tell(tx: Transaction, people: Mapping[str, Recipient], kinds: Collection[Kind]) -> None:
    """Write to these people's mailboxes, in the transaction in which they were lost."""
    quiet = set(kinds) - OFFER_KINDS - {Kind.APPRISE}
    rows = tx.session.execute(
        select(Device.id, Device.network_id, Device.user_id, Device.kind, Device.locale)
        .where(Device.user_id.in_(sorted(people)), Device.state == DeviceState.ACTIVE)
        .where(Device.kind.in_(quiet))
        .order_by(Device.id)
    ).all()
    period = int(tx.now.timestamp() // TOLD_EVERY_S)
    outbox.write(
        tx,
        [
            Draft(
                network_id=row.network_id,
                user_id=row.user_id,
                device_id=row.id,
                channel=row.kind,
                once=f"cannot_ring:{row.id}:{period}",
                key="cannot_ring",
                rung=Rung.NOTICE,
                locale=row.locale or people[row.user_id].locale,
                collapse_id=row.id,
                due_at=tx.now,
                expires_at=tx.now + timedelta(seconds=TTL_S),
            )
            for row in rows
        ],
    )
