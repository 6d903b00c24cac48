"""A peer would like to talk: supervisors' phones say so, and nothing of who or why.

It writes rows of the outbox in the transaction that stored the wish.
"""

from collections.abc import Mapping
from datetime import timedelta

from notifications import devices, outbox
from notifications.models import Kind, Rung
from notifications.outbox import Draft
from storage.database import Transaction

CARE_TTL_S = 12 * 3600
"""It is meant for today, not for the next minute."""

_KINDS = (Kind.FCM, Kind.WEBPUSH)


def ask(tx: Transaction, network_id: str, wish_id: str, supervisors: Mapping[str, str]) -> None:
    """Ring the supervisors, given as id and language. Asking again for a wish changes nothing."""
    targets = devices.targets(tx, sorted(supervisors), _KINDS)
    outbox.write(
        tx,
        [
            Draft(
                network_id=network_id,
                user_id=user_id,
                device_id=target.device_id,
                channel=target.kind,
                once=f"{wish_id}:care:{target.device_id or user_id}",
                key="supervisor",
                rung=Rung.NOTICE,
                locale=target.locale or supervisors[user_id],
                collapse_id=wish_id,
                due_at=tx.now,
                expires_at=tx.now + timedelta(seconds=CARE_TTL_S),
            )
            for user_id, found in targets.items()
            for target in found
        ],
    )
