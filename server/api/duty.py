"""A peer being available, and where they are."""

from typing import Annotated

from pydantic import Field

from dispatch import shapes
from dispatch.actions import duty
from dispatch.actions.duty import Position, Used
from dispatch.models import Duty
from dispatch.states import Modality, Role
from server.api.answers import DutyAnswer
from server.api.declare import Call, Json, Routes
from server.api.models import Answer, Body, Latitude, Longitude, Moment

routes = Routes("duty", "A peer being available now, and where they are.")


class DutyBody(Body):
    """Available or not, in which ways, and until when."""

    on_duty: bool
    modalities: Annotated[list[Modality], Field(max_length=len(Modality))] = Field(
        default_factory=list
    )
    until: Moment | None = None


class PositionBody(Body):
    """One reading of the phone's position."""

    latitude: Latitude
    longitude: Longitude
    accuracy_m: Annotated[float, Field(ge=0, le=100_000)]
    recorded_at: Moment


class PositionTaken(Answer):
    """What became of a position: only `used` ones move a peer."""

    used: Used


@routes.add("GET", "/duty", roles={Role.PEER}, answer=DutyAnswer, summary="Whether I am on duty.")
def show(call: Call) -> Json:
    """Also says until when, and when the last position was recorded."""
    return shapes.duty(call.tx.session.get(Duty, call.actor.id))


@routes.add("PUT", "/duty", roles={Role.PEER}, answer=DutyAnswer, summary="Go on or off duty.")
def change(call: Call, body: DutyBody) -> Json:
    """Going off duty ends my open offers, and forgets my position.

    Going on duty quietly tests each phone of mine that was not heard of for twelve hours; whether
    it will ring is at `/readiness`.
    """
    row = duty.set_duty(
        call.tx,
        call.actor,
        on_duty=body.on_duty,
        modalities=list(dict.fromkeys(body.modalities)),
        until=body.until,
    )
    return shapes.duty(row)


@routes.add(
    "POST",
    "/positions",
    roles={Role.PEER},
    answer=PositionTaken,
    status=202,
    takes_key=False,
    summary="Where I am.",
    problems=("position_stale", "position_in_future"),
)
def position(call: Call, body: PositionBody) -> Json:
    """Shared exactly only from leaving to arriving. What cannot be true is not used."""
    reading = Position(body.latitude, body.longitude, body.accuracy_m, body.recorded_at)
    return {"used": duty.record_position(call.tx, call.actor, reading).used.value}
