"""How a greenlet waits for PostgreSQL: a moment in place, and only then while others run.

To let others run at every step costs a tenth of a millisecond, and a turn of everybody who is ready: a
request of thirty statements waits thirty times for all of them. A database nearby mostly answers before that
pays. One that does not (far away, slow, holding a lock) is waited for as before. It knows psycopg's way to
wait and gevent's; it refuses to know what is asked.
"""

from collections.abc import Generator
from select import POLLIN, POLLOUT
from typing import Any

from psycopg import waiting

IN_PLACE_MS = 1
"""So long is waited in place. Nobody else is served meanwhile; the answer mostly comes in a third of it."""
IN_A_ROW = 32
"""After so many waits in place in a row, everybody else has a turn."""
WORTH_IT = 0.5
"""The share of waits in place that must have been answered for it to go on."""
WEIGHT = 1 / 32
"""Of the last one in that share."""
AGAIN = 50
"""While it does not pay, every so manyth wait tries whether it does again."""


class Waits:
    """The way to wait of one process; `poll` makes a poll object that really waits."""

    def __init__(self, poll: Any) -> None:
        self._poll = poll
        self._in_a_row = 0
        self._share = 1.0
        self._since_try = 0

    def wait(
        self, gen: Any, fileno: int, interval: float = 0.0, timeout: float | None = None
    ) -> Any:
        """In place of `psycopg.waiting.wait`, whose parameters these are."""
        if not self._may_wait_in_place():
            return waiting.wait_poll(gen, fileno, interval, timeout)
        try:
            state = next(gen)
            poll = self._poll()
            while True:
                poll.register(fileno, _MASKS[state])
                events = poll.poll(IN_PLACE_MS)
                self._learn(was_answered=bool(events))
                ready = _ready(events[0][1]) if events else 0
                if not ready:
                    self._in_a_row = 0
                    return waiting.wait_poll(_going_on(state, gen), fileno, interval, timeout)
                state = gen.send(ready)
        except StopIteration as ended:
            return ended.value

    def _may_wait_in_place(self) -> bool:
        self._in_a_row += 1
        if self._in_a_row > IN_A_ROW:
            self._in_a_row = 0
            return False
        if self._share >= WORTH_IT:
            return True
        self._since_try += 1
        if self._since_try < AGAIN:
            return False
        self._since_try = 0
        return True

    def _learn(self, *, was_answered: bool) -> None:
        self._share += (was_answered - self._share) * WEIGHT


_MASKS = {
    waiting.WAIT_R: POLLIN,
    waiting.WAIT_W: POLLOUT,
    waiting.WAIT_RW: POLLIN | POLLOUT,
}


def _ready(events: int) -> int:
    """What psycopg is told; 0 for what it should look into itself."""
    ready = int(waiting.READY_R) if events & POLLIN else 0
    return ready | (int(waiting.READY_W) if events & POLLOUT else 0)


def _going_on(state: Any, gen: Any) -> Generator[Any, Any, Any]:
    """The rest of `gen`, which has said that it waits for `state`."""
    ready = yield state
    try:
        while True:
            ready = yield gen.send(ready)
    except StopIteration as ended:
        return ended.value


def wait_in_place_first(poll: Any) -> None:
    """From now on every connection of this process waits so."""
    waiting.wait = Waits(poll).wait
