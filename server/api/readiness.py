"""Will my phone ring? And what a phone says back of its alerts."""

from typing import Literal

from dispatch.errors import not_found
from dispatch.shapes import stamp
from notifications import receipts
from notifications.models import DeviceState
from notifications.readiness import Readiness, Trouble
from notifications.receipts import Event
from server import ready
from server.api.declare import EVERY_ROLE, Call, Json, Routes
from server.api.models import Answer, Body, Moment

routes = Routes("readiness", "Will my phone ring? And what a phone says back of its alerts.")


class DeviceReadiness(Answer):
    """One place to be reached, and what keeps it from ringing.

    `tested_at` is the last test it had to answer, `heard_at` the last time it answered anything.
    """

    id: str
    kind: Literal["fcm", "webpush", "sms", "voice", "email", "console", "apprise"]
    platform: str
    state: DeviceState
    problem: Trouble | None
    tested_at: Moment | None
    heard_at: Moment | None


class ReadinessAnswer(Answer):
    """Whether I can be rung; my devices, also those lost in the last 30 days; what to mend first."""

    reachable: bool
    devices: list[DeviceReadiness]
    problems: list[Trouble]


class ReceiptBody(Body):
    """What happened on the phone."""

    event: Literal["delivered", "opened"]


def shape(found: Readiness) -> Json:
    """Readiness without any address."""
    return {
        "reachable": found.is_reachable,
        "devices": [
            {
                "id": told.device.id,
                "kind": told.device.kind.value,
                "platform": told.device.platform,
                "state": told.device.state.value,
                "problem": told.problem.value if told.problem else None,
                "tested_at": stamp(told.device.tested_at),
                "heard_at": stamp(told.device.heard_at),
            }
            for told in found.devices
        ],
        "problems": [problem.value for problem in found.problems],
    }


@routes.add(
    "GET",
    "/readiness",
    roles=EVERY_ROLE,
    answer=ReadinessAnswer,
    summary="Whether my phone will ring.",
)
def show(call: Call) -> Json:
    """A problem says what keeps a device from ringing; the worst stands first in `problems`."""
    return shape(ready.one(call.tx, call.wired.kinds, call.caller.user_id))


@routes.add(
    "POST",
    "/deliveries/{delivery_id}/receipt",
    roles=EVERY_ROLE,
    status=204,
    takes_key=False,
    summary="An alert is on my phone, or was opened.",
)
def receipt(call: Call, delivery_id: str, body: ReceiptBody) -> None:
    """Stops no ladder, may come twice, in any order and late; `delivery_id` came with the alert."""
    if not receipts.take(call.tx, call.caller.user_id, delivery_id, Event(body.event)):
        raise not_found("delivery")
