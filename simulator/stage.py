"""When things happen. A stage is where people's actions wait for their moment.

`VirtualStage` jumps from moment to moment and gives the dispatcher its turns in between, so six
hours pass in seconds; `WallStage` really waits. It knows moments and refuses to know what happens.
"""

import heapq
import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Protocol

from storage.clock import Clock, ManualClock, SystemClock

log = logging.getLogger(__name__)

Action = Callable[[], None]

LOOK_S = 5.0
"""How often the dispatcher looks while something is open, at the slowest."""

ASK_AGAIN_S = 0.5
"""How long the wall's stage waits at most before it asks again whether the story goes on."""

MOST_ROUNDS = 200
"""More rounds than this at one moment are a circle, not a story."""


class Stage(Protocol):
    """Where a person asks for the time, and to be called at a later one."""

    def now(self) -> datetime:
        """The present moment of the story, in UTC."""
        ...

    def after(self, seconds: float, action: Action) -> None:
        """Call `action` once, `seconds` from now; never from within this call."""
        ...


class _Waiting:
    """Actions in the order of their moments; the earlier asked goes first among equals."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Action]] = []
        self._numbers = count()

    def add(self, moment: datetime, action: Action) -> None:
        heapq.heappush(self._heap, (moment, next(self._numbers), action))

    def next_at(self) -> datetime | None:
        return self._heap[0][0] if self._heap else None

    def take(self) -> Action:
        return heapq.heappop(self._heap)[2]


class VirtualStage:
    """Jumps the story's clock from moment to moment.

    `hear` hands out what has arrived for anybody and says whether there was something. `turn` is
    the dispatcher's turn, and says whether anything is open. `is_poked` says, once, that something
    was committed since.
    """

    def __init__(
        self,
        clock: ManualClock,
        *,
        hear: Callable[[], bool],
        turn: Callable[[], bool],
        is_poked: Callable[[], bool],
    ) -> None:
        self._clock = clock
        self._hear = hear
        self._turn = turn
        self._is_poked = is_poked
        self._waiting = _Waiting()

    def now(self) -> datetime:
        """The moment the story has come to."""
        return self._clock.now()

    def after(self, seconds: float, action: Action) -> None:
        """Call `action` at that moment of the story."""
        self._waiting.add(self.now() + timedelta(seconds=max(seconds, 0.0)), action)

    def run(self, until: datetime, *, while_: Callable[[], bool] = lambda: True) -> None:
        """Play until that moment, or until nothing is left of the story that `while_` asks for."""
        # What an earlier story left open is found by the first look.
        is_open = self._settle(self._turn())
        look_at = self.now() + timedelta(seconds=LOOK_S)
        while while_():
            moments = [until]
            next_at = self._waiting.next_at()
            if next_at is not None:
                moments.append(next_at)
            if is_open:
                moments.append(look_at)
            moment = min(moments)
            self._clock.set(max(moment, self.now()))
            if next_at is not None and next_at <= moment:
                self._waiting.take()()
                is_open = self._settle(is_open)
            elif is_open and look_at <= moment:
                is_open = self._settle(self._turn())
                look_at = self.now() + timedelta(seconds=LOOK_S)
            else:
                return

    def _settle(self, is_open: bool) -> bool:
        """Let everything that follows from the present moment happen; whether anything is open."""
        for _ in range(MOST_ROUNDS):
            heard = self._hear()
            if self._is_poked():
                is_open = self._turn()
            elif not heard:
                return is_open
        raise RuntimeError(f"the moment {self.now()} does not end")


class WallStage:
    """Waits for real. Its actions run one at a time, in the thread that calls `run`.

    What goes wrong in one action is logged and keeps nobody else from theirs: a city goes on.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._waiting = _Waiting()
        self._changed = threading.Condition()
        self._is_stopped = False

    def now(self) -> datetime:
        """The wall's time."""
        return self._clock.now()

    def after(self, seconds: float, action: Action) -> None:
        """Call `action` when that time has passed. May be called from any thread."""
        with self._changed:
            self._waiting.add(self.now() + timedelta(seconds=max(seconds, 0.0)), action)
            self._changed.notify()

    def stop(self) -> None:
        """End `run` after the action under way."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify()

    def run(
        self, until: datetime | None = None, *, while_: Callable[[], bool] = lambda: True
    ) -> None:
        """Play until that moment, until `while_` says no, or until stopped."""
        while while_() and not self._is_over(until):
            action = self._next(until)
            if action is None:
                continue
            try:
                action()
            except Exception:
                log.exception("somebody's action failed")

    def _is_over(self, until: datetime | None) -> bool:
        return self._is_stopped or (until is not None and self.now() >= until)

    def _next(self, until: datetime | None) -> Action | None:
        """Wait a little for the next action; None when there is none yet."""
        with self._changed:
            now = self.now()
            next_at = self._waiting.next_at()
            if self._is_stopped:
                return None
            if next_at is not None and next_at <= now:
                return self._waiting.take()
            ends = [moment for moment in (next_at, until) if moment is not None]
            waits = [ASK_AGAIN_S, *((moment - now).total_seconds() for moment in ends)]
            self._changed.wait(max(min(waits), 0.0))
        return None
