"""Peers who were lately with somebody at a site: for a person who would like to see one again."""

from dispatch import familiar
from dispatch.shapes import person, stamp
from dispatch.states import Role
from server.api.answers import Page, Person
from server.api.declare import Call, Json, Routes
from server.api.models import Answer, Moment

routes = Routes("familiar", "Peers whom a person may have met before.")


class FamiliarAnswer(Answer):
    """A peer, and when their last visit at the site ended."""

    peer: Person
    last_at: Moment


class FamiliarList(Page):
    """The latest first."""

    items: list[FamiliarAnswer]


@routes.add(
    "GET",
    "/sites/{site_id}/familiar",
    roles={Role.STAFF, Role.MANAGER},
    answer=FamiliarList,
    summary="Who was with somebody here lately.",
)
def index(call: Call, site_id: str) -> Json:
    """Of the last 180 days, for `met` of a new request. Whom they were with is not told."""
    found = familiar.at_site(call.tx, call.actor, site_id)
    items = [{"peer": person(one), "last_at": stamp(one.last_at)} for one in found]
    return {"items": items, "next_cursor": None}
