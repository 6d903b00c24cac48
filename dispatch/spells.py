"""When each peer could be asked, and how: the past of a duty, without any position.

A spell begins when a peer becomes available, ends when they are not any more, and is followed by
another when how or until when changes. Muted is not available. It is written in the transaction
that changes the duty, under its lock; a preview of a policy plays requests again with it.
"""

from datetime import datetime, timedelta

from sqlalchemy import CursorResult, ForeignKey, Index, delete, select, text
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.models import Duty
from storage.base import Base, Id, JsonList
from storage.database import Transaction
from storage.ids import new_id

KEPT = timedelta(days=90)
"""A spell that ended so long ago is deleted."""

_STANDS = text("ended_at IS NULL")


class DutySpell(Base):
    """A stretch of time in which one peer was available in the same way."""

    __tablename__ = "duty_spells"

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"))
    peer_id: Mapped[Id] = mapped_column(ForeignKey("peers.id"))
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    until: Mapped[datetime | None]
    """The end that the peer had announced, if any."""
    modalities: Mapped[JsonList]

    __table_args__ = (
        # A peer is available in one way at a time.
        Index(
            "uq_duty_spells_standing",
            "peer_id",
            unique=True,
            postgresql_where=_STANDS,
            sqlite_where=_STANDS,
        ),
        Index("ix_duty_spells_ended", "network_id", "ended_at"),
    )


def keep(tx: Transaction, duty: Duty, *, is_muted: bool) -> None:
    """Write down how a peer is available from now on. The caller holds the duty row."""
    standing = tx.session.scalars(
        select(DutySpell).where(DutySpell.peer_id == duty.peer_id, DutySpell.ended_at.is_(None))
    ).one_or_none()
    is_available = duty.on_duty and not is_muted
    if standing is not None:
        if is_available and _is_same(standing, duty):
            return
        if standing.began_at < tx.now:
            standing.ended_at = tx.now
        else:
            # It lasted no time: there was none. (So it is when the clock was put back, too.)
            tx.session.delete(standing)
        # The standing one must be gone before another may stand.
        tx.session.flush()
    if is_available:
        tx.session.add(
            DutySpell(
                id=new_id(),
                network_id=duty.network_id,
                peer_id=duty.peer_id,
                began_at=tx.now,
                ended_at=None,
                until=duty.until,
                modalities=list(duty.modalities),
            )
        )
        tx.session.flush()


def _is_same(spell: DutySpell, duty: Duty) -> bool:
    return spell.until == duty.until and list(spell.modalities) == list(duty.modalities)


def forget(tx: Transaction) -> int:
    """Delete what ended before `KEPT`; how many. A chore of the dispatcher."""
    result = tx.session.execute(
        delete(DutySpell)
        .where(DutySpell.ended_at < tx.now - KEPT)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(result, CursorResult)
    return int(result.rowcount)
