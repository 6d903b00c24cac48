"""Sites: the emergency departments of a network, kept by its managers and admins."""

from typing import Annotated, Any, Self

from pydantic import Field, model_validator
from sqlalchemy import select

from dispatch import access, shapes
from dispatch.actions import people
from dispatch.models import Site
from dispatch.policy import Policy
from dispatch.states import Role
from server.api.answers import Page, SiteAnswer
from server.api.declare import Call, Json, Routes
from server.api.models import (
    LEFT_OUT,
    LINE,
    TEXT,
    Body,
    Change,
    Latitude,
    Longitude,
    Moment,
    Name,
    Phone,
)
from server.api.paging import PageQuery, page

routes = Routes("sites", "The emergency departments of a network.")

KEEPING = {Role.MANAGER, Role.ADMIN}
TimeZone = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$")]
Address = Annotated[str, Field(max_length=200, pattern=TEXT)]
Rooms = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=40, pattern=LINE)]], Field(max_length=200)
]


class SitePolicy(Policy):
    """What a site sets itself. Whether it holds together is seen over the network's settings."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        return self


class NewSite(Body):
    """An emergency department. `policy` holds what differs from the network's."""

    name: Name
    area: Name
    address: Address = ""
    latitude: Latitude
    longitude: Longitude
    time_zone: TimeZone
    desk_phone: Phone
    security_phone: Phone | None = None
    rooms: Rooms = Field(default_factory=list)
    policy: SitePolicy = Field(default_factory=SitePolicy)


class SiteChange(Change):
    """What is to be different."""

    name: Name = LEFT_OUT
    area: Name = LEFT_OUT
    address: Address = LEFT_OUT
    latitude: Latitude = LEFT_OUT
    longitude: Longitude = LEFT_OUT
    time_zone: TimeZone = LEFT_OUT
    desk_phone: Phone = LEFT_OUT
    security_phone: Phone | None = LEFT_OUT
    rooms: Rooms = LEFT_OUT
    policy: SitePolicy = LEFT_OUT
    is_active: bool = LEFT_OUT


class KeptSite(SiteAnswer):
    """A site as its keepers see it."""

    area: str
    address: str
    security_phone: str | None
    rooms: list[str]
    policy: dict[str, Any]
    is_active: bool
    created_at: Moment


class SitePage(Page):
    """Sites, newest first."""

    items: list[KeptSite]


def _shape(site: Site) -> Json:
    return shapes.site(site) | {
        "area": site.area,
        "address": site.address,
        "security_phone": site.security_phone,
        "rooms": site.rooms,
        "policy": site.policy,
        "is_active": site.is_active,
        "created_at": shapes.stamp(site.created_at),
    }


def _values(parts: dict[str, Any]) -> dict[str, Any]:
    """The parts as the row holds them: of a policy only what was said."""
    if isinstance(policy := parts.get("policy"), Policy):
        parts = parts | {"policy": policy.model_dump(mode="json", exclude_unset=True)}
    return parts


@routes.add("GET", "/sites", roles=KEEPING, answer=SitePage, summary="The network's sites.")
def index(call: Call, query: PageQuery) -> Json:
    """Also those that take no requests now."""
    return page(
        call.tx,
        query,
        select(Site).where(Site.network_id == call.caller.network_id),
        created_at=Site.created_at,
        row_id=Site.id,
        key=lambda row: (row.created_at, row.id),
        shape=lambda found: [_shape(site) for site in found],
    )


@routes.add("POST", "/sites", roles=KEEPING, answer=KeptSite, status=201, summary="A new site.")
def create(call: Call, body: NewSite) -> Json:
    """Peers need a badge for it before they are asked to come."""
    parts = {name: getattr(body, name) for name in NewSite.model_fields}
    return _shape(people.create_site(call.tx, call.actor, _values(parts)))


@routes.add("GET", "/sites/{site_id}", roles=KEEPING, answer=KeptSite, summary="One site.")
def show(call: Call, site_id: str) -> Json:
    """With its own part of the policy."""
    return _shape(access.site(call.tx, call.actor, site_id))


@routes.add("PATCH", "/sites/{site_id}", roles=KEEPING, answer=KeptSite, summary="Change a site.")
def change(call: Call, site_id: str, body: SiteChange) -> Json:
    """Requests under way keep the policy they were made under."""
    return _shape(people.update_site(call.tx, call.actor, site_id, _values(body.given())))
