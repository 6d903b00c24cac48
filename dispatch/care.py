"""Whose work of the last days is worth a word, by what was done and never by how it felt.

Two rules, over visits alone: three conversations after an overdose within seven days, and the first
person somebody ever met on their own. It reads; it refuses to know notes and check-ins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select

from dispatch.access import Actor
from dispatch.models import SupportRequest, User, Visit
from dispatch.states import Focus, Modality
from storage.database import Transaction

WINDOW = timedelta(days=7)
MANY_OVERDOSES = 3


class Why(StrEnum):
    """Which rule it is."""

    OVERDOSES = "overdoses"
    FIRST_ALONE = "first_alone"


@dataclass(frozen=True)
class Load:
    """A peer, the rule, how many visits made it, and when the last of them began."""

    peer: User
    why: Why
    visits: int
    last_at: datetime


def worth_a_check_in(tx: Transaction, actor: Actor) -> Sequence[Load]:
    """The peers of the actor's network to whom a rule applies now, the latest first."""
    found = [*_overdoses(tx, actor), *_first_alone(tx, actor)]
    return sorted(found, key=lambda one: (one.last_at, one.peer.id), reverse=True)


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
