"""Connections that are kept free for what cannot wait.

A pool serves whoever comes first. In a rush everything waits in one line, and the one yes that ends
a search stands behind a thousand looks. Behind a gate, ordinary work has fewer places than there are
connections, and waits a second at most; what is marked `urgent` goes past it, and ordinary work that
has not begun lets it go first.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from sqlalchemy.exc import TimeoutError as PoolTimeout

WAIT_S = 1.0
"""How long ordinary work waits for a place: who is refused soon comes back in good order."""

AHEAD_S = 0.25
"""How long at most ordinary work lets what is urgent go first: a yes takes a tenth of it at rest."""

_is_urgent: ContextVar[bool] = ContextVar("is_urgent", default=False)
_is_through: ContextVar[bool] = ContextVar("is_through", default=False)


@contextmanager
def urgent(is_so: bool = True) -> Iterator[None]:
    """What is done inside goes past the gate: a yes, a call for help, a look at our health."""
    before = _is_urgent.set(is_so)
    try:
        if is_so:
            with _ahead().held():
                yield
        else:
            yield
    finally:
        _is_urgent.reset(before)


@contextmanager
def through() -> Iterator[None]:
    """What is done inside belongs to work that has its place already, and needs no second one."""
    before = _is_through.set(True)
    try:
        yield
    finally:
        _is_through.reset(before)


def urgent_first() -> None:
    """What has not begun yet waits here while something urgent is under way, `AHEAD_S` at most.

    Every step of what is urgent waits until everybody who is ready has had a turn, so it helps it most
    when few are.
    """
    if not _is_urgent.get():
        _ahead().let_go()


class _Ahead:
    """What is urgent and under way in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._until = 0.0
        """When nobody waits any more for those who are under way; of the monotonic clock."""
        self._is_calm = threading.Event()
        self._is_calm.set()

    @contextmanager
    def held(self) -> Iterator[None]:
        """One more while inside."""
        with self._lock:
            self._count += 1
            self._until = time.monotonic() + AHEAD_S
            self._is_calm.clear()
        try:
            yield
        finally:
            with self._lock:
                self._count -= 1
                if not self._count:
                    self._is_calm.set()

    def let_go(self) -> None:
        """Wait until there is none, or those that there were take too long."""
        if not self._is_calm.is_set():
            self._is_calm.wait(min(max(self._until - time.monotonic(), 0.0), AHEAD_S))


@cache
def _ahead() -> _Ahead:
    """Made when it is first used: by then the threads of this process are what they will be."""
    return _Ahead()


class Gate:
    """Places for ordinary work."""

    def __init__(self, places: int, wait_s: float = WAIT_S) -> None:
        self.places = places
        self.wait_s = wait_s
        self._free = threading.BoundedSemaphore(places)

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Hold a place while inside. Raises SQLAlchemy's `TimeoutError` when none becomes free."""
        if _is_urgent.get() or _is_through.get():
            yield
            return
        urgent_first()
        if not self._free.acquire(timeout=self.wait_s):
            raise PoolTimeout("no connection is free for ordinary work")
        try:
            yield
        finally:
            self._free.release()


def reserved(pool_size: int) -> int:
    """How many of a pool's connections ordinary work leaves alone: a quarter of those kept."""
    return max(1, pool_size // 4)
