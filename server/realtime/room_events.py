"""What is said in a room, as types: who is there, how they are, and the letters between two browsers.

A letter is opaque to the server but for its size: an offer, an answer or a way to reach a browser.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from server.api.models import Answer, Body, OpaqueId
from server.api.room_answers import IceAnswer, MeetingAnswer, RoomAnswer

MOST_LETTER_BYTES = 12_000
"""An offer of sound and picture takes about 7,000; with its frame a letter stays under 16 KB."""

Sdp = Annotated[str, Field(max_length=MOST_LETTER_BYTES)]
Short = Annotated[str, Field(max_length=1_000)]


Tab = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,32}$")]


class JoinRoom(Body):
    """Which visit's room, and which page comes in: an id that the page made for itself."""

    visit_id: OpaqueId
    tab: Tab


class RoomState(Body):
    """How this side is: `here`, `ready` to talk, `connected` when both directions flow, `broken`."""

    visit_id: OpaqueId
    tab: Tab
    state: Literal["here", "ready", "connected", "broken"]
    camera: bool
    muted: bool


class LeaveRoom(Body):
    """Why: the page closes, they would rather not now, the talk is over, it goes on by telephone."""

    visit_id: OpaqueId
    tab: Tab
    why: Literal["gone", "not_now", "ended", "by_phone"]


class StayInRoom(Body):
    """Still here; wait for the other."""

    visit_id: OpaqueId


class CallNurse(Body):
    """To the bedside, please; from any visit of the screen's request that is under way."""

    visit_id: OpaqueId
    tab: Tab


class NextPeer(Answer):
    """Somebody else waits in their room to go on."""

    visit_id: str
    first: str


class BedsideTold(Answer):
    """What the bedside screen is for now: the room to be in, who is there, who comes."""

    visit_id: str | None
    next: NextPeer | None
    here: str | None
    coming: str | None
    finding: bool
    nurse_from: str | None


class BedsideDone(BedsideTold):
    """The same, when it was asked for."""

    ok: Literal[True]


class Description(Body):
    """An offer or an answer."""

    type: Literal["offer", "answer", "pranswer", "rollback"]
    sdp: Sdp


class Candidate(Body):
    """One way to reach a browser."""

    candidate: Short
    sdpMid: Short | None = None  # noqa: N815  # the browser's own names
    sdpMLineIndex: Annotated[int, Field(ge=0, le=64)] | None = None  # noqa: N815
    usernameFragment: Short | None = None  # noqa: N815


class Letter(Body):
    """Exactly one of the two."""

    description: Description | None = None
    candidate: Candidate | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "Letter":
        if (self.description is None) == (self.candidate is None):
            raise ValueError("a description or a candidate")
        return self


class Signal(Body):
    """A letter from this page to the other side's page `to`."""

    visit_id: OpaqueId
    tab: Tab
    to: Tab
    data: Letter


class RoomDone(Answer):
    """The room as it is now, whose seat this is, and how to find a way to the other.

    `meeting`: the call happens in another's room (VIDEO_ROOMS); null when it is our own.
    """

    ok: Literal[True]
    side: Literal["peer", "guest"]
    room: RoomAnswer
    ice: IceAnswer
    meeting: MeetingAnswer | None


class SignalTold(Answer):
    """A letter for the page `to`; others drop it. `sender` is the page that wrote it."""

    visit_id: str
    sender: str
    to: str
    data: dict[str, Any]
