""" "I don't feel safe": a peer calls for help, somebody holds it, a supervisor closes it with a note.

It stands beside the alarms of the clock and beside the steps: no step, no time, no "I have this"
and no end of the request ends it. So it has a field of its own in the request (`help`), and its
facts may follow the last step of a request.
"""

from sqlalchemy import ColumnElement, or_, select

from dispatch import access, journal, shapes
from dispatch.access import Actor
from dispatch.errors import Conflict
from dispatch.events import FactType
from dispatch.help_calls import AFTER_A_VISIT, HelpCall, HelpKind, calls_of, standing
from dispatch.models import SupportRequest, User, Visit
from dispatch.states import BUSY_VISIT
from storage.database import Transaction


def call(tx: Transaction, actor: Actor, visit_id: str) -> SupportRequest:
    """The peer of this visit does not feel safe. Said again while it stands, it is the same call.

    Raises `Conflict` (`illegal_step`) once the visit has been over for two hours.
    """
    visit, request = held(tx, access.visit(tx, actor, visit_id))
    if any(one.visit_id == visit.id for one in _standing(tx, request)):
        return request
    request.help = shapes.help_call(made(tx, visit, HelpKind.UNSAFE), actor, None)
    journal.append(tx, request, FactType.HELP_CALLED, actor.by(), {"help": request.help})
    return request


def held(tx: Transaction, visit: Visit) -> tuple[Visit, SupportRequest]:
    """The visit as it is now, its request's row held; `Conflict` when it has been over for too long."""
    request = access.locked_request(tx, visit.request_id)
    tx.session.refresh(visit)
    is_over = visit.state not in BUSY_VISIT
    if is_over and (visit.ended_at is None or visit.ended_at + AFTER_A_VISIT < tx.now):
        raise Conflict("This visit has been over for too long. Call 911 or your network.")
    return visit, request


def made(tx: Transaction, visit: Visit, kind: HelpKind, *, is_by_guest: bool = False) -> HelpCall:
    """A new call from a visit whose request is held."""
    row = HelpCall(
        network_id=visit.network_id,
        request_id=visit.request_id,
        visit_id=visit.id,
        peer_id=visit.peer_id,
        kind=kind,
        is_by_guest=is_by_guest,
        called_at=tx.now,
    )
    tx.session.add(row)
    tx.session.flush()
    return row


def hold(tx: Transaction, actor: Actor, request_id: str) -> SupportRequest:
    """ "I have this": everybody sees who it is, and no more phones ring. The call stands.

    Raises `Conflict` (`illegal_step`) when nobody calls for help.
    """
    request, calls = _called(tx, actor, request_id)
    if all(one.held_by_id == actor.id for one in calls):
        return request
    for one in calls:
        one.held_by_id, one.held_at = actor.id, tx.now
    peer = tx.session.get_one(User, calls[-1].peer_id)
    request.help = shapes.help_call(calls[-1], peer, actor)
    journal.append(tx, request, FactType.HELP_HELD, actor.by(), {"help": request.help})
    return request


def close(tx: Transaction, actor: Actor, request_id: str, note: str) -> SupportRequest:
    """The peer is safe, or it was settled otherwise: the note says how, to those who manage.

    Raises `Conflict` (`illegal_step`) when nobody calls for help.
    """
    request, calls = _called(tx, actor, request_id)
    for one in calls:
        one.closed_by_id, one.closed_at, one.note = actor.id, tx.now, note
    ended, request.help = request.help, None
    journal.append(tx, request, FactType.HELP_CLOSED, actor.by(), {"help": None, "call": ended})
    return request


def history(tx: Transaction, request: SupportRequest) -> list[HelpCall]:
    """Every call of a peer who was not safe, oldest first, for those who manage."""
    return [one for one in calls_of(tx, request.id) if one.kind is HelpKind.UNSAFE]


def own(tx: Transaction, peer_id: str) -> tuple[Visit, HelpCall | None] | None:
    """The visit for which this peer can call for help now, or already does; None without one."""
    called = tx.session.execute(
        select(Visit, HelpCall)
        .join(HelpCall, HelpCall.visit_id == Visit.id)
        .where(
            HelpCall.peer_id == peer_id,
            HelpCall.closed_at.is_(None),
            HelpCall.kind == HelpKind.UNSAFE,
        )
        .order_by(HelpCall.called_at.desc())
        .limit(1)
    ).one_or_none()
    if called is not None:
        return called[0], called[1]
    visit = tx.session.scalars(
        select(Visit)
        .where(Visit.peer_id == peer_id, can_still_call(tx))
        .order_by(Visit.accepted_at.desc(), Visit.id.desc())
        .limit(1)
    ).one_or_none()
    return None if visit is None else (visit, None)


def can_still_call(tx: Transaction) -> ColumnElement[bool]:
    """Visits from which one can call: those under way, and those that ended lately."""
    return or_(Visit.state.in_(sorted(BUSY_VISIT)), Visit.ended_at >= tx.now - AFTER_A_VISIT)


def _standing(tx: Transaction, request: SupportRequest) -> list[HelpCall]:
    return standing(tx, request.id, HelpKind.UNSAFE)


def _called(
    tx: Transaction, actor: Actor, request_id: str
) -> tuple[SupportRequest, list[HelpCall]]:
    request = access.request(tx, actor, request_id, lock=True)
    calls = _standing(tx, request)
    if not calls:
        raise Conflict("Nobody calls for help here, or not any more.")
    return request, calls
