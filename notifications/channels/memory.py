"""The fake of the channel port: it keeps what it rang and fails as it is told to."""

import threading
from collections import defaultdict, deque
from collections.abc import Callable

from notifications.channels.base import Envelope, Outcome, Result
from notifications.messages import Tone
from notifications.models import Kind

Scripted = Outcome | Callable[[Envelope], Outcome]


class MemoryChannel:
    """Stands in for the channel of any kind.

    `script(address, ...)` queues outcomes for one address (None: for every address); without a
    script everything is delivered. A callable in the script is run in the sending thread, so it
    may wait, raise, or look around.
    """

    def __init__(self, kind: Kind = Kind.FCM, *, workers: int = 0, deadline_s: float = 5.0) -> None:
        self.kind = kind
        self.workers = workers
        self.deadline_s = deadline_s
        self.sent: list[Envelope] = []
        """What was taken, in order."""
        self.tried: list[Envelope] = []
        """Every attempt, in order."""
        self._script: defaultdict[str | None, deque[Scripted]] = defaultdict(deque)
        self._lock = threading.Lock()

    def script(self, address: str | None, *outcomes: Scripted) -> None:
        """The next sends to `address` end like this, one after another."""
        with self._lock:
            self._script[address].extend(outcomes)

    def send(self, envelope: Envelope) -> Outcome:
        """As scripted, else delivered. An `unknown` one is on the phone: the worst case."""
        with self._lock:
            self.tried.append(envelope)
            step = self._next(None if envelope.address is None else envelope.address.value)
        outcome = step(envelope) if callable(step) else step
        if outcome.result in {Result.DELIVERED, Result.UNKNOWN}:
            with self._lock:
                self.sent.append(envelope)
        return outcome

    def _next(self, address: str | None) -> Scripted:
        for key in (address, None):
            if self._script[key]:
                return self._script[key].popleft()
        return Outcome(Result.DELIVERED)

    def visible(self, address: str | None = None) -> dict[str, str]:
        """What the phone shows: the newest title under each collapse id."""
        return {e.collapse_id: e.words.title for e in self.sent if _at(e) == address}

    def rang(self, address: str | None = None) -> list[str]:
        """The titles that made a sound, in order."""
        return [
            e.words.title for e in self.sent if _at(e) == address and e.words.tone is not Tone.QUIET
        ]

    def close(self) -> None:
        """Nothing is open."""


def _at(envelope: Envelope) -> str | None:
    return None if envelope.address is None else envelope.address.value
