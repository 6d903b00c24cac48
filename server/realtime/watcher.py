"""Who may no longer listen is out of every room within seconds.

A signature says only that a token was issued once. Every two seconds it is asked for each socket of
this process whether its session counts and its user is who they were, and for peers whether what they
follow is still theirs to see; of many sockets some at a time.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache, partial
from math import ceil
from typing import Any, Protocol

from sqlalchemy import bindparam, select
from sqlalchemy.exc import SQLAlchemyError

from dispatch import access
from dispatch.models import User
from dispatch.near import as_one, one_of
from dispatch.states import Role
from server.models import UserSession
from server.realtime.connections import Connection, Connections
from server.realtime.heard import Heard
from server.wiring import Wired
from storage.database import Transaction
from storage.gate import through

log = logging.getLogger(__name__)

LOOK_S = 2.0
CONTACT_S = 30.0
"""How often an open socket counts as a sign of life of its peer's app."""
AT_ONCE = 1_000
"""How many sessions, or requests that are followed, one SELECT asks for."""
IN_A_ROW = 500
"""So many sockets are looked at in a row; of 5,000 that is a tenth of the work every fifth of a second, and
nobody waits for all of it at once."""

Standing = tuple[str, Role, str, str | None]
"""Who a session's user is: id, role, network, site."""
Followed = tuple[Connection, str]
"""A peer's socket, and a request that it follows."""


class Doorkeeper(Protocol):
    """Who can send a socket out."""

    def put_out(self, connection: Connection) -> None:
        """End the connection."""
        ...

    def stop_following(self, connection: Connection, request_id: str) -> None:
        """Out of the rooms of one request."""
        ...


class Watcher:
    """Looks, and sends out."""

    def __init__(
        self,
        wired: Wired,
        connections: Connections,
        doorkeeper: Doorkeeper,
        heard: Heard,
        also: Callable[[], None] = lambda: None,
    ) -> None:
        self._wired = wired
        self._connections = connections
        self._doorkeeper = doorkeeper
        self._heard = heard
        self._also = also
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._contact_at: datetime | None = None

    def start(self) -> None:
        """Begin to look every `LOOK_S`, once a process; called when the first client comes."""
        if self._thread is not None:
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        waiting: list[Connection] = []
        pause_s = LOOK_S
        while not self._stop.wait(pause_s):
            if not waiting:
                waiting = self._connections.all()
                pause_s = LOOK_S / max(1, ceil(len(waiting) / IN_A_ROW))
            if not self._try(partial(self.look, waiting[:IN_A_ROW])):
                continue
            waiting = waiting[IN_A_ROW:]
            if not waiting:
                self._try(self.note_contact)
                self._try(self._also)

    def _try(self, what: Callable[[], None]) -> bool:
        """Whether it was done; what fails is done the next time."""
        try:
            # Nobody who was revoked goes on listening because others are in the way.
            with through():
                what()
        except SQLAlchemyError as error:
            # Nobody can be revoked either while the database is away.
            log.warning("sessions not looked at: %s", type(error).__name__)
        except Exception:
            log.exception("a look at the sessions failed")
        else:
            return True
        return False

    def look(self, some: Sequence[Connection] | None = None) -> None:
        """Send out who expired; and of `some` sockets or all who was revoked, or is no longer who they were."""
        everybody = self._connections.all()
        now = self._wired.clock.now()
        # Tokens expire without the database, also while it is away.
        expired = [one for one in everybody if one.expires_at is not None and one.expires_at <= now]
        for connection in expired:
            self._doorkeeper.put_out(connection)
        gone = {connection.sid for connection in expired}
        looked_at = everybody if some is None else some
        here = [connection for connection in looked_at if connection.sid not in gone]
        if not here:
            return
        # Taken before the rows are looked at: who follows from now on was let in by newer ones.
        follows = {
            one.sid: tuple(one.follows)
            for one in here
            if one.caller.role is Role.PEER and one.follows
        }
        with self._wired.db.read() as tx:
            found = standing(tx, sorted({one.caller.session_id for one in here}))
            strangers = [one for one in here if found.get(one.caller.session_id) != known(one)]
            out = {one.sid for one in strangers}
            lost = _lost(
                tx,
                [
                    (one, request_id)
                    for one in here
                    if one.sid in follows and one.sid not in out
                    for request_id in follows[one.sid]
                ],
            )
        for connection in strangers:
            self._doorkeeper.put_out(connection)
        for connection, request_id in lost:
            self._doorkeeper.stop_following(connection, request_id)

    def note_contact(self) -> None:
        """Every `CONTACT_S`: the peers whose sockets are open have been heard of."""
        now = self._wired.clock.now()
        if self._contact_at is not None and (now - self._contact_at).total_seconds() < CONTACT_S:
            return
        self._contact_at = now
        everybody = (one.caller for one in self._connections.all())
        peers = sorted({caller.user_id for caller in everybody if caller.role is Role.PEER})
        self._heard.note(peers)


def known(connection: Connection) -> Standing:
    """Who connected, as the rows said then."""
    caller = connection.caller
    return caller.user_id, caller.role, caller.network_id, caller.site_id


def standing(tx: Transaction, session_ids: Sequence[str]) -> dict[str, Standing]:
    """Who the users of those sessions are that still count."""
    dialect = tx.session.get_bind().dialect.name
    found: dict[str, Standing] = {}
    for start in range(0, len(session_ids), AT_ONCE):
        part = as_one(dialect, session_ids[start : start + AT_ONCE])
        rows = tx.session.execute(_counting(dialect), {"sessions": part, "now": tx.now})
        found |= {row[0]: (row[1], row[2], row[3], row[4]) for row in rows}
    return found


# Built once: it is asked every two seconds and with every batch of positions.
@cache
def _counting(dialect: str) -> Any:
    """Of `sessions`, those that count, and their users."""
    return (
        select(UserSession.id, User.id, User.role, User.network_id, User.site_id)
        .join(User, User.id == UserSession.user_id)
        .where(
            one_of(dialect, UserSession.id, "sessions"),
            UserSession.revoked_at.is_(None),
            UserSession.expires_at > bindparam("now"),
            User.is_active,
        )
    )


def _lost(tx: Transaction, followed: Sequence[Followed]) -> list[Followed]:
    """Of what these peers followed, what they may no longer see."""
    lost: list[Followed] = []
    for start in range(0, len(followed), AT_ONCE):
        part = followed[start : start + AT_ONCE]
        asked = [(one.caller.as_actor(), request_id) for one, request_id in part]
        seen = access.seen_by_peers(tx, asked)
        lost += [one for one, pair in zip(part, asked, strict=True) if pair not in seen]
    return lost
