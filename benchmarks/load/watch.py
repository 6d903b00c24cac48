"""Processor time and memory of every process, between two moments; and how late we are ourselves."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psutil

from benchmarks.load.tally import Tally

LATE_S = 0.02


@dataclass(frozen=True)
class Used:
    """One group of processes during one window."""

    cpu_percent: float
    """Of one core."""
    memory_mb: float
    """Resident, at the end; PostgreSQL's shared pages are counted in each of its processes."""


class Watch:
    """Looks at processes by name; a window lasts from `begin` to `end`."""

    def __init__(self, processes: Mapping[str, Sequence[psutil.Process]]) -> None:
        self._processes = processes
        self._began = 0.0
        self._before: dict[str, float] = {}

    def begin(self) -> None:
        """A window begins."""
        self._began = asyncio.get_running_loop().time()
        self._before = {name: _cpu_s(group) for name, group in self._processes.items()}

    def end(self) -> dict[str, Used]:
        """The window is over; what each used in it."""
        took = max(asyncio.get_running_loop().time() - self._began, 0.001)
        return {
            name: Used(
                100.0 * max(0.0, _cpu_s(group) - self._before[name]) / took, memory_mb(group)
            )
            for name, group in self._processes.items()
        }

    def memory_mb(self, name: str) -> float:
        """What a group holds now."""
        return memory_mb(self._processes[name])


def _cpu_s(group: Sequence[psutil.Process]) -> float:
    """Seconds on a processor so far. A first process with children is asked about those it lost, too."""
    seconds = 0.0
    known = {process.pid for process in group}
    for process in _grown(group):
        with contextlib.suppress(psutil.Error):
            used = process.cpu_times()
            seconds += used.user + used.system
            if process.pid in known and len(group) > 1:
                seconds += used.children_user + used.children_system
    return seconds


def _grown(group: Sequence[psutil.Process]) -> list[psutil.Process]:
    """PostgreSQL makes a process for each connection: those that came since are looked at, too."""
    if len(group) == 1:
        return list(group)
    with contextlib.suppress(psutil.Error):
        return [group[0], *group[0].children()]
    return list(group)


def memory_mb(group: Sequence[psutil.Process]) -> float:
    """Resident memory of all of them."""
    total = 0
    for process in _grown(group):
        with contextlib.suppress(psutil.Error):
            total += process.memory_info().rss
    return total / 1e6


async def lateness(tally: Tally) -> None:
    """How much later than asked this process wakes up, for ever."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LATE_S
        await asyncio.sleep(LATE_S)
        now = loop.time()
        tally.late.append((now, (now - due) * 1000.0))
