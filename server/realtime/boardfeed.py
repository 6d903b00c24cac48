"""Changed rows of the live boards, gathered for a moment so that a burst is one look.

It knows what changed by id and reads the rows as they are when it tells: late is never wrong.
"""

import logging
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from dispatch import board
from dispatch.models import JournalEntry, Network
from dispatch.near import as_one, dialect_of, one_of
from server.realtime import rooms, wire
from server.realtime.outlets import Json, Nowhere, Outlet
from storage.database import Database, Transaction

log = logging.getLogger(__name__)

MOST_BYTES = 8_000
AGAIN_S = 1.0
"""How long until it is tried again when the database was away."""


@dataclass
class _Changed:
    requests: set[str] = field(default_factory=set)
    peers: set[str] = field(default_factory=set)


def newest_seq(tx: Transaction, network_id: str) -> int:
    """The `seq` of a board that is read in this transaction."""
    return newest_seqs(tx, [network_id])[network_id]


def newest_seqs(tx: Transaction, network_ids: Collection[str]) -> dict[str, int]:
    """The same of several boards, by network; 0 where nothing ever happened."""
    dialect = dialect_of(tx.session)
    asked = {"networks": as_one(dialect, network_ids)}
    found = dict.fromkeys(network_ids, 0)
    for network_id, seq in tx.session.connection().execute(_newest(dialect), asked):
        found[network_id] = seq or 0
    return found


# Built once: building a statement takes as long as running it.
@cache
def _newest(dialect: str) -> Any:
    # Network by network the end of an index is enough; grouped, all of the journal would be read.
    newest = select(func.max(JournalEntry.id)).where(JournalEntry.network_id == Network.id)
    which = one_of(dialect, Network.id, "networks")
    return select(Network.id, newest.correlate(Network).scalar_subquery()).where(which)


class BoardFeed:
    """Tells the boards what changed."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.outlet: Outlet = Nowhere()
        self._lock = threading.Lock()
        self._changed: dict[str, _Changed] = {}
        self._has_news = threading.Event()
        self._pause = threading.Event()
        self._is_running = False
        self.gather_s = 0.0
        """How long changes are gathered before they are told; 0 tells at once."""

    def mark(self, network_id: str, requests: set[str], peers: set[str]) -> None:
        """These rows of a network's board may look different now."""
        if not self.outlet.is_heard(rooms.board(network_id)):
            return
        with self._lock:
            self._keep(network_id, requests, peers)
            starts = bool(self.gather_s) and not self._is_running
            self._is_running |= starts
        if not self.gather_s:
            self.tell()
            return
        self._has_news.set()
        if starts:
            threading.Thread(target=self._run, name="boards", daemon=True).start()

    def _keep(self, network_id: str, requests: set[str], peers: set[str]) -> None:
        changed = self._changed.setdefault(network_id, _Changed())
        changed.requests |= requests
        changed.peers |= peers

    def _run(self) -> None:
        """As long as the process: who marks must not wait for a thread to begin, a turn of everybody."""
        while self._has_news.wait():
            self._pause.wait(self.gather_s)
            self._has_news.clear()
            try:
                if not self.tell():
                    self._pause.wait(AGAIN_S)
                    self._has_news.set()
            except Exception:
                log.exception("boards were not told")

    def tell(self) -> bool:
        """Read what was marked, and tell it; False when the database was away, and it waits still."""
        with self._lock:
            changed, self._changed = self._changed, {}
        if not changed:
            return True
        try:
            with self._db.read() as tx:
                told = list(_payloads(tx, changed))
        except SQLAlchemyError as error:
            log.warning("boards not told: %s", type(error).__name__)
            with self._lock:
                for network_id, one in changed.items():
                    self._keep(network_id, one.requests, one.peers)
            return False
        for network_id, payload in told:
            self.outlet.emit("board", payload, [rooms.board(network_id)])
        return True


def _payloads(tx: Transaction, changed: Mapping[str, _Changed]) -> Iterator[tuple[str, Json]]:
    """By network, the changed rows in as few payloads as their size allows.

    As many statements for all networks as for one. A row goes to the network that it is of.
    """
    seqs = newest_seqs(tx, changed)
    requests = board.changed_requests(tx, set().union(*(one.requests for one in changed.values())))
    peers = board.changed_peers(tx, set().union(*(one.peers for one in changed.values())))
    for network_id in changed:
        parts = [("rows", row) for row in requests.get(network_id, ())]
        parts += [("peers", row) for row in peers.get(network_id, ())]
        for payload in _packed(seqs[network_id], parts):
            yield network_id, payload


def _packed(seq: int, parts: Iterable[tuple[str, Json]]) -> Iterator[Json]:
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
