"""The sockets of this process, and who is behind each. A restart empties it and loses nothing."""

from dataclasses import dataclass, field
from datetime import datetime

from dispatch.rooms import Side
from server.auth.callers import Caller, Credential
from server.auth.guests import Guest
from server.realtime.pace import Pace


@dataclass(frozen=True)
class Place:
    """Where a page sits: which visit's room, which side, which page."""

    visit_id: str
    side: Side
    tab: str


@dataclass
class Connection:
    """One socket in `/live`."""

    sid: str
    credential: Credential
    caller: Caller
    expires_at: datetime | None
    """When the access token ends; None for a page's cookie, which its session's row ends."""
    follows: dict[str, str] = field(default_factory=dict)
    """Request by id, and the room it is followed in."""
    place: Place | None = None
    pace: Pace = field(default_factory=Pace)

    def is_of(self, caller: Caller) -> bool:
        """Whether `caller` is who connected, in the same role at the same site."""
        then, now = self.caller, caller
        return (then.user_id, then.role, then.network_id, then.site_id) == (
            now.user_id,
            now.role,
            now.network_id,
            now.site_id,
        )


@dataclass
class GuestConnection:
    """One socket of a bedside screen: nobody is signed in, and one visit can be spoken of."""

    sid: str
    guest: Guest
    place: Place | None = None
    pace: Pace = field(default_factory=Pace)


class Connections:
    """Every socket of this process, by the library's id for it."""

    def __init__(self) -> None:
        self._by_sid: dict[str, Connection] = {}
        self._guests: dict[str, GuestConnection] = {}
        self.opened = 0
        """How many were let in since the process began."""
        self.ended = 0
        """How many of them are gone."""

    def add_guest(self, connection: GuestConnection) -> None:
        """Remember a bedside screen that was let in."""
        self._guests[connection.sid] = connection
        self.opened += 1

    def guest(self, sid: str) -> GuestConnection | None:
        """The bedside screen, if it is here."""
        return self._guests.get(sid)

    def guests(self) -> list[GuestConnection]:
        """All bedside screens, as they are now."""
        return list(self._guests.values())

    def add(self, connection: Connection) -> None:
        """Remember a socket that was let in."""
        self._by_sid[connection.sid] = connection
        self.opened += 1

    def get(self, sid: str) -> Connection | None:
        """The socket, if it is here."""
        return self._by_sid.get(sid)

    def remove(self, sid: str) -> None:
        """Forget a socket that is gone."""
        gone = self._by_sid.pop(sid, None) or self._guests.pop(sid, None)
        self.ended += gone is not None

    def all(self) -> list[Connection]:
        """All of them, as they are now."""
        return list(self._by_sid.values())
