""" "I don't feel safe": the peer's call for help, who holds it, and the note that closes it."""

from typing import Annotated

from pydantic import Field
from sqlalchemy import select

from dispatch import access, shapes
from dispatch.actions import help_calls
from dispatch.help_calls import HelpCall
from dispatch.models import Site, SupportRequest, User
from dispatch.shapes import stamp
from dispatch.states import FINAL, Role
from notifications import devices
from server.api.answers import Count, HelpAnswer, Person
from server.api.declare import Call, Json, Routes
from server.api.models import TEXT, Answer, Body, Moment
from server.audit import Look
from server.models import AuditWhat

routes = Routes("help", "A peer who does not feel safe: one call, one holder, one note.")

HOLDING = {Role.MANAGER, Role.SUPERVISOR}
READING = HOLDING | {Role.ADMIN}
Note = Annotated[str, Field(min_length=3, max_length=500, pattern=TEXT)]


class CloseHelpBody(Body):
    """How it ended. Supervisors, managers and admins of the network read it, nobody else."""

    note: Note


class HelpState(Answer):
    """The call of a request as it is now; null when none stands."""

    request_id: str
    seq: Count
    help: HelpAnswer | None


class HelpEntry(Answer):
    """One call from the press to the note."""

    id: str
    since: Moment
    peer: Person
    held_by: Person | None
    held_at: Moment | None
    closed_by: Person | None
    closed_at: Moment | None
    note: str | None


class HelpDetails(HelpState):
    """With the numbers to call, and every call that this request has had."""

    peer_phone: str | None
    security_phone: str | None
    desk_phone: str
    calls: list[HelpEntry]


def _state(call: Call, request: SupportRequest) -> Json:
    call.tx.session.flush()
    return {"request_id": request.id, "seq": request.seq, "help": request.help}


@routes.add(
    "POST",
    "/visits/{visit_id}/help",
    roles={Role.PEER},
    answer=HelpState,
    summary="I don't feel safe.",
    is_urgent=True,
    problems=("illegal_step",),
)
def call_for_help(call: Call, visit_id: str) -> Json:
    """Supervisors and managers are called at once. Until two hours after the visit; twice is once."""
    return _state(call, help_calls.call(call.tx, call.actor, visit_id))


@routes.add(
    "POST",
    "/requests/{request_id}/help/hold",
    roles=HOLDING,
    answer=HelpState,
    summary="I have this call for help.",
    problems=("illegal_step",),
)
def hold(call: Call, request_id: str) -> Json:
    """Everybody sees who has it, and no more phones ring. It stands until it is closed."""
    return _state(call, help_calls.hold(call.tx, call.actor, request_id))


@routes.add(
    "POST",
    "/requests/{request_id}/help/close",
    roles=HOLDING,
    answer=HelpState,
    summary="The call for help is over.",
    problems=("illegal_step",),
)
def close(call: Call, request_id: str, body: CloseHelpBody) -> Json:
    """The only end there is: with a note, by a supervisor or a manager."""
    return _state(call, help_calls.close(call.tx, call.actor, request_id, body.note))


@routes.add(
    "GET",
    "/requests/{request_id}/help",
    roles=READING,
    answer=HelpDetails,
    summary="Calls for help: whom to call, and the notes.",
)
def show(call: Call, request_id: str) -> Json:
    """The peer's own number is told while their call stands."""
    row = access.request(call.tx, call.actor, request_id)
    site = call.tx.session.get_one(Site, row.site_id)
    if row.state in FINAL and call.caller.role is Role.MANAGER:
        call.looks.append(Look(AuditWhat.CLOSED_CASE_VIEWED, site.name, row.id))
    calls = help_calls.history(call.tx, row)
    phone = None
    if row.help is not None:
        peer_id = row.help["peer"]["id"]
        phone = devices.phones(call.tx, [peer_id]).get(peer_id)
    return _state(call, row) | {
        "peer_phone": phone,
        "security_phone": site.security_phone,
        "desk_phone": site.desk_phone,
        "calls": _entries(call, calls),
    }


def _entries(call: Call, calls: list[HelpCall]) -> list[Json]:
    ids = {one for row in calls for one in (row.peer_id, row.held_by_id, row.closed_by_id)}
    people = {
        user.id: shapes.person(user)
        for user in call.tx.session.scalars(select(User).where(User.id.in_(ids - {None})))
    }
    return [
        {
            "id": row.id,
            "since": stamp(row.called_at),
            "peer": people[row.peer_id],
            "held_by": people.get(row.held_by_id or ""),
            "held_at": stamp(row.held_at),
            "closed_by": people.get(row.closed_by_id or ""),
            "closed_at": stamp(row.closed_at),
            "note": row.note,
        }
        for row in calls
    ]
