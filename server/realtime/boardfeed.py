"""Changed rows of the live boards, gathered for a moment so that a burst is one look.

It knows what changed by id and reads the rows as they are when it tells: late is never wrong.
"""

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from dispatch import board
from dispatch.models import JournalEntry, SupportRequest
from server.realtime import rooms, wire
from server.realtime.outlets import Json, Nowhere, Outlet
from storage.database import Database, Transaction

log = logging.getLogger(__name__)

MOST_BYTES = 8_000


@dataclass
class _Changed:
    requests: set[str] = field(default_factory=set)
    peers: set[str] = field(default_factory=set)


def newest_seq(tx: Transaction, network_id: str) -> int:
    """The `seq` of a board that is read in this transaction."""
    newest = select(func.max(JournalEntry.id)).where(JournalEntry.network_id == network_id)
    return tx.session.scalar(newest) or 0


class BoardFeed:
    """Tells the boards what changed."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.outlet: Outlet = Nowhere()
        self._lock = threading.Lock()
        self._changed: dict[str, _Changed] = {}
        self.gather_s = 0.0
        """How long changes are gathered before they are told; 0 tells at once."""

    def mark(self, network_id: str, requests: set[str], peers: set[str]) -> None:
        """These rows of a network's board may look different now."""
        if not self.outlet.is_heard(rooms.board(network_id)):
            return
        with self._lock:
            is_first = not self._changed
            changed = self._changed.setdefault(network_id, _Changed())
            changed.requests |= requests
            changed.peers |= peers
        if not self.gather_s:
            self.tell()
        elif is_first:
            timer = threading.Timer(self.gather_s, self.tell)
            timer.daemon = True
            timer.start()

    def tell(self) -> None:
        """Read what was marked, and tell it. With the database away it stays untold."""
        with self._lock:
            changed, self._changed = self._changed, {}
        try:
            with self._db.read() as tx:
                for network_id, about in changed.items():
                    for payload in _payloads(tx, network_id, about):
                        self.outlet.emit("board", payload, [rooms.board(network_id)])
        except SQLAlchemyError as error:
            log.warning("boards not told: %s", type(error).__name__)


def _payloads(tx: Transaction, network_id: str, changed: _Changed) -> Iterator[Json]:
    """The changed rows in as few payloads as their size allows."""
    seq = newest_seq(tx, network_id)
    requests = tx.session.scalars(
        select(SupportRequest).where(SupportRequest.id.in_(changed.requests))
    ).all()
    parts = [("rows", row) for row in board.rows(tx, requests)]
    if changed.peers:
        peers = board.peer_rows(tx, network_id, only=sorted(changed.peers))
        parts += [("peers", row) for row in peers]
    payload: Json = {"seq": seq, "rows": [], "peers": []}
    taken = wire.size(payload)
    for kind, row in parts:
        size = wire.size(row) + 1
        if taken + size > MOST_BYTES:
            yield payload
            payload = {"seq": seq, "rows": [], "peers": []}
            taken = wire.size(payload)
        payload[kind].append(row)
        taken += size
    if payload["rows"] or payload["peers"]:
        yield payload
