"""The only module that waits: it gives the engine, the relay and the chores their turns.

What is due stands in the rows; a dispatcher holds nothing, so several may run and any may die. Each
loop has a thread of its own (a greenlet when the standard library is patched): a provider that
hangs holds the relay up, never the engine.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from server.health import DISPATCHER
from server.metrics import Metrics
from server.models import Heartbeat
from server.turns import Turn
from server.wake import Waiter
from server.wiring import Wired, make_loops
from storage import migrate
from storage.database import Database
from storage.failpoints import failpoint
from storage.ids import new_id

log = logging.getLogger(__name__)

POLL_S = 0.25
"""How long a loop without work waits for a poke: the bound on lateness when pokes are lost."""
BEAT_S = 5.0
BACK_OFF_S = 1.0
DRAIN_S = 12.0
"""How long turns under way may take to finish; sends get their own time after that."""


class WrongRevision(Exception):
    """The database is at a schema revision this code was not built for."""


class Loop:
    """Turns, one after another, again and again, until told to stop.

    A turn that fails is logged and counted and keeps nobody else from theirs. `beat` runs after
    a round in which every turn went well, at most every `BEAT_S`.
    """

    def __init__(
        self,
        name: str,
        turns: Sequence[Turn],
        waiter: Waiter,
        metrics: Metrics,
        beat: Callable[[], None] | None = None,
    ) -> None:
        self.name = name
        self._turns = turns
        self._waiter = waiter
        self._metrics = metrics
        self._beat = beat
        self._due = dict.fromkeys((turn.name for turn in turns), 0.0)
        self._beat_due = 0.0

    def run(self, stop: threading.Event) -> None:
        """Go round until `stop` is set. A turn under way is finished."""
        while not stop.is_set():
            done, is_well = self.round(stop)
            if not is_well:
                stop.wait(BACK_OFF_S)
            elif not done:
                self._waiter.wait(POLL_S)

    def round(self, stop: threading.Event) -> tuple[int, bool]:
        """One round: how much was done, and whether everything went well."""
        total, is_well = 0, True
        for turn in self._turns:
            if stop.is_set():
                break
            moment = time.monotonic()
            if moment < self._due[turn.name]:
                continue
            self._due[turn.name] = moment + turn.every_s
            try:
                total += turn.work()
            except Exception:
                is_well = False
                self._metrics.loop_errors.labels(loop=turn.name).inc()
                log.exception("dispatcher turn %s failed", turn.name)
        if is_well and self._beat is not None and time.monotonic() >= self._beat_due:
            self._beat_due = time.monotonic() + BEAT_S
            try:
                self._beat()
            except SQLAlchemyError as error:
                log.warning("no heartbeat: %s", type(error).__name__)
        return total, is_well


class Heart:
    """Says in a row that this dispatcher lives, and notices when the schema moved under it."""

    def __init__(self, db: Database, stop: threading.Event) -> None:
        self._db = db
        self._id = new_id()
        self._revision = migrate.head()
        self._stop = stop

    def check_revision(self) -> None:
        """Raise `WrongRevision` when this code was not built for the database's schema."""
        current = migrate.current(self._db.engine)
        if current != self._revision:
            raise WrongRevision(
                f"database is at {current or 'none'}, this code needs {self._revision}"
            )

    def beat(self) -> None:
        """Write the moment down. On another revision: stop instead."""
        try:
            self.check_revision()
        except WrongRevision as moved:
            log.error("dispatcher stops: %s", moved)
            self._stop.set()
            return
        failpoint("dispatcher.beat")
        with self._db.transaction() as tx:
            known = tx.session.execute(
                update(Heartbeat)
                .where(Heartbeat.id == self._id)
                .values(at=tx.now)
                .returning(Heartbeat.id)
            ).scalar()
            if known is None:
                tx.session.add(
                    Heartbeat(
                        id=self._id,
                        kind=DISPATCHER,
                        revision=self._revision,
                        started_at=tx.now,
                        at=tx.now,
                    )
                )


class Dispatcher:
    """The loops of one process, started together and stopped together."""

    def __init__(self, wired: Wired) -> None:
        self.stop_asked = threading.Event()
        self._heart = Heart(wired.db, self.stop_asked)
        self._threads: list[threading.Thread] = []
        self._made = make_loops(wired)
        self._loops = []
        for name, turns in self._made.turns.items():
            beat = self._heart.beat if name == "engine" else None
            self._loops.append(Loop(name, turns, wired.wake.waiter(), wired.metrics, beat))

    def start(self) -> None:
        """Start every loop. Raises `WrongRevision` before anything is touched."""
        self._heart.check_revision()
        for loop in self._loops:
            thread = threading.Thread(
                target=loop.run, args=(self.stop_asked,), name=loop.name, daemon=True
            )
            thread.start()
            self._threads.append(thread)

    def stop(self) -> bool:
        """Ask every loop to finish its turn, and wait for them; whether all did in `DRAIN_S`."""
        self.stop_asked.set()
        deadline = time.monotonic() + DRAIN_S
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._made.close()
        late = [thread.name for thread in self._threads if thread.is_alive()]
        if late:
            # Their claims are leases: another dispatcher takes the rows when these expire.
            log.warning("stopped without waiting longer for %s", ", ".join(late))
        return not late
