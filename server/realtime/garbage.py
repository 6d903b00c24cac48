"""Keeps the garbage collector from looking at thousands of idle connections again and again.

A full collection looks at every object there is and stops the process meanwhile: 1.4 s with 10,000 phones
connected. What has been looked at and lives long is frozen: it is not looked at again, also what a phone
renews with each message, which is a quarter of a million objects in a minute. Connections that end leave
cycles behind, which are not freed while they are frozen; after many of those everything is looked at
once. It knows how many connections came and went, and refuses to know what they are.
"""

import gc
import time
from collections.abc import Callable
from typing import Any

STEP = 500
"""After so many connections more, what is there is frozen: about 50,000 objects are looked at once."""
FULL = 2


LONG_S = 0.02
"""After a full collection that took longer, what it left is frozen: it is not looked at again."""
MOST_FREEZES = 500
"""After so many of those everything is looked at once: what was under way at one of them, and is garbage
since, may be held by cycles."""


class Garbage:
    """Freezes, and measures how long full collections stop the process."""

    def __init__(self, on_pause: Callable[[float], None]) -> None:
        self._on_pause = on_pause
        """Called with the longest stop so far, in seconds, when there was a longer one."""
        self._longest = 0.0
        self._began = 0.0
        self._opened: int | None = None
        self._ended = 0
        self._freezes = 0
        self._frozen = 0
        """Connections that were there when it was frozen last."""

    def begin(self) -> None:
        """The process is ready to serve: freeze what that took, and measure from now on."""
        self._opened = 0
        gc.freeze()
        gc.callbacks.append(self.measure)

    def measure(self, phase: str, about: dict[str, Any]) -> None:
        """What the collector calls before and after each collection."""
        if about["generation"] != FULL:
            return
        if phase == "start":
            self._began = time.perf_counter()
            return
        took_s = time.perf_counter() - self._began
        if took_s > self._longest:
            self._longest = took_s
            self._on_pause(took_s)
        if took_s > LONG_S:
            # There is no better moment: everything has just been looked at.
            gc.freeze()
            self._freezes += 1

    def look(self, opened: int, ended: int) -> None:
        """Given how many connections were opened and ended in all: freeze, if there is a reason.

        Does nothing in a process that has not begun.
        """
        if self._opened is None:
            return
        many_ended = ended - self._ended >= max(STEP, self._frozen // 2)
        if many_ended or self._freezes >= MOST_FREEZES:
            gc.unfreeze()
            self._ended, self._freezes = ended, 0
        elif opened - self._opened < STEP:
            return
        gc.collect()
        gc.freeze()
        self._opened, self._frozen = opened, opened - ended
