"""Where an announcement goes. It knows events and rooms; it refuses to know what they mean.

Nothing here raises or waits: what was announced is in the rows already.
"""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from server.realtime.rooms import NAMESPACE

Json = dict[str, Any]


class Outlet(Protocol):
    """Somewhere an announcement can go."""

    def emit(self, event: str, payload: Json, rooms: Sequence[str]) -> None:
        """Tell everybody who is in one of `rooms`, once each."""
        ...

    def close(self, room: str) -> None:
        """Send everybody out of `room`."""
        ...

    def is_heard(self, room: str) -> bool:
        """Whether somebody may be in `room`; when not, there is no need to read the rows."""
        ...


class Nowhere:
    """A process without sockets and without Redis: whoever watches reads the rows."""

    def is_heard(self, room: str) -> bool:
        """Nobody."""
        return False

    def emit(self, event: str, payload: Json, rooms: Sequence[str]) -> None:
        """Nobody is told."""

    def close(self, room: str) -> None:
        """Nobody is there."""


@dataclass(frozen=True)
class Emitted:
    """One announcement."""

    event: str
    payload: Json
    rooms: tuple[str, ...]


@dataclass
class MemoryOutlet:
    """Keeps announcements in a list, for tests."""

    emitted: list[Emitted] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)

    def is_heard(self, room: str) -> bool:
        """The list hears everything."""
        return True

    def emit(self, event: str, payload: Json, rooms: Sequence[str]) -> None:
        """Remember it."""
        self.emitted.append(Emitted(event, payload, tuple(rooms)))

    def close(self, room: str) -> None:
        """Remember the room."""
        self.closed.append(room)


class Carrier(Protocol):
    """What the library's server and its managers have in common."""

    def emit(self, event: str, data: Json, *, namespace: str, room: list[str]) -> None:
        """Send to everybody in one of the rooms."""
        ...

    def close_room(self, room: str, namespace: str) -> None:
        """Empty a room."""
        ...


class SocketOutlet:
    """The library: a server with sockets of its own, or a manager that only writes to Redis.

    `heard` are the rooms of this process, by name; None when other processes have sockets too.
    """

    def __init__(self, carrier: Carrier, heard: Callable[[], Container[str]] | None = None) -> None:
        self._carrier = carrier
        self._heard = heard

    def emit(self, event: str, payload: Json, rooms: Sequence[str]) -> None:
        """Hand it over."""
        self._carrier.emit(event, payload, namespace=NAMESPACE, room=list(rooms))

    def close(self, room: str) -> None:
        """Hand it over."""
        self._carrier.close_room(room, NAMESPACE)

    def is_heard(self, room: str) -> bool:
        """Whether somebody is in `room`, as far as this process can know."""
        return self._heard is None or room in self._heard()
