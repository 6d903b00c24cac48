"""A message waits in the app: one quiet push, and never who wrote, from where or what.

It is written in the transaction that stored the message and goes a moment later, unless it was read
by then: so a peer who looks at the thread is not rung. There is no ladder.
"""

from datetime import timedelta

from sqlalchemy import select, update

from notifications import devices, outbox
from notifications.models import Delivery, DeliveryState, Device, Kind, Rung
from notifications.outbox import Draft
from storage.database import Transaction

KEY = "message"
WAIT_S = 15
"""How long an open page has to show the message before the phone says that there is one."""
TTL_S = 1800

_KINDS = (Kind.FCM, Kind.WEBPUSH)


def tell(
    tx: Transaction,
    *,
    network_id: str,
    user_id: str,
    locale: str,
    visit_id: str,
    site_id: str,
    once: str,
) -> None:
    """Plan the push to this peer's phones; the same `once` again changes nothing."""
    outbox.write(
        tx,
        [
            Draft(
                network_id=network_id,
                user_id=user_id,
                device_id=target.device_id,
                channel=target.kind,
                once=f"{once}:{target.device_id}",
                key=KEY,
                rung=Rung.NOTICE,
                locale=target.locale or locale,
                collapse_id=visit_id,
                site_id=site_id,
                due_at=tx.now + timedelta(seconds=WAIT_S),
                expires_at=tx.now + timedelta(seconds=TTL_S),
            )
            for target in devices.targets(tx, [user_id], _KINDS)[user_id]
            # Who has no phone here is not unreachable because of a message.
            if target.device_id is not None
        ],
    )


def stop(tx: Transaction, user_id: str, visit_id: str) -> None:
    """It was read: what waits to be sent need not go."""
    waits = (
        Delivery.device_id.in_(select(Device.id).where(Device.user_id == user_id)),
        Delivery.key == KEY,
        Delivery.collapse_id == visit_id,
        Delivery.due_at.is_not(None),
        Delivery.state == DeliveryState.PENDING,
    )
    ids = outbox.lock_free(tx, *waits)
    if ids:
        tx.session.execute(
            update(Delivery)
            .where(Delivery.id.in_(ids), Delivery.state == DeliveryState.PENDING)
            .values(state=DeliveryState.CANCELLED, due_at=None)
            .execution_options(synchronize_session=False)
        )
