"""Support requests: ask, look, and the ways forward that staff and managers have."""

from typing import Annotated

from pydantic import Field
from sqlalchemy import select

from dispatch import access, queries, shapes
from dispatch.actions import bridges, managers, staff
from dispatch.actions.staff import Ask
from dispatch.models import Site, SupportRequest
from dispatch.states import FINAL, Focus, Modality, RequestState, Role
from server import audit
from server.api.answers import FactsAnswer, RequestAnswer, RequestPage
from server.api.declare import Call, Json, Routes
from server.api.models import LINE, TEXT, Body, Language, OpaqueId, Query
from server.api.paging import PageQuery, page
from server.audit import Look
from server.models import AuditWhat

routes = Routes("requests", "What an emergency department asks for.")

ASKING = {Role.STAFF, Role.MANAGER}
SEEING = {Role.STAFF, Role.MANAGER, Role.PEER}
FACTS_AT_ONCE = 500

Preference = Annotated[str, Field(min_length=1, max_length=80, pattern=LINE)]
Reason = Annotated[str, Field(min_length=1, max_length=200, pattern=LINE)]


class NewRequest(Body):
    """What staff say when they ask. The person's yes (`consent`) is not optional."""

    site_id: OpaqueId | None = None
    modality: Modality
    place: Annotated[str, Field(min_length=1, max_length=40, pattern=LINE)]
    language: Language
    focus: Focus | None = None
    preferences: (
        Annotated[list[Preference], Field(max_length=12)]
        | Annotated[dict[str, Preference | bool], Field(max_length=12)]
    ) = Field(default_factory=list)
    met: Annotated[list[OpaqueId], Field(max_length=3)] = Field(
        default_factory=list,
        description="Peers whom the person has met before, of `/sites/{site_id}/familiar`.",
    )
    video_fallback: bool = False
    consent: bool
    note: Annotated[str, Field(max_length=500, pattern=TEXT)] | None = None


class RequestQuery(PageQuery):
    """Which requests."""

    state: RequestState | None = None


class FactsQuery(Query):
    """After which fact."""

    after: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0


class CancelBody(Body):
    """Why it is no longer wanted."""

    reason: Reason


class ReasonBody(Body):
    """Why, if there is something to say; it is kept with the fact."""

    reason: Reason | None = None


class SearchBody(ReasonBody):
    """Whether video peers may be asked too; left out, it stays as it is."""

    video_fallback: bool | None = None


class AssignBody(ReasonBody):
    """Who said yes on the telephone, and how they will meet."""

    peer_id: OpaqueId
    modality: Modality | None = None


def _shape(call: Call, row: SupportRequest) -> Json:
    call.tx.session.flush()
    return shapes.request(queries.one_request(call.tx, row), _viewer_id(call))


def _viewer_id(call: Call) -> str | None:
    """A peer sees where they are themselves on the road, and nobody else."""
    return call.caller.user_id if call.caller.role is Role.PEER else None


def _note_look(call: Call, row: SupportRequest, site: str) -> None:
    """A manager's look at a case is in the audit; that of an ended one under its own name."""
    if call.caller.role is Role.MANAGER:
        call.looks.append(audit.case(row, site))


@routes.add(
    "POST",
    "/requests",
    roles=ASKING,
    answer=RequestAnswer,
    status=201,
    summary="Ask for a peer.",
    problems=("consent_required", "not_found"),
)
def create(call: Call, body: NewRequest) -> Json:
    """The first phones ring before this answers. `site_id` defaults to the caller's own site.

    Who is in `met`, or as `preferences` has it, may be some minutes further away and is still asked
    first. Nobody is shown `met` again, and a day after the end it is forgotten.
    """
    ask = Ask(**{name: getattr(body, name) for name in NewRequest.model_fields})
    return _shape(call, staff.create_request(call.tx, call.actor, ask))


@routes.add(
    "GET",
    "/requests",
    roles=SEEING,
    answer=RequestPage,
    summary="The requests one may see, newest first.",
)
def index(call: Call, query: RequestQuery) -> Json:
    """Staff see those of their site, managers their network's, peers those they are or were on."""
    rows = select(SupportRequest).where(access.may_see_request(call.actor))
    if call.caller.role is Role.MANAGER:
        call.looks.append(Look(AuditWhat.CASES_LISTED, query.state or ""))
    if query.state is not None:
        rows = rows.where(SupportRequest.state == query.state)
    return page(
        call.tx,
        query,
        rows,
        created_at=SupportRequest.created_at,
        row_id=SupportRequest.id,
        key=lambda row: (row.created_at, row.id),
        shape=lambda found: [
            shapes.request(row, _viewer_id(call)) for row in queries.request_rows(call.tx, found)
        ],
    )


@routes.add(
    "GET", "/requests/{request_id}", roles=SEEING, answer=RequestAnswer, summary="One request."
)
def show(call: Call, request_id: str) -> Json:
    """A snapshot; with the facts after its `seq` it stays up to date."""
    row = access.request(call.tx, call.actor, request_id)
    shape = _shape(call, row)
    _note_look(call, row, shape["site"]["name"])
    return shape


@routes.add(
    "GET",
    "/requests/{request_id}/facts",
    roles=SEEING,
    answer=FactsAnswer,
    summary="What happened, in order.",
)
def facts(call: Call, request_id: str, query: FactsQuery) -> Json:
    """At most 500 at once: while the last item's `seq` is below the answer's, ask again."""
    row = access.request(call.tx, call.actor, request_id)
    if row.state in FINAL:
        _note_look(call, row, call.tx.session.get_one(Site, row.site_id).name)
    entries = queries.facts_after(call.tx, row.id, query.after, FACTS_AT_ONCE)
    role = call.caller.role
    return {"items": [shapes.entry(entry, role) for entry in entries], "seq": row.seq}


@routes.add(
    "POST",
    "/requests/{request_id}/cancel",
    roles=ASKING,
    answer=RequestAnswer,
    summary="It is no longer wanted.",
    problems=("illegal_step",),
)
def cancel(call: Call, request_id: str, body: CancelBody) -> Json:
    """A peer on the road is told to turn around."""
    return _shape(call, staff.cancel(call.tx, call.actor, request_id, body.reason))


@routes.add(
    "POST",
    "/requests/{request_id}/widen",
    roles=ASKING,
    answer=RequestAnswer,
    summary="Ask everyone now, also further away.",
    problems=("illegal_step",),
)
def widen(call: Call, request_id: str, body: SearchBody) -> Json:
    """Beyond the travel limits of the policy; never beyond what a peer has set for themselves."""
    row = staff.widen(call.tx, call.actor, request_id, **body.model_dump())
    return _shape(call, row)


@routes.add(
    "POST",
    "/requests/{request_id}/resume",
    roles={Role.MANAGER},
    answer=RequestAnswer,
    summary="Search again from the first wave.",
    problems=("illegal_step",),
)
def resume(call: Call, request_id: str, body: SearchBody) -> Json:
    """Those who did not answer are asked anew; those who said not this time are left in peace."""
    row = managers.resume(call.tx, call.actor, request_id, **body.model_dump())
    return _shape(call, row)


@routes.add(
    "POST",
    "/requests/{request_id}/close",
    roles=ASKING,
    answer=RequestAnswer,
    summary="Nobody could come.",
    problems=("illegal_step",),
)
def close(call: Call, request_id: str, body: ReasonBody) -> Json:
    """Only once a manager holds it: until then the search goes on."""
    return _shape(call, staff.close(call.tx, call.actor, request_id, body.reason))


@routes.add(
    "POST",
    "/requests/{request_id}/claim",
    roles={Role.MANAGER},
    answer=RequestAnswer,
    summary="I have this.",
    problems=("illegal_step",),
)
def claim(call: Call, request_id: str, body: ReasonBody) -> Json:
    """The caller owns the request from now on, and its alarm ends."""
    return _shape(call, managers.claim(call.tx, call.actor, request_id, body.reason))


@routes.add(
    "POST",
    "/requests/{request_id}/assign",
    roles={Role.MANAGER},
    answer=RequestAnswer,
    summary="Send a peer who said yes on the telephone.",
    problems=("illegal_step", "busy"),
)
def assign(call: Call, request_id: str, body: AssignBody) -> Json:
    """Certificate, badge and language still count; being on duty does not."""
    row = managers.assign(call.tx, call.actor, request_id, **dict(body))
    return _shape(call, row)


@routes.add(
    "POST",
    "/requests/{request_id}/bridge",
    roles=ASKING,
    answer=RequestAnswer,
    summary="Start video until they are here.",
    problems=("illegal_step",),
)
def bridge(call: Call, request_id: str) -> Json:
    """While somebody is on the way in person, others are asked to be there by video until then."""
    return _shape(call, bridges.want(call.tx, call.actor, request_id))


@routes.add(
    "POST",
    "/requests/{request_id}/stop_bridge",
    roles=ASKING,
    answer=RequestAnswer,
    summary="No video until they are here.",
    problems=("illegal_step",),
)
def stop_bridge(call: Call, request_id: str) -> Json:
    """Ends the asking, or a bridge that has not begun; one that has is completed as a visit."""
    return _shape(call, bridges.stop(call.tx, call.actor, request_id))


@routes.add(
    "POST",
    "/requests/{request_id}/keep_video",
    roles=ASKING,
    answer=RequestAnswer,
    summary="Video is enough.",
    problems=("illegal_step",),
)
def keep_video(call: Call, request_id: str) -> Json:
    """Who is with them by video goes on as the visit; a peer on the road is told to turn around."""
    return _shape(call, staff.keep_video(call.tx, call.actor, request_id))
