"""Calls from a visit: a peer who is not safe, the ED nurse, a supervisor. Who called, who has it.

One table beside what everybody sees of the calls that stand: `request.help` of a peer who is not
safe, `request.needs` of the others. Only the first is closed with a note; it is for supervisors,
managers and admins, and is in no fact, no alert and no log.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, select, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, ByValue, Id
from storage.database import Transaction
from storage.ids import new_id


class HelpKind(StrEnum):
    """For whom a visit calls."""

    UNSAFE = "unsafe"
    """The peer does not feel safe: whoever can act."""
    NURSE = "nurse"
    """Somebody of the ED, at the bedside."""
    SUPERVISOR = "supervisor"
    """Somebody for the peer to talk with."""


NEEDS = frozenset({HelpKind.NURSE, HelpKind.SUPERVISOR})
"""What a visit needs more of. Nobody is in danger: no note, and who called can take it back."""

AFTER_A_VISIT = timedelta(hours=2)
"""How long after the end of a visit its peer can still call for help."""

_STANDS = text("closed_at IS NULL")


class HelpCall(Base):
    """One press, until somebody closed it."""

    __tablename__ = "help_calls"

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"))
    request_id: Mapped[Id] = mapped_column(ForeignKey("support_requests.id"), index=True)
    visit_id: Mapped[Id] = mapped_column(ForeignKey("visits.id"))
    peer_id: Mapped[Id] = mapped_column(ForeignKey("peers.id"), index=True)
    """Whose visit it is."""
    kind: Mapped[HelpKind] = mapped_column(ByValue(HelpKind), default=HelpKind.UNSAFE)
    is_by_guest: Mapped[bool] = mapped_column(default=False)
    """The person at the bedside pressed, on their own screen."""
    called_at: Mapped[datetime]
    held_by_id: Mapped[Id | None] = mapped_column(ForeignKey("users.id"))
    held_at: Mapped[datetime | None]
    closed_by_id: Mapped[Id | None] = mapped_column(ForeignKey("users.id"))
    closed_at: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(String(500))
    end_reason: Mapped[str | None] = mapped_column(String(20))
    """How a need ended: `done`, `taken_back`, `again` (asked for anew) or `over` (with its request)."""

    __table_args__ = (
        # A press that is sent twice is one call.
        Index(
            "uq_help_calls_standing",
            "visit_id",
            "kind",
            unique=True,
            postgresql_where=_STANDS,
            sqlite_where=_STANDS,
        ),
    )


def calls_of(tx: Transaction, request_id: str) -> list[HelpCall]:
    """Every call of a request, of whatever kind, oldest first."""
    return list(
        tx.session.scalars(
            select(HelpCall)
            .where(HelpCall.request_id == request_id)
            .order_by(HelpCall.called_at, HelpCall.id)
        )
    )


def standing(tx: Transaction, request_id: str, *kinds: HelpKind) -> list[HelpCall]:
    """The calls of a held request that nobody has closed, of these kinds, oldest first."""
    calls = calls_of(tx, request_id)
    return [one for one in calls if one.closed_at is None and one.kind in kinds]
