"""What a peer does after a visit: write the short note, say how they are. And who answers that."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from dispatch import access
from dispatch.access import Actor
from dispatch.errors import Conflict, not_found
from dispatch.models import User, Visit
from dispatch.notes import NOTED, CheckIn, Feeling, Happened, Offered, WrapUp
from storage.database import Transaction

TALKED_SHOWN = timedelta(days=7)


def wrap_up(
    tx: Transaction,
    actor: Actor,
    visit_id: str,
    *,
    happened: Sequence[Happened],
    offered: Sequence[Offered],
    follow_up: bool | None,
    follow_up_days: int | None,
) -> WrapUp:
    """Keep the note of the peer's own visit, once they were with the person.

    Raises `Conflict` (`illegal_step`) while the visit is under way, or when it never began.
    """
    visit = access.visit(tx, actor, visit_id)
    if visit.state not in NOTED:
        raise Conflict(f"There is no note to write: this visit is {visit.state.value}.")
    row = tx.session.get(WrapUp, visit.id)
    if row is None:
        row = WrapUp(visit_id=visit.id, network_id=visit.network_id, peer_id=visit.peer_id)
        tx.session.add(row)
    row.happened = [one.value for one in dict.fromkeys(happened)]
    row.offered = [one.value for one in dict.fromkeys(offered)]
    row.follow_up = follow_up
    row.follow_up_days = follow_up_days if follow_up else None
    row.written_at = tx.now
    tx.session.flush()
    return row


def check_in(
    tx: Transaction, actor: Actor, feeling: Feeling, visit_id: str | None = None
) -> CheckIn:
    """How the peer is, after a visit or on any day."""
    if visit_id is not None:
        access.visit(tx, actor, visit_id)
    row = CheckIn(
        network_id=actor.network_id,
        peer_id=actor.id,
        visit_id=visit_id,
        feeling=feeling,
        at=tx.now,
    )
    tx.session.add(row)
    tx.session.flush()
    return row


def own_check_ins(tx: Transaction, actor: Actor, limit: int) -> Sequence[CheckIn]:
    """The peer's own, newest first."""
    return tx.session.scalars(
        select(CheckIn)
        .where(CheckIn.peer_id == actor.id)
        .order_by(CheckIn.at.desc(), CheckIn.id.desc())
        .limit(limit)
    ).all()


def asked_to_talk(tx: Transaction, actor: Actor) -> list[tuple[CheckIn, User]]:
    """Everybody of the network who waits for a supervisor's call, longest first."""
    rows = tx.session.execute(
        select(CheckIn, User)
        .join(User, User.id == CheckIn.peer_id)
        .where(
            CheckIn.network_id == actor.network_id,
            CheckIn.feeling == Feeling.TALK,
            CheckIn.talked_at.is_(None),
        )
        .order_by(CheckIn.at, CheckIn.id)
    )
    return [(row, user) for row, user in rows]


def talked_lately(tx: Transaction, actor: Actor) -> list[tuple[CheckIn, User]]:
    """With whom a supervisor of the network talked within a week, the latest first."""
    rows = tx.session.execute(
        select(CheckIn, User)
        .join(User, User.id == CheckIn.peer_id)
        .where(
            CheckIn.network_id == actor.network_id,
            CheckIn.feeling == Feeling.TALK,
            CheckIn.talked_at > tx.now - TALKED_SHOWN,
        )
        .order_by(CheckIn.talked_at.desc(), CheckIn.id.desc())
    )
    return [(row, user) for row, user in rows]


def talked(tx: Transaction, actor: Actor, check_in_id: str) -> CheckIn:
    """The supervisor has talked with them. Saying it twice is the same as once."""
    row = tx.session.scalars(
        select(CheckIn)
        .where(
            CheckIn.id == check_in_id,
            CheckIn.network_id == actor.network_id,
            CheckIn.feeling == Feeling.TALK,
        )
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise not_found("check-in")
    if row.talked_at is None:
        row.talked_at, row.talked_by_id = tx.now, actor.id
        tx.session.flush()
    return row


def unwritten(tx: Transaction, peer_id: str, limit: int) -> Sequence[Visit]:
    """The peer's visits that have no note yet, newest first."""
    return tx.session.scalars(
        select(Visit)
        .outerjoin(WrapUp, WrapUp.visit_id == Visit.id)
        .where(
            Visit.peer_id == peer_id,
            Visit.state.in_(sorted(NOTED)),
            Visit.started_at.is_not(None),
            WrapUp.visit_id.is_(None),
        )
        .order_by(Visit.ended_at.desc(), Visit.id.desc())
        .limit(limit)
    ).all()
