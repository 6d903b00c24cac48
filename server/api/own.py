"""What a peer chooses for their own alerts."""

from dispatch.actions import own
from dispatch.states import Role
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
