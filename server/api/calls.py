"""Calls by telephone between the peer of a visit and its ED, or the bedside, through our own number.

No number is told to anybody here but the desk's public one. A number for the bedside goes in and
never comes out.
"""

from typing import Annotated

from pydantic import Field

from dispatch import access
from dispatch import calls as kept
from dispatch.actions import calls
from dispatch.calls import CallState
from dispatch.errors import Conflict
from dispatch.models import Site, SupportRequest, Visit
from dispatch.policy import parse
from dispatch.states import Role
from notifications.calls import numbers
from server import switchboard
from server.api.call_answers import CallView
from server.api.declare import Call, Json, Routes
from server.api.models import Body
from server.errors import Problem
from server.telephony import calling

routes = Routes(
    "calls", "By telephone: both sides are called from our number, and neither sees the other's."
)

CALLING = {Role.PEER, Role.STAFF}


class BedsidePhoneBody(Body):
    """The telephone beside the person, in E.164; kept as long as the visit."""

    number: Annotated[str, Field(max_length=16, pattern=numbers.E164)]


def _view(call: Call, visit: Visit) -> Json:
    call.tx.session.flush()
    request = call.tx.session.get_one(SupportRequest, visit.request_id)
    last = kept.newest(call.tx, visit.id)
    return {
        "visit_id": visit.id,
        "why_not": switchboard.why_not(call.tx, call.wired.settings, visit),
        "desk_phone": call.tx.session.get_one(Site, request.site_id).desk_phone,
        "has_bedside_phone": numbers.of_bedside(call.tx, visit.id) is not None,
        "calls_left": kept.left(call.tx, visit.id, parse(request.policy)),
        "call": None if last is None else kept.shape(last, visit),
    }


@routes.add(
    "GET",
    "/visits/{visit_id}/call",
    roles=CALLING | {Role.MANAGER},
    answer=CallView,
    summary="How the call is, and whether one can be made.",
)
def show(call: Call, visit_id: str) -> Json:
    """For who sees the visit. What is said there is nowhere."""
    return _view(call, access.visit(call.tx, call.actor, visit_id))


@routes.add(
    "POST",
    "/visits/{visit_id}/call",
    roles=CALLING,
    answer=CallView,
    summary="Call now.",
    problems=("illegal_step", "calls_off", "calls_full"),
)
def place(call: Call, visit_id: str) -> Json:
    """The peer's own telephone rings first and waits for a 1; then the desk's, or the bedside's.

    While one call is live it is that one, whoever presses and how often.
    """
    visit = access.visit(call.tx, call.actor, visit_id)
    last = kept.newest(call.tx, visit.id)
    is_live = last is not None and last.state is not CallState.ENDED
    why = None if is_live else switchboard.why_not(call.tx, call.wired.settings, visit)
    to = last.to if is_live and last is not None else switchboard.callee(call.tx, visit)
    if why not in (None, "over", "full") or to is None:
        raise Problem("calls_off")
    calls.place(call.tx, call.actor, visit_id, to)
    return _view(call, visit)


@routes.add(
    "POST",
    "/visits/{visit_id}/call/stop",
    roles=CALLING,
    answer=CallView,
    summary="Not now: the call ends, or rings no more.",
)
def stop(call: Call, visit_id: str) -> Json:
    """Harmless when none is live."""
    calls.stop(call.tx, call.actor, visit_id)
    return _view(call, access.visit(call.tx, call.actor, visit_id))


@routes.add(
    "POST",
    "/visits/{visit_id}/call/stay",
    roles=CALLING,
    answer=CallView,
    summary="Still talking, by other means.",
)
def stay(call: Call, visit_id: str) -> Json:
    """After a call the conversation would end by itself; now it does not."""
    calls.stay(call.tx, call.actor, visit_id)
    return _view(call, access.visit(call.tx, call.actor, visit_id))


@routes.add(
    "PUT",
    "/visits/{visit_id}/bedside_phone",
    roles={Role.STAFF},
    answer=CallView,
    summary="Call the telephone beside the person instead of the desk.",
    problems=("illegal_step", "calls_off", "number_not_allowed"),
)
def enter(call: Call, visit_id: str, body: BedsidePhoneBody) -> Json:
    """For this visit, which it is forgotten with. It is told to nobody again, least of all the peer."""
    visit = access.visit(call.tx, call.actor, visit_id)
    account = calling(call.wired.settings)
    if not kept.is_open(visit) or not kept.is_the_talk(visit):
        raise Conflict("Only a visit by telephone has one.")
    if account is None or not switchboard.is_on(call.wired.settings):
        raise Problem("calls_off")
    if not numbers.may_be_called(body.number, account.sender):
        raise Problem("number_not_allowed")
    numbers.enter(
        call.tx,
        visit_id=visit.id,
        network_id=visit.network_id,
        number=body.number,
        entered_by_id=call.caller.user_id,
    )
    return _view(call, visit)


@routes.add(
    "DELETE",
    "/visits/{visit_id}/bedside_phone",
    roles={Role.STAFF},
    status=204,
    summary="Call the desk again; the number is forgotten.",
)
def leave_out(call: Call, visit_id: str) -> None:
    """Harmless when none was entered."""
    visit = access.visit(call.tx, call.actor, visit_id)
    numbers.forget(call.tx, [visit.id])
