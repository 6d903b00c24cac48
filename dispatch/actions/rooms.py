"""What happens in the room of a video visit: come in, say how it goes, leave, stay, end.

The visit starts when both sides said that they are connected, and ends when the room has been empty
for as long as the policy says. Callers have passed a gate: the peer's own, or the guest's link.
Every change holds the request's row first, so that the two sides' reports come one after the other.
"""

import logging
from dataclasses import dataclass

from sqlalchemy import select, update

from dispatch import access, room_clock, staying
from dispatch.actions import behalf, visits
from dispatch.errors import Conflict
from dispatch.events import ENGINE, By
from dispatch.models import SupportRequest, Visit
from dispatch.policy import parse
from dispatch.rooms import (
    FRESH,
    ROOMED,
    WILLING,
    Room,
    Seat,
    SeatState,
    Side,
    is_present,
    seats_of,
)
from dispatch.states import BUSY_VISIT, VisitState
from storage.database import Database, Transaction

log = logging.getLogger(__name__)

BATCH = 100
GUEST = By("guest")
"""The person at the bedside, as a fact names them: without anything that is theirs."""


@dataclass(frozen=True)
class Said:
    """What one side's browser says of itself."""

    state: SeatState
    has_camera: bool = False
    is_muted: bool = False


def check(visit: Visit) -> Visit:
    """The visit, if it has a room that is open; else `Conflict` (`illegal_step`)."""
    if visit.modality not in ROOMED:
        raise Conflict("Only a visit by video or chat has a room.")
    if visit.state not in BUSY_VISIT:
        raise Conflict("This visit is over.")
    return visit


def enter(tx: Transaction, visit: Visit, side: Side, tab: str) -> float | None:
    """Take the seat of a side with one page; a page that sat there before is sent away.

    Returns what `report` returns.
    """
    held(tx, visit)
    room = tx.session.get(Room, visit.id)
    if room is None:
        room = Room(visit_id=visit.id, network_id=visit.network_id, opened_at=tx.now)
        tx.session.add(room)
        tx.session.flush()
    seat = tx.session.get(Seat, (visit.id, side))
    if seat is None:
        tx.session.add(
            Seat(
                visit_id=visit.id,
                side=side,
                tab=tab,
                state=SeatState.HERE,
                entered_at=tx.now,
                seen_at=tx.now,
            )
        )
    elif seat.tab == tab:
        # The same page again, after its network or this server was away: the talk went on.
        seat.seen_at = tx.now
        if seat.state is SeatState.GONE:
            seat.state = SeatState.HERE
    else:
        seat.tab, seat.state, seat.inside_sid = tab, SeatState.HERE, None
        seat.has_camera = seat.is_muted = False
        seat.entered_at = seat.seen_at = tx.now
    tx.session.flush()
    return settle(tx, visit, room)


def report(tx: Transaction, visit: Visit, side: Side, tab: str, said: Said) -> float | None:
    """How one side is. Returns the seconds it took to connect, with the report that completes it.

    Raises `Conflict` (`room_moved`) for a page that lost its seat to a newer one.
    """
    if _is_the_same(tx, visit, side, tab, said):
        return None
    held(tx, visit)
    seat = tx.session.get(Seat, (visit.id, side), populate_existing=True)
    room = tx.session.get(Room, visit.id, populate_existing=True)
    if seat is None or room is None or seat.tab != tab:
        raise Conflict("The call was opened on another screen.", code="room_moved")
    seat.state, seat.seen_at = said.state, tx.now
    seat.has_camera, seat.is_muted = said.has_camera, said.is_muted
    tx.session.flush()
    return settle(tx, visit, room)


def leave(tx: Transaction, visit: Visit, side: Side, tab: str, state: SeatState) -> None:
    """One side's page closes (`gone`), or they would rather not now (`not_now`)."""
    held(tx, visit)
    seat = tx.session.get(Seat, (visit.id, side), populate_existing=True)
    if seat is not None and seat.tab == tab:
        seat.state = state
        seat.has_camera = False
        tx.session.flush()
    _look_soon(tx, visit)


def stay(tx: Transaction, visit: Visit) -> None:
    """ "Yes, I'm still here": whoever is missing gets the whole time again."""
    held(tx, visit)
    room = tx.session.get(Room, visit.id, populate_existing=True)
    if room is not None and room.asked_at is not None:
        room.empty_at, room.asked_at = tx.now, None


def by_phone(tx: Transaction, visit: Visit) -> None:
    """The peer goes on by telephone: the room may be empty from here on."""
    held(tx, visit)
    room = tx.session.get(Room, visit.id, populate_existing=True)
    if room is not None and room.by_phone_at is None:
        room.by_phone_at = tx.now
        room.empty_at = room.asked_at = room.look_at = None


def end(tx: Transaction, visit: Visit, side: Side, tab: str, by: By) -> None:
    """The conversation is over, as one side said. Before it began, they only leave."""
    leave(tx, visit, side, tab, SeatState.GONE)
    if visit.state is VisitState.STAYING:
        # Who stayed hangs up, or the person does: nobody stays, and the next is still looked for.
        room = tx.session.get_one(Room, visit.id, populate_existing=True)
        room.ended_at, room.look_at = tx.now, None
        staying.end(tx, tx.session.get_one(SupportRequest, visit.request_id), by, "left")
    if visit.state is VisitState.IN_SESSION:
        room = tx.session.get_one(Room, visit.id, populate_existing=True)
        room.ended_at, room.look_at = tx.now, None
        visits.complete(tx, behalf.of_peer(tx, visit, by), visit.id)


def tick(db: Database) -> int:
    """Look at every room whose time has come; how many were ended. Safe beside others of its kind."""
    with db.read() as tx:
        due = tx.session.execute(
            select(Room.visit_id, Visit.request_id)
            .join(Visit, Visit.id == Room.visit_id)
            .where(Room.look_at <= tx.now)
            .order_by(Room.look_at)
            .limit(BATCH)
        ).all()
    ended = 0
    for visit_id, request_id in due:
        try:
            with db.transaction() as tx:
                access.locked_request(tx, request_id)
                ended += _look(tx, visit_id)
        except Exception:
            log.exception("the room of visit %s could not be looked at", visit_id)
    return ended


def _look(tx: Transaction, visit_id: str) -> bool:
    """Whether the room was ended. The request's row is held."""
    room = tx.session.get_one(Room, visit_id, populate_existing=True)
    visit = tx.session.get_one(Visit, visit_id, populate_existing=True)
    if room.look_at is None or room.look_at > tx.now:
        return False
    if visit.state is not VisitState.IN_SESSION or room.ended_at is not None:
        _set(tx, visit_id, look_at=None)
        return False
    request = tx.session.get_one(SupportRequest, visit.request_id)
    here = [one for one in seats_of(tx, visit_id) if is_present(one, tx.now)]
    verdict = room_clock.look(
        are_both_here=len(here) == len(Side),
        empty_at=room.empty_at,
        asked_at=room.asked_at,
        now=tx.now,
        policy=parse(request.policy),
    )
    if verdict.is_over:
        room.ended_at, room.look_at = tx.now, None
        visits.complete(tx, behalf.of_peer(tx, visit, ENGINE), visit_id)
        return True
    if (verdict.empty_at, verdict.asked_at) != (room.empty_at, room.asked_at):
        room.empty_at, room.asked_at = verdict.empty_at, verdict.asked_at
        room.look_at = verdict.look_at
    else:
        _set(tx, visit_id, look_at=verdict.look_at)
    return False


def settle(tx: Transaction, visit: Visit, room: Room) -> float | None:
    """What follows from both seats as they are now."""
    seats = [one for one in seats_of(tx, visit.id) if is_present(one, tx.now)]
    if len(seats) < len(Side) or not WILLING.issuperset(one.state for one in seats):
        return None
    if room.met_at is None:
        room.met_at = tx.now
    if all(one.inside_sid for one in seats):
        for seat in seats:
            seat.state = SeatState.CONNECTED
        tx.session.flush()
    elif {one.state for one in seats} != {SeatState.CONNECTED}:
        return None
    return _connected(tx, visit, room)


def _connected(tx: Transaction, visit: Visit, room: Room) -> float | None:
    """Both hear each other: for the first time, or again."""
    room.empty_at = room.asked_at = None
    if room.connected_at is not None:
        return None
    room.connected_at = tx.now
    room.look_at = tx.now + room_clock.AGAIN
    if visit.state is VisitState.ACCEPTED:
        visits.start(tx, behalf.of_peer(tx, visit, ENGINE), visit.id)
    return (tx.now - (room.met_at or tx.now)).total_seconds()


def held(tx: Transaction, visit: Visit) -> None:
    """Hold the request's row, and see the visit as it is now: open, or `Conflict`."""
    access.locked_request(tx, visit.request_id)
    tx.session.refresh(visit)
    check(visit)


def _is_the_same(tx: Transaction, visit: Visit, side: Side, tab: str, said: Said) -> bool:
    """Whether nothing is new but the time, which is then written without holding anything."""
    check(visit)
    same = tx.session.execute(
        update(Seat)
        .where(
            Seat.visit_id == visit.id,
            Seat.side == side,
            Seat.tab == tab,
            Seat.state == said.state,
            Seat.has_camera == said.has_camera,
            Seat.is_muted == said.is_muted,
            # After a silence the others may believe that nobody is there: that is news.
            Seat.seen_at > tx.now - FRESH,
        )
        .values(seen_at=tx.now)
        .returning(Seat.side)
        .execution_options(synchronize_session=False)
    )
    return same.first() is not None


def _look_soon(tx: Transaction, visit: Visit) -> None:
    """Somebody left a conversation that had begun: the clock looks at once."""
    tx.session.execute(
        update(Room)
        .where(Room.visit_id == visit.id, Room.look_at.is_not(None))
        .values(look_at=tx.now)
        .execution_options(synchronize_session=False)
    )


def _set(tx: Transaction, visit_id: str, **values: object) -> None:
    """A change of the clock alone, which is nobody's news."""
    tx.session.execute(
        update(Room)
        .where(Room.visit_id == visit_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
