"""What a peer chooses for their own alerts, and what they say of themselves."""

from typing import Annotated

from pydantic import Field

from dispatch.actions import own
from dispatch.states import Role, Trait
from server.api.declare import Call, Json, Routes
from server.api.models import Answer, Body

routes = Routes("own", "What a peer decides for themselves.")


class AlertsChoice(Body):
    """`extra_private`: offers show only that there is something to open."""

    extra_private: bool


class AlertsAnswer(Answer):
    """The choice as it stands."""

    extra_private: bool


@routes.add(
    "PUT", "/me/alerts", roles={Role.PEER}, answer=AlertsAnswer, summary="How much my alerts show."
)
def choose(call: Call, body: AlertsChoice) -> Json:
    """For alerts that are written from now on."""
    peer = own.keep_private(call.tx, call.actor, is_private=body.extra_private)
    return {"extra_private": peer.is_private}


class Myself(Body):
    """Words of a request's `preferences` that are true of me. Left out: not said any more."""

    traits: Annotated[list[Trait], Field(max_length=len(Trait))]


class MyselfAnswer(Answer):
    """What I say of myself. Nobody else is shown it."""

    traits: list[Trait]


@routes.add(
    "GET", "/me/traits", roles={Role.PEER}, answer=MyselfAnswer, summary="What I say of myself."
)
def myself(call: Call) -> Json:
    """Only used to match what a person wishes for."""
    return {"traits": own.said_of_myself(call.tx, call.actor)}


@routes.add(
    "PUT", "/me/traits", roles={Role.PEER}, answer=MyselfAnswer, summary="Say it, or take it back."
)
def say(call: Call, body: Myself) -> Json:
    """The whole list, as it is to be from now on. No manager and no hospital can read it."""
    return {"traits": own.say_of_myself(call.tx, call.actor, body.traits)}
