"""The steps of a visit, from leaving to the end, and the undo of the last one.

Every step is the same move on two rows: the guarded step of the request, then its visit, which has
the same state by name.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from dispatch import access, bridge, ending, engine, guard, journal, shapes, staying, watch
from dispatch.access import Actor
from dispatch.actions import bridges
from dispatch.errors import Conflict, Forbidden
from dispatch.events import By, FactType
from dispatch.guard import live_visit
from dispatch.models import Exclusion, SupportRequest, User, Visit
from dispatch.policy import parse
from dispatch.states import (
    LIVE_VISIT,
    REMOTE,
    STEPS,
    UNDOABLE,
    Priority,
    RequestState,
    Role,
    Step,
    VisitState,
)
from dispatch.travel import arrival
from storage.database import Transaction

_FACTS = {
    Step.DEPART: FactType.VISIT_DEPARTED,
    Step.ARRIVE: FactType.VISIT_ARRIVED,
    Step.START: FactType.VISIT_STARTED,
}
_TIMES = {Step.DEPART: "departed_at", Step.ARRIVE: "arrived_at", Step.START: "started_at"}


def depart(tx: Transaction, actor: Actor, visit_id: str) -> Visit:
    """The peer leaves. From here to the arrival the site and the managers see the position."""
    return _advance(tx, actor, visit_id, Step.DEPART)


def arrive(tx: Transaction, actor: Actor, visit_id: str) -> Visit:
    """The peer is there, said by the peer or by staff who see them."""
    return _advance(tx, actor, visit_id, Step.ARRIVE)


def start(tx: Transaction, actor: Actor, visit_id: str) -> Visit:
    """The conversation begins; a remote one begins straight after the yes."""
    return _advance(tx, actor, visit_id, Step.START)


def _advance(tx: Transaction, actor: Actor, visit_id: str, step: Step) -> Visit:
    """One of the three steps that can be undone."""
    seen, request = _held(tx, actor, visit_id, step)
    if seen.is_bridge:
        bridges.refuse_foreign(step, seen)
        return bridges.start(tx, actor, seen, request)
    policy = parse(request.policy)
    before = VisitState(request.state.value)
    moved = _take(tx, request, seen, step)
    values: dict[str, Any] = {
        "state": STEPS[step].visit_target,
        _TIMES[step]: tx.now,
        "undo_to": before,
        "undo_until": tx.now + timedelta(seconds=policy.undo_s),
        "undo_by_id": actor.id,
    }
    if actor.role is Role.PEER:
        values["contact_at"] = tx.now
    if step is Step.DEPART:
        values |= arrival.left(tx, moved, seen.peer_id)
    visit = _changed(tx, moved, values)
    peer = tx.session.get_one(User, visit.peer_id)
    if moved.alarm is not None:
        watch.end_alarm(tx, moved, actor.by(), why=step.value, again=True)
    journal.append(
        tx,
        moved,
        _FACTS[step],
        actor.by(),
        {"state": moved.state.value, "visit": shapes.visit(visit, peer)},
    )
    if step is Step.ARRIVE or (step is Step.START and visit.modality in REMOTE):
        bridge.relieve(tx, moved, actor.by())
        staying.end(tx, moved, actor.by(), "relieved")
    engine.look(tx, moved)
    return visit


def complete(tx: Transaction, actor: Actor, visit_id: str) -> Visit:
    """The conversation is over."""
    seen, request = _held(tx, actor, visit_id, Step.COMPLETE)
    if seen.is_bridge:
        return bridges.complete(tx, actor, seen, request)
    moved = _take(
        tx,
        request,
        seen,
        Step.COMPLETE,
        closed_at=tx.now,
        next_action_at=None,
        close_reason="completed",
    )
    visit = _changed(
        tx,
        moved,
        {
            "state": VisitState.COMPLETED,
            "completed_at": tx.now,
            "ended_at": tx.now,
            "undo_to": None,
            "undo_until": None,
        },
    )
    if moved.alarm is not None:
        watch.end_alarm(tx, moved, actor.by(), why="complete")
    ending.end_beside(tx, moved, actor.by(), "relieved")
    peer = tx.session.get_one(User, visit.peer_id)
    journal.append(
        tx,
        moved,
        FactType.VISIT_COMPLETED,
        actor.by(),
        {
            "state": moved.state.value,
            "visit": shapes.visit(visit, peer),
            "closed_at": shapes.stamp(moved.closed_at),
            "owner": None,
        },
    )
    return visit


def withdraw(tx: Transaction, actor: Actor, visit_id: str, reason: str | None = None) -> Visit:
    """The visit ends before it began; someone else is asked, this peer not again for it."""
    return _back_to_search(tx, actor, visit_id, Step.WITHDRAW, FactType.VISIT_WITHDRAWN, reason)


def hand_over(
    tx: Transaction,
    actor: Actor,
    visit_id: str,
    reason: str | None = None,
    *,
    stays: bool = False,
) -> Visit:
    """The peer hands a running conversation over; the search has priority `continuing`.

    With `stays` they are there until the next one is, and busy so long. Who is there by video until
    somebody arrives cannot stay: `Conflict` (`illegal_step`).
    """
    type_ = FactType.VISIT_STAYS if stays else FactType.VISIT_HANDED_OVER
    return _back_to_search(tx, actor, visit_id, Step.HAND_OVER, type_, reason)


def _back_to_search(
    tx: Transaction,
    actor: Actor,
    visit_id: str,
    step: Step,
    type_: FactType,
    reason: str | None,
) -> Visit:
    seen, request = _held(tx, actor, visit_id, step)
    if seen.is_bridge:
        if type_ is FactType.VISIT_STAYS:
            raise Conflict("Somebody is on the way already: say goodbye, or hand over.")
        return bridges.leave(tx, actor, seen, request, step, reason)
    values: dict[str, Any] = {
        "search_started_at": tx.now,
        "search_wave": 0,
        "next_action_at": tx.now,
        "alarm": None,
        "alarmed": [],
        "owner_id": None,
        "is_widened": False,
        "is_stayed": request.is_stayed or type_ is FactType.VISIT_STAYS,
    }
    beside = bridge.live(tx, request.id)
    if step is Step.HAND_OVER or (beside is not None and beside.started_at is not None):
        values["priority"] = Priority.CONTINUING
    moved = _take(tx, request, seen, step, **values)
    bridge.close_search(tx, moved, actor.by(), "not_awaited")
    if type_ is FactType.VISIT_STAYS:
        ended = {"staying": _stay(tx, moved)}
    else:
        ended = end_live(tx, moved, step, reason or step.value, actor.by())
        del ended["visit"]
    tx.session.add(Exclusion(request_id=moved.id, peer_id=seen.peer_id, created_at=tx.now))
    data: dict[str, Any] = {
        "state": moved.state.value,
        "visit": None,
        "owner": shapes.owner(moved, None, None),
        "alarm": None,
        "priority": moved.priority.value,
    }
    journal.append(tx, moved, type_, actor.by(), data | ended)
    engine.look(tx, moved)
    return tx.session.get_one(Visit, seen.id)


def _stay(tx: Transaction, request: SupportRequest) -> dict[str, Any]:
    """The peer of the live visit stays; what a fact says of them."""
    values = {"stay_since": tx.now, "undo_to": None, "undo_until": None}
    visit = live_visit(tx, request.id, state=VisitState.STAYING, **values)
    if visit is None:
        raise Conflict("This visit is over.")
    return staying.shape(tx, visit)


def end_live(
    tx: Transaction, request: SupportRequest, step: Step, reason: str, by: By
) -> dict[str, Any]:
    """End the live visit of a held request, if there is one, as `step` says.

    Returns what the fact says of it: `visit` (the ended visit) and `visit_ended` (who must be told
    to turn around, and by whom it was ended). Empty when there was no visit.
    """
    states = {visit.id: visit.state for visit in _live(tx, request)}
    visit = live_visit(
        tx,
        request.id,
        state=STEPS[step].visit_target,
        ended_at=tx.now,
        end_reason=reason,
        undo_to=None,
        undo_until=None,
    )
    if visit is None:
        return {}
    peer = tx.session.get_one(User, visit.peer_id)
    return {
        "visit": shapes.visit(visit, peer),
        "visit_ended": {
            "id": visit.id,
            "peer": shapes.person(peer),
            "state_before": states[visit.id].value,
            "by": by.kind,
            "reason": reason,
        },
    }


def undo(tx: Transaction, actor: Actor, visit_id: str) -> Visit:
    """Take the last step back within its ten seconds; only who took it can.

    Raises `Conflict` (`illegal_step`) when there is nothing to take back any more.
    """
    access.visit(tx, actor, visit_id)
    seen = tx.session.get_one(Visit, visit_id)
    request = access.locked_request(tx, seen.request_id)
    tx.session.refresh(seen)
    if seen.undo_to is None or seen.undo_until is None or seen.undo_until < tx.now:
        raise Conflict("There is nothing left to undo.")
    if seen.undo_by_id != actor.id:
        raise Conflict("Only who took the step can undo it.")
    if seen.is_bridge:
        return bridges.undo(tx, actor, seen, request)
    undone = UNDOABLE[seen.state]
    values: dict[str, Any] = {
        "state": seen.undo_to,
        _TIMES[undone]: None,
        "undo_to": None,
        "undo_until": None,
        "contact_at": tx.now,
    }
    if undone is Step.DEPART:
        values |= arrival.not_left(seen)
    request.state = RequestState(seen.undo_to.value)
    visit = _changed(tx, request, values)
    peer = tx.session.get_one(User, visit.peer_id)
    journal.append(
        tx,
        request,
        FactType.STEP_UNDONE,
        actor.by(),
        {
            "state": request.state.value,
            "visit": shapes.visit(visit, peer),
            "undone": undone.value,
        },
    )
    engine.look(tx, request)
    return visit


def _held(tx: Transaction, actor: Actor, visit_id: str, step: Step) -> tuple[Visit, SupportRequest]:
    """The visit through its gate, and its request's row held. Refuses a role the table excludes."""
    if actor.role.value not in STEPS[step].who:
        raise Forbidden(f"{step.value} is not yours to do.")
    seen = access.visit(tx, actor, visit_id)
    request = access.locked_request(tx, seen.request_id)
    tx.session.refresh(seen)
    if seen.state not in LIVE_VISIT:
        raise Conflict(f"{step.value} cannot be taken: this visit is {seen.state.value}.")
    return seen, request


def _take(
    tx: Transaction, request: SupportRequest, visit: Visit, step: Step, **values: Any
) -> SupportRequest:
    return guard.step(tx, request, step, modality=visit.modality, **values)


def _changed(tx: Transaction, request: SupportRequest, values: dict[str, Any]) -> Visit:
    visit = live_visit(tx, request.id, **values)
    if visit is None:
        raise Conflict("This visit is over.")
    return visit


def _live(tx: Transaction, request: SupportRequest) -> list[Visit]:
    return list(
        tx.session.scalars(
            select(Visit).where(
                Visit.request_id == request.id,
                Visit.is_bridge.is_(False),
                Visit.state.in_(sorted(LIVE_VISIT)),
            )
        )
    )
