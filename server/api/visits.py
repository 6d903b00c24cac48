"""Visits: one peer's support, from the yes to the end."""

from typing import Annotated

from pydantic import Field

from dispatch import shapes
from dispatch.actions import stays, visits
from dispatch.models import User, Visit
from dispatch.states import Role
from server.api.answers import VisitAnswer
from server.api.declare import Call, Json, Routes
from server.api.models import LINE, Body

routes = Routes("visits", "One peer's support, from the yes to the end.")

PEER = {Role.PEER}
PEER_OR_STAFF = {Role.PEER, Role.STAFF}


class EndBody(Body):
    """Why it ends before its end, if one likes to say."""

    reason: Annotated[str, Field(min_length=1, max_length=40, pattern=LINE)] | None = None


class HandOverBody(EndBody):
    """Whether the peer stays until the next one is there."""

    stays: bool = False


def _shape(call: Call, visit: Visit) -> Json:
    call.tx.session.flush()
    return shapes.visit(visit, call.tx.session.get_one(User, visit.peer_id))


@routes.add(
    "POST",
    "/visits/{visit_id}/depart",
    roles=PEER,
    answer=VisitAnswer,
    summary="I am on my way.",
    problems=("illegal_step",),
)
def depart(call: Call, visit_id: str) -> Json:
    """From here to the arrival the site and the managers see the position."""
    return _shape(call, visits.depart(call.tx, call.actor, visit_id))


@routes.add(
    "POST",
    "/visits/{visit_id}/arrive",
    roles=PEER_OR_STAFF,
    answer=VisitAnswer,
    summary="The peer is there.",
    problems=("illegal_step",),
)
def arrive(call: Call, visit_id: str) -> Json:
    """Said by the peer, or by staff who see them. Position sharing ends."""
    return _shape(call, visits.arrive(call.tx, call.actor, visit_id))


@routes.add(
    "POST",
    "/visits/{visit_id}/start",
    roles=PEER,
    answer=VisitAnswer,
    summary="The conversation begins.",
    problems=("illegal_step",),
)
def start(call: Call, visit_id: str) -> Json:
    """A remote visit begins straight after the yes."""
    return _shape(call, visits.start(call.tx, call.actor, visit_id))


@routes.add(
    "POST",
    "/visits/{visit_id}/complete",
    roles=PEER_OR_STAFF,
    answer=VisitAnswer,
    summary="The conversation is over.",
    problems=("illegal_step",),
)
def complete(call: Call, visit_id: str) -> Json:
    """Any time is a good time to stop: staff may end it early."""
    return _shape(call, visits.complete(call.tx, call.actor, visit_id))


@routes.add(
    "POST",
    "/visits/{visit_id}/withdraw",
    roles={Role.PEER, Role.STAFF, Role.MANAGER},
    answer=VisitAnswer,
    summary="Somebody else is asked.",
    problems=("illegal_step",),
)
def withdraw(call: Call, visit_id: str, body: EndBody) -> Json:
    """The search goes on at once; this peer is not asked again for this request."""
    return _shape(call, visits.withdraw(call.tx, call.actor, visit_id, body.reason))


@routes.add(
    "POST",
    "/visits/{visit_id}/hand_over",
    roles=PEER,
    answer=VisitAnswer,
    summary="Another peer takes the conversation over.",
    problems=("illegal_step",),
)
def hand_over(call: Call, visit_id: str, body: HandOverBody) -> Json:
    """The search begins again, with priority. With `stays` the peer is there until the next one is."""
    act = visits.hand_over(call.tx, call.actor, visit_id, body.reason, stays=body.stays)
    return _shape(call, act)


@routes.add(
    "POST",
    "/visits/{visit_id}/stay",
    roles=PEER,
    answer=VisitAnswer,
    summary="I can still stay.",
    problems=("illegal_step",),
)
def stay(call: Call, visit_id: str) -> Json:
    """The answer to `asked_at` of `staying`: the time counts anew."""
    return _shape(call, stays.still(call.tx, call.actor, visit_id))


@routes.add(
    "POST",
    "/visits/{visit_id}/leave",
    roles={Role.PEER, Role.STAFF, Role.MANAGER},
    answer=VisitAnswer,
    summary="Who stayed has to go.",
    problems=("illegal_step",),
)
def leave(call: Call, visit_id: str) -> Json:
    """The next one is still looked for, or on the way."""
    return _shape(call, stays.leave(call.tx, call.actor, visit_id))


@routes.add(
    "POST",
    "/visits/{visit_id}/carry_on",
    roles=PEER,
    answer=VisitAnswer,
    summary="Who stays goes on after all.",
    problems=("illegal_step",),
)
def carry_on(call: Call, visit_id: str) -> Json:
    """Until somebody has said yes: then that one comes."""
    return _shape(call, stays.carry_on(call.tx, call.actor, visit_id))


@routes.add(
    "POST",
    "/visits/{visit_id}/undo",
    roles=PEER_OR_STAFF,
    answer=VisitAnswer,
    summary="Take the last step back.",
    problems=("illegal_step",),
)
def undo(call: Call, visit_id: str) -> Json:
    """Within ten seconds of depart, arrive or start, by who took it."""
    return _shape(call, visits.undo(call.tx, call.actor, visit_id))
