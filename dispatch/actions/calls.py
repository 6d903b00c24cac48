"""The calls of a visit: asked for, said yes to, connected, ended; and what follows for the visit.

A visit by telephone starts when both sides are on the line, and after a call it is asked whether the
conversation is over. Everything here holds the request's row first, so that two taps, the two sides'
news and the clock come one after the other. News may come twice, late and in any order: a call only
ever goes forward.
"""

import logging
from datetime import timedelta

from sqlalchemy import or_, select

from dispatch import access, calls, journal
from dispatch.access import Actor
from dispatch.actions import behalf, rooms, visits
from dispatch.calls import NO_NEWS, OVERTIME, CallEnd, CallState, CallTo, VisitCall
from dispatch.errors import Conflict
from dispatch.events import ENGINE, By, FactType
from dispatch.models import SupportRequest, Visit
from dispatch.policy import parse
from dispatch.rooms import Room, Side, is_present, seats_of
from dispatch.states import BUSY_VISIT, Modality, VisitState
from storage.database import Database, Transaction

log = logging.getLogger(__name__)

BATCH = 100


def place(tx: Transaction, actor: Actor, visit_id: str, to: CallTo) -> VisitCall:
    """Ask for a call; while one is live it is that one, whoever asks and how often.

    Raises `Conflict`: `illegal_step` when the visit is over, `calls_full` when it had its calls.
    """
    visit = access.visit(tx, actor, visit_id)
    request = access.locked_request(tx, visit.request_id)
    tx.session.refresh(visit)
    if not calls.is_open(visit):
        raise Conflict("This visit is over.")
    last = calls.newest(tx, visit.id)
    if last is not None and last.state is not CallState.ENDED:
        return last
    if calls.left(tx, visit.id, parse(request.policy)) == 0:
        raise Conflict("This visit has had all its calls.", code="calls_full")
    if last is not None:
        # The question after the last call is answered: they call again.
        last.look_at = None
    call = VisitCall(
        network_id=visit.network_id,
        visit_id=visit.id,
        to=to,
        state=CallState.PLACED,
        placed_by_id=actor.id,
        placed_at=tx.now,
        look_at=tx.now + NO_NEWS,
    )
    tx.session.add(call)
    tx.session.flush()
    _tell(tx, request, visit, call, FactType.CALL_PLACED, actor.by())
    return call


def hold(tx: Transaction, call_id: str) -> tuple[VisitCall, Visit, SupportRequest] | None:
    """The call with its visit, and its request's row held; None when there is no such call."""
    request_id = tx.session.scalar(
        select(Visit.request_id)
        .join(VisitCall, VisitCall.visit_id == Visit.id)
        .where(VisitCall.id == call_id)
    )
    if request_id is None:
        return None
    request = access.locked_request(tx, request_id)
    call = tx.session.get_one(VisitCall, call_id, populate_existing=True)
    visit = tx.session.get_one(Visit, call.visit_id, populate_existing=True)
    return call, visit, request


def ready(tx: Transaction, call_id: str) -> bool:
    """The peer said yes on the line; whether the other side may ring now. True once."""
    held = hold(tx, call_id)
    if held is None:
        return False
    call, visit, _ = held
    if visit.state not in BUSY_VISIT or call.state is not CallState.PLACED:
        return False
    call.state, call.ready_at = CallState.READY, tx.now
    call.look_at = tx.now + NO_NEWS
    return True


def connected(tx: Transaction, call_id: str) -> float | None:
    """Both are on the line. The seconds since it was asked for, with the first news of it.

    None when they are not to be connected: the call or the visit is over, or the peer has not said
    yes on the line.
    """
    held = hold(tx, call_id)
    if held is None:
        return None
    call, visit, request = held
    if call.state is not CallState.READY or visit.state not in BUSY_VISIT:
        return None
    call.state, call.connected_at = CallState.CONNECTED, tx.now
    limit_s = parse(request.policy).call_limit_s
    call.look_at = tx.now + timedelta(seconds=limit_s) + OVERTIME
    _tell(tx, request, visit, call, FactType.CALL_CONNECTED, ENGINE)
    if calls.is_the_talk(visit):
        if visit.modality is Modality.VIDEO:
            rooms.by_phone(tx, visit)
        if visit.state is VisitState.ACCEPTED:
            visits.start(tx, behalf.of_peer(tx, visit), visit.id)
    return (tx.now - call.placed_at).total_seconds()


def ended(tx: Transaction, call_id: str, end: CallEnd, by: By = ENGINE) -> bool:
    """The call is over; whether that is news."""
    held = hold(tx, call_id)
    return held is not None and _end(tx, *held, end, by)


def stop(tx: Transaction, actor: Actor, visit_id: str) -> VisitCall | None:
    """ "Not now": the live call of a visit ends, if there is one."""
    visit = access.visit(tx, actor, visit_id)
    access.locked_request(tx, visit.request_id)
    last = calls.newest(tx, visit.id)
    if last is not None:
        ended(tx, last.id, CallEnd.STOPPED, actor.by())
    return last


def stay(tx: Transaction, actor: Actor, visit_id: str) -> None:
    """ "We are still talking": the clock does not end this conversation after its call."""
    visit = access.visit(tx, actor, visit_id)
    access.locked_request(tx, visit.request_id)
    tx.session.refresh(visit)
    last = calls.newest(tx, visit.id)
    if last is not None and calls.asks(last, visit):
        last.look_at = None


def tick(db: Database) -> int:
    """Look at every call whose time has come or whose visit is over; how many were changed."""
    with db.read() as tx:
        due = tx.session.execute(
            select(VisitCall.id, Visit.request_id)
            .join(Visit, Visit.id == VisitCall.visit_id)
            .where(
                or_(
                    VisitCall.look_at <= tx.now,
                    (VisitCall.state != CallState.ENDED) & Visit.state.not_in(sorted(BUSY_VISIT)),
                )
            )
            .order_by(VisitCall.placed_at)
            .limit(BATCH)
        ).all()
    changed = 0
    for call_id, _ in due:
        try:
            with db.transaction() as tx:
                changed += _look(tx, call_id)
        except Exception:
            log.exception("the call %s could not be looked at", call_id)
    return changed


def _look(tx: Transaction, call_id: str) -> bool:
    held = hold(tx, call_id)
    if held is None:
        return False
    call, visit, request = held
    is_over = visit.state not in BUSY_VISIT
    if call.state is not CallState.ENDED:
        if is_over:
            return _end(tx, call, visit, request, CallEnd.OVER, ENGINE)
        if call.look_at is not None and call.look_at <= tx.now:
            return _end(tx, call, visit, request, CallEnd.FAILED, ENGINE)
        return False
    if call.look_at is None or call.look_at > tx.now:
        return False
    call.look_at = None
    if is_over or visit.state is not VisitState.IN_SESSION or _see_each_other(tx, visit):
        return True
    room = tx.session.get(Room, visit.id)
    if room is not None:
        room.ended_at, room.look_at = tx.now, None
    visits.complete(tx, behalf.of_peer(tx, visit), visit.id)
    return True


def _end(
    tx: Transaction,
    call: VisitCall,
    visit: Visit,
    request: SupportRequest,
    end: CallEnd,
    by: By,
) -> bool:
    if call.state is CallState.ENDED:
        return False
    had_talked = call.connected_at is not None
    if had_talked and end not in (CallEnd.STOPPED, CallEnd.OVER):
        end = CallEnd.HUNG_UP
    call.state, call.ended_at, call.end, call.look_at = CallState.ENDED, tx.now, end, None
    if had_talked and calls.is_the_talk(visit) and visit.state is VisitState.IN_SESSION:
        call.look_at = tx.now + timedelta(seconds=parse(request.policy).call_end_s)
    _tell(tx, request, visit, call, FactType.CALL_ENDED, by)
    return True


def _see_each_other(tx: Transaction, visit: Visit) -> bool:
    """Whether they went on by video after the call."""
    here = [one for one in seats_of(tx, visit.id) if is_present(one, tx.now)]
    return len(here) == len(Side)


def _tell(
    tx: Transaction,
    request: SupportRequest,
    visit: Visit,
    call: VisitCall,
    type_: FactType,
    by: By,
) -> None:
    journal.append(tx, request, type_, by, {"call": calls.shape(call, visit)})
