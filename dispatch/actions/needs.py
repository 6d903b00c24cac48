"""A visit needs more: the ED nurse at the bedside, or a supervisor to talk with.

One press calls, somebody named has it, and who called sees who is coming. It stands beside the
steps, like a call for help, in the same table; but nobody is in danger: there is no note, who
called can take it back, and a call for the nurse ends with its request.
"""

from datetime import timedelta
from typing import Any

from dispatch import access, journal, needs
from dispatch.access import Actor
from dispatch.actions import help_calls
from dispatch.errors import Conflict, Forbidden
from dispatch.events import By, FactType
from dispatch.help_calls import HelpCall, HelpKind, standing
from dispatch.models import SupportRequest, User, Visit
from dispatch.policy import parse
from dispatch.states import BUSY_VISIT, Role
from storage.database import Transaction

ANSWERING = {
    HelpKind.NURSE: frozenset({Role.STAFF, Role.MANAGER}),
    HelpKind.SUPERVISOR: frozenset({Role.SUPERVISOR, Role.MANAGER}),
}
"""Who can say "I have this". A manager has called the desk."""

GUEST = By("guest")
"""The person at the bedside, as a fact names them: without anything that is theirs."""


def call(tx: Transaction, actor: Actor, visit_id: str, kind: HelpKind) -> SupportRequest:
    """The peer calls from their visit. Said again while it stands, it is the same call.

    Raises `Conflict` (`illegal_step`) for the nurse once the visit is over, and for a supervisor
    two hours later.
    """
    return _call(tx, access.visit(tx, actor, visit_id), kind, actor.by())


def call_as_guest(tx: Transaction, visit: Visit) -> SupportRequest:
    """The person calls the nurse from the bedside screen of this visit; the caller passed its gate."""
    return _call(tx, visit, HelpKind.NURSE, GUEST)


def hold(tx: Transaction, actor: Actor, request_id: str, kind: HelpKind) -> SupportRequest:
    """ "I'm coming": who called sees the name, and no more phones ring. It stands until it is done.

    Raises `Conflict` (`illegal_step`) when nobody calls for them, `Forbidden` for other roles.
    """
    request, calls = _called(tx, actor, request_id, kind)
    if all(one.held_by_id == actor.id for one in calls):
        return request
    for one in calls:
        one.held_by_id, one.held_at = actor.id, tx.now
    _tell(tx, request, FactType.NEED_HELD, actor.by(), calls[-1])
    return request


def done(tx: Transaction, actor: Actor, request_id: str, kind: HelpKind) -> SupportRequest:
    """Somebody was there. Raises as `hold` does."""
    request, calls = _called(tx, actor, request_id, kind)
    for one in calls:
        needs.close(tx, one, "done", actor.id)
    _tell(tx, request, FactType.NEED_ENDED, actor.by(), calls[-1], reason="done")
    return request


def take_back(tx: Transaction, actor: Actor, visit_id: str, kind: HelpKind) -> SupportRequest:
    """The peer needs nobody any more. Raises `Conflict` (`illegal_step`) when nothing stands."""
    visit = access.visit(tx, actor, visit_id)
    request = access.locked_request(tx, visit.request_id)
    mine = [one for one in standing(tx, request.id, kind) if one.visit_id == visit.id]
    if not mine:
        raise Conflict("Nobody is called for here, or not any more.")
    needs.close(tx, mine[-1], "taken_back", actor.id)
    _tell(tx, request, FactType.NEED_ENDED, actor.by(), mine[-1], reason="taken_back")
    return request


def _call(tx: Transaction, seen: Visit, kind: HelpKind, by: By) -> SupportRequest:
    visit, request = help_calls.held(tx, seen)
    if kind is HelpKind.NURSE and visit.state not in BUSY_VISIT:
        raise Conflict("This visit is over. Call the desk.")
    policy = parse(request.policy)
    for one in standing(tx, request.id, kind):
        if one.visit_id != visit.id:
            continue
        patience = timedelta(seconds=policy.need_after_s)
        if one.held_at is None or one.held_at + patience > tx.now:
            return request
        # Somebody said "I'm coming" a good while ago and the press comes again: it rings anew.
        needs.close(tx, one, "again", None)
    is_by_guest = by.kind == GUEST.kind
    made = help_calls.made(tx, visit, kind, is_by_guest=is_by_guest)
    _tell(tx, request, FactType.NEED_CALLED, by, made, others_after_s=policy.need_after_s)
    return request


def _called(
    tx: Transaction, actor: Actor, request_id: str, kind: HelpKind
) -> tuple[SupportRequest, list[HelpCall]]:
    request = access.request(tx, actor, request_id, lock=True)
    if actor.role not in ANSWERING[kind]:
        raise Forbidden("This call is not yours to answer.")
    calls = standing(tx, request.id, kind)
    if not calls:
        raise Conflict("Nobody is called for here, or not any more.")
    return request, calls


def _tell(
    tx: Transaction, request: SupportRequest, type_: FactType, by: By, call_: HelpCall, **more: Any
) -> None:
    peer = tx.session.get_one(User, call_.peer_id)
    about = {"need": needs.shape(call_, peer, needs.holder_of(tx, call_))}
    journal.append(tx, request, type_, by, needs.refresh(tx, request) | about | more)
