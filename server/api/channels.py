"""The channels: which this installation has, how their providers are, how they fared lately.

The state of a provider is the installation's; what was sent is the caller's own network's.
"""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from dispatch.shapes import stamp
from dispatch.states import Role
from notifications import history, providers
from notifications.circuit import Shut, State
from notifications.models import Kind
from server.api.answers import Count
from server.api.declare import Call, Json, Routes
from server.api.models import Answer, Moment

routes = Routes("channels", "The ways to reach people, and how they are.")

KEEPING = {Role.MANAGER, Role.ADMIN}
LATELY = timedelta(hours=1)


class DoorAnswer(Answer):
    """One provider behind a channel that was ever left alone. `reason` is a code."""

    platform: str
    state: State
    since: Moment | None
    reason: Annotated[str, Field(max_length=60)] | None
    tries_at: Moment | None


class ChannelAnswer(Answer):
    """One channel; the counts are of the last hour."""

    channel: Kind
    is_on: bool
    doors: list[DoorAnswer]
    sent: Count
    refused: Count
    oldest_due_at: Moment | None


class ChannelsAnswer(Answer):
    """Every channel there is, used or not."""

    items: list[ChannelAnswer]


def _door(platform: str, shut: Shut | None, now: datetime) -> Json:
    if shut is None:
        state, since, reason, until = State.CLOSED, None, None, None
    else:
        state, since, reason, until = shut.state(now), shut.since, shut.reason, shut.until
    return {
        "platform": platform,
        "state": state.value,
        "since": stamp(since),
        "reason": reason,
        "tries_at": stamp(until),
    }


@routes.add(
    "GET", "/channels", roles=KEEPING, answer=ChannelsAnswer, summary="How every channel is."
)
def index(call: Call) -> Json:
    """On or off by the settings, what its providers say, the last hour, and who waits longest."""
    now = call.tx.now
    used = call.wired.kinds
    doors = providers.read(call.tx)
    fared = history.lately(call.tx, call.caller.network_id, now - LATELY)
    items = []
    for kind in Kind:
        lately = fared.get(kind, history.Lately())
        items.append(
            {
                "channel": kind.value,
                "is_on": kind in used,
                "doors": [
                    _door(platform, shut, now)
                    for (channel, platform), shut in sorted(doors.items())
                    if channel is kind
                ],
                "sent": lately.sent,
                "refused": lately.refused,
                "oldest_due_at": stamp(lately.oldest_due_at),
            }
        )
    return {"items": items}
