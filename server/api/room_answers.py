"""What is answered about a video room: who is in it, and how two browsers find each other."""

from typing import Literal

from dispatch.rooms import SeatState
from dispatch.states import VisitState
from server.api.answers import Count
from server.api.models import Answer, Moment


class SeatAnswer(Answer):
    """One side of a room, in the words of its browser; `gone` also when it fell silent."""

    tab: str
    state: SeatState
    camera: bool
    muted: bool
    inside: bool
    """Whether the service of another's room says that they are in it."""


class NurseAnswer(Answer):
    """The nurse was called from this room; the first name of who said "I'm coming"."""

    since: Moment
    coming: str | None


class RoomAnswer(Answer):
    """The room of a video visit. `asked_at`: who is left was asked whether they are still there.

    `goes_on`: the request does not end with this call; the bedside screen follows to the next.
    """

    visit_id: str
    state: VisitState
    peer: SeatAnswer | None
    guest: SeatAnswer | None
    connected_at: Moment | None
    started_at: Moment | None
    asked_at: Moment | None
    ends_at: Moment | None
    nurse: NurseAnswer | None
    by_phone: bool
    is_recorded: bool
    goes_on: bool
    is_over: bool


class IceServer(Answer):
    """STUN and TURN servers, in the words of RTCPeerConnection."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class IceAnswer(Answer):
    """How two browsers find a way to each other; the password ends in `expires_in` seconds."""

    ice_servers: list[IceServer]
    relay_only: bool
    expires_in: Count


class MeetingAnswer(Answer):
    """Another's room in which this call happens, and the pass into it."""

    kind: Literal["jitsi", "livekit"]
    url: str
    room: str
    token: str
