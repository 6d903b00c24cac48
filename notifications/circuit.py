"""A provider that does not accept us is left alone for a while: the circuit is open.

Without it every waiting delivery would knock at a door that stays shut. It lives in one process and
in memory: after a restart, the first send finds out again.
"""

from datetime import datetime, timedelta

from notifications.models import Kind

OPEN_S = 60.0

Door = tuple[Kind, str]
"""A channel and a platform: a broken Apple certificate keeps no Android phone silent."""


class Circuit:
    """Which doors are shut, and until when. `now` is handed in."""

    def __init__(self, open_s: float = OPEN_S) -> None:
        self._open = timedelta(seconds=open_s)
        self._until: dict[Door, datetime] = {}

    def trip(self, door: Door, now: datetime) -> None:
        """The provider refused us: nothing goes through this door for a while."""
        self._until[door] = now + self._open

    def heal(self, door: Door) -> None:
        """The provider took something: the door is open to us again."""
        self._until.pop(door, None)

    def is_open(self, door: Door, now: datetime) -> bool:
        """Whether to stay away. Once the time is over the next send tries the door."""
        return now < self._until.get(door, now)

    def open_doors(self, now: datetime) -> list[Door]:
        """The doors that are shut now, for metrics and pages."""
        return sorted(door for door in self._until if self.is_open(door, now))
