"""What a dispatcher does in its turns, as values; who waits between them is not known here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete

from server import idempotency
from server.auth import sessions
from server.models import Heartbeat
from storage.database import Database

SWEEP_S = 5.0
CHORES_S = 60.0
HEARTBEATS_KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Turn:
    """Something a loop does: `work` returns how much it did. `every_s` of 0: each time round."""

    name: str
    work: Callable[[], int]
    every_s: float = 0.0


def chores(db: Database) -> int:
    """Delete what has had its time: idempotency keys, ended sessions, silent processes.

    Returns 0: none of it is a reason to look again at once.
    """
    with db.transaction() as tx:
        idempotency.purge(tx)
        sessions.purge(tx)
        tx.session.execute(
            delete(Heartbeat)
            .where(Heartbeat.at < tx.now - HEARTBEATS_KEPT)
            .execution_options(synchronize_session=False)
        )
    return 0
