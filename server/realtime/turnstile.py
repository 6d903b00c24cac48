"""A few at a time: thousands of phones that come back at one instant must not stop everybody else.

On greenlets, what is ready runs in the order in which it became ready. When two thousand connections
are ready at once, the one yes that ends a search waits for all of them, again at each of its steps.
Behind a turnstile a few of them are ready, and the others wait outside, also for the yes itself.
"""

import _socket
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from storage.gate import urgent_first


def others_first() -> None:
    """Whoever else is ready runs before this goes on. Threads need not be asked to."""
    _never().wait(0)


@cache
def _never() -> threading.Event:
    """Made when it is first used: by then the threads of this process are what they will be."""
    return threading.Event()


class Turnstile:
    """Places that are passed in the order of arrival."""

    def __init__(self, places: int) -> None:
        self._free = threading.BoundedSemaphore(places)

    @property
    def is_free(self) -> bool:
        """Whether somebody who came now would pass at once."""
        if not self._free.acquire(blocking=False):
            return False
        self._free.release()
        return True

    @contextmanager
    def passed(self) -> Iterator["Passing"]:
        """Hold a place while inside, or until it is given back sooner."""
        self._free.acquire()
        passing = Passing(self._free)
        try:
            yield passing
        finally:
            passing.is_over()


class Passing:
    """One who has a place, and must say when they begin: else all who came together go through at once."""

    def __init__(self, free: threading.BoundedSemaphore) -> None:
        self._free = free
        self._is_over = False

    def begin(self) -> None:
        """Whoever is ready, and whatever is urgent, comes first; then it is this one's turn."""
        others_first()
        urgent_first()

    def is_over(self) -> None:
        """Give the place back; again is the same as once."""
        if not self._is_over:
            self._is_over = True
            self._free.release()


def has_hung_up(environ: dict[str, Any]) -> bool:
    """Whether who asked is gone: who waited for too long has come again, and is served instead.

    Else a crowd that nobody can serve in time is served all the same, and everybody in vain.
    """
    connection = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    if connection is None:
        return False
    # Not as a socket of this process's own kind: on greenlets that would wait.
    same = _socket.socket(fileno=os.dup(connection.fileno()))
    try:
        return same.recv(1, _socket.MSG_PEEK | _socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        same.close()
