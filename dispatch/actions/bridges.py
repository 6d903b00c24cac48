"""Video until somebody arrives: who asks for it, who gives it, and who says that it is enough.

The yes to a bridge is said like any other (`dispatch.actions.peers`). Everything here holds the
request's row; the request's own visit is not touched, but by `keep_video`.
"""

from datetime import timedelta
from typing import Any

from dispatch import access, bridge, bridging, engine, journal, shapes
from dispatch.access import Actor
from dispatch.errors import Conflict
from dispatch.events import FactType
from dispatch.guard import refuse
from dispatch.models import SupportRequest, User, Visit
from dispatch.policy import parse
from dispatch.states import BRIDGE_STEPS, Step, VisitState
from storage.database import Transaction


def want(tx: Transaction, actor: Actor, request_id: str) -> SupportRequest:
    """ "Start video until they are here": asked again while it is looked for, it is the same.

    Raises `Conflict` (`illegal_step`) when nobody is on the way, they are nearly there, or the
    network does not bridge.
    """
    request = access.request(tx, actor, request_id, lock=True)
    policy = parse(request.policy)
    if policy.bridge == "off":
        raise Conflict("This network does not start video until somebody arrives.")
    coming = bridge.awaited(tx, request)
    if coming is None:
        raise refuse("bridge", request.state)
    if request.bridge_since is not None or bridge.live(tx, request.id) is not None:
        return request
    if not bridging.is_worth_it(coming.eta_at, tx.now, policy):
        raise Conflict("They are nearly there: video would come too late.")
    bridge.begin(tx, request, actor.by())
    engine.look(tx, request)
    return request


def stop(tx: Transaction, actor: Actor, request_id: str) -> SupportRequest:
    """Nobody need be there by video: ends the search, or a bridge that has not begun.

    Raises `Conflict` (`illegal_step`) when there is nothing to stop; a conversation is completed.
    """
    request = access.request(tx, actor, request_id, lock=True)
    found = bridge.live(tx, request.id)
    has_begun = found is not None and found.state is VisitState.IN_SESSION
    if has_begun or (found is None and request.bridge_since is None):
        raise refuse("stop_bridge", request.state)
    request.bridge_is_over = True
    bridge.end_all(tx, request, actor.by(), "stopped")
    return request


def start(tx: Transaction, actor: Actor, seen: Visit, request: SupportRequest) -> Visit:
    """They are connected."""
    values: dict[str, Any] = {
        "started_at": tx.now,
        "undo_to": VisitState.ACCEPTED,
        "undo_until": tx.now + timedelta(seconds=parse(request.policy).undo_s),
        "undo_by_id": actor.id,
        "contact_at": tx.now,
    }
    visit = _change(tx, seen, Step.START, **values)
    _tell(tx, actor, request, FactType.BRIDGE_STARTED, visit)
    engine.look(tx, request)
    return visit


def undo(tx: Transaction, actor: Actor, seen: Visit, request: SupportRequest) -> Visit:
    """They were not connected after all. The ten seconds are the caller's to watch."""
    seen.state = VisitState.ACCEPTED
    seen.started_at = seen.undo_to = seen.undo_until = None
    seen.contact_at = tx.now
    tx.session.flush()
    _tell(tx, actor, request, FactType.BRIDGE_UNDONE, seen, undone=Step.START.value)
    engine.look(tx, request)
    return seen


def complete(tx: Transaction, actor: Actor, seen: Visit, request: SupportRequest) -> Visit:
    """They have said goodbye, or staff end it; who is on the way still comes."""
    if seen.state is not VisitState.IN_SESSION:
        raise _refuse(Step.COMPLETE, seen)
    ended = bridge.end(tx, request, seen, actor.by(), "completed")
    engine.look(tx, request)
    return ended


def leave(
    tx: Transaction,
    actor: Actor,
    seen: Visit,
    request: SupportRequest,
    step: Step,
    reason: str | None,
) -> Visit:
    """The peer by video cannot go on. While somebody is awaited, the next is asked."""
    before = seen.state
    why = reason or step.value
    left = _change(tx, seen, step, ended_at=tx.now, end_reason=why)
    bridge.lose(tx, request, left, before, actor.by(), why, parse(request.policy))
    engine.look(tx, request)
    return left


def _change(tx: Transaction, seen: Visit, step: Step, **values: Any) -> Visit:
    visit = bridge.change(tx, seen, step, **values)
    if visit is None:
        raise _refuse(step, seen)
    return visit


def _refuse(step: Step, seen: Visit) -> Conflict:
    return Conflict(f"{step.value} is not possible while the bridge is {seen.state.value}.")


def refuse_foreign(step: Step, seen: Visit) -> None:
    """Raise `Conflict` for a step that a bridge does not have: it has no journey."""
    if step not in BRIDGE_STEPS:
        raise _refuse(step, seen)


def _tell(
    tx: Transaction,
    actor: Actor,
    request: SupportRequest,
    type_: FactType,
    visit: Visit,
    **more: Any,
) -> None:
    person = tx.session.get_one(User, visit.peer_id)
    data = {"bridge": shapes.visit(visit, person), **more}
    journal.append(tx, request, type_, actor.by(), data)
