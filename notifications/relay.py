"""The relay: claims due deliveries, re-checks them, sends, records. No transaction waits for a phone.

1. claim: a lease on due rows;
2. begin, in the same commit: is the offer still open, the address still good, the time not over,
   the provider there? Then the row says `unknown` before the first byte leaves, so that a process
   that dies in between lies to nobody;
3. send: in the lanes, outside any transaction;
4. record: the outcome, fenced by the lease.

Only the thread that calls `tick` touches the database. It never waits longer than `patience_s`.
"""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from queue import Empty, Queue
from random import Random

from sqlalchemy import exists, or_, select, update

from notifications import begin, outbox, providers
from notifications.channels.absent import AbsentChannel
from notifications.channels.base import Channel, Outcome, Result
from notifications.circuit import Circuit, Door, Shut
from notifications.directory import Directory
from notifications.ladder import PUSH_KINDS
from notifications.lanes import Finished, Lane, Sending
from notifications.models import Delivery, Kind
from notifications.record import Recorder
from storage.claims import Claim, claim_due
from storage.database import Database, Transaction
from storage.failpoints import failpoint

log = logging.getLogger(__name__)

LEASE_S = 90.0
"""Longer than every deadline and the time to record together: texts and calls do not replace each
other on a phone, so nobody else may begin one that may still be on its way."""

PUSH_LEASE_S = 4.0
"""A push that is sent again replaces itself: its lease is short, so that those of a process that
died go out a few seconds later, and is renewed while the send is under way."""

RENEW_S = 1.0
"""How often; a relay that could not for `PUSH_LEASE_S` may find its push sent by another."""

LOOK_S = 0.25
"""While waiting for outcomes: how often to look for sends past their deadline."""

GATHER_S = 0.015
"""How long the first outcome waits for others, so that many are written in one transaction."""

HEAR_EVERY = timedelta(seconds=5)
"""How often to look what other processes found at the providers' doors."""

CIRCUIT_OPEN = Outcome(Result.MISCONFIGURED, "CIRCUIT_OPEN")


class Relay:
    """One per process that sends. `observe(channel, result, seconds)` is for metrics; `wake` is
    called from sending threads whenever there is an outcome to record."""

    def __init__(
        self,
        db: Database,
        channels: Mapping[Kind, Channel],
        directory: Directory,
        *,
        public_url: str = "",
        rng: Random | None = None,
        lease_s: float = LEASE_S,
        patience_s: float = 0.05,
        observe: Callable[[str, str, float], None] | None = None,
        wake: Callable[[], None] | None = None,
    ) -> None:
        self._db = db
        self._directory = directory
        self._public_url = public_url
        self._leases = {
            kind: min(lease_s, PUSH_LEASE_S) if kind in PUSH_KINDS else lease_s for kind in Kind
        }
        self._under_way: dict[str, str] = {}
        """The leases of pushes that are being sent, by delivery."""
        self._renewed_at = time.monotonic()
        self._patience_s = patience_s
        self._observe = observe
        self._wake = wake
        self._done: Queue[Finished] = Queue()
        self._circuit = Circuit()
        self._told: dict[Door, Shut | None] = {}
        self._heard_at: datetime | None = None
        self._recorder = Recorder(db, directory, channels, rng or Random())
        self._in_flight = 0
        self._lanes = {
            kind: Lane(
                channels.get(kind) or AbsentChannel(kind),
                self._finished,
                give_up_s=self._leases[kind] / 2,
            )
            for kind in Kind
        }

    def tick(self, limit: int = 200) -> int:
        """Record what has ended, start what is due; returns how many deliveries moved.

        Sends that end within `patience_s` are recorded before it returns, slower ones by a later
        tick.
        """
        self._tell()
        moved = self._record()
        # Before it looks for what is due: its own sends must not seem to be nobody's.
        self._renew()
        started, dropped = self._start(limit)
        return moved + started + dropped + self._wait(self._patience_s)

    def settle(self, timeout_s: float) -> bool:
        """Wait for the sends under way and record them; False when some are still out."""
        self._wait(timeout_s)
        return self._in_flight == 0

    def _wait(self, timeout_s: float) -> int:
        """Record what ends within this time, at most until nothing is under way; how many."""
        until = time.monotonic() + timeout_s
        recorded = 0
        while self._in_flight:
            left_s = until - time.monotonic()
            ended = self._record(wait_s=min(max(left_s, 0.0), LOOK_S))
            self._renew()
            recorded += ended
            if ended == 0 and left_s <= 0:
                break
        return recorded

    def close(self, timeout_s: float = 20.0) -> bool:
        """Finish what is under way, start nothing more, let go of the channels."""
        is_settled = self.settle(timeout_s)
        for lane in self._lanes.values():
            lane.close()
        return is_settled

    @property
    def in_flight(self) -> int:
        """How many sends have begun and are not recorded."""
        return self._in_flight

    def shut_doors(self) -> list[Door]:
        """The providers that are left alone at the moment, for metrics and pages."""
        return self._circuit.open_doors(self._db.clock.now())

    def claim(self, limit: int = 200) -> list[Claim]:
        """Only lease due deliveries of every lane that has a free worker, and commit."""
        room = self._look(limit)
        if not room:
            return []
        with self._db.transaction() as tx:
            return self._lease(tx, room)

    def send(self, claims: list[Claim]) -> tuple[int, int]:
        """Re-check claimed deliveries and start those that still hold; (started, dropped)."""
        if not claims:
            return 0, 0
        with self._db.transaction() as tx:
            going = self._begin(tx, claims)
        return self._go(claims, going)

    def _start(self, limit: int) -> tuple[int, int]:
        """Claim, look a last time and mark, in one commit; then send."""
        room = self._look(limit)
        if not room:
            return 0, 0
        with self._db.transaction() as tx:
            claims = self._lease(tx, room)
            going = self._begin(tx, claims) if claims else []
        if going:
            failpoint("outbox.claimed")
        return self._go(claims, going)

    def _look(self, limit: int) -> dict[Kind, int]:
        """How many to claim of each channel by which something waits; takes no lock."""
        with self._db.read() as tx:
            self._hear(tx)
            room = {kind: self._room(kind, limit) for kind in _waiting(tx)}
        return {kind: free for kind, free in room.items() if free}

    def _lease(self, tx: Transaction, room: Mapping[Kind, int]) -> list[Claim]:
        claims: list[Claim] = []
        for kind, free in room.items():
            claims += claim_due(
                tx.session,
                Delivery,
                due=Delivery.due_at,
                leased_until=Delivery.leased_until,
                lease=Delivery.lease,
                now=tx.now,
                lease_s=self._leases[kind],
                limit=free,
                where=[Delivery.channel == kind],
                order_by=[Delivery.turn, Delivery.due_at],
                mark=self._db.mark,
            )
        return claims

    def _begin(self, tx: Transaction, claims: list[Claim]) -> list[Sending]:
        return begin.begin(
            tx, claims, self._directory, self._leases, self._link_of, self._circuit.gate
        )

    def _go(self, claims: list[Claim], going: list[Sending]) -> tuple[int, int]:
        for sending in going:
            self._in_flight += 1
            if sending.kind in PUSH_KINDS:
                self._under_way[sending.id] = sending.lease
            if sending.is_refused:
                self._done.put(Finished(sending, CIRCUIT_OPEN, 0.0))
            else:
                self._lanes[sending.kind].start(sending)
        return len(going), len(claims) - len(going)

    def _renew(self) -> None:
        """Keep the pushes under way ours; one that another relay has taken over stays theirs."""
        if not self._under_way or time.monotonic() - self._renewed_at < RENEW_S:
            return
        self._renewed_at = time.monotonic()
        with self._db.transaction() as tx:
            ours = outbox.lock_free(
                tx,
                Delivery.id.in_(self._under_way),
                Delivery.lease.in_(set(self._under_way.values())),
            )
            tx.session.execute(
                update(Delivery)
                .where(Delivery.id.in_(ours))
                .values(leased_until=tx.now + timedelta(seconds=self._leases[Kind.FCM]))
                .execution_options(synchronize_session=False)
            )
            failpoint("lease.renewed")
        for lane in self._lanes.values():
            lane.renewed(ours)

    def _link_of(self, offer_id: str | None) -> str:
        path = "" if offer_id is None else f"/peer/offers/{offer_id}"
        return self._public_url + path

    def _room(self, kind: Kind, limit: int) -> int:
        free = self._lanes[kind].free
        return limit if free is None else min(free, limit)

    def _finished(self, end: Finished) -> None:
        self._done.put(end)
        if self._wake is not None:
            self._wake()

    def _record(self, wait_s: float = 0.0) -> int:
        """Record every end there is; with `wait_s`, wait that long for a first one."""
        for lane in self._lanes.values():
            lane.overdue()
        ends = self._gather(wait_s)
        if not ends:
            return 0
        try:
            failpoint("outbox.ended")
            self._recorder.record(ends)
            failpoint("outbox.recorded")
        except Exception:
            # The database was away. The outcomes are still true; the next tick writes them.
            for end in ends:
                self._done.put(end)
            raise
        self._in_flight -= len(ends)
        for end in ends:
            self._under_way.pop(end.sending.id, None)
        self._note(ends)
        return len(ends)

    def _gather(self, wait_s: float) -> list[Finished]:
        """What has ended; once a first one has, a moment more for the others: one write for all."""
        ends: list[Finished] = []
        until = time.monotonic() + wait_s
        while len(ends) < self._in_flight:
            left_s = until - time.monotonic()
            try:
                end = self._done.get(timeout=left_s) if left_s > 0 else self._done.get_nowait()
            except Empty:
                break
            if not ends:
                until = min(until, time.monotonic() + GATHER_S)
            ends.append(end)
        return ends

    def _note(self, ends: list[Finished]) -> None:
        """Let the circuit take in the ends, tell the other processes, and count."""
        now = self._db.clock.now()
        for end in ends:
            door = end.sending.door
            if self._circuit.note(door, end.outcome, now):
                self._told[door] = self._circuit.shut(door)
            if self._observe is not None:
                self._observe(end.sending.kind.value, end.outcome.result.value, end.took_s)
        self._tell()

    def _tell(self) -> None:
        """Write the doors that were opened or shut; kept for the next time when it fails."""
        if not self._told:
            return
        with self._db.transaction() as tx:
            providers.write(tx, self._told)
            healed = [door for door, shut in self._told.items() if shut is None]
            if healed:
                providers.let_go(tx, healed)
        for door, shut in self._told.items():
            say = log.error if shut is not None else log.warning
            why = "heals" if shut is None else shut.reason
            say("circuit of a provider", extra={"door": "/".join(door), "why": why})
        self._told.clear()

    def _hear(self, tx: Transaction) -> None:
        """Take over, every few seconds, what other processes found at the doors."""
        if self._heard_at is None or tx.now - self._heard_at >= HEAR_EVERY:
            self._heard_at = tx.now
            found = providers.read(tx)
            self._circuit.adopt({d: s for d, s in found.items() if d not in self._told}, tx.now)


def _waiting(tx: Transaction) -> list[Kind]:
    """The channels by which something is due that nobody holds: a look that takes no lock."""
    free = or_(Delivery.leased_until.is_(None), Delivery.leased_until <= tx.now)
    kinds = list(Kind)
    found = tx.session.execute(
        select(
            *[
                exists().where(Delivery.channel == kind, Delivery.due_at <= tx.now, free)
                for kind in kinds
            ]
        )
    ).one()
    return [kind for kind, waits in zip(kinds, found, strict=True) if waits]
