"""The video rooms: who may come in, what they say there, and who has to leave.

A peer passes the gate of their own visit, a bedside screen the one of its link; nobody else is let
in. Letters between the two browsers are passed on unread. It knows no media.
"""

from collections.abc import Callable
from typing import Any, Protocol

from dispatch import access, bedside
from dispatch import rooms as video
from dispatch.actions import needs
from dispatch.actions import rooms as acts
from dispatch.actions.rooms import GUEST, Said
from dispatch.errors import not_found
from dispatch.events import By
from dispatch.models import User, Visit
from dispatch.rooms import SeatState, Side
from dispatch.states import BUSY_VISIT, Modality
from server import ice, meetings
from server.auth import guests
from server.auth.callers import authenticate
from server.errors import Problem
from server.realtime import rooms
from server.realtime.connections import Connection, Connections, GuestConnection, Place
from server.realtime.outlets import Json
from server.realtime.room_events import (
    CallNurse,
    JoinRoom,
    LeaveRoom,
    RoomState,
    Signal,
    StayInRoom,
)
from server.realtime.talking import Talking
from server.wiring import Wired
from storage.database import Transaction
from storage.ids import new_id

Sitter = Connection | GuestConnection
_LEAVING = {"gone": SeatState.GONE, "not_now": SeatState.NOT_NOW}


class Doors(Protocol):
    """Who can take a socket into a room and out of it."""

    def enter(self, sid: str, room: str) -> None:
        """Into a room."""
        ...

    def leave(self, sid: str, room: str) -> None:
        """Out of a room."""
        ...

    def put_out_guest(self, connection: GuestConnection) -> None:
        """End the connection of a bedside screen."""
        ...


class Hall:
    """The rooms of one process."""

    def __init__(self, wired: Wired, connections: Connections, doors: Doors) -> None:
        self._wired = wired
        self._connections = connections
        self._doors = doors
        self.handlers: dict[str, Callable[[Any, Any], Json]] = {
            "room_join": self._join,
            "room_state": self._state,
            "signal": self._signal,
            "room_stay": self._stay,
            "room_leave": self._leave,
            "room_nurse": self._nurse,
            "bedside": self._bedside,
            **Talking(wired.db, self._gate, self._slowly).handlers,
        }

    def look(self) -> None:
        """Out with who has no business there any more: a link revoked, a visit that is over."""
        here = self._connections.guests()
        sitting = [one for one in self._connections.all() if one.place is not None]
        if not here and not sitting:
            return
        with self._wired.db.read() as tx:
            standing = guests.standing(tx, sorted({one.guest.link_id for one in here}))
            lost = [one for one in sitting if not _is_theirs(tx, one)]
        for guest in here:
            if guest.guest.link_id not in standing:
                self._doors.put_out_guest(guest)
        for connection in lost:
            self._out(connection)

    def _join(self, connection: Sitter, body: JoinRoom) -> Json:
        """The gate, the seat, the room, and then the room as it is: nothing falls in between."""
        self._slowly(connection)
        with self._wired.db.transaction() as tx:
            visit, side = self._gate(tx, connection, body.visit_id)
            acts.check(visit)
            self._observe(visit, acts.enter(tx, visit, side, body.tab))
        self._out(connection)
        connection.place = Place(body.visit_id, side, body.tab)
        self._doors.enter(connection.sid, rooms.seat(body.visit_id, side))
        with self._wired.db.read() as tx:
            visit, side = self._gate(tx, connection, body.visit_id)
            return {
                "side": side.value,
                "room": video.shape(tx, visit),
                "ice": ice.servers(self._wired.settings, new_id(), tx.now),
                "meeting": meetings.offer(
                    self._wired.settings, visit.id, side, body.tab, _shown(tx, visit, side), tx.now
                ),
            }

    def _state(self, connection: Sitter, body: RoomState) -> Json:
        self._slowly(connection)
        said = Said(SeatState(body.state), body.camera, body.muted)
        with self._wired.db.transaction() as tx:
            visit, side = self._gate(tx, connection, body.visit_id)
            self._observe(visit, acts.report(tx, visit, side, body.tab, said))
        return {}

    def _signal(self, connection: Sitter, body: Signal) -> Json:
        """Only from a page that has come in, and only to the other side of the same room."""
        self._slowly(connection)
        place = connection.place
        if place is None or (place.visit_id, place.tab) != (body.visit_id, body.tab):
            raise Problem("illegal_step", "Come into the room first.")
        letter = {
            "visit_id": body.visit_id,
            "sender": body.tab,
            "to": body.to,
            "data": body.data.model_dump(exclude_none=True),
        }
        self._wired.publisher.pass_on(letter, rooms.opposite(place.visit_id, place.side))
        return {}

    def _stay(self, connection: Sitter, body: StayInRoom) -> Json:
        self._slowly(connection)
        with self._wired.db.transaction() as tx:
            visit, _ = self._gate(tx, connection, body.visit_id)
            acts.stay(tx, visit)
        return {}

    def _nurse(self, connection: Sitter, body: CallNurse) -> Json:
        """Only from a bedside screen: a peer has the API for it."""
        self._slowly(connection)
        with self._wired.db.transaction() as tx:
            visit, _ = self._gate(tx, connection, body.visit_id)
            needs.call_as_guest(tx, visit)
        return {}

    def _bedside(self, connection: Sitter, _body: Any) -> Json:
        """Asked after every connect and every few seconds; what is told meanwhile is only sooner."""
        self._slowly(connection)
        assert isinstance(connection, GuestConnection)
        with self._wired.db.read() as tx:
            if not guests.standing(tx, [connection.guest.link_id]):
                raise not_found("visit")
            return bedside.look(tx, connection.guest.request_id)

    def _leave(self, connection: Sitter, body: LeaveRoom) -> Json:
        with self._wired.db.transaction() as tx:
            visit, side = self._gate(tx, connection, body.visit_id)
            if body.why == "ended":
                by = GUEST if side is Side.GUEST else _peer_of(connection)
                acts.end(tx, visit, side, body.tab, by)
            else:
                if body.why == "by_phone":
                    if side is not Side.PEER:
                        raise Problem("forbidden")
                    acts.by_phone(tx, visit)
                acts.leave(tx, visit, side, body.tab, _LEAVING.get(body.why, SeatState.GONE))
        if body.why != "not_now":
            # Who would rather not now stays within hearing: they may change their mind.
            self._out(connection)
        return {}

    def _gate(self, tx: Transaction, connection: Sitter, visit_id: str) -> tuple[Visit, Side]:
        """The visit and whose seat it is there; `NotFound` for everybody whose visit it is not."""
        if isinstance(connection, GuestConnection):
            guest = connection.guest
            visit = tx.session.get(Visit, visit_id)
            is_theirs = visit is not None and visit.request_id == guest.request_id
            if visit is None or not is_theirs or not guests.standing(tx, [guest.link_id]):
                raise not_found("visit")
            return visit, Side.GUEST
        caller = authenticate(tx, connection.credential)
        if not connection.is_of(caller):
            raise Problem("not_signed_in", "Your role has changed; connect again.")
        return access.visit(tx, caller.as_actor(), visit_id), Side.PEER

    def _out(self, connection: Sitter) -> None:
        place, connection.place = connection.place, None
        if place is not None:
            self._doors.leave(connection.sid, rooms.seat(place.visit_id, place.side))

    def _slowly(self, connection: Sitter) -> None:
        if not connection.pace.takes(self._wired.clock.now()):
            raise Problem("too_fast")

    def _observe(self, visit: Visit, took_s: float | None) -> None:
        if took_s is not None and visit.modality is Modality.VIDEO:
            self._wired.metrics.connects.observe(took_s)


def _shown(tx: Transaction, visit: Visit, side: Side) -> str:
    """What another service is told of who comes in: a first name and an initial, or nothing."""
    if side is Side.GUEST:
        return "Guest"
    first, *others = tx.session.get_one(User, visit.peer_id).name.split()
    return f"{first} {others[-1][0]}." if others else first


def _peer_of(connection: Sitter) -> By:
    assert isinstance(connection, Connection)
    return connection.caller.as_actor().by()


def _is_theirs(tx: Transaction, connection: Connection) -> bool:
    """Whether the visit in whose room this peer sits is live and theirs."""
    if connection.place is None:
        return True
    visit = tx.session.get(Visit, connection.place.visit_id)
    return (
        visit is not None
        and visit.state in BUSY_VISIT
        and visit.peer_id == connection.caller.user_id
    )
