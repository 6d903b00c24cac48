"""Leases: many workers take due rows from one table, and no row is taken twice.

A claim is a lease, not a lock: it expires by itself when its holder dies. The token returned with
it fences a holder that was asleep past its lease: it finds another token on the row and stands
back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from storage.base import Base
from storage.failpoints import failpoint
from storage.ids import new_id


@dataclass(frozen=True)
class Claim:
    """One row held until its lease expires."""

    id: str
    lease: str


def claim_due(
    session: Session,
    model: type[Base],
    *,
    due: InstrumentedAttribute[Any],
    leased_until: InstrumentedAttribute[Any],
    lease: InstrumentedAttribute[Any],
    now: datetime,
    lease_s: float,
    limit: int,
    where: Sequence[ColumnElement[bool]] = (),
    order_by: Sequence[InstrumentedAttribute[Any]] = (),
) -> list[Claim]:
    """Lease up to `limit` rows whose `due` time has come, for `lease_s` seconds.

    The oldest go first, or those that `order_by` puts first.

    One statement on both databases: PostgreSQL skips rows that another worker is claiming at this
    moment, SQLite has one writer at a time. The caller commits before it acts on the claims.
    """
    key: Any = model.__table__.c.id
    token = new_id()
    ready = (
        select(key)
        .where(due <= now, or_(leased_until.is_(None), leased_until <= now), *where)
        .order_by(*(order_by or (due,)))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = session.execute(
        update(model)
        .where(key.in_(ready.scalar_subquery()))
        .values({leased_until: now + timedelta(seconds=lease_s), lease: token})
        .returning(key)
        .execution_options(synchronize_session=False)
    )
    claims = [Claim(row_id, token) for (row_id,) in taken]
    if claims:
        failpoint("lease.taken")
    return claims
