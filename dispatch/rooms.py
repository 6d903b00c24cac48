"""The room in which a peer and the person at a bedside meet, by video or chat: two seats, how they are.

Two tables beside the visit. A seat is what one side's browser last said of itself; the room is what
became of both. What they say to each other never passes here: sound and picture go from browser to
browser. Presence is a time in a row and no socket of a process, so a restart forgets nothing.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, select, text
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.help_calls import HelpKind
from dispatch.models import SupportRequest, Visit
from dispatch.policy import parse
from dispatch.shapes import stamp
from dispatch.states import BUSY_VISIT, FINAL, Modality, VisitState
from storage.base import Base, ByValue, Id, one_of
from storage.database import Transaction

ROOMED = frozenset({Modality.VIDEO, Modality.CHAT})
"""Visits that have a room."""

REPORT_S = 10
"""How often a browser in a room says that it is still there."""
FRESH = timedelta(seconds=3 * REPORT_S)
"""A seat that has been silent for longer counts as empty: two reports may be lost."""


class Side(StrEnum):
    """Whose seat it is."""

    PEER = "peer"
    GUEST = "guest"


OTHER = {Side.PEER: Side.GUEST, Side.GUEST: Side.PEER}


class SeatState(StrEnum):
    """What one side is doing."""

    HERE = "here"
    READY = "ready"
    CONNECTED = "connected"
    BROKEN = "broken"
    NOT_NOW = "not_now"
    GONE = "gone"


PRESENT = frozenset({SeatState.HERE, SeatState.READY, SeatState.CONNECTED, SeatState.BROKEN})
"""Somebody sits there, connected or not."""
WILLING = PRESENT - {SeatState.HERE}
"""They want to talk: a person who has not yet said yes again is only `here`."""

_TO_LOOK_AT = text("look_at IS NOT NULL")


class Room(Base):
    """The room of one visit."""

    __tablename__ = "rooms"

    visit_id: Mapped[Id] = mapped_column(ForeignKey("visits.id"), primary_key=True)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"))
    opened_at: Mapped[datetime]
    met_at: Mapped[datetime | None]
    """Both wanted to talk for the first time: the time to connect is counted from here."""
    connected_at: Mapped[datetime | None]
    """Both said that they hear each other, for the first time."""
    empty_at: Mapped[datetime | None]
    """Since when somebody is missing from a conversation that had begun."""
    asked_at: Mapped[datetime | None]
    """Who is left was asked whether they are still there."""
    recorded_at: Mapped[datetime | None]
    """The service of another's room said that somebody records: then nobody says "not recorded"."""
    by_phone_at: Mapped[datetime | None]
    """The conversation goes on by telephone: an empty room means nothing from here on."""
    ended_at: Mapped[datetime | None]
    look_at: Mapped[datetime | None]
    """When the clock looks at the room next; None while it need not."""

    __table_args__ = (
        Index(
            "ix_rooms_look_at",
            "look_at",
            postgresql_where=_TO_LOOK_AT,
            sqlite_where=_TO_LOOK_AT,
        ),
    )


class Seat(Base):
    """One side of a room, in the words of its browser."""

    __tablename__ = "room_seats"
    __table_args__ = (one_of("side", Side), one_of("state", SeatState))

    visit_id: Mapped[Id] = mapped_column(ForeignKey("rooms.visit_id"), primary_key=True)
    side: Mapped[Side] = mapped_column(ByValue(Side), primary_key=True)
    tab: Mapped[str] = mapped_column(String(32))
    """Which page sits there: the newest that was opened."""
    state: Mapped[SeatState] = mapped_column(ByValue(SeatState))
    has_camera: Mapped[bool] = mapped_column(default=False)
    is_muted: Mapped[bool] = mapped_column(default=False)
    inside_sid: Mapped[str | None] = mapped_column(String(64))
    """As whom the service of another's room knows them while they are inside it."""
    entered_at: Mapped[datetime]
    seen_at: Mapped[datetime]


def is_present(seat: Seat, now: datetime) -> bool:
    """Whether somebody sits there who has been heard of lately."""
    return seat.state in PRESENT and seat.seen_at > now - FRESH


def seats_of(tx: Transaction, visit_id: str) -> list[Seat]:
    """The seats of a room that were ever taken."""
    return list(tx.session.scalars(select(Seat).where(Seat.visit_id == visit_id)))


def shape(tx: Transaction, visit: Visit) -> dict[str, Any]:
    """The room as both sides see it; a seat that fell silent is `gone`."""
    room = tx.session.get_one(Room, visit.id)
    seats: dict[str, dict[str, Any] | None] = dict.fromkeys(side.value for side in Side)
    for seat in seats_of(tx, visit.id):
        is_silent = seat.state in PRESENT and not is_present(seat, tx.now)
        seats[seat.side.value] = {
            "tab": seat.tab,
            "state": (SeatState.GONE if is_silent else seat.state).value,
            "camera": seat.has_camera,
            "muted": seat.is_muted,
            "inside": seat.inside_sid is not None,
        }
    request = tx.session.get_one(SupportRequest, visit.request_id)
    policy = parse(request.policy)
    ends_at = room.asked_at and room.asked_at + timedelta(seconds=policy.room_end_s)
    return {
        "visit_id": visit.id,
        "state": visit.state.value,
        "peer": seats[Side.PEER.value],
        "guest": seats[Side.GUEST.value],
        "connected_at": stamp(room.connected_at),
        "started_at": stamp(visit.started_at),
        "asked_at": stamp(room.asked_at),
        "ends_at": stamp(ends_at),
        "nurse": _nurse(request, visit.id),
        "by_phone": room.by_phone_at is not None,
        "is_recorded": room.recorded_at is not None,
        "goes_on": request.state not in FINAL and not is_the_last(visit),
        "is_over": room.ended_at is not None or visit.state not in BUSY_VISIT,
    }


def is_the_last(visit: Visit) -> bool:
    """Whether the request ends with this conversation, if nobody hands it over."""
    return visit.state is VisitState.IN_SESSION and not visit.is_bridge


def _nurse(request: SupportRequest, visit_id: str) -> dict[str, Any] | None:
    """The nurse who was called from here: since when, and the first name of who is coming."""
    for need in request.needs or []:
        if need["kind"] == HelpKind.NURSE and need["visit_id"] == visit_id:
            holder = need["held_by"]
            return {"since": need["since"], "coming": holder and holder["name"].split(" ")[0]}
    return None
