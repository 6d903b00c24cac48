"""Signs of life of the apps whose sockets are here: gathered for a moment, and written together.

Thousands that connect at once would each be a transaction, and each of them a wait for the disk. It
refuses to know what follows from being heard of: that is `dispatch.actions.duty`.
"""

import logging
import threading
from collections.abc import Collection

from sqlalchemy.exc import SQLAlchemyError

from dispatch.actions import contact
from storage.database import Database

log = logging.getLogger(__name__)

PEERS_AT_ONCE = 1_000
"""So many are written in one transaction: none holds rows, or the process, for long."""
AGAIN_S = 1.0
"""How long until it is tried again when the database was away."""


class Heard:
    """Who was heard of and is not written down yet, of one process."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._waiting: set[str] = set()
        self._is_running = False
        self._pause = threading.Event()
        self.gather_s = 0.0
        """How long they are gathered before they are written; 0 writes each at once."""

    def note(self, peer_ids: Collection[str]) -> None:
        """The apps of these peers were heard of just now. Never raises: what fails is tried again."""
        if not peer_ids:
            return
        with self._lock:
            self._waiting.update(peer_ids)
            starts = bool(self.gather_s) and not self._is_running
            self._is_running |= starts
        if starts:
            threading.Thread(target=self._run, name="heard", daemon=True).start()
        elif not self.gather_s:
            self.write()

    def _run(self) -> None:
        """Write after every pause for as long as somebody is heard of."""
        pause_s = self.gather_s
        while True:
            self._pause.wait(pause_s)
            pause_s = self.gather_s if self.write() else AGAIN_S
            with self._lock:
                if not self._waiting:
                    self._is_running = False
                    return

    def write(self) -> bool:
        """Write down who waits; False when not all of them could be, who wait on then."""
        with self._lock:
            taken, self._waiting = sorted(self._waiting), set()
        for start in range(0, len(taken), PEERS_AT_ONCE):
            part = taken[start : start + PEERS_AT_ONCE]
            try:
                with self._db.transaction() as tx:
                    contact.heard_from_many(tx, part)
            except Exception as error:  # a sign of life must not end a connection
                if isinstance(error, SQLAlchemyError):
                    log.warning("signs of life not written: %s", type(error).__name__)
                else:
                    log.exception("signs of life were not written")
                with self._lock:
                    self._waiting.update(taken[start:])
                return False
        return True
