"""Whose work of the last days is worth a word, by what was done and never by how it felt.

Two rules, over visits alone: three conversations after an overdose within seven days, and the first
person somebody ever met on their own. Whom a supervisor called is kept as long as what they called
for stands here. It refuses to know notes and check-ins.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from dispatch import access
from dispatch.access import Actor
from dispatch.errors import not_found
from dispatch.models import Peer, SupportRequest, User, Visit
from dispatch.states import Focus, Modality
from storage.base import Base, ByValue, Id, one_of
from storage.database import Transaction

WINDOW = timedelta(days=7)
MANY_OVERDOSES = 3


class Why(StrEnum):
    """Which rule it is."""

    OVERDOSES = "overdoses"
    FIRST_ALONE = "first_alone"


class CareCall(Base):
    """A supervisor called a peer because of a rule: who and when, and nothing of what was said."""

    __tablename__ = "care_calls"
    __table_args__ = (one_of("why", Why), Index("ix_care_calls_network", "network_id", "at"))

    peer_id: Mapped[Id] = mapped_column(ForeignKey("peers.id"), primary_key=True)
    why: Mapped[Why] = mapped_column(ByValue(Why), primary_key=True)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"))
    at: Mapped[datetime]
    by_id: Mapped[Id] = mapped_column(ForeignKey("users.id"))


@dataclass(frozen=True)
class Load:
    """A peer, the rule, how many visits made it, and when the last of them began."""

    peer: User
    why: Why
    visits: int
    last_at: datetime
    called_at: datetime | None = None
    """When somebody called since then; None while nobody has."""
    called_by: User | None = None


def worth_a_check_in(tx: Transaction, actor: Actor) -> Sequence[Load]:
    """The peers of the actor's network to whom a rule applies now, the latest first."""
    found = [*_overdoses(tx, actor), *_first_alone(tx, actor)]
    calls = {
        (row.peer_id, row.why): (row, user)
        for row, user in tx.session.execute(
            select(CareCall, User)
            .join(User, User.id == CareCall.by_id)
            .where(CareCall.network_id == actor.network_id)
        )
    }
    told = [_with_call(one, calls.get((one.peer.id, one.why))) for one in found]
    return sorted(told, key=lambda one: (one.last_at, one.peer.id), reverse=True)


def called(tx: Transaction, actor: Actor, peer_id: str, why: Why) -> Load:
    """The actor called this peer about it. Said twice, the first word counts.

    A visit after the call makes it worth another. Raises `NotFound` where no rule applies now.
    """
    access.peer(tx, actor, peer_id)
    # Two who say it at once come one after the other.
    tx.session.get(Peer, peer_id, with_for_update={"key_share": True})
    found = [one for one in worth_a_check_in(tx, actor) if (one.peer.id, one.why) == (peer_id, why)]
    if not found:
        raise not_found("check-in")
    if found[0].called_at is None:
        row = CareCall(peer_id=peer_id, why=why, network_id=actor.network_id)
        row.at, row.by_id = tx.now, actor.id
        tx.session.merge(row)
        tx.session.flush()
    return next(
        one for one in worth_a_check_in(tx, actor) if (one.peer.id, one.why) == (peer_id, why)
    )


def forget(tx: Transaction) -> None:
    """Delete the calls of which nothing stands on the list any more."""
    tx.session.execute(
        delete(CareCall)
        .where(CareCall.at < tx.now - WINDOW)
        .execution_options(synchronize_session=False)
    )


def _with_call(one: Load, call: tuple[CareCall, User] | None) -> Load:
    if call is None or call[0].at < one.last_at:
        return one
    return replace(one, called_at=call[0].at, called_by=call[1])


def _overdoses(tx: Transaction, actor: Actor) -> list[Load]:
    many = (
        select(
            Visit.peer_id,
            func.count().label("visits"),
            func.max(Visit.started_at).label("last_at"),
        )
        .join(SupportRequest, SupportRequest.id == Visit.request_id)
        .where(
            Visit.network_id == actor.network_id,
            Visit.started_at > tx.now - WINDOW,
            SupportRequest.focus == Focus.OVERDOSE,
        )
        .group_by(Visit.peer_id)
        .having(func.count() >= MANY_OVERDOSES)
        .subquery()
    )
    rows = tx.session.execute(
        select(User, many.c.visits, many.c.last_at)
        .join(many, many.c.peer_id == User.id)
        .where(User.is_active)
    )
    return [Load(user, Why.OVERDOSES, visits, last_at) for user, visits, last_at in rows]


def _first_alone(tx: Transaction, actor: Actor) -> list[Load]:
    first = (
        select(Visit.peer_id, func.min(Visit.started_at).label("first_at"))
        .where(
            Visit.network_id == actor.network_id,
            Visit.modality == Modality.IN_PERSON,
            Visit.started_at.is_not(None),
        )
        .group_by(Visit.peer_id)
        .having(func.min(Visit.started_at) > tx.now - WINDOW)
        .subquery()
    )
    rows = tx.session.execute(
        select(User, first.c.first_at).join(first, first.c.peer_id == User.id).where(User.is_active)
    )
    return [Load(user, Why.FIRST_ALONE, 1, first_at) for user, first_at in rows]
