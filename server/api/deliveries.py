"""The history of alerts: what became of each, and the failed ones once more.

A delivery is shown by who, how, which text (its key) and its end; never an address, never a text.
"""

from typing import Annotated

from pydantic import Field
from sqlalchemy import select

from dispatch.errors import not_found
from dispatch.models import User
from dispatch.shapes import stamp
from dispatch.states import Role
from notifications import history
from notifications.models import Delivery, DeliveryState, Kind, Rung
from server.api.answers import Count, Page
from server.api.declare import Call, Json, Routes
from server.api.models import Answer, Moment, OpaqueId
from server.api.paging import PageQuery, page
from server.audit import Look
from server.errors import Problem
from server.models import AuditWhat

routes = Routes("deliveries", "The history of alerts.")

KEEPING = {Role.MANAGER, Role.ADMIN}


class DeliveryQuery(PageQuery):
    """Which: `needs_a_person` are those that no retry mends by itself."""

    state: DeliveryState | None = None
    channel: Kind | None = None
    peer_id: OpaqueId | None = None
    before: Moment | None = None
    needs_a_person: bool = False


class Told(Answer):
    """Whom it is for."""

    id: str
    name: str
    role: Role


class DeliveryAnswer(Answer):
    """One alert on its way to one device. `text` is the key of the text, `detail` a code."""

    id: str
    user: Told
    channel: Kind
    rung: Rung
    text: Annotated[str, Field(max_length=40)]
    state: DeliveryState
    outcome: str | None
    detail: Annotated[str, Field(max_length=120)] | None
    needs_a_person: bool
    attempts: Count
    created_at: Moment
    due_at: Moment | None
    attempted_at: Moment | None
    sent_at: Moment | None
    delivered_at: Moment | None
    opened_at: Moment | None
    expires_at: Moment
    request_id: str | None


class DeliveryPage(Page):
    """Alerts, newest first."""

    items: list[DeliveryAnswer]


def _shape(call: Call, found: list[Delivery]) -> list[Json]:
    ids = {row.user_id for row in found}
    users = {
        user.id: user for user in call.tx.session.scalars(select(User).where(User.id.in_(ids)))
    }
    return [
        {
            "id": row.id,
            "user": {
                "id": row.user_id,
                "name": users[row.user_id].name,
                "role": users[row.user_id].role.value,
            },
            "channel": row.channel.value,
            "rung": row.rung.value,
            "text": row.key,
            "state": row.state.value,
            "outcome": row.outcome,
            "detail": row.outcome_detail,
            "needs_a_person": row.state is DeliveryState.FAILED
            and row.outcome in history.NEEDS_A_PERSON,
            "attempts": row.attempts,
            "created_at": stamp(row.created_at),
            "due_at": stamp(row.due_at),
            "attempted_at": stamp(row.attempted_at),
            "sent_at": stamp(row.sent_at),
            "delivered_at": stamp(row.delivered_at),
            "opened_at": stamp(row.opened_at),
            "expires_at": stamp(row.expires_at),
            "request_id": row.request_id,
        }
        for row in found
    ]


@routes.add(
    "GET", "/deliveries", roles=KEEPING, answer=DeliveryPage, summary="What became of the alerts."
)
def index(call: Call, query: DeliveryQuery) -> Json:
    """Of the caller's network, newest first. They name people and cases, so the look is written."""
    call.looks.append(Look(AuditWhat.CASES_LISTED, "alerts"))
    rows = history.find(
        call.caller.network_id,
        state=query.state,
        channel=query.channel,
        user_id=query.peer_id,
        before=query.before,
        needs_a_person=query.needs_a_person,
    )
    return page(
        call.tx,
        query,
        rows,
        created_at=Delivery.created_at,
        row_id=Delivery.id,
        key=lambda row: (row.created_at, row.id),
        shape=lambda found: _shape(call, list(found)),
    )


@routes.add(
    "POST",
    "/deliveries/{delivery_id}/retry",
    roles=KEEPING,
    answer=DeliveryAnswer,
    summary="Send a failed alert once more.",
    problems=("not_failed", "device_gone", "too_late"),
)
def retry(call: Call, delivery_id: str) -> Json:
    """Once what made it fail is mended, and only while it is still wanted."""
    row = call.tx.session.get(Delivery, delivery_id)
    if row is None or row.network_id != call.caller.network_id:
        raise not_found("alert")
    refusal = history.send_again(call.tx, call.wired.directory, row)
    if refusal is not None:
        raise Problem(refusal)
    call.tx.after_commit(call.wired.wake.poke)
    (shape,) = _shape(call, [row])
    return shape
