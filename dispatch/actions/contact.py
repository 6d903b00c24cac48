"""Whether a sign of life of a peer's app is news. Writing it down is `duty.heard_from`.

It knows duty and profile rows; it refuses to know how the app was heard of.
"""

from datetime import timedelta

from sqlalchemy import bindparam, select

from dispatch.models import Duty, Peer
from storage.database import Transaction

HEARD_AGAIN_S = 30
"""How often at most an app that asks again and again is written down as heard of."""


def is_due_to_be_heard(tx: Transaction, peer_id: str) -> bool:
    """Whether a sign of life of this peer's app on duty is worth a write: the last one is old."""
    row = tx.session.get(Duty, peer_id)
    if row is None or not row.on_duty:
        return False
    return row.contact_at is None or row.contact_at <= tx.now - timedelta(seconds=HEARD_AGAIN_S)


# Built once: it is asked whenever a phone connects.
_KNOWN = (
    select(Duty.__table__.c.contact_at)
    .join(Peer.__table__, Peer.__table__.c.id == Duty.__table__.c.peer_id)
    .where(Peer.__table__.c.id == bindparam("peer_id"), Peer.__table__.c.is_reachable)
)


def was_just_heard(tx: Transaction, peer_id: str) -> bool:
    """Whether another sign of life of this peer's app would say nothing new: it was heard of within
    `HEARD_AGAIN_S`, and counts as reachable. When many connect at once, each write is one too many.
    """
    heard_at = tx.session.execute(_KNOWN, {"peer_id": peer_id}).scalar()
    return heard_at is not None and heard_at > tx.now - timedelta(seconds=HEARD_AGAIN_S)
