"""A policy that is tried on the past before it is saved: what was asked for, and what came of it.

The row is the queue, the progress and the result. A network plays one at a time; whoever plays
holds the row by a lease and writes how far it is.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import JSON, CursorResult, Float, ForeignKey, Index, String, delete, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, ByValue, Id, JsonDict, JsonList, one_of
from storage.database import Transaction
from storage.ids import new_id

KEPT = timedelta(days=30)
"""A preview is deleted so long after it was asked for."""

MOST_WAITING = 5
"""Of one network, with the one that is being played."""

MOST_DAYS = 31


class PreviewState(StrEnum):
    """How far it is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class PreviewError(StrEnum):
    """Why there is no result."""

    KEPT_FAILING = "kept_failing"
    TOO_SLOW = "too_slow"


_WAITS = text("due_at IS NOT NULL")
_RUNS = text("state = 'running'")


class Preview(Base):
    """One question to the past."""

    __tablename__ = "previews"

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"))
    asked_by_id: Mapped[Id] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime]
    days: Mapped[int]
    policy: Mapped[JsonDict]
    """The network's own settings as they would be saved."""
    more_peers: Mapped[JsonList]
    state: Mapped[PreviewState] = mapped_column(ByValue(PreviewState))
    progress: Mapped[float] = mapped_column(Float, default=0.0)
    """The share that is done."""
    result: Mapped[JsonDict | None] = mapped_column(JSON(none_as_null=True))
    error: Mapped[PreviewError | None] = mapped_column(ByValue(PreviewError))
    attempts: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    """When somebody must look at it; none once it has ended."""
    leased_until: Mapped[datetime | None]
    lease: Mapped[str | None] = mapped_column(String(32))

    __table_args__ = (
        one_of("state", PreviewState),
        Index("ix_previews_due", "due_at", postgresql_where=_WAITS, sqlite_where=_WAITS),
        # One at a time: it takes a processor for minutes.
        Index(
            "uq_previews_running",
            "network_id",
            unique=True,
            postgresql_where=_RUNS,
            sqlite_where=_RUNS,
        ),
        Index("ix_previews_listed", "network_id", "asked_at"),
    )


def forget(tx: Transaction) -> int:
    """Delete what was asked before `KEPT` and has ended; how many. A chore of the dispatcher."""
    result = tx.session.execute(
        delete(Preview)
        .where(Preview.asked_at < tx.now - KEPT, Preview.due_at.is_(None))
        .execution_options(synchronize_session=False)
    )
    assert isinstance(result, CursorResult)
    return int(result.rowcount)
