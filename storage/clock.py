"""What time it is. Everything else in the product is handed `now`; only this module asks.

It refuses to know why anybody wants the time, and it never waits: waiting is the dispatcher's.
"""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Something that can be asked for the present moment."""

    def now(self) -> datetime:
        """The present moment, timezone-aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The system's time in UTC, with microseconds."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that moves only when told to: for tests, stories and the simulator."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock needs an aware datetime")
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The moment this clock was last moved to."""
        return self._now

    def advance(self, seconds: float) -> datetime:
        """Move by `seconds` (negative for a clock stepping backwards) and return the new moment."""
        self._now += timedelta(seconds=seconds)
        return self._now

    def set(self, moment: datetime) -> None:
        """Move to `moment`, which must be timezone-aware."""
        if moment.tzinfo is None:
            raise ValueError("a clock needs an aware datetime")
        self._now = moment.astimezone(UTC)
