"""The video room of a visit: the link for the bedside screen, and how two browsers find each other.

The link is shown once and kept as a fingerprint only. So it takes no idempotency key, whose stored
answer would hold it: a press that is sent twice makes two links, of which the later counts.
"""

import segno

from dispatch import access
from dispatch import rooms as video
from dispatch.actions import rooms as acts
from dispatch.shapes import stamp
from dispatch.states import Role
from server import ice
from server.api.declare import Call, Json, Routes
from server.api.models import Answer, Moment
from server.api.room_answers import IceAnswer, RoomAnswer
from server.auth import guests
from storage.ids import new_id

routes = Routes(
    "rooms", "Video: the bedside screen's link, the room, the way between two browsers."
)

LINKING = {Role.STAFF, Role.MANAGER}


class GuestLinkAnswer(Answer):
    """A link that works once, and the same as a QR code. It is shown this once."""

    visit_id: str
    link: str
    code_svg: str
    expires_at: Moment


class LinkState(Answer):
    """Until when the newest link can be opened, and when it was; never the link."""

    expires_at: Moment
    opened_at: Moment | None


class RoomView(Answer):
    """The room of a visit; null while nobody has come in, or has made a link."""

    visit_id: str
    link: LinkState | None
    room: RoomAnswer | None


@routes.add(
    "POST",
    "/visits/{visit_id}/link",
    roles=LINKING,
    answer=GuestLinkAnswer,
    status=201,
    takes_key=False,
    summary="A link for the bedside screen; the one before it ends.",
    problems=("illegal_step",),
)
def make_link(call: Call, visit_id: str) -> Json:
    """The first browser that opens it is the bedside screen of this visit; nobody signs in there."""
    made = guests.make(call.tx, call.actor, visit_id)
    link = f"{call.wired.settings.public_url}/join/{made.secret}"
    return {
        "visit_id": visit_id,
        "link": link,
        "code_svg": segno.make(link, error="m").svg_inline(scale=6, border=2, omitsize=True),
        "expires_at": stamp(made.link.expires_at),
    }


@routes.add(
    "DELETE",
    "/visits/{visit_id}/link",
    roles=LINKING,
    status=204,
    summary="The bedside screen is out, and its link opens nothing.",
)
def end_link(call: Call, visit_id: str) -> None:
    """Within five seconds. The visit goes on."""
    guests.revoke(call.tx, call.actor, visit_id)


@routes.add(
    "GET",
    "/visits/{visit_id}/room",
    roles=LINKING | {Role.PEER},
    answer=RoomView,
    summary="Who is in the room, and whether the link was opened.",
)
def show(call: Call, visit_id: str) -> Json:
    """For who sees the visit. What is said there is nowhere."""
    visit = access.visit(call.tx, call.actor, visit_id)
    link = guests.newest(call.tx, visit.id)
    has_room = call.tx.session.get(video.Room, visit.id) is not None
    return {
        "visit_id": visit.id,
        "link": None
        if link is None
        else {"expires_at": stamp(link.expires_at), "opened_at": stamp(link.opened_at)},
        "room": video.shape(call.tx, visit) if has_room else None,
    }


@routes.add(
    "GET",
    "/visits/{visit_id}/ice",
    roles={Role.PEER},
    answer=IceAnswer,
    summary="STUN and TURN servers, with a password for a few hours.",
    problems=("illegal_step",),
)
def way(call: Call, visit_id: str) -> Json:
    """The bedside screen gets the same with its `room_join`."""
    acts.check(access.visit(call.tx, call.actor, visit_id))
    return ice.servers(call.wired.settings, new_id(), call.tx.now)
