"""Who saw what: a row for every look that a network must be able to account for.

It knows who looked, at what and when; it refuses to know rooms, reasons and free text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from dispatch.access import Actor
from dispatch.models import SupportRequest
from dispatch.states import FINAL
from server.models import AuditEntry, AuditWhat
from storage.database import Database, Transaction
from storage.ids import new_id

AGAIN_AFTER = timedelta(minutes=10)
"""A screen that stays open reads more than once; within this time that is one look."""


@dataclass(frozen=True)
class Look:
    """One thing that was seen or done: `about` names it in words."""

    what: AuditWhat
    about: str
    request_id: str | None = None


def case(request: SupportRequest, site: str) -> Look:
    """A look at a case; at one that has ended under its own name."""
    is_over = request.state in FINAL
    what = AuditWhat.CLOSED_CASE_VIEWED if is_over else AuditWhat.CASE_VIEWED
    return Look(what, site, request.id)


def write(db: Database, actor: Actor, looks: Sequence[Look]) -> None:
    """Write the looks of a read in a transaction of their own; nothing to write opens none."""
    if not looks:
        return
    with db.transaction() as tx:
        for look in looks:
            if not _is_written(tx, actor, look):
                note(tx, actor, look)


def note(tx: Transaction, actor: Actor, look: Look) -> None:
    """Write one look inside the caller's transaction."""
    tx.session.add(
        AuditEntry(
            id=new_id(),
            network_id=actor.network_id,
            user_id=actor.id,
            what=look.what,
            about=look.about[:200],
            request_id=look.request_id,
            at=tx.now,
        )
    )
    tx.session.flush()


def _is_written(tx: Transaction, actor: Actor, look: Look) -> bool:
    same = select(AuditEntry.id).where(
        AuditEntry.user_id == actor.id,
        AuditEntry.what == look.what,
        AuditEntry.about == look.about[:200],
        AuditEntry.request_id.is_(None)
        if look.request_id is None
        else AuditEntry.request_id == look.request_id,
        AuditEntry.at > tx.now - AGAIN_AFTER,
    )
    return tx.session.scalars(same.limit(1)).first() is not None
