"""What a room of another service tells of a call: who is inside, who left, that somebody records.

There both sides talk to a server, so that server knows better than two browsers whether they are
connected. Callers have proved that it is the service that speaks. Every change holds the request's
row, as the browsers' own reports do.
"""

from sqlalchemy import update

from dispatch.actions import rooms
from dispatch.models import Visit
from dispatch.rooms import WILLING, Room, Seat, SeatState, Side
from storage.database import Transaction


def joined(tx: Transaction, visit: Visit, side: Side, tab: str, sid: str) -> float | None:
    """One side's page is inside, as `sid`. Returns what `rooms.report` returns.

    A page that lost its seat to a newer one is nobody.
    """
    rooms.held(tx, visit)
    seat = tx.session.get(Seat, (visit.id, side), populate_existing=True)
    room = tx.session.get(Room, visit.id, populate_existing=True)
    if seat is None or room is None or seat.tab != tab:
        return None
    seat.inside_sid = sid
    seat.seen_at = tx.now
    if seat.state not in WILLING:
        # Who comes in has said yes; their browser's own word may be on its way.
        seat.state = SeatState.READY
    tx.session.flush()
    return rooms.settle(tx, visit, room)


def left(tx: Transaction, visit: Visit, side: Side, sid: str) -> None:
    """Who was inside as `sid` is not any more. Late news of somebody before them changes nothing."""
    rooms.held(tx, visit)
    seat = tx.session.get(Seat, (visit.id, side), populate_existing=True)
    if seat is None or seat.inside_sid != sid:
        return
    seat.inside_sid = None
    if seat.state is SeatState.CONNECTED:
        seat.state = SeatState.BROKEN
    tx.session.flush()


def emptied(tx: Transaction, visit: Visit) -> None:
    """Nobody is inside any more."""
    rooms.held(tx, visit)
    tx.session.execute(
        update(Seat)
        .where(Seat.visit_id == visit.id)
        .values(inside_sid=None)
        .execution_options(synchronize_session=False)
    )


def recorded(tx: Transaction, visit: Visit) -> None:
    """Somebody over there records: both screens say so from here on."""
    rooms.held(tx, visit)
    room = tx.session.get(Room, visit.id, populate_existing=True)
    if room is not None and room.recorded_at is None:
        room.recorded_at = tx.now
