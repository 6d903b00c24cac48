"""Connections that are kept free for what cannot wait.

A pool serves whoever comes first. In a rush everything waits in one line, and the one yes that ends
a search stands behind a thousand looks. Behind a gate, ordinary work has fewer places than there are
connections, and waits a second at most; what is marked `urgent` goes past it.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy.exc import TimeoutError as PoolTimeout

WAIT_S = 1.0
"""How long ordinary work waits for a place: who is refused soon comes back in good order."""

_is_urgent: ContextVar[bool] = ContextVar("is_urgent", default=False)


@contextmanager
def urgent(is_so: bool = True) -> Iterator[None]:
    """What is done inside goes past the gate: a yes, a call for help, a look at our health."""
    before = _is_urgent.set(is_so)
    try:
        yield
    finally:
        _is_urgent.reset(before)


class Gate:
    """Places for ordinary work."""

    def __init__(self, places: int, wait_s: float = WAIT_S) -> None:
        self.places = places
        self.wait_s = wait_s
        self._free = threading.BoundedSemaphore(places)

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Hold a place while inside. Raises SQLAlchemy's `TimeoutError` when none becomes free."""
        if _is_urgent.get():
            yield
            return
        if not self._free.acquire(timeout=self.wait_s):
            raise PoolTimeout("no connection is free for ordinary work")
        try:
            yield
        finally:
            self._free.release()


def reserved(pool_size: int) -> int:
    """How many of a pool's connections ordinary work leaves alone: a quarter of those kept."""
    return max(1, pool_size // 4)
