"""One answer per key: a request that is sent again does nothing again.

The key's row is inserted first and commits with the work. A second request with the key waits for
the first (PostgreSQL: on the row; SQLite: there is one writer) and is given its answer. Work that
was refused rolls its key back, so the same key may try again.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from server.errors import Problem
from server.models import IdempotencyKey
from storage.database import Transaction

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
MAX_CHARS = 200
LIFE = timedelta(hours=24)


@dataclass(frozen=True)
class Stored:
    """The answer that was given the first time."""

    status: int
    body: str


def fingerprint(method: str, path: str, body: str) -> str:
    """What must be the same for an answer to be replayed. `body` is in its canonical form."""
    return hashlib.sha256("\0".join((method, path, body)).encode()).hexdigest()


def begin(tx: Transaction, user_id: str, key: str, print_: str) -> Stored | None:
    """Take `key` for this transaction (None: do the work), or return what it answered before.

    Raises `idempotency_mismatch` when the key belongs to another request.
    """
    is_postgres = tx.session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert if is_postgres else sqlite.insert
    values = {"user_id": user_id, "key": key, "fingerprint": print_, "created_at": tx.now}
    taken = tx.session.execute(
        insert(IdempotencyKey)
        .values(values)
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.fingerprint)
    ).scalar()
    if taken is not None:
        return None
    known = tx.session.execute(
        select(IdempotencyKey.fingerprint, IdempotencyKey.status, IdempotencyKey.body).where(
            IdempotencyKey.user_id == user_id, IdempotencyKey.key == key
        )
    ).one()
    if known.fingerprint != print_:
        raise Problem("idempotency_mismatch")
    return Stored(known.status, known.body)


def finish(tx: Transaction, user_id: str, key: str, answer: Stored) -> None:
    """Keep the answer beside the work; both commit together."""
    tx.session.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.user_id == user_id, IdempotencyKey.key == key)
        .values(status=answer.status, body=answer.body)
        .execution_options(synchronize_session=False)
    )


def purge(tx: Transaction) -> int:
    """Delete keys older than `LIFE`; how many. A chore of the dispatcher."""
    result = tx.session.execute(
        delete(IdempotencyKey)
        .where(IdempotencyKey.created_at < tx.now - LIFE)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(result, CursorResult)
    return int(result.rowcount)
