"""Whether a sign of life of a peer's app is news, and many of them written down together.

One alone is written by `duty.heard_from`. It knows duty rows; it refuses to know how the app was
heard of.
"""

from collections.abc import Collection
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import bindparam, or_, select, update

from dispatch.actions import duty
from dispatch.models import Duty
from dispatch.near import as_one, one_of
from storage.base import UTCDateTime
from storage.database import Transaction

HEARD_AGAIN_S = 30
"""How often at most an app that asks again and again is written down as heard of."""
JUST_HEARD_S = 15
"""Of many, those who were heard of within this time are left as they are. It is far below the time
after which an app counts as closed, so whoever is looked at every half minute stays open."""


def is_due_to_be_heard(tx: Transaction, peer_id: str) -> bool:
    """Whether a sign of life of this peer's app on duty is worth a write: the last one is old."""
    row = tx.session.get(Duty, peer_id)
    if row is None or not row.on_duty:
        return False
    return row.contact_at is None or row.contact_at <= tx.now - timedelta(seconds=HEARD_AGAIN_S)


def heard_from_many(tx: Transaction, peer_ids: Collection[str]) -> None:
    """The apps of all of these were heard of: who was not just heard of is written down, in one
    statement, and who could not be reached can be again.

    Nobody is waited for: who holds a duty row is writing a sign of life, or is the peer going.
    """
    duty.reachable_again(tx, *peer_ids)
    dialect = tx.session.get_bind().dialect.name
    values = {
        "ids": as_one(dialect, peer_ids),
        "before": tx.now - timedelta(seconds=JUST_HEARD_S),
        "now": tx.now,
    }
    tx.session.connection().execute(_heard(dialect), values)


# Built once: it is run every moment that somebody connects.
@cache
def _heard(dialect: str) -> Any:
    """Of `ids`, the rows that nobody holds and whose last sign of life is not after `before`."""
    table: Any = Duty.__table__
    before = bindparam("before", type_=UTCDateTime())
    free = (
        select(table.c.peer_id)
        .where(one_of(dialect, table.c.peer_id, "ids"))
        .where(or_(table.c.contact_at.is_(None), table.c.contact_at <= before))
        .with_for_update(skip_locked=True, key_share=True)
    )
    return (
        update(table)
        .where(table.c.peer_id.in_(free))
        .values(contact_at=bindparam("now", type_=UTCDateTime()))
    )
