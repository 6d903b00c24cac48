"""The table of what was learned: numbered versions by network and kind, none ever changed.

A version holds coefficients and ids, never a name. It knows which is the newest; what stands in it
is for the module of its kind to judge, on the way in and on the way out.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, ByValue, Id, JsonDict, one_of
from storage.database import Transaction
from storage.ids import new_id

KEPT = 100
"""So many versions of each kind are kept: with one a day, as long as the decisions that used them
may be asked about (90 days)."""


class Kind(StrEnum):
    """What is learned."""

    ANSWERS = "answers"
    TRAVEL = "travel"


class Learned(Base):
    """One version."""

    __tablename__ = "learned"

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"))
    kind: Mapped[Kind] = mapped_column(ByValue(Kind))
    version: Mapped[int]
    made_at: Mapped[datetime]
    """When its rows were read: nothing later is in it."""
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    rows: Mapped[int]
    """From how many it was learned."""
    content: Mapped[JsonDict]

    __table_args__ = (
        one_of("kind", Kind),
        UniqueConstraint("network_id", "kind", "version"),
    )


def newest(tx: Transaction, network_id: str, kind: Kind) -> Learned | None:
    """The latest version, whatever it is worth."""
    return tx.session.scalars(
        select(Learned)
        .where(Learned.network_id == network_id, Learned.kind == kind)
        .order_by(Learned.version.desc())
        .limit(1)
    ).one_or_none()


def add(
    tx: Transaction,
    network_id: str,
    kind: Kind,
    *,
    version: int,
    made_at: datetime,
    from_at: datetime,
    until_at: datetime,
    rows: int,
    content: JsonDict,
) -> Learned | None:
    """Keep a version and let go of those that are too old; None when its number is taken.

    Two processes may learn at the same time: the second finds the number taken and stands back.
    """
    newest_kept = tx.session.scalar(
        select(func.max(Learned.version)).where(
            Learned.network_id == network_id, Learned.kind == kind
        )
    )
    if (newest_kept or 0) >= version:
        return None
    row = Learned(
        id=new_id(),
        network_id=network_id,
        kind=kind,
        version=version,
        made_at=made_at,
        from_at=from_at,
        until_at=until_at,
        rows=rows,
        content=content,
    )
    tx.session.add(row)
    tx.session.flush()
    tx.session.execute(
        delete(Learned)
        .where(
            Learned.network_id == network_id,
            Learned.kind == kind,
            Learned.version <= version - KEPT,
        )
        .execution_options(synchronize_session=False)
    )
    return row
