"""A telephone call between the peer of a visit and who is with the person: one table beside the visit.

It knows who asked for a call, how far it got, when both could hear each other and why it ended. It
refuses to know numbers, providers and how a telephone is made to ring: the floors above do.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.models import Visit
from dispatch.policy import Policy
from dispatch.shapes import stamp
from dispatch.states import BUSY_VISIT, REMOTE, VisitState
from storage.base import Base, ByValue, Id, one_of
from storage.database import Transaction
from storage.ids import new_id

NO_NEWS = timedelta(seconds=180)
"""A call that nobody told anything of for so long has failed: ringing, two questions and a slow
provider together take less."""
OVERTIME = timedelta(seconds=120)
"""How long after the limit of a call its end is awaited."""


class CallState(StrEnum):
    """How far a call got."""

    PLACED = "placed"
    """Asked for: the peer's telephone is made to ring, and waits for their key."""
    READY = "ready"
    """The peer said yes to it; the other side rings."""
    CONNECTED = "connected"
    ENDED = "ended"


class CallTo(StrEnum):
    """Which telephone of the site rings."""

    DESK = "desk"
    BEDSIDE = "bedside"


class CallEnd(StrEnum):
    """Why a call ended."""

    HUNG_UP = "hung_up"
    """They had talked, and one of them hung up."""
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    MACHINE = "machine"
    """The peer's telephone was picked up and nobody said yes: a mailbox does that."""
    LEFT = "left"
    """The peer hung up before they were connected."""
    OTHER_NO_ANSWER = "other_no_answer"
    OTHER_BUSY = "other_busy"
    OTHER_MACHINE = "other_machine"
    OTHER_FAILED = "other_failed"
    NO_NUMBER = "no_number"
    """Nobody can be reached at the number that the peer gave."""
    AWAY = "away"
    """Calls cannot be made at the moment."""
    FAILED = "failed"
    STOPPED = "stopped"
    """Somebody pressed: not now."""
    OVER = "over"
    """The visit ended."""


_IS_LIVE = text("state <> 'ended'")
_TO_LOOK_AT = text("look_at IS NOT NULL")


class VisitCall(Base):
    """One call of one visit."""

    __tablename__ = "visit_calls"

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"))
    visit_id: Mapped[Id] = mapped_column(ForeignKey("visits.id"), index=True)
    to: Mapped[CallTo] = mapped_column("callee", ByValue(CallTo))
    state: Mapped[CallState] = mapped_column(ByValue(CallState))
    placed_by_id: Mapped[Id] = mapped_column(ForeignKey("users.id"))
    placed_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    connected_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end: Mapped[CallEnd | None] = mapped_column("end_reason", ByValue(CallEnd))
    look_at: Mapped[datetime | None]
    """When the clock looks: at a call without news, at a conversation after its call."""

    __table_args__ = (
        one_of("callee", CallTo),
        one_of("state", CallState),
        one_of("end_reason", CallEnd),
        # Two taps at one moment are one call.
        Index(
            "uq_visit_calls_live",
            "visit_id",
            unique=True,
            postgresql_where=_IS_LIVE,
            sqlite_where=_IS_LIVE,
        ),
        Index(
            "ix_visit_calls_look_at",
            "look_at",
            postgresql_where=_TO_LOOK_AT,
            sqlite_where=_TO_LOOK_AT,
        ),
    )


def newest(tx: Transaction, visit_id: str) -> VisitCall | None:
    """The last call of a visit; only that one may be live."""
    return tx.session.scalars(
        select(VisitCall)
        .where(VisitCall.visit_id == visit_id)
        .order_by(VisitCall.placed_at.desc(), VisitCall.id.desc())
        .limit(1),
        execution_options={"populate_existing": True},
    ).one_or_none()


def left(tx: Transaction, visit_id: str, policy: Policy) -> int:
    """How many more calls this visit may have."""
    had = tx.session.scalar(
        select(func.count()).select_from(VisitCall).where(VisitCall.visit_id == visit_id)
    )
    return max(0, policy.calls_per_visit - (had or 0))


def is_the_talk(visit: Visit) -> bool:
    """Whether a call is the conversation itself, and no word on the way to one in person."""
    return visit.modality in REMOTE


def asks(call: VisitCall, visit: Visit) -> bool:
    """Whether the screens ask what is next: the call is over, and the conversation perhaps not."""
    return (
        call.state is CallState.ENDED
        and call.look_at is not None
        and visit.state is VisitState.IN_SESSION
    )


def is_open(visit: Visit) -> bool:
    """Whether this visit may have a call now."""
    return visit.state in BUSY_VISIT


def shape(call: VisitCall, visit: Visit) -> dict[str, Any]:
    """A call as everybody sees it who sees the visit: no number is part of it."""
    return {
        "id": call.id,
        "visit_id": call.visit_id,
        "state": call.state.value,
        "to": call.to.value,
        "placed_at": stamp(call.placed_at),
        "connected_at": stamp(call.connected_at),
        "ended_at": stamp(call.ended_at),
        "reason": call.end.value if call.end else None,
        "ends_at": stamp(call.look_at) if asks(call, visit) else None,
    }
