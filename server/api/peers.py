"""Peers: the profiles that decide who can be asked, kept by managers and admins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from dispatch.actions import people
from dispatch.actions.people import Permission, Profile
from dispatch.models import DoNotPair, Duty, Peer, User, Visit
from dispatch.shapes import stamp
from dispatch.states import BUSY_VISIT, Focus, Modality, Role
from notifications.readiness import Readiness, Trouble
from server import ready
from server.api.answers import Page
from server.api.declare import Call, Json, Routes
from server.api.models import (
    LEFT_OUT,
    Answer,
    Body,
    Change,
    Language,
    Latitude,
    Longitude,
    Moment,
    Name,
    OpaqueId,
)
from server.api.paging import PageQuery, page

routes = Routes("peers", "The profiles that decide who can be asked.")

KEEPING = {Role.MANAGER, Role.ADMIN}


class CertificateBody(Body):
    """What makes a peer a certified peer supporter."""

    name: Name
    expires_at: Moment


class BadgeBody(Body):
    """A site's permission to enter."""

    site_id: OpaqueId
    expires_at: Moment


class ProfileChange(Change):
    """What is to be different. A list replaces the one before."""

    modalities: Annotated[list[Modality], Field(max_length=len(Modality))] = LEFT_OUT
    languages: Annotated[list[Language], Field(max_length=20)] = LEFT_OUT
    focus: Annotated[list[Focus], Field(max_length=len(Focus))] = LEFT_OUT
    home_latitude: Latitude = LEFT_OUT
    home_longitude: Longitude = LEFT_OUT
    travel_limit_m: Annotated[int, Field(ge=0, le=500_000)] = LEFT_OUT
    open_offer_limit: Annotated[int, Field(ge=1, le=10)] = LEFT_OUT
    is_muted: bool = LEFT_OUT
    certificates: Annotated[list[CertificateBody], Field(max_length=20)] = LEFT_OUT
    badges: Annotated[list[BadgeBody], Field(max_length=200)] = LEFT_OUT
    do_not_pair: Annotated[list[OpaqueId], Field(max_length=200)] = LEFT_OUT


class CertificateAnswer(Answer):
    """A certificate and when it ends."""

    name: str
    issued_at: Moment | None
    expires_at: Moment


class BadgeAnswer(Answer):
    """A badge and when it ends."""

    site_id: str
    expires_at: Moment


class PeerNow(Answer):
    """What a peer does now: on duty until when and how, and the way of a visit they are on."""

    on_duty: bool
    until: Moment | None
    modalities: list[Modality]
    visit: Modality | None


class PeerReach(Answer):
    """Whether an offer can ring a peer's phone, or meets them in the open app, and what to mend."""

    reachable: bool
    problems: list[Trouble]


class PeerAnswer(Answer):
    """A peer's profile as managers and admins see it. There is no acceptance rate here."""

    id: str
    name: str
    is_active: bool
    modalities: list[Modality]
    languages: list[str]
    focus: list[Focus]
    home_latitude: float | None
    home_longitude: float | None
    travel_limit_m: int | None
    open_offer_limit: int
    is_muted: bool
    is_reachable: bool
    reach: PeerReach
    certificates: list[CertificateAnswer]
    badges: list[BadgeAnswer]
    do_not_pair: list[str]
    now: PeerNow


class PeerPage(Page):
    """Peers, newest first."""

    items: list[PeerAnswer]


def profile_of(body: ProfileChange) -> Profile:
    """The parts that were sent, as dispatch takes them."""
    parts = body.given()
    for name in ("modalities", "focus"):
        if name in parts:
            parts[name] = [each.value for each in dict.fromkeys(parts[name])]
    if "certificates" in parts:
        parts["certificates"] = [Permission(c.name, c.expires_at) for c in body.certificates]
    if "badges" in parts:
        parts["badges"] = [Permission(b.site_id, b.expires_at) for b in body.badges]
    return Profile(**parts)


@dataclass(frozen=True)
class _Beside:
    """What stands in other tables than the profile's, by peer."""

    unpaired: dict[str, list[str]]
    duties: dict[str, Duty]
    visits: dict[str, Modality]
    reach: Mapping[str, Readiness]


def _beside(call: Call, ids: Sequence[str]) -> _Beside:
    session = call.tx.session
    unpaired: dict[str, list[str]] = {peer_id: [] for peer_id in ids}
    pairs = session.execute(
        select(DoNotPair.peer_id, DoNotPair.site_id)
        .where(DoNotPair.peer_id.in_(ids))
        .order_by(DoNotPair.site_id)
    )
    for peer_id, site_id in pairs:
        unpaired[peer_id].append(site_id)
    duties = session.scalars(select(Duty).where(Duty.peer_id.in_(ids)))
    visits = session.execute(
        select(Visit.peer_id, Visit.modality).where(
            Visit.peer_id.in_(ids), Visit.state.in_(sorted(BUSY_VISIT))
        )
    )
    return _Beside(
        unpaired,
        {row.peer_id: row for row in duties},
        {row.peer_id: row.modality for row in visits},
        ready.of(call.tx, call.wired.kinds, ids),
    )


def _shapes(call: Call, peers: Sequence[Peer]) -> list[Json]:
    beside = _beside(call, [peer.id for peer in peers])
    return [_shape(peer, beside) for peer in peers]


def _one(call: Call, peer_id: str) -> Json:
    return _shapes(call, [people.load_peer(call.tx, call.actor, peer_id)])[0]


def _now(duty: Duty | None, visit: Modality | None) -> Json:
    on_duty = duty is not None and duty.on_duty
    return {
        "on_duty": on_duty,
        "until": stamp(duty.until) if duty is not None and on_duty else None,
        "modalities": duty.modalities if duty is not None and on_duty else [],
        "visit": visit.value if visit is not None else None,
    }


def _shape(peer: Peer, beside: _Beside) -> Json:
    reach = beside.reach[peer.id]
    return {
        "id": peer.id,
        "name": peer.user.name,
        "is_active": peer.user.is_active,
        "modalities": peer.modalities,
        "languages": peer.languages,
        "focus": peer.focus,
        "home_latitude": peer.home_latitude,
        "home_longitude": peer.home_longitude,
        "travel_limit_m": peer.travel_limit_m,
        "open_offer_limit": peer.open_offer_limit,
        "is_muted": peer.is_muted,
        "is_reachable": peer.is_reachable,
        "reach": {
            "reachable": reach.is_reachable,
            "problems": [problem.value for problem in reach.problems],
        },
        "certificates": [
            {
                "name": one.name,
                "issued_at": stamp(one.issued_at),
                "expires_at": stamp(one.expires_at),
            }
            for one in peer.certificates
        ],
        "badges": [
            {"site_id": one.site_id, "expires_at": stamp(one.expires_at)} for one in peer.badges
        ],
        "do_not_pair": beside.unpaired[peer.id],
        "now": _now(beside.duties.get(peer.id), beside.visits.get(peer.id)),
    }


@routes.add("GET", "/peers", roles=KEEPING, answer=PeerPage, summary="The network's peers.")
def index(call: Call, query: PageQuery) -> Json:
    """With certificates and badges, expired ones too."""
    rows = (
        select(Peer)
        .join(User, User.id == Peer.id)
        .where(Peer.network_id == call.caller.network_id)
        .options(
            selectinload(Peer.user), selectinload(Peer.certificates), selectinload(Peer.badges)
        )
    )
    return page(
        call.tx,
        query,
        rows,
        created_at=User.created_at,
        row_id=User.id,
        key=lambda peer: (peer.user.created_at, peer.id),
        shape=lambda found: _shapes(call, found),
    )


@routes.add("GET", "/peers/{peer_id}", roles=KEEPING, answer=PeerAnswer, summary="One peer.")
def show(call: Call, peer_id: str) -> Json:
    """By the id of their user."""
    return _one(call, peer_id)


@routes.add(
    "PATCH", "/peers/{peer_id}", roles=KEEPING, answer=PeerAnswer, summary="Change a profile."
)
def change(call: Call, peer_id: str, body: ProfileChange) -> Json:
    """Offers that lose their ground by it end, and the next peers are asked."""
    people.update_peer(call.tx, call.actor, peer_id, profile_of(body))
    return _one(call, peer_id)
