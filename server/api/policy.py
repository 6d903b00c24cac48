"""The policy: every number of the clock, kept by managers and admins."""

from typing import Any

from dispatch import policy
from dispatch.actions import people
from dispatch.models import Network
from dispatch.policy import Policy
from dispatch.states import Role
from server.api.declare import Call, Json, Routes
from server.api.models import Answer

routes = Routes("policy", "Every number of the clock. A request keeps those it was made under.")

KEEPING = {Role.MANAGER, Role.ADMIN}


class PolicyAnswer(Answer):
    """What the network has set itself, and what holds with the defaults."""

    settings: dict[str, Any]
    effective: dict[str, Any]


@routes.add("GET", "/policy", roles=KEEPING, answer=PolicyAnswer, summary="The network's policy.")
def show(call: Call) -> Json:
    """A site's own settings stand over these; see the site."""
    network = call.tx.session.get_one(Network, call.caller.network_id)
    return {"settings": network.policy, "effective": policy.parse(network.policy).frozen()}


@routes.add("PUT", "/policy", roles=KEEPING, answer=PolicyAnswer, summary="Set the policy.")
def change(call: Call, body: Policy) -> Json:
    """Replaces all: what is left out falls back to the default."""
    settings = body.model_dump(mode="json", exclude_unset=True)
    effective = people.set_policy(call.tx, call.actor, settings)
    return {"settings": settings, "effective": effective.frozen()}
