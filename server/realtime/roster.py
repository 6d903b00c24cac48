"""Which rooms a socket is in, by socket: the library knows it only by room.

It goes through every room there is for each socket that leaves: with two rooms for each of 10,000 phones
that is five milliseconds each, and ten seconds in which nobody is served when 2,000 lose their connection
at one instant.
"""

from typing import Any


class Roster:
    """Mixed into a manager of the library, before it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._in: dict[tuple[str, str], set[str | None]] = {}
        """By namespace and socket, the rooms it is in: its own, and None, in which everybody is."""

    def basic_enter_room(
        self, sid: str, namespace: str, room: str | None, eio_sid: str | None = None
    ) -> None:
        """Into a room. Raises what the library raises, and then nothing is remembered."""
        super().basic_enter_room(sid, namespace, room, eio_sid)  # type: ignore[misc]  # the manager's
        self._in.setdefault((namespace, sid), set()).add(room)

    def basic_leave_room(self, sid: str, namespace: str, room: str | None) -> None:
        """Out of a room, also of one that it is not in."""
        super().basic_leave_room(sid, namespace, room)  # type: ignore[misc]  # the manager's
        rooms = self._in.get((namespace, sid))
        if rooms is not None:
            rooms.discard(room)
            if not rooms:
                del self._in[namespace, sid]

    def basic_disconnect(self, sid: str, namespace: str, **_more: Any) -> None:
        """Out of all rooms, and forgotten."""
        for room in list(self._in.get((namespace, sid), ())):
            self.basic_leave_room(sid, namespace, room)
        manager: Any = self
        manager.callbacks.pop(sid, None)
        for pending in (manager.pending_connect, manager.pending_disconnect):
            if sid in pending.get(namespace, ()):
                pending[namespace].remove(sid)
                if not pending[namespace]:
                    del pending[namespace]

    def get_rooms(self, sid: str, namespace: str) -> list[str]:
        """The rooms of a socket, but for the one in which everybody is."""
        return [room for room in self._in.get((namespace, sid), ()) if room is not None]
