"""One answer per key: a request that is sent again does nothing again.

The key's row is inserted first and commits with the work. A second request with the key waits for
the first (PostgreSQL: on the row; SQLite: there is one writer) and is given its answer. Work that
was refused rolls its key back, so the same key may try again.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from sqlalchemy import CursorResult, Table, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from server.errors import Problem
from server.models import IdempotencyKey
from storage.database import Transaction

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
MAX_CHARS = 200
LIFE = timedelta(hours=24)

# Built once, over the table: these run for every change that anybody makes.
_KEYS = cast(Table, IdempotencyKey.__table__)
_TAKE = {
    "sqlite": sqlite_insert(_KEYS).on_conflict_do_nothing().returning(_KEYS.c.fingerprint),
    "postgresql": postgresql_insert(_KEYS).on_conflict_do_nothing().returning(_KEYS.c.fingerprint),
}
_THIS = (_KEYS.c.user_id == bindparam("this_user"), _KEYS.c.key == bindparam("this_key"))
_KNOWN = select(_KEYS.c.fingerprint, _KEYS.c.status, _KEYS.c.body).where(*_THIS)
_ANSWER = (
    update(_KEYS).where(*_THIS).values(status=bindparam("this_status"), body=bindparam("this_body"))
)


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
    connection = tx.session.connection()
    values = {"user_id": user_id, "key": key, "fingerprint": print_, "created_at": tx.now}
    taken = connection.execute(_TAKE[connection.dialect.name], values).scalar()
    if taken is not None:
        return None
    known = connection.execute(_KNOWN, {"this_user": user_id, "this_key": key}).one()
    if known.fingerprint != print_:
        raise Problem("idempotency_mismatch")
    return Stored(known.status, known.body)


def finish(tx: Transaction, user_id: str, key: str, answer: Stored) -> None:
    """Keep the answer beside the work; both commit together."""
    tx.session.connection().execute(
        _ANSWER,
        {
            "this_user": user_id,
            "this_key": key,
            "this_status": answer.status,
            "this_body": answer.body,
        },
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
