"""The start line over several processes: a seat is a thread, and a round is let go for all at once.

It knows seats and instants; what is called, `acts` knows.
"""

import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from types import TracebackType
from typing import NamedTuple, Self

from dispatch.access import Actor
from storage.clock import SystemClock
from storage.database import Database
from storage.engine import make_engine
from tests.races.runner import acts
from tests.races.runner.plan import SEATS, What

PROCESSES = 4
WAIT_S = 120.0
"""Longest until everybody is at the line, or has heard an answer."""


class Call(NamedTuple):
    """What a seat does in a round."""

    round: int
    seat: int
    what: What
    actor: Actor
    target: str


class Heard(NamedTuple):
    """What came of it; times are monotonic seconds, the same in all processes."""

    round: int
    seat: int
    answer: str
    reached_guard: bool
    began: float
    ended: float


class Line:
    """`PROCESSES` processes that share the seats, each with connections of its own."""

    def __init__(self, url: str, *, naive: bool = False) -> None:
        # Not forked from here: there may be threads, and connections that must not be shared.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__])
        # Kept: a child that is still starting looks for it by its name.
        self._together = context.Barrier(SEATS)
        self._pipes: list[Connection] = []
        self._processes = []
        for number in range(PROCESSES):
            ours, theirs = context.Pipe()
            process = context.Process(
                target=_sit,
                args=(url, range(number, SEATS, PROCESSES), self._together, theirs, naive),
                daemon=True,
            )
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # A seat whose pipe has ended gets up.
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.join(WAIT_S)

    def run(self, rounds: int, calls: Sequence[Call]) -> list[Heard]:
        """Everybody's answers, when all rounds are over."""
        for number, pipe in enumerate(self._pipes):
            pipe.send((rounds, [one for one in calls if one.seat % PROCESSES == number]))
        return [one for pipe in self._pipes for one in pipe.recv()]


def _sit(url: str, seats: Sequence[int], together: Barrier, pipe: Connection, naive: bool) -> None:
    """One process, until its pipe ends."""
    db = Database(make_engine(url, pool_size=len(seats)), SystemClock())
    acts.watch(db.engine)
    do = acts.NAIVE if naive else acts.DO

    def take(seat: int, rounds: int, calls: dict[tuple[int, int], Call]) -> list[Heard]:
        heard = []
        for number in range(rounds):
            together.wait(WAIT_S)
            call = calls.get((number, seat))
            if call is None:
                continue
            began = time.perf_counter()
            answer, reached = acts.perform(do[call.what], db, call.actor, call.target)
            heard.append(Heard(number, seat, answer, reached, began, time.perf_counter()))
        return heard

    with ThreadPoolExecutor(len(seats)) as pool:
        while True:
            try:
                rounds, given = pipe.recv()
            except EOFError:
                break
            calls = {(one.round, one.seat): one for one in given}
            waiting = [pool.submit(take, seat, rounds, calls) for seat in seats]
            pipe.send([one for future in waiting for one in future.result()])
    db.engine.dispose()
