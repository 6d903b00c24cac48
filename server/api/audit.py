"""The audit: who saw what, for managers and admins. Nothing here can be changed."""

from typing import Annotated

from pydantic import Field
from sqlalchemy import select

from dispatch.models import User
from dispatch.shapes import stamp
from dispatch.states import Role
from server.api.answers import Page
from server.api.declare import Call, Json, Routes
from server.api.models import Answer, Moment, OpaqueId
from server.api.paging import PageQuery, page
from server.models import AuditEntry, AuditWhat

routes = Routes("audit", "Who saw what.")

KEEPING = {Role.MANAGER, Role.ADMIN}


class AuditQuery(PageQuery):
    """Of whom, and of which kind."""

    what: AuditWhat | None = None
    user_id: OpaqueId | None = None


class Looker(Answer):
    """Who looked."""

    id: str
    name: str
    role: Role


class AuditAnswer(Answer):
    """One look. `about` names a site, a desk, a person or a list; never a room or a reason."""

    id: str
    at: Moment
    user: Looker
    what: AuditWhat
    about: Annotated[str, Field(max_length=200)]
    request_id: str | None


class AuditPage(Page):
    """Looks, newest first."""

    items: list[AuditAnswer]


def _shape(call: Call, found: list[AuditEntry]) -> list[Json]:
    ids = {row.user_id for row in found}
    users = {
        user.id: user for user in call.tx.session.scalars(select(User).where(User.id.in_(ids)))
    }
    return [
        {
            "id": row.id,
            "at": stamp(row.at),
            "user": {
                "id": row.user_id,
                "name": users[row.user_id].name,
                "role": users[row.user_id].role.value,
            },
            "what": row.what.value,
            "about": row.about,
            "request_id": row.request_id,
        }
        for row in found
    ]


@routes.add("GET", "/audit", roles=KEEPING, answer=AuditPage, summary="Who saw what.")
def index(call: Call, query: AuditQuery) -> Json:
    """Views of cases, lists and exports, sign-ins at desks, invitations."""
    rows = select(AuditEntry).where(AuditEntry.network_id == call.caller.network_id)
    if query.what is not None:
        rows = rows.where(AuditEntry.what == query.what)
    if query.user_id is not None:
        rows = rows.where(AuditEntry.user_id == query.user_id)
    return page(
        call.tx,
        query,
        rows,
        created_at=AuditEntry.at,
        row_id=AuditEntry.id,
        key=lambda row: (row.at, row.id),
        shape=lambda found: _shape(call, list(found)),
    )
