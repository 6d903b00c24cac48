"""Transactions: the only place that commits, and the only place that reads the clock for them.

A transaction carries the facts that were journaled in it. Two lists, filled by the composition
root, say what happens with them: `before_commit` runs inside the transaction (what must arrive is
written in the same commit; an exception rolls everything back), `after_commit` runs once the
commit stands and is best effort (readers catch up by sequence number).

A transaction must not wait for anything but the database. With SQLite under a cooperative
scheduler a wait inside an open write transaction would stop the whole process.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from storage.clock import Clock
from storage.engine import READ_ONLY
from storage.failpoints import failpoint
from storage.gate import Gate, through

log = logging.getLogger(__name__)

Hook = Callable[["Transaction"], None]


class Transaction:
    """One unit of work: its session, the moment it began and the facts journaled in it."""

    def __init__(self, session: Session, now: datetime, *, is_read_only: bool) -> None:
        self.session = session
        self.now = now
        self.is_read_only = is_read_only
        self.facts: list[Any] = []
        self._after: list[Callable[[], None]] = []

    def add_fact(self, fact: Any) -> None:
        """Remember a fact for the hooks. A read-only transaction has none: `RuntimeError`."""
        if self.is_read_only:
            raise RuntimeError("a read-only transaction cannot journal facts")
        self.facts.append(fact)

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run `action` once, after this transaction has committed; never when it rolls back."""
        self._after.append(action)

    def run_after_commit(self) -> None:
        """Run what `after_commit` collected; an exception is logged and stops nothing."""
        for action in self._after:
            _best_effort(action)


class Database:
    """An engine, a clock and the hooks around a commit."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        *,
        before_commit: Sequence[Hook] = (),
        after_commit: Sequence[Hook] = (),
    ) -> None:
        self.engine = engine
        options: dict[str, Any] = {READ_ONLY: True, "isolation_level": "REPEATABLE READ"}
        if engine.dialect.name == "sqlite":
            del options["isolation_level"]
        # Made once: that takes a tenth of a look.
        self._for_reading = engine.execution_options(**options)
        self.clock = clock
        self.before_commit: list[Hook] = list(before_commit)
        self.after_commit: list[Hook] = list(after_commit)
        self.mark = ""
        """In front of the tokens of leases that are taken here, once others can see who lives."""
        self.gate: Gate | None = None
        """Where ordinary work waits, in processes that have to keep connections free."""

    def _passed(self) -> AbstractContextManager[None]:
        return self.gate.passed() if self.gate is not None else nullcontext()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A transaction that commits when the block ends and rolls back when it raises."""
        with self._passed():
            with Session(self.engine, expire_on_commit=False) as session:
                tx = Transaction(session, self.clock.now(), is_read_only=False)
                yield tx
                for before in self.before_commit:
                    before(tx)
                failpoint("commit.before")
                session.commit()
            failpoint("commit.after")
            # In the same place: what stands must not be refused the look that tells of it.
            with through():
                for after in self.after_commit:
                    _best_effort(lambda hook=after: hook(tx))  # type: ignore[misc]  # bound per turn
                tx.run_after_commit()

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A consistent look at the rows. Nothing is written: it always ends in a rollback."""
        with self._passed(), Session(self._for_reading) as session:
            yield Transaction(session, self.clock.now(), is_read_only=True)


def _best_effort(action: Callable[[], None]) -> None:
    """Run `action`; what it raises is logged, because the commit before it already stands."""
    try:
        action()
    except Exception:
        log.exception("after-commit hook failed; readers catch up by sequence number")
