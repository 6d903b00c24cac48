"""A peer's call for help: who called, who holds it, and the note with which a supervisor closed it.

A table of its own beside `request.help`, which is what everybody sees of the call that stands. The
note is for supervisors, managers and admins; it is in no fact, no alert and no log.
"""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, Id
from storage.ids import new_id

AFTER_A_VISIT = timedelta(hours=2)
"""How long after the end of a visit its peer can still call for help."""

_STANDS = text("closed_at IS NULL")


class HelpCall(Base):
    """One press of "I don't feel safe", until somebody closed it with a note."""

    __tablename__ = "help_calls"

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"))
    request_id: Mapped[Id] = mapped_column(ForeignKey("support_requests.id"), index=True)
    visit_id: Mapped[Id] = mapped_column(ForeignKey("visits.id"))
    peer_id: Mapped[Id] = mapped_column(ForeignKey("peers.id"), index=True)
    called_at: Mapped[datetime]
    held_by_id: Mapped[Id | None] = mapped_column(ForeignKey("users.id"))
    held_at: Mapped[datetime | None]
    closed_by_id: Mapped[Id | None] = mapped_column(ForeignKey("users.id"))
    closed_at: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(String(500))

    __table_args__ = (
        # A press that is sent twice is one call.
        Index(
            "uq_help_calls_standing",
            "visit_id",
            unique=True,
            postgresql_where=_STANDS,
            sqlite_where=_STANDS,
        ),
    )
