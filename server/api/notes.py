"""After a visit: the short note, and how the peer is."""

from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import select

from dispatch.actions import notes
from dispatch.models import User
from dispatch.notes import CheckIn, Feeling, Happened, Offered, WrapUp
from dispatch.shapes import stamp
from dispatch.states import Role
from notifications import care
from server.api.answers import Page
from server.api.declare import Call, Json, Routes
from server.api.models import Answer, Body, Moment, OpaqueId

routes = Routes("notes", "After a visit: the short note, and how the peer is.")

SHOWN = 60


class WrapUpBody(Body):
    """What happened, in choices: there is no field for a name to slip into."""

    happened: Annotated[list[Happened], Field(max_length=len(Happened))] = Field(
        default_factory=list
    )
    offered: Annotated[list[Offered], Field(max_length=len(Offered))] = Field(default_factory=list)
    follow_up: bool | None = None
    follow_up_days: Literal[3, 7, 30] | None = None


class WrapUpAnswer(Answer):
    """The note of a visit."""

    visit_id: str
    happened: list[Happened]
    offered: list[Offered]
    follow_up: bool | None
    follow_up_days: int | None
    written_at: Moment


class CheckInBody(Body):
    """How I am, and after which visit."""

    feeling: Feeling
    visit_id: OpaqueId | None = None


class CheckInAnswer(Answer):
    """How I said I am. `talked_at` is when a supervisor noted that we talked."""

    id: str
    feeling: Feeling
    at: Moment
    talked_at: Moment | None


class CheckInList(Page):
    """My check-ins, newest first."""

    items: list[CheckInAnswer]


def _wrap_up(row: WrapUp) -> Json:
    return {
        "visit_id": row.visit_id,
        "happened": row.happened,
        "offered": row.offered,
        "follow_up": row.follow_up,
        "follow_up_days": row.follow_up_days,
        "written_at": stamp(row.written_at),
    }


def _check_in(row: CheckIn) -> Json:
    return {
        "id": row.id,
        "feeling": row.feeling.value,
        "at": stamp(row.at),
        "talked_at": stamp(row.talked_at),
    }


@routes.add(
    "POST",
    "/visits/{visit_id}/wrap_up",
    roles={Role.PEER},
    answer=WrapUpAnswer,
    summary="The short note of a visit.",
    problems=("illegal_step",),
)
def wrap_up(call: Call, visit_id: str, body: WrapUpBody) -> Json:
    """Once the peer was with the person; written again, the last word counts."""
    row = notes.wrap_up(
        call.tx,
        call.actor,
        visit_id,
        happened=body.happened,
        offered=body.offered,
        follow_up=body.follow_up,
        follow_up_days=body.follow_up_days,
    )
    return _wrap_up(row)


@routes.add(
    "POST",
    "/check_ins",
    roles={Role.PEER},
    answer=CheckInAnswer,
    status=201,
    summary="How I am.",
    problems=("not_found",),
)
def check_in(call: Call, body: CheckInBody) -> Json:
    """Only I see it. `talk` asks the network's supervisors to call me, and says nothing else."""
    row = notes.check_in(call.tx, call.actor, body.feeling, body.visit_id)
    if row.feeling is Feeling.TALK:
        rows = call.tx.session.execute(
            select(User.id, User.locale).where(
                User.network_id == call.caller.network_id,
                User.role == Role.SUPERVISOR,
                User.is_active,
            )
        ).all()
        care.ask(
            call.tx, call.caller.network_id, row.id, {found.id: found.locale for found in rows}
        )
    return _check_in(row)


@routes.add("GET", "/check_ins", roles={Role.PEER}, answer=CheckInList, summary="How I said I was.")
def index(call: Call) -> Json:
    """My own, and nobody else's."""
    found = notes.own_check_ins(call.tx, call.actor, SHOWN)
    return {"items": [_check_in(row) for row in found], "next_cursor": None}
