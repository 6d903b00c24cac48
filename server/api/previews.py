"""Trying a policy on the network's own past before it is saved: asked for here, played elsewhere."""

from typing import Annotated, Any

from pydantic import Field

from dispatch import access
from dispatch.actions import previews
from dispatch.models import Network, User
from dispatch.policy import Policy
from dispatch.previewing.previews import MOST_DAYS, Preview, PreviewError, PreviewState
from dispatch.shapes import person, stamp
from dispatch.states import Modality, Role
from dispatch.whatif.compare import Basis, Unit, Verdict
from server.api.answers import Count, Page, Person
from server.api.declare import Call, Json, Routes
from server.api.models import LINE, Answer, Body, Moment, OpaqueId

routes = Routes("previews", "A policy tried on the last weeks, before it is saved.")

KEEPING = {Role.MANAGER, Role.ADMIN}
TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Language = Annotated[str, Field(min_length=2, max_length=16, pattern=LINE)]


class MorePeers(Body):
    """So many more peers, every day, in the area of a site and by its clock."""

    count: Annotated[int, Field(ge=1, le=50)]
    from_time: TimeOfDay
    until_time: TimeOfDay
    """Not later than `from_time`: on the next day."""
    site_id: OpaqueId
    modalities: Annotated[list[Modality], Field(min_length=1, max_length=4)]
    languages: Annotated[list[Language], Field(min_length=1, max_length=10)] = Field(
        default_factory=lambda: ["en"]
    )


class PreviewBody(Body):
    """What to try. Without a policy the network's own stays, and only peers are more."""

    policy: Policy | None = None
    more_peers: Annotated[list[MorePeers], Field(max_length=10)] = Field(default_factory=list)
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = 30


class RowAnswer(Answer):
    """One number: before, after, and the change as the mean, least and most over the draws."""

    name: str
    unit: Unit
    is_less_better: bool
    before: float
    after: float
    change: float
    low: float
    high: float
    basis: Basis
    before_count: Count
    after_count: Count
    """How many of `basis` each number stands on."""


class TruthAnswer(Answer):
    """How the replay of the policy of now compares with what really happened."""

    requests: Count
    recorded_min: float | None
    replayed_min: float | None
    over: Count
    recorded_unfilled: Count
    replayed_unfilled: float


class ResultAnswer(Answer):
    """What came of it. Without the verdict `compared` there are no rows."""

    verdict: Verdict
    requests: Count
    draws: Count
    rows: list[RowAnswer]
    truth: TruthAnswer | None
    days_asked: Count
    days: float
    """So many the past of duties covers."""
    from_at: Moment
    until_at: Moment
    peers: Count
    """Who was available at any time."""
    answers_recorded: Count
    learned_version: Count | None


class PreviewAnswer(Answer):
    """One preview: what was asked for, how far it is, what came of it."""

    id: str
    state: PreviewState
    progress: float
    """The share that is done, 0 to 1."""
    asked_at: Moment
    asked_by: Person
    days: Count
    policy: dict[str, Any]
    more_peers: list[MorePeers]
    started_at: Moment | None
    finished_at: Moment | None
    error: PreviewError | None
    result: ResultAnswer | None


class PreviewList(Page):
    """The latest, newest first."""

    items: list[PreviewAnswer]


def _shape(row: Preview, asked_by: User) -> Json:
    return {
        "id": row.id,
        "state": row.state.value,
        "progress": row.progress,
        "asked_at": stamp(row.asked_at),
        "asked_by": person(asked_by),
        "days": row.days,
        "policy": row.policy,
        "more_peers": row.more_peers,
        "started_at": stamp(row.started_at),
        "finished_at": stamp(row.finished_at),
        "error": row.error.value if row.error is not None else None,
        "result": row.result,
    }


@routes.add(
    "POST",
    "/policy/preview",
    roles=KEEPING,
    answer=PreviewAnswer,
    status=202,
    problems=("previews_full",),
    summary="Try a policy on the last weeks; nothing is saved.",
)
def ask(call: Call, body: PreviewBody) -> Json:
    """It is put into a queue and played in the background: ask for it again by its id."""
    if body.policy is None:
        settings = call.tx.session.get_one(Network, call.caller.network_id).policy
    else:
        settings = body.policy.model_dump(mode="json", exclude_unset=True)
    row = previews.ask(
        call.tx,
        call.actor,
        settings=settings,
        more_peers=[one.model_dump(mode="json") for one in body.more_peers],
        days=body.days,
    )
    return _shape(row, call.tx.session.get_one(User, row.asked_by_id))


@routes.add(
    "GET", "/policy/previews", roles=KEEPING, answer=PreviewList, summary="What was tried lately."
)
def listed(call: Call) -> Json:
    """Of the last 30 days, at most 20."""
    found = previews.listed(call.tx, call.actor)
    return {"items": [_shape(row, user) for row, user in found], "next_cursor": None}


@routes.add(
    "GET",
    "/policy/previews/{preview_id}",
    roles=KEEPING,
    answer=PreviewAnswer,
    summary="One preview.",
)
def show(call: Call, preview_id: str) -> Json:
    """Progress is written at most once a second."""
    row = access.preview(call.tx, call.actor, preview_id)
    return _shape(row, call.tx.session.get_one(User, row.asked_by_id))


@routes.add(
    "DELETE",
    "/policy/previews/{preview_id}",
    roles=KEEPING,
    status=204,
    summary="Take a preview back.",
)
def take_back(call: Call, preview_id: str) -> None:
    """Whatever its state: one that is being played is ended."""
    previews.take_back(call.tx, call.actor, preview_id)
