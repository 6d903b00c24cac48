"""A peer hands over and stays: until the next one is there, or they must go, or go on after all.

Everything here holds the request's row. The handover itself stands in `dispatch.actions.visits`.
"""

from sqlalchemy import delete

from dispatch import access, bridge, engine, guard, journal, offering, shapes, staying
from dispatch.access import Actor
from dispatch.errors import Conflict
from dispatch.events import FactType
from dispatch.models import Exclusion, SupportRequest, User, Visit
from dispatch.states import OfferState, Step, VisitState
from storage.database import Transaction


def still(tx: Transaction, actor: Actor, visit_id: str) -> Visit:
    """ "I can still stay": the time counts anew. Raises `Conflict` when this peer does not stay."""
    visit, request = _held(tx, actor, visit_id)
    if visit.stay_asked_at is None:
        return visit
    visit.stay_since, visit.stay_asked_at, visit.stay_ends_at = tx.now, None, None
    tx.session.flush()
    data = {"staying": staying.shape(tx, visit)}
    journal.append(tx, request, FactType.STAY_GOES_ON, actor.by(), data)
    return visit


def leave(tx: Transaction, actor: Actor, visit_id: str, reason: str | None = None) -> Visit:
    """ "I have to go", or staff end it: the search goes on. Raises `Conflict` as `still` does."""
    visit, request = _held(tx, actor, visit_id)
    staying.end(tx, request, actor.by(), reason or "left")
    return visit


def carry_on(tx: Transaction, actor: Actor, visit_id: str) -> Visit:
    """Who stays goes on with the conversation after all; nobody else need come.

    Raises `Conflict` (`illegal_step`) once somebody has said yes: one of the two wins.
    """
    visit, request = _held(tx, actor, visit_id)
    moved = guard.step(
        tx,
        request,
        Step.CARRY_ON,
        next_wave_at=None,
        alarm=None,
        alarmed=[],
        owner_id=None,
        is_stayed=False,
        next_action_at=tx.now,
    )
    visit.state = VisitState.IN_SESSION
    visit.stay_since = visit.stay_asked_at = visit.stay_ends_at = None
    visit.contact_at = tx.now
    tx.session.flush()
    mine = (Exclusion.request_id == moved.id, Exclusion.peer_id == visit.peer_id)
    tx.session.execute(delete(Exclusion).where(*mine))
    offering.close(tx, moved, OfferState.SUPERSEDED, "taken", actor.by())
    peer = tx.session.get_one(User, visit.peer_id)
    data = {
        "state": moved.state.value,
        "visit": shapes.visit(visit, peer),
        "staying": None,
        "owner": shapes.owner(moved, None, peer),
        "alarm": None,
        "next_wave_at": None,
    }
    journal.append(tx, moved, FactType.STAY_TAKEN_BACK, actor.by(), data)
    bridge.relieve(tx, moved, actor.by())
    engine.look(tx, moved)
    return visit


def _held(tx: Transaction, actor: Actor, visit_id: str) -> tuple[Visit, SupportRequest]:
    visit = access.visit(tx, actor, visit_id)
    request = access.locked_request(tx, visit.request_id)
    tx.session.refresh(visit)
    if visit.state is not VisitState.STAYING:
        raise Conflict("This peer does not stay, or not any more.")
    return visit, request
