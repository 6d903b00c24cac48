"""One run of the command: which batch is next, who plays it, and what came of it so far.

It knows numbers and counts; it refuses to know what a batch is.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Protocol

from tests.races.runner import report
from tests.races.runner.ground import RACES
from tests.races.runner.report import Record


class Player(Protocol):
    """Whatever plays batches."""

    what: str

    def play(self, number: int) -> Record:
        """One batch."""
        ...


class Sitting:
    """What is known already, and what is to be kept."""

    def __init__(self, path: Path | None, minutes: float, tell: Callable[[str], None]) -> None:
        """`tell` hears at once what was broken."""
        self._path = path
        self._tell = tell
        self._until = time.monotonic() + minutes * 60
        self.records = report.done(path) if path is not None else []
        self._begun = Counter[str]()
        """The highest number of each that was given away."""

    def made(self, what: str) -> int:
        """How many of these there are by now."""
        return sum(one.races for one in self.records if one.what == what)

    def go_on(self, ready: Sequence[Player], wanted: dict[str, int], *, lanes: int = 1) -> None:
        """Batches until there are as many of each as `wanted`, at most `lanes` of them side by side.

        The first of `wanted` leads: no other has a batch before as large a part of its own is made.
        """
        free, running = list(ready), dict[Future[Record], Player]()
        self._ended_at = time.perf_counter()
        with ThreadPoolExecutor(lanes) as pool:
            while True:
                for one in list(free):
                    if self._is_due(one.what, wanted, [other.what for other in running.values()]):
                        free.remove(one)
                        running[pool.submit(one.play, self._next(one.what))] = one
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    free.append(running.pop(future))
                    self._keep(future.result())

    def _is_due(self, what: str, wanted: dict[str, int], running: Sequence[str]) -> bool:
        if time.monotonic() > self._until:
            return False
        made, all_ = self.made(what), wanted[what]
        leader = next(iter(wanted))
        is_ahead = made * wanted[leader] > self.made(leader) * all_
        return made + RACES * running.count(what) < all_ and not is_ahead

    def _next(self, what: str) -> int:
        """The number of a batch of it that was neither made nor begun."""
        made = max((one.number for one in self.records if one.what == what), default=0)
        self._begun[what] = 1 + max(self._begun[what], made)
        return self._begun[what]

    def _keep(self, record: Record) -> None:
        now = time.perf_counter()
        # Side by side they share the time, or its sum would be more than has passed.
        record.took_s, self._ended_at = round(now - self._ended_at, 3), now
        self.records.append(record)
        if self._path is not None:
            report.keep(self._path, record)
        for what in record.broken:
            self._tell(f"BROKEN {record.what} batch {record.number}: {what}")
