"""A visit needs more: the ED nurse at the bedside, or a supervisor to talk with."""

from typing import Literal

from dispatch import access
from dispatch.actions import needs
from dispatch.help_calls import HelpKind
from dispatch.models import Site, SupportRequest
from dispatch.states import Role
from notifications import devices
from server.api.answers import Count, NeedAnswer
from server.api.declare import Call, Json, Routes
from server.api.models import Answer, Body

routes = Routes("needs", "A visit needs more: one press, one named answer.")

ANSWERING = {Role.STAFF, Role.MANAGER, Role.SUPERVISOR}
READING = {Role.MANAGER, Role.SUPERVISOR}


class NeedBody(Body):
    """For whom: the nurse of the ED, or a supervisor of the network."""

    kind: Literal["nurse", "supervisor"]


class NeedState(Answer):
    """For whom the visits of a request call now."""

    request_id: str
    seq: Count
    needs: list[NeedAnswer]


class NeedDetails(NeedState):
    """With the numbers to call. The peer's own is told while their call for a supervisor stands."""

    peer_phone: str | None
    desk_phone: str


def _state(call: Call, request: SupportRequest) -> Json:
    call.tx.session.flush()
    return {"request_id": request.id, "seq": request.seq, "needs": request.needs or []}


@routes.add(
    "POST",
    "/visits/{visit_id}/needs",
    roles={Role.PEER},
    answer=NeedState,
    summary="Call the nurse of the ED, or a supervisor.",
    problems=("illegal_step",),
)
def call_for(call: Call, visit_id: str, body: NeedBody) -> Json:
    """Twice is once, until somebody who said "I'm coming" has not come for a while."""
    return _state(call, needs.call(call.tx, call.actor, visit_id, HelpKind(body.kind)))


@routes.add(
    "POST",
    "/visits/{visit_id}/needs/take_back",
    roles={Role.PEER},
    answer=NeedState,
    summary="Nobody need come any more.",
    problems=("illegal_step",),
)
def take_back(call: Call, visit_id: str, body: NeedBody) -> Json:
    """No more phones ring."""
    return _state(call, needs.take_back(call.tx, call.actor, visit_id, HelpKind(body.kind)))


@routes.add(
    "POST",
    "/requests/{request_id}/needs/hold",
    roles=ANSWERING,
    answer=NeedState,
    summary="I'm coming.",
    problems=("illegal_step", "forbidden"),
)
def hold(call: Call, request_id: str, body: NeedBody) -> Json:
    """Who called sees the name, and no more phones ring. Staff answer for the nurse."""
    return _state(call, needs.hold(call.tx, call.actor, request_id, HelpKind(body.kind)))


@routes.add(
    "POST",
    "/requests/{request_id}/needs/done",
    roles=ANSWERING,
    answer=NeedState,
    summary="Somebody was there.",
    problems=("illegal_step", "forbidden"),
)
def done(call: Call, request_id: str, body: NeedBody) -> Json:
    """The call is over. It can be made anew."""
    return _state(call, needs.done(call.tx, call.actor, request_id, HelpKind(body.kind)))


@routes.add(
    "GET",
    "/requests/{request_id}/needs",
    roles=READING,
    answer=NeedDetails,
    summary="For whom the visits of a request call, and whom to ring.",
)
def show(call: Call, request_id: str) -> Json:
    """For those who manage the network."""
    row = access.request(call.tx, call.actor, request_id)
    site = call.tx.session.get_one(Site, row.site_id)
    callers = [one["peer"]["id"] for one in row.needs or [] if one["kind"] == "supervisor"]
    phone = devices.phones(call.tx, callers).get(callers[-1]) if callers else None
    return _state(call, row) | {"peer_phone": phone, "desk_phone": site.desk_phone}
