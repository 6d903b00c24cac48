"""What is known of each call at the provider, and the telephone at the bedside of a visit.

A call's row holds no number: numbers are read where they are dialled. The one number that is kept
here is what staff entered for one visit, and it goes with it.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, ByValue, Id, one_of


class JobState(StrEnum):
    """Where a call is between us and the provider. Everything but `done` is due some time."""

    PENDING = "pending"
    """It is to be made."""
    UNKNOWN = "unknown"
    """We began to ask for it and do not know the end: the provider is asked before anything rings."""
    LIVE = "live"
    """The provider has it. Its news come by themselves; now and then it is asked all the same."""
    CLOSING = "closing"
    """It is over for us and is to be hung up."""
    DONE = "done"


_IS_DUE = text("due_at IS NOT NULL")


class CallJob(Base):
    """One call that somebody asked for; it has that call's id."""

    __tablename__ = "call_jobs"

    id: Mapped[Id] = mapped_column(primary_key=True)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"))
    state: Mapped[JobState] = mapped_column(ByValue(JobState))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    """A press is worth ringing for until then."""
    attempts: Mapped[int] = mapped_column(default=0)
    unknown_since: Mapped[datetime | None]
    sid: Mapped[str | None] = mapped_column(String(64), unique=True)
    """The provider's name for the peer's leg."""
    other_sid: Mapped[str | None] = mapped_column(String(64))
    """Its name for the other leg, once that rings."""
    detail: Mapped[str | None] = mapped_column(String(60))
    """A code, for whoever looks into it: never a number."""
    leased_until: Mapped[datetime | None]
    lease: Mapped[str | None] = mapped_column(String(32))

    __table_args__ = (
        one_of("state", JobState),
        CheckConstraint("(state = 'done') = (due_at IS NULL)", "due"),
        Index("ix_call_jobs_due", "due_at", postgresql_where=_IS_DUE, sqlite_where=_IS_DUE),
    )


class BedsidePhone(Base):
    """The telephone beside the person, as staff entered it for one visit. Shown to nobody again."""

    __tablename__ = "bedside_phones"

    visit_id: Mapped[Id] = mapped_column(primary_key=True)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"))
    number: Mapped[str] = mapped_column(String(20))
    """E.164. Never logged, and dialled for this visit only."""
    entered_by_id: Mapped[Id] = mapped_column(ForeignKey("users.id"))
    entered_at: Mapped[datetime]
