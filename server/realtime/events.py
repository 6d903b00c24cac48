"""Every event of `/live`, both ways, as types: what validates is what is documented."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from dispatch.states import OfferState, Role
from server.api.answers import (
    Count,
    DutyAnswer,
    FactAnswer,
    OfferAnswer,
    PositionAnswer,
    RequestAnswer,
)
from server.api.board import BoardPeer, BoardRequest
from server.api.call_answers import CallAnswer
from server.api.declare import EVERY_ROLE
from server.api.duty import PositionBody, PositionTaken
from server.api.models import Answer, Body, Moment, OpaqueId
from server.api.requests import SEEING
from server.api.room_answers import RoomAnswer
from server.api.talk_answers import TalkTold
from server.realtime.room_events import (
    BedsideDone,
    BedsideTold,
    CallNurse,
    JoinRoom,
    LeaveRoom,
    RoomDone,
    RoomState,
    Signal,
    SignalTold,
    StayInRoom,
)
from server.realtime.talk_events import (
    TalkRead,
    TalkReadDone,
    TalkSay,
    TalkSayDone,
    TalkSince,
    TalkSinceDone,
)

Token = Annotated[str, Field(min_length=1, max_length=2_048)]
_PEER = frozenset({Role.PEER})
WATCHING = frozenset({Role.MANAGER, Role.SUPERVISOR})


class Auth(Body):
    """What a client that is no page of ours connects with."""

    token: Token


class Nothing(Body):
    """No words: an empty object, or nothing at all."""


class Follow(Body):
    """Which request, and the last fact that is known already."""

    request_id: OpaqueId
    after: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None


class Unfollow(Body):
    """Which request."""

    request_id: OpaqueId


class Seen(Body):
    """Which offer is on the screen."""

    offer_id: OpaqueId


class Refresh(Body):
    """A fresh access token of the same user."""

    token: Token


class Done(Answer):
    """It was done."""

    ok: Literal[True]


class FollowDone(Done):
    """The request as it is now, and what was missed.

    `more` says that there are further facts after the last of `facts`: they are fetched over HTTP.
    """

    snapshot: RequestAnswer
    facts: list[FactAnswer]
    seq: Count
    more: bool


class BoardDone(Done):
    """The board to fetch over HTTP has this `seq` or a later one."""

    seq: Count


class PositionDone(PositionTaken):
    """What became of the position."""

    ok: Literal[True]


class SeenDone(Done):
    """The offer."""

    offer: OfferAnswer


class RefreshDone(Done):
    """Until when the connection is good now."""

    expires_at: Moment


class Refused(Answer):
    """It was refused; decide by `code`."""

    ok: Literal[False]
    code: str
    detail: str
    errors: list[dict[str, str]] | None = None


class OfferClosed(Answer):
    """An offer can no longer be answered, or was answered on another device."""

    offer_id: str
    request_id: str
    state: OfferState
    reason: str | None


class BoardChange(Answer):
    """Rows to replace by id; a row with a lower `seq` than the one held is older and dropped."""

    seq: Count
    rows: list[BoardRequest]
    peers: list[BoardPeer]


class PositionShown(Answer):
    """Where the peer of a request is; only from leaving to arriving."""

    request_id: str
    position: PositionAnswer


class CallTold(Answer):
    """A call by telephone, as it is now."""

    request_id: str
    call: CallAnswer


class Resync(Answer):
    """Something was missed: fetch the facts of `request_id`, or of everything that is followed.

    Asked of many at once it says `spread_s`: wait for a random part of so many seconds.
    """

    request_id: str | None = None
    seq: Annotated[int, Field(ge=1)] | None = None
    spread_s: Count


@dataclass(frozen=True)
class Said:
    """Something a client says."""

    name: str
    body: type[Body]
    answer: type[Answer]
    roles: frozenset[Role]
    summary: str
    problems: tuple[str, ...] = ()
    guests: bool = False
    """Whether the person at a bedside may say it too, about their own visit."""


@dataclass(frozen=True)
class Told:
    """Something the server says."""

    name: str
    payload: type[Answer]
    summary: str


def _by_name(said: Iterable[Said]) -> dict[str, Said]:
    return {one.name: one for one in said}


SAID = _by_name(
    [
        Said(
            "follow",
            Follow,
            FollowDone,
            frozenset(SEEING),
            "The facts of a request from now on, its snapshot, and what was missed.",
            ("not_found",),
        ),
        Said("unfollow", Unfollow, Done, EVERY_ROLE, "No more facts of a request."),
        Said(
            "follow_board",
            Nothing,
            BoardDone,
            WATCHING,
            "Changed rows of the live board from now on; the board itself travels over HTTP.",
        ),
        Said("unfollow_board", Nothing, Done, WATCHING, "No more rows of the board."),
        Said(
            "follow_site",
            Nothing,
            Done,
            frozenset({Role.STAFF}),
            "The first fact of every request that is made at one's own site, from now on.",
        ),
        Said(
            "unfollow_site",
            Nothing,
            Done,
            frozenset({Role.STAFF}),
            "No more requests of the site.",
        ),
        Said(
            "position",
            PositionBody,
            PositionDone,
            frozenset({Role.PEER}),
            "Where I am; the same as POST /positions. Acknowledged when it is stored, soon after.",
            ("position_stale", "position_in_future", "too_fast"),
        ),
        Said(
            "seen",
            Seen,
            SeenDone,
            frozenset({Role.PEER}),
            "The offer is on the screen; the same as POST /offers/{offer_id}/seen.",
            ("not_found", "offer_closed", "already_taken"),
        ),
        Said(
            "refresh",
            Refresh,
            RefreshDone,
            EVERY_ROLE,
            "A fresh access token, before the one this connection stands on expires.",
        ),
        Said(
            "room_join",
            JoinRoom,
            RoomDone,
            _PEER,
            "Into the room of a video visit, or back into it; the newest page has the seat.",
            ("not_found", "illegal_step"),
            guests=True,
        ),
        Said(
            "room_state",
            RoomState,
            Done,
            _PEER,
            "How this side is: on every change, and every ten seconds as a sign of life.",
            ("not_found", "illegal_step", "room_moved", "too_fast"),
            guests=True,
        ),
        Said(
            "signal",
            Signal,
            Done,
            _PEER,
            "A letter to the other side's browser; the server passes it on and keeps nothing.",
            ("illegal_step", "too_fast"),
            guests=True,
        ),
        Said(
            "room_stay",
            StayInRoom,
            Done,
            _PEER,
            "Still here: an answer to `asked_at` of the room.",
            ("not_found", "illegal_step"),
            guests=True,
        ),
        Said(
            "bedside",
            Nothing,
            BedsideDone,
            frozenset(),
            "Where the bedside screen belongs now; it follows its request from visit to visit.",
            ("not_found",),
            guests=True,
        ),
        Said(
            "talk_since",
            TalkSince,
            TalkSinceDone,
            _PEER,
            "What the person and the peer wrote, from a message on; as much as one answer holds.",
            ("not_found", "illegal_step", "too_fast"),
            guests=True,
        ),
        Said(
            "talk_say",
            TalkSay,
            TalkSayDone,
            _PEER,
            "A message to the other side; the same `id` again is the same message.",
            ("not_found", "illegal_step", "too_fast"),
            guests=True,
        ),
        Said(
            "talk_read",
            TalkRead,
            TalkReadDone,
            _PEER,
            "Read up to this message.",
            ("not_found", "illegal_step", "too_fast"),
            guests=True,
        ),
        Said(
            "room_nurse",
            CallNurse,
            Done,
            frozenset(),
            "The person at the bedside calls the nurse; `nurse` of the room says who is coming.",
            ("not_found", "illegal_step", "too_fast"),
            guests=True,
        ),
        Said(
            "room_leave",
            LeaveRoom,
            Done,
            _PEER,
            "Out of the room; `ended` completes a conversation that had begun.",
            ("not_found", "illegal_step", "forbidden"),
            guests=True,
        ),
    ]
)

TOLD = {
    one.name: one
    for one in (
        Told(
            "fact",
            FactAnswer,
            "Something happened to a request that is followed, or one was made at a site that is.",
        ),
        Told("offer", OfferAnswer, "The peer is asked."),
        Told("offer_closed", OfferClosed, "An offer needs no answer any more."),
        Told("board", BoardChange, "Changed rows of the board that is followed."),
        Told("duty", DutyAnswer, "The peer's duty changed, whoever changed it."),
        Told("position", PositionShown, "A peer on the road, about every two seconds."),
        Told("room", RoomAnswer, "The room of a video visit changed; to its two sides only."),
        Told(
            "call",
            CallTold,
            "A call by telephone changed; to its peer and who follows the request.",
        ),
        Told("bedside", BedsideTold, "The bedside screen belongs elsewhere, or somebody is there."),
        Told("signal", SignalTold, "A letter of the other side's browser."),
        Told("talk", TalkTold, "Something was said or read in a visit; to its two sides only."),
        Told("resync", Resync, "Something could not be said here; fetch it over HTTP."),
    )
}


def check(event: str, payload: Any) -> None:
    """Raise `ValidationError` when the server says something that is not declared."""
    TOLD[event].payload.model_validate(payload)
