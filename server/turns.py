"""What a dispatcher does in its turns, as values; who waits between them is not known here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select

from dispatch import care, spells
from dispatch.models import Network
from dispatch.previewing import previews
from dispatch.recorded import decisions
from dispatch.talk import keeping
from notifications import history
from server import idempotency
from server.auth import guests, sessions
from server.models import Heartbeat
from storage.database import Database

SWEEP_S = 5.0
ROOMS_S = 2.0
CHORES_S = 60.0
LEARN_S = 3600.0
"""How often it is asked whether something is to be learned anew; it is once a day."""
HEARTBEATS_KEPT = timedelta(days=1)
FORGOTTEN_AT_ONCE = 500
"""Deliveries in one transaction: others must not wait for the chores."""
BATCHES = 40
"""At most so many transactions in one turn, for all networks together."""


@dataclass(frozen=True)
class Turn:
    """Something a loop does: `work` returns how much it did. `every_s` of 0: each time round."""

    name: str
    work: Callable[[], int]
    every_s: float = 0.0


def chores(db: Database) -> int:
    """Delete what has had its time: keys, ended sessions, silent processes, spells of duty, care calls.

    Returns 0: none of it is a reason to look again at once.
    """
    with db.transaction() as tx:
        idempotency.purge(tx)
        sessions.purge(tx)
        guests.purge(tx)
        care.forget(tx)
        spells.forget(tx)
        previews.forget(tx)
        tx.session.execute(
            delete(Heartbeat)
            .where(Heartbeat.at < tx.now - HEARTBEATS_KEPT)
            .execution_options(synchronize_session=False)
        )
    return 0


def forget(db: Database, kept_days: int) -> int:
    """Delete deliveries and calls that ended so many days ago, callbacks, questions by text; returns 0.

    In batches, each a transaction of its own; what is left over goes at the next turn.
    """
    with db.transaction() as tx:
        before = tx.now - timedelta(days=kept_days)
        history.forget_talk(tx)
        history.forget_calls(tx, before, FORGOTTEN_AT_ONCE)
        networks = list(tx.session.scalars(select(Network.id).order_by(Network.id)))
    left = BATCHES
    for network_id in networks:
        gone = FORGOTTEN_AT_ONCE
        while gone == FORGOTTEN_AT_ONCE and left > 0:
            left -= 1
            with db.transaction() as tx:
                gone = history.forget(tx, network_id, before, FORGOTTEN_AT_ONCE)
    return 0


def forget_talk(db: Database) -> int:
    """Erase what was written in visits once it has had its time; returns 0.

    In batches, each a transaction of its own; what is left over goes at the next turn.
    """
    for _ in range(BATCHES):
        with db.transaction() as tx:
            if keeping.forget(tx) < keeping.AT_ONCE:
                break
    return 0


def forget_inputs(db: Database) -> int:
    """Delete what decisions were made from once it has had its time; returns 0.

    In batches, each a transaction of its own; what is left over goes at the next turn.
    """
    for _ in range(BATCHES):
        with db.transaction() as tx:
            if decisions.forget_inputs(tx) < decisions.AT_ONCE:
                break
    return 0
