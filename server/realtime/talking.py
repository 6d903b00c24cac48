"""That something was said or read in a visit, told to its two sides; never what.

An announcement carries numbers only, so a text passes no Redis and no room: who is told fetches it
through the gate.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select

from dispatch.models import Visit
from dispatch.rooms import Side
from dispatch.talk import gate as talk_gate
from dispatch.talk import reading
from dispatch.talk.saying import Words
from dispatch.talk.threads import Thread
from dispatch.talk.words import Party, Voice
from server import talking
from server.realtime import rooms, wire
from server.realtime.outlets import Json, Outlet
from server.realtime.talk_events import TalkRead, TalkSay, TalkSince
from storage.database import Database, Transaction

MOST_BYTES = 7_500
"""The messages of one answer; with the rest of it, it stays under the 8 KB of an event."""

Gate = Callable[[Transaction, Any, str], tuple[Visit, Side]]


def tell(db: Database, outlet: Outlet, threads: Sequence[Thread]) -> None:
    """Announce the marks of these threads, as they were committed, to who has a part in them."""
    threads = [one for one in threads if one.erase_at is None]
    if not threads:
        return
    with db.read() as tx:
        visits = {
            visit.id: visit
            for visit in tx.session.scalars(
                select(Visit).where(Visit.id.in_({one.visit_id for one in threads}))
            )
        }
        for thread in threads:
            visit = visits[thread.visit_id]
            to = [rooms.peer(visit.peer_id)]
            if thread.party is Party.STAFF:
                to.append(rooms.plain(visit.request_id))
            else:
                to += rooms.both(visit.id)
            outlet.emit("talk", reading.marks(visit.id, thread.party, thread), to)


class Talking:
    """What the person and the peer say in the room of their visit: told to the hall's own gate."""

    def __init__(self, db: Database, gate: Gate, slowly: Callable[[Any], None]) -> None:
        self._db = db
        self._gate = gate
        self._slowly = slowly
        self.handlers: dict[str, Callable[[Any, Any], Json]] = {
            "talk_since": self._since,
            "talk_say": self._say,
            "talk_read": self._read,
        }

    def _since(self, connection: Any, body: TalkSince) -> Json:
        self._slowly(connection)
        with self._db.read() as tx:
            visit, _ = self._admit(tx, connection, body.visit_id)
            whole = reading.whole(tx, visit, Party.PERSON, after=body.after, before=body.before)
        return _fitting(whole, is_forward=body.after is not None)

    def _say(self, connection: Any, body: TalkSay) -> Json:
        self._slowly(connection)
        words = Words(body.id, body.word, body.text)
        with self._db.transaction() as tx:
            visit, voice = self._admit(tx, connection, body.visit_id)
            # Neither side has a name here: who is the peer is known, and the person is nobody.
            return talking.taken(talking.say(tx, visit, Party.PERSON, voice, words))

    def _read(self, connection: Any, body: TalkRead) -> Json:
        self._slowly(connection)
        with self._db.transaction() as tx:
            visit, voice = self._admit(tx, connection, body.visit_id)
            thread = talking.read(tx, visit, Party.PERSON, voice, body.seq)
            return reading.marks(visit.id, Party.PERSON, thread)

    def _admit(self, tx: Transaction, connection: Any, visit_id: str) -> tuple[Visit, Voice]:
        """The visit and who this is in it, while the two can talk; who else asks finds nothing."""
        visit, side = self._gate(tx, connection, visit_id)
        talk_gate.check_write(tx, visit, Party.PERSON)
        return visit, Voice.PEER if side is Side.PEER else Voice.GUEST


def _fitting(whole: Json, *, is_forward: bool) -> Json:
    """As many messages as one answer holds: from the one asked for on, else the last ones."""
    items = whole["items"] if is_forward else whole["items"][::-1]
    room = MOST_BYTES - wire.size({**whole, "items": []})
    kept: list[Json] = []
    for one in items:
        room -= wire.size(one) + 1
        if room < 0:
            break
        kept.append(one)
    more = whole["more"] or len(kept) < len(items)
    return {**whole, "items": kept if is_forward else kept[::-1], "more": more}
