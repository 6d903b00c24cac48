"""The caller: claims due rows, looks once more, rings, records. No transaction waits for a telephone.

1. claim: a lease;
2. begin: is the call still wanted, is there a number, is the provider there? Then the row says
   `unknown` before the first byte leaves;
3. do it, outside any transaction;
4. record the end, fenced by the lease.

One press never rings twice: of an `unknown` one the provider is asked first whether it made it, and
when it cannot be asked, nothing rings. Should a second call come about all the same, it is told to
hang up when it is picked up (`legs.of_peer`).
"""

import logging
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import or_, select

from notifications import providers, reach
from notifications.calls import legs, numbers, record
from notifications.calls.ends import End
from notifications.calls.line import Found, Line
from notifications.calls.models import CallJob, JobState
from notifications.calls.switch import Held, Switch
from notifications.channels.base import Outcome, Result
from notifications.circuit import Circuit, Gate, State
from notifications.directory import Directory
from notifications.models import Device, DeviceState, Kind
from storage.claims import Claim, claim_due
from storage.database import Database, Transaction

log = logging.getLogger(__name__)

LEASE_S = 20.0
"""Longer than everything that is done under it; as long a press waits when a process dies with it."""
ASLEEP_SHARE = 0.25
"""Who begins so late in a lease stands back: it may be another's before the provider answers."""
AT_ONCE = 8
DOOR = (Kind.VOICE, "bridge")
"""The door of bridged calls; alerts by voice have doors of their own at the same provider."""


class What(StrEnum):
    """What is done about a call."""

    PLACE = "place"
    FIND = "find"
    LOOK = "look"
    HANG_UP = "hang_up"


@dataclass(frozen=True)
class Act:
    """One thing to do under a lease."""

    call_id: str
    lease: str
    what: What
    number: str = field(default="", repr=False)
    device_id: str = ""
    sid: str = ""
    since: datetime | None = None
    limit_s: int = 0


Done = Outcome | list[Found] | str | bool | None
"""How an act ended: of a call that was to be made, those found, a status, whether it is hung up."""


def is_away(tx: Transaction) -> bool:
    """Whether calls are left alone at the moment, as any process found it."""
    found = providers.read(tx)
    return any(
        kind is Kind.VOICE and shut is not None and shut.state(tx.now) is State.OPEN
        for (kind, _), shut in found.items()
    )


class Caller:
    """One per process that rings. `observe(channel, result, seconds)` is for metrics."""

    def __init__(
        self,
        db: Database,
        line: Line,
        switch: Switch,
        directory: Directory,
        kinds: Collection[Kind],
        *,
        lease_s: float = LEASE_S,
        observe: Callable[[str, str, float], None] | None = None,
    ) -> None:
        self._lease_s = lease_s
        self._db, self._line, self._switch = db, line, switch
        self._directory, self._kinds = directory, frozenset(kinds)
        self._observe = observe
        self._circuit = Circuit()

    def tick(self) -> int:
        """Do what is due; how many calls were looked at. Never waits longer than the provider may."""
        claims = self.claim()
        if not claims:
            return 0
        began = time.monotonic()
        acts = [act for claim in claims if (act := self._begin(claim)) is not None]
        if acts:
            with ThreadPoolExecutor(len(acts), "calls") as pool:
                ends = list(pool.map(lambda act: self._do(act, began), acts))
            for act, done in zip(acts, ends, strict=True):
                self._record(act, done)
        return len(claims)

    def close(self) -> None:
        """Let the connections go."""
        self._line.close()

    def claim(self) -> list[Claim]:
        """Lease what is due."""
        with self._db.read() as tx:
            free = or_(CallJob.leased_until.is_(None), CallJob.leased_until <= tx.now)
            due = select(CallJob.id).where(CallJob.due_at <= tx.now, free).limit(1)
            if tx.session.execute(due).first() is None:
                return []
            self._circuit.adopt(
                {door: shut for door, shut in providers.read(tx).items() if door == DOOR}, tx.now
            )
        with self._db.transaction() as tx:
            return claim_due(
                tx.session,
                CallJob,
                due=CallJob.due_at,
                leased_until=CallJob.leased_until,
                lease=CallJob.lease,
                now=tx.now,
                lease_s=self._lease_s,
                limit=AT_ONCE,
            )

    def _begin(self, claim: Claim) -> Act | None:
        try:
            with self._db.transaction() as tx:
                held = self._switch.hold(tx, claim.id)
                job = legs.locked(tx, claim.id)
                if job is None or job.lease != claim.lease:
                    return None
                return self._decide(tx, held, job)
        except Exception:
            log.exception("a call could not be begun")
            return None

    def _decide(self, tx: Transaction, held: Held | None, job: CallJob) -> Act | None:
        """What to do about a claimed row; None when that is done already."""
        lease = job.lease or ""
        if job.sid is not None:
            is_over = held is None or not held.is_live
            return Act(job.id, lease, What.HANG_UP if is_over else What.LOOK, sid=job.sid)
        if held is None or (not held.is_live and job.state is not JobState.UNKNOWN):
            legs.over(tx, job, "NOT_WANTED")
            return None
        found = numbers.of_peer(tx, held.user_id)
        if found is None:
            self._give_up(tx, job, End.NO_NUMBER, "NO_DEVICE")
            return None
        device_id, number = found
        if job.state is JobState.UNKNOWN:
            since = job.unknown_since or job.created_at
            return Act(job.id, lease, What.FIND, number, device_id, since=since)
        if tx.now >= job.expires_at:
            self._give_up(tx, job, End.FAILED, "TOO_LATE")
            return None
        if is_away(tx) or self._circuit.gate(DOOR, tx.now)[0] is not Gate.GO:
            self._give_up(tx, job, End.AWAY, "CIRCUIT_OPEN")
            return None
        job.state, job.unknown_since = JobState.UNKNOWN, tx.now
        job.attempts += 1
        return Act(job.id, lease, What.PLACE, number, device_id, limit_s=held.limit_s)

    def _give_up(self, tx: Transaction, job: CallJob, end: End, detail: str) -> None:
        legs.over(tx, job, detail)
        self._switch.end(tx, job.id, end)

    def _do(self, act: Act, began: float) -> Done:
        if time.monotonic() - began > self._lease_s * ASLEEP_SHARE:
            return Outcome(Result.UNKNOWN, "LEASE_OVER") if act.what is What.PLACE else None
        started = time.perf_counter()
        if act.what is What.FIND:
            assert act.since is not None
            return self._line.find(act.number, act.since)
        if act.what is What.LOOK:
            return self._line.look(act.sid)
        if act.what is What.HANG_UP:
            return self._line.hang_up(act.sid)
        try:
            outcome = self._line.place(act.call_id, act.number, act.limit_s)
        except Exception as error:  # noqa: BLE001  # whatever a library throws ends this call only
            outcome = Outcome(Result.UNKNOWN, type(error).__name__)
        if self._observe is not None:
            self._observe("call", outcome.result.value, time.perf_counter() - started)
        return outcome

    def _record(self, act: Act, done: Done) -> None:
        """The end into the rows. When the database is away the lease runs out, and it is looked at."""
        try:
            with self._db.transaction() as tx:
                held = self._switch.hold(tx, act.call_id)
                job = legs.locked(tx, act.call_id)
                # Not ours any more: the provider's own news came first, or the lease ran out.
                if job is not None and job.lease == act.lease:
                    record.write(tx, self._switch, job, held, act.what.value, done)
            if isinstance(done, Outcome):
                self._note(done)
                self._bury(act, done)
        except Exception:
            log.exception("the end of a call could not be recorded")

    def _note(self, outcome: Outcome) -> None:
        """What was found at the provider's door, for the other processes too."""
        now = self._db.clock.now()
        if self._circuit.note(DOOR, outcome, now):
            with self._db.transaction() as tx:
                providers.write(tx, {DOOR: self._circuit.shut(DOOR)})
            log.warning("circuit of bridged calls", extra={"detail": outcome.detail})

    def _bury(self, act: Act, outcome: Outcome) -> None:
        """A number that nobody answers to is not rung for offers either."""
        if outcome.result is not Result.DEAD_ADDRESS and not outcome.disables_address:
            return
        state = DeviceState.DISABLED if outcome.disables_address else DeviceState.DEAD
        with self._db.transaction() as tx:
            device = tx.session.get(Device, act.device_id, with_for_update={"key_share": True})
            if device is not None:
                reach.lose(tx, self._directory, self._kinds, device, outcome.detail, state=state)
