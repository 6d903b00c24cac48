"""Connecting to `/live`, and what a client may say there.

Nobody is in a room who has not passed a gate of `dispatch.access` in this process. Whatever a
client sends, it gets an acknowledgement and never an exception.
"""

import logging
from collections.abc import Callable
from typing import Any

import socketio
from flask import Request
from pydantic import ValidationError
from socketio.exceptions import ConnectionRefusedError as Refused
from sqlalchemy import select

from dispatch import access, bridge, queries, shapes
from dispatch.actions import peers
from dispatch.actions.duty import Position
from dispatch.models import Site, SupportRequest
from dispatch.states import Role
from server import audit
from server.api.layer import COOKIE
from server.api.models import Body
from server.auth.callers import Caller, Credential, authenticate
from server.auth.guests import COOKIE as GUEST_COOKIE
from server.auth.guests import recognise
from server.auth.origin import is_same_origin
from server.errors import Problem, from_validation, to_problem
from server.realtime import rooms, wire
from server.realtime.boardfeed import newest_seq
from server.realtime.connections import Connection, Connections, GuestConnection
from server.realtime.events import SAID, Auth, Follow, Nothing, Refresh, Said, Seen, Unfollow
from server.realtime.hall import Hall
from server.realtime.heard import Heard
from server.realtime.outlets import Json
from server.realtime.positions import Positions, Reply, refusal
from server.realtime.publisher import MOST_BYTES
from server.realtime.rooms import NAMESPACE
from server.realtime.turnstile import Turnstile, has_hung_up
from server.wiring import Wired
from storage.database import Transaction

log = logging.getLogger(__name__)

MOST_FOLLOWED = 100
"""Requests one socket may follow at a time."""
FACTS_AT_ONCE = 200
ADMITTING = 8
"""So many who connect are asked about at a time, so that the database is there for others, too."""
AS_GUEST = {"guest": True}
"""What a bedside screen connects with: its own cookie counts, and no sign-in of that device."""


class Live(socketio.Namespace):  # type: ignore[misc]  # the library has no types
    """The namespace of one process."""

    def __init__(self, wired: Wired) -> None:
        super().__init__(NAMESPACE)
        self._wired = wired
        self.connections = Connections()
        self._handlers: dict[str, Callable[[Connection, Any], Json]] = {
            "follow": self._follow,
            "unfollow": self._unfollow,
            "follow_board": self._follow_board,
            "unfollow_board": self._unfollow_board,
            "follow_site": self._follow_site,
            "unfollow_site": self._unfollow_site,
            "seen": self._seen,
            "refresh": self._refresh,
        }
        self.hall = Hall(wired, self.connections, self)
        self.positions = Positions(wired)
        self.heard = Heard(wired.db)
        self._admitting = Turnstile(ADMITTING)

    def trigger_event(self, event: Any, sid: str, *said: Any) -> Json | None:
        """The library's way in, for connections and for everything that a client says."""
        if self.server.manager.is_connected(sid, NAMESPACE):
            # Also when a client calls its own event "connect": only the library's is one.
            return self._answer(event, sid, said)
        if event == "connect":
            self._connect(sid, *said)
        elif event == "disconnect":
            self.connections.remove(sid)
        return None

    def put_out(self, connection: Connection) -> None:
        """End a connection: out of every room at once."""
        self.connections.remove(connection.sid)
        self.server.disconnect(connection.sid, namespace=NAMESPACE, ignore_queue=True)

    def put_out_guest(self, connection: GuestConnection) -> None:
        """End the connection of a bedside screen."""
        self.connections.remove(connection.sid)
        self.server.disconnect(connection.sid, namespace=NAMESPACE, ignore_queue=True)

    def enter(self, sid: str, room: str) -> None:
        """A socket of this process into a room."""
        self.server.enter_room(sid, room, NAMESPACE)

    def leave(self, sid: str, room: str) -> None:
        """A socket of this process out of a room."""
        self.server.leave_room(sid, room, NAMESPACE)

    def stop_following(self, connection: Connection, request_id: str) -> None:
        """Out of the rooms of one request."""
        room = connection.follows.pop(request_id, None)
        if room is not None:
            self.server.leave_room(connection.sid, room, NAMESPACE)

    def _connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        try:
            if auth == AS_GUEST:
                guest = self._admit_guest(sid, environ)
                self.connections.add_guest(guest)
                self.server.enter_room(sid, rooms.bed(guest.guest.request_id), NAMESPACE)
                return
            connection = self._admit(sid, environ, auth)
        except Exception as error:  # noqa: BLE001  # the client is told a code, and nothing else
            problem = to_problem(error)
            about = {"code": problem.code, "detail": problem.detail}
            raise Refused(problem.detail, about) from None
        self.connections.add(connection)
        if connection.caller.role is Role.PEER:
            self.server.enter_room(sid, rooms.peer(connection.caller.user_id), NAMESPACE)

    def _admit(self, sid: str, environ: dict[str, Any], auth: Any) -> Connection:
        """Who connects. A page's cookie counts only when the page is ours: any may open a socket."""
        if auth is not None:
            claims = self._wired.tokens.read(_parse(Auth, auth).token)
            credential, expires_at = Credential(session_id=claims.session_id), claims.expires_at
        else:
            request = Request(environ)
            cookie = request.cookies.get(COOKIE)
            if not cookie:
                raise Problem("not_signed_in")
            if not is_same_origin(request, self._wired.settings.public_url):
                raise Problem("cross_origin")
            credential, expires_at = Credential(cookie=cookie), None
        with self._admitting.passed() as passing:
            passing.begin()
            if has_hung_up(environ):
                raise Problem("cut_off")
            with self._wired.db.read() as tx:
                caller = authenticate(tx, credential)
        self._is_here(caller)
        return Connection(sid, credential, caller, expires_at)

    def _admit_guest(self, sid: str, environ: dict[str, Any]) -> GuestConnection:
        """The bedside screen of an open request, by its cookie, from a page of ours."""
        request = Request(environ)
        if not is_same_origin(request, self._wired.settings.public_url):
            raise Problem("cross_origin")
        with self._wired.db.read() as tx:
            guest = recognise(tx, request.cookies.get(GUEST_COOKIE))
        if guest is None:
            raise Problem("not_signed_in")
        return GuestConnection(sid, guest)

    def _answer(self, event: Any, sid: str, said: tuple[Any, ...]) -> Json:
        """The acknowledgement of one event."""
        try:
            declared, who, body = self._understood(event, sid, said)
            if declared.name in self.hall.handlers:
                return {"ok": True, **self.hall.handlers[declared.name](who, body)}
            return {"ok": True, **self._handlers[declared.name](who, body)}
        except Exception as error:  # noqa: BLE001  # answered by its code; the unforeseen is logged
            return refusal(to_problem(error))

    def position(self, sid: str, said: tuple[Any, ...], reply: Reply) -> None:
        """A position, which is acknowledged by `reply` when it is stored."""
        try:
            _declared, connection, body = self._understood("position", sid, said)
            reading = Position(body.latitude, body.longitude, body.accuracy_m, body.recorded_at)
            self.positions.take(connection, reading, reply)
        except Exception as error:  # noqa: BLE001  # answered by its code; the unforeseen is logged
            reply(refusal(to_problem(error)))

    def _understood(self, event: Any, sid: str, said: tuple[Any, ...]) -> tuple[Said, Any, Any]:
        """What was said, by whom, and its body. Raises what it is refused with."""
        guest = self.connections.guest(sid)
        connection = self.connections.get(sid)
        if guest is None and (connection is None or self._is_expired(connection)):
            raise Problem("not_signed_in")
        declared = SAID.get(event) if isinstance(event, str) else None
        if declared is None:
            raise Problem("not_found", "There is no such event.")
        if guest is not None and not declared.guests:
            raise Problem("forbidden")
        if connection is not None and connection.caller.role not in declared.roles:
            raise Problem("forbidden")
        return declared, guest or connection, _parse_said(declared, said)

    def _is_expired(self, connection: Connection) -> bool:
        ends = connection.expires_at
        return ends is not None and ends <= self._wired.clock.now()

    def _is_here(self, caller: Caller) -> None:
        """What a peer's app says is a sign of life, whatever it says."""
        if caller.role is Role.PEER:
            self.heard.note([caller.user_id])

    def _caller(self, tx: Transaction, connection: Connection) -> Caller:
        """Who the rows say is there now; 401 when that is not who connected."""
        caller = authenticate(tx, connection.credential)
        if not connection.is_of(caller):
            raise Problem("not_signed_in", "Your role has changed; connect again.")
        return caller

    def _follow(self, connection: Connection, body: Follow) -> Json:
        """The gate, then the room, then the snapshot: so that nothing falls in between."""
        request_id = body.request_id
        is_new = request_id not in connection.follows
        if is_new and len(connection.follows) >= MOST_FOLLOWED:
            raise Problem("invalid", f"At most {MOST_FOLLOWED} requests are followed at a time.")
        with self._wired.db.read() as tx:
            caller = self._caller(tx, connection)
            access.request(tx, caller.as_actor(), request_id)
            found = bridge.live(tx, request_id)
            is_bridge = found is not None and found.peer_id == caller.user_id
        self._is_here(caller)
        room = rooms.of_request(request_id, caller.role, is_bridge=is_bridge)
        connection.follows[request_id] = room
        self.server.enter_room(connection.sid, room, NAMESPACE)
        try:
            with self._wired.db.read() as tx:
                answer = self._snapshot(tx, caller, request_id, body.after)
                row = access.request(tx, caller.as_actor(), request_id)
            if caller.role is Role.MANAGER:
                # As over HTTP: a look that cannot be written is not answered.
                look = audit.case(row, answer["snapshot"]["site"]["name"])
                audit.write(self._wired.db, caller.as_actor(), [look])
            return answer
        except Exception:
            self.stop_following(connection, request_id)
            raise

    def _snapshot(
        self, tx: Transaction, caller: Caller, request_id: str, after: int | None
    ) -> Json:
        row = access.request(tx, caller.as_actor(), request_id)
        viewer_id = caller.user_id if caller.role is Role.PEER else None
        snapshot = shapes.request(queries.one_request(tx, row), viewer_id)
        answer: Json = {"snapshot": snapshot, "facts": [], "seq": row.seq, "more": False}
        if after is None:
            return answer
        room = MOST_BYTES - wire.size(answer)
        for entry in queries.facts_after(tx, request_id, after, FACTS_AT_ONCE):
            fact = shapes.entry(entry, caller.role)
            room -= wire.size(fact) + 1
            if room < 0:
                break
            answer["facts"].append(fact)
        reached = answer["facts"][-1]["seq"] if answer["facts"] else after
        answer["more"] = reached < row.seq
        return answer

    def _unfollow(self, connection: Connection, body: Unfollow) -> Json:
        self.stop_following(connection, body.request_id)
        return {}

    def _follow_board(self, connection: Connection, _body: Nothing) -> Json:
        with self._wired.db.read() as tx:
            network_id = self._caller(tx, connection).network_id
        self.server.enter_room(connection.sid, rooms.board(network_id), NAMESPACE)
        with self._wired.db.read() as tx:
            return {"seq": newest_seq(tx, network_id)}

    def _unfollow_board(self, connection: Connection, _body: Nothing) -> Json:
        room = rooms.board(connection.caller.network_id)
        self.server.leave_room(connection.sid, room, NAMESPACE)
        return {}

    def _follow_site(self, connection: Connection, _body: Nothing) -> Json:
        """The site is the caller's own, by the rows: nobody names one."""
        with self._wired.db.read() as tx:
            site_id = self._caller(tx, connection).site_id
        if site_id is None:
            raise Problem("forbidden", "You are at no site.")
        self.server.enter_room(connection.sid, rooms.site(site_id), NAMESPACE)
        return {}

    def _unfollow_site(self, connection: Connection, _body: Nothing) -> Json:
        room = rooms.site(connection.caller.site_id or "")
        self.server.leave_room(connection.sid, room, NAMESPACE)
        return {}

    def _seen(self, connection: Connection, body: Seen) -> Json:
        with self._wired.db.transaction() as tx:
            actor = self._caller(tx, connection).as_actor()
            offer = peers.see(tx, actor, body.offer_id)
            tx.session.flush()
            request, site = tx.session.execute(
                select(SupportRequest, Site)
                .join(Site, Site.id == SupportRequest.site_id)
                .where(SupportRequest.id == offer.request_id)
            ).one()
            answer = {"offer": shapes.offer(offer, request, site)}
        self.heard.note([actor.id])
        return answer

    def _refresh(self, connection: Connection, body: Refresh) -> Json:
        claims = self._wired.tokens.read(body.token)
        credential = Credential(session_id=claims.session_id)
        with self._wired.db.read() as tx:
            caller = authenticate(tx, credential)
        if not connection.is_of(caller):
            raise Problem("not_signed_in", "This is somebody else's, or your role has changed.")
        connection.credential, connection.expires_at = credential, claims.expires_at
        connection.caller = caller
        return {"expires_at": shapes.stamp(claims.expires_at)}


def _parse(body: type[Body], value: Any) -> Any:
    """`value` as `body`, as strictly as over HTTP. What is no JSON (bytes, NaN) is refused."""
    try:
        return body.model_validate_json(wire.dumps(value), strict=True)
    except ValidationError as refused:
        raise from_validation(refused) from None
    except (TypeError, ValueError, RecursionError):
        raise Problem("invalid", "This is not JSON.") from None


def _parse_said(declared: Said, said: tuple[Any, ...]) -> Any:
    if len(said) > 1:
        raise Problem("invalid", "An event carries one object.")
    value = said[0] if said else None
    if value is None and declared.body is Nothing:
        return Nothing()
    return _parse(declared.body, value)
