"""The sends under way on one channel, each in a thread of its own lane.

A lane has as many workers as its channel allows, so a provider that hangs fills only its own lane.
Each send has a deadline: past it the send is reported `unknown` and its late answer is thrown away,
while its worker stays counted as busy until it really is back. Lanes touch no database.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from queue import Queue
from urllib.parse import urlsplit

from notifications.channels.base import Address, Channel, Envelope, Outcome, Result
from notifications.circuit import Door
from notifications.models import Kind, Rung
from storage.failpoints import failpoint

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sending:
    """One claimed delivery whose send has begun, with what is needed to record its end."""

    id: str
    lease: str
    attempts: int
    expires_at: datetime
    kind: Kind
    rung: Rung
    user_id: str
    device_id: str | None
    offer_id: str | None
    envelope: Envelope
    is_refused: bool = False
    """The provider refuses us at the moment: it is not asked."""

    @property
    def door(self) -> Door:
        """Through which door of its channel it goes."""
        return door_of(self.kind, self.envelope.address)


def door_of(kind: Kind, address: Address | None) -> Door:
    """The channel, and what is behind it: the platform; for browsers the push service."""
    if address is None:
        return kind, ""
    if kind is not Kind.WEBPUSH:
        return kind, address.platform[:16]
    # A browser's push service is a provider of its own: mozilla, apple, googleapis.
    labels = (urlsplit(address.value).hostname or "").split(".")
    return kind, (labels[-2] if len(labels) > 1 else labels[0])[:16]


@dataclass(frozen=True)
class Finished:
    """The end of a send."""

    sending: Sending
    outcome: Outcome
    took_s: float


class Lane:
    """The workers of one channel. `done` is called, from their threads, with every end."""

    def __init__(
        self, channel: Channel, done: Callable[[Finished], None], *, give_up_s: float
    ) -> None:
        self.channel = channel
        self._done = done
        self._give_up_s = give_up_s
        self._jobs: Queue[Sending | None] = Queue()
        self._running: dict[str, tuple[Sending, float]] = {}
        self._held: dict[str, float] = {}
        """When a send under way was last known to be ours: at its start, at each renewal."""
        self._busy = 0
        self._threads = 0
        self._lock = threading.Lock()

    @property
    def free(self) -> int | None:
        """How many more sends may begin now; None when the channel never waits."""
        if self.channel.workers == 0:
            return None
        with self._lock:
            return max(0, self.channel.workers - self._busy)

    @property
    def busy(self) -> int:
        """How many workers are occupied, those past their deadline included."""
        with self._lock:
            return self._busy

    def start(self, sending: Sending) -> None:
        """Begin a send; at most `free` of them."""
        with self._lock:
            self._running[sending.id] = (sending, time.monotonic())
            self._held[sending.id] = time.monotonic()
        if self.channel.workers == 0:
            self._finish(sending, self._send(sending))
            return
        with self._lock:
            self._busy += 1
            is_new = self._busy > self._threads
            self._threads += is_new
        if is_new:
            name = f"{self.channel.kind}-{self._threads}"
            # A daemon: a provider that hangs must not keep the process from ending.
            threading.Thread(target=self._work, name=name, daemon=True).start()
        self._jobs.put(sending)

    def overdue(self) -> int:
        """Give up on every send past its deadline; how many there were."""
        now = time.monotonic()
        with self._lock:
            late = [
                sending
                for sending, began in self._running.values()
                if now - began > self.channel.deadline_s
            ]
        for sending in late:
            self._finish(sending, Outcome(Result.UNKNOWN, "DEADLINE"))
        return len(late)

    def renewed(self, ids: Collection[str]) -> None:
        """The leases of these sends were renewed just now."""
        with self._lock:
            now = time.monotonic()
            self._held.update((one, now) for one in ids if one in self._held)

    def close(self) -> None:
        """Let idle workers end and the channel go."""
        for _ in range(self._threads):
            self._jobs.put(None)
        self.channel.close()

    def _work(self) -> None:
        while (sending := self._jobs.get()) is not None:
            outcome = self._send(sending)
            with self._lock:
                self._busy -= 1
            self._finish(sending, outcome)

    def _send(self, sending: Sending) -> Outcome:
        held_at = self._held.get(sending.id)
        if held_at is None or time.monotonic() - held_at > self._give_up_s:
            # The process was asleep: by now the lease may be another relay's, and so is the send.
            return Outcome(Result.UNKNOWN, "LEASE_OVER")
        try:
            failpoint("outbox.sending")
            outcome = self.channel.send(sending.envelope)
            failpoint("outbox.sent")
            return outcome
        except Exception as error:  # noqa: BLE001  # whatever a library throws ends this send only
            log.error(
                "a channel raised instead of answering",
                extra={"channel": sending.kind.value, "error": type(error).__name__},
            )
            return Outcome(Result.UNKNOWN, type(error).__name__)

    def _finish(self, sending: Sending, outcome: Outcome) -> None:
        with self._lock:
            entry = self._running.get(sending.id)
            if entry is None or entry[0] is not sending:
                return
            del self._running[sending.id]
            self._held.pop(sending.id, None)
        self._done(Finished(sending, outcome, time.monotonic() - entry[1]))
