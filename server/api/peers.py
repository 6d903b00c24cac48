"""Peers: the profiles that decide who can be asked, kept by managers and admins."""

from typing import Annotated

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from dispatch.actions import people
from dispatch.actions.people import Permission, Profile
from dispatch.models import DoNotPair, Peer, User
from dispatch.shapes import stamp
from dispatch.states import Focus, Modality, Role
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
    certificates: list[CertificateAnswer]
    badges: list[BadgeAnswer]
    do_not_pair: list[str]


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


def _shape(call: Call, peer: Peer) -> Json:
    unpaired = call.tx.session.scalars(
        select(DoNotPair.site_id).where(DoNotPair.peer_id == peer.id).order_by(DoNotPair.site_id)
    )
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
        "do_not_pair": list(unpaired),
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
        shape=lambda found: [_shape(call, peer) for peer in found],
    )


@routes.add("GET", "/peers/{peer_id}", roles=KEEPING, answer=PeerAnswer, summary="One peer.")
def show(call: Call, peer_id: str) -> Json:
    """By the id of their user."""
    return _shape(call, people.load_peer(call.tx, call.actor, peer_id))


@routes.add(
    "PATCH", "/peers/{peer_id}", roles=KEEPING, answer=PeerAnswer, summary="Change a profile."
)
def change(call: Call, peer_id: str, body: ProfileChange) -> Json:
    """Offers that lose their ground by it end, and the next peers are asked."""
    people.update_peer(call.tx, call.actor, peer_id, profile_of(body))
    return _shape(call, people.load_peer(call.tx, call.actor, peer_id))
