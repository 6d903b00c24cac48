"""That something was said or read in a visit, told to its two sides; never what.

An announcement carries numbers only, so a text passes no Redis and no room: who is told fetches it
through the gate.
"""

from collections.abc import Sequence

from sqlalchemy import select

from dispatch.models import Visit
from dispatch.talk import reading
from dispatch.talk.threads import Thread
from dispatch.talk.words import Party
from server.realtime import rooms
from server.realtime.outlets import Outlet
from storage.database import Database


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
