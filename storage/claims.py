"""Leases: many workers take due rows from one table, and no row is taken twice.

A claim is a lease, not a lock: it expires by itself when its holder dies. The token returned with
it fences a holder that was asleep past its lease: it finds another token on the row and stands
back. A token may begin with its holder's mark (`storage.holders`): then the lease of one that is known
to be gone is given back before it expires.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from storage.base import Base
from storage.failpoints import failpoint
from storage.holders import MARK_CHARS
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
    mark: str = "",
) -> list[Claim]:
    """Lease up to `limit` rows whose `due` time has come, for `lease_s` seconds.

    The oldest go first, or those that `order_by` puts first. `mark` says whose leases they are.

    One statement on both databases: PostgreSQL skips rows that another worker is claiming at this
    moment, SQLite has one writer at a time. The caller commits before it acts on the claims.
    """
    key: Any = model.__table__.c.id
    token = mark + new_id()[len(mark) :]
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


def marks(
    session: Session,
    *,
    due: InstrumentedAttribute[Any],
    leased_until: InstrumentedAttribute[Any],
    lease: InstrumentedAttribute[Any],
    now: datetime,
    where: Sequence[ColumnElement[bool]] = (),
) -> set[str]:
    """The marks of those who hold such rows at the moment. Takes no lock."""
    mark = func.substr(lease, 1, MARK_CHARS)
    held = select(mark).where(due.is_not(None), leased_until > now, lease.like("h%"), *where)
    return set(session.scalars(held.distinct()))


def give_back(
    session: Session,
    model: type[Base],
    *,
    due: InstrumentedAttribute[Any],
    leased_until: InstrumentedAttribute[Any],
    lease: InstrumentedAttribute[Any],
    of: Collection[str],
    where: Sequence[ColumnElement[bool]] = (),
) -> int:
    """End the leases of the holders with these marks; how many. The rows are due as they were."""
    key: Any = model.__table__.c.id
    theirs = (
        select(key)
        .where(due.is_not(None), func.substr(lease, 1, MARK_CHARS).in_(of), *where)
        .order_by(key)
        .with_for_update(skip_locked=True)
    )
    freed = session.execute(
        update(model)
        .where(key.in_(theirs.scalar_subquery()))
        .values({leased_until: None, lease: None})
        .returning(key)
        .execution_options(synchronize_session=False)
    )
    return len(freed.all())
