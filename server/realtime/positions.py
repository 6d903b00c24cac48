"""Positions that phones say over their sockets: gathered for a moment, and written together.

One by one, each would be a transaction. What is wrong by itself (too old, from the future, no place)
is refused at once. Everything else is acknowledged when it is stored, and not before: whoever has an
acknowledgement can rely on it, and a process that dies loses a moment of positions that nobody was
told of. It knows connections and rows; it refuses to know how an acknowledgement travels.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dispatch.actions import duty, positions
from dispatch.actions.duty import Position, Used
from dispatch.actions.positions import Many
from server.auth.callers import authenticate
from server.errors import Problem, to_problem
from server.realtime import changes
from server.realtime.connections import Connection
from server.realtime.outlets import Json
from server.realtime.watcher import known, standing
from server.wiring import Wired
from storage.database import Transaction

log = logging.getLogger(__name__)

MOST_OF_ONE = 16
"""So many readings of one peer may wait; a phone on the road reads one every four seconds."""
MOST_WAITING = 20_000
"""So many may wait of all. More come only when the database does not keep up."""
MOST_BESIDE = 12
"""Of so many peers something is written by itself at a time. The others wait for their turn: in a rush
positions must not take the places of everything else."""
PEERS_AT_ONCE = 2_000
WAITS = timedelta(seconds=2)
"""How long a reading is left aside because somebody else holds the row; then it waits for it."""

Reply = Callable[[Json], None]


@dataclass(frozen=True)
class _Said:
    """One reading, who said it, and how they are answered."""

    connection: Connection
    reading: Position
    reply: Reply
    at: datetime


_Batch = dict[str, list[_Said]]
"""By peer, in the order in which they came."""


class Positions:
    """What was said and is not stored yet, of one process."""

    def __init__(self, wired: Wired) -> None:
        self._wired = wired
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._waiting: _Batch = {}
        self._held = 0
        self._visiting: set[str] = set()
        """Peers of whom something is written by itself just now."""
        self._is_running = False
        self._pause = threading.Event()
        self.gather_s = 0.0
        """How long positions are gathered before they are written; 0 writes each at once."""
        self.beside: Callable[[Callable[[], None]], None] = _in_a_thread
        """How what concerns one visit is done beside everything else."""

    def take(self, connection: Connection, reading: Position, reply: Reply) -> None:
        """Keep a reading of the peer behind `connection`; `reply` is called once it is stored.

        Raises `Invalid` as `duty.check_position` does, and a `too_fast` `Problem` when too many wait.
        """
        now = self._wired.clock.now()
        duty.check_position(now, reading)
        with self._lock:
            mine = self._waiting.setdefault(connection.caller.user_id, [])
            if len(mine) >= MOST_OF_ONE or self._held >= MOST_WAITING:
                raise Problem("too_fast")
            mine.append(_Said(connection, reading, reply, now))
            self._held += 1
            starts = bool(self.gather_s) and not self._is_running
            self._is_running |= starts
        if starts:
            threading.Thread(target=self._run, name="positions", daemon=True).start()
        elif not self.gather_s:
            self.write()

    def hasten(self) -> None:
        """Write what waits, and from now on each at once: this process is about to leave."""
        self.gather_s = 0.0
        self._pause.set()
        self.write()

    def _run(self) -> None:
        """Write after every pause for as long as something is said."""
        while True:
            self._pause.wait(self.gather_s)
            self.write()
            with self._lock:
                if not self._waiting:
                    self._is_running = False
                    return

    def write(self) -> None:
        """Store what waits, and answer. Never raises: what fails is logged."""
        with self._writing:
            with self._lock:
                # Whose last one is still being written waits, so that theirs stay in order.
                later = {one: self._waiting[one] for one in self._visiting & set(self._waiting)}
                taken = {one: said for one, said in self._waiting.items() if one not in later}
                self._waiting, self._held = later, sum(map(len, later.values()))
            peer_ids = list(taken)
            for start in range(0, len(peer_ids), PEERS_AT_ONCE):
                part = peer_ids[start : start + PEERS_AT_ONCE]
                try:
                    self._write({peer_id: taken[peer_id] for peer_id in part})
                except Exception:
                    log.exception("positions were not answered")

    def _write(self, batch: _Batch) -> None:
        try:
            with self._wired.db.transaction() as tx:
                strangers = _put_aside(tx, batch)
                done = positions.record_many(
                    tx, {peer: [one.reading for one in said] for peer, said in batch.items()}
                )
                for peer_id, moved in done.moved.items():
                    changes.moved(tx, peer_id, moved.network_id, moved.before, moved.here)
        except Exception as error:  # noqa: BLE001  # answered by its code; the unforeseen is logged
            problem = to_problem(error)
            is_away = problem.code == "database_unavailable"
            for one in (one for said in batch.values() for one in said):
                # One that cannot be stored takes nobody else's with it.
                one.reply(refusal(problem) if is_away else self._by_itself(one))
            return
        for one in strangers:
            one.reply(refusal(Problem("not_signed_in")))
        self._answer(batch, done)

    def _answer(self, batch: _Batch, done: Many) -> None:
        for peer_id, used in done.used.items():
            for one, what in zip(batch[peer_id], used, strict=True):
                one.reply(_taken(what))
        for peer_id in done.visiting:
            self._apart(peer_id, batch[peer_id])
        late = self._wired.clock.now() - WAITS
        for peer_id in done.held:
            said = batch[peer_id]
            if self.gather_s and said[0].at > late:
                self._put_back(peer_id, said)
                continue
            self._apart(peer_id, said)

    def _apart(self, peer_id: str, said: list[_Said]) -> None:
        """Each by itself, in its order; while positions are gathered, beside everybody else's."""
        if not self.gather_s:
            for one in said:
                one.reply(self._by_itself(one))
            return
        with self._lock:
            is_full = len(self._visiting) >= MOST_BESIDE
            if not is_full:
                self._visiting.add(peer_id)
        if is_full:
            self._put_back(peer_id, said)
            return
        self.beside(lambda: self._one_by_one(peer_id, said))

    def _one_by_one(self, peer_id: str, said: list[_Said]) -> None:
        try:
            for one in said:
                one.reply(self._by_itself(one))
        except Exception:
            log.exception("positions were not answered")
        finally:
            with self._lock:
                self._visiting.discard(peer_id)
            if not self.gather_s:
                # This process is about to leave: nobody comes to write what waited for this one.
                self.write()

    def _put_back(self, peer_id: str, said: list[_Said]) -> None:
        with self._lock:
            self._waiting[peer_id] = said + self._waiting.get(peer_id, [])
            self._held += len(said)

    def _by_itself(self, one: _Said) -> Json:
        """A transaction of its own, with everything that a position can mean; the answer."""
        try:
            with self._wired.db.transaction() as tx:
                caller = authenticate(tx, one.connection.credential)
                if not one.connection.is_of(caller):
                    raise Problem("not_signed_in")
                done = duty.record_position(tx, caller.as_actor(), one.reading)
        except Exception as error:  # noqa: BLE001  # answered by its code; the unforeseen is logged
            return refusal(to_problem(error))
        return _taken(done.used)


def _in_a_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="visit", daemon=True).start()


def _put_aside(tx: Transaction, batch: _Batch) -> list[_Said]:
    """Take out of `batch` whose session does not count any more, or who has become somebody else."""
    sessions = {one.connection.caller.session_id for said in batch.values() for one in said}
    found = standing(tx, sorted(sessions))
    strangers: list[_Said] = []
    for peer_id, said in list(batch.items()):
        fine: list[_Said] = []
        for one in said:
            is_fine = found.get(one.connection.caller.session_id) == known(one.connection)
            (fine if is_fine else strangers).append(one)
        batch[peer_id] = fine
        if not fine:
            del batch[peer_id]
    return strangers


def _taken(used: Used) -> Json:
    return {"ok": True, "used": used.value}


def refusal(problem: Problem) -> Json:
    """The acknowledgement of what was refused."""
    refused: Json = {"ok": False, "code": problem.code, "detail": problem.detail}
    if problem.errors is not None:
        refused["errors"] = problem.errors
    return refused
