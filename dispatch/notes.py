"""What a peer writes after a visit: the short note, and how they are. Two tables, two readers.

The note is the network's. How somebody is, is theirs alone: only "Let's talk" is ever shown to
another person, and nothing of either is journaled.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.states import VisitState
from storage.base import Base, ByValue, Id, JsonList, one_of
from storage.ids import new_id


class Happened(StrEnum):
    """What a visit was."""

    TALKED = "talked"
    SAT = "sat"
    FAMILY = "family"
    SHORT = "short"
    CHANGED_MIND = "changed_mind"


class Offered(StrEnum):
    """What a peer had with them, or pointed to."""

    NALOXONE = "naloxone"
    CRISIS_CARD = "crisis_card"
    MEETINGS = "meetings"
    TREATMENT = "treatment"
    HOUSING = "housing"
    RIDE = "ride"
    FAMILY_GROUP = "family_group"
    OTHER = "other"


class Feeling(StrEnum):
    """How a peer is. `talk` asks a supervisor to call; the others stay with the peer."""

    STEADY = "steady"
    HEAVY = "heavy"
    TALK = "talk"


NOTED = frozenset({VisitState.COMPLETED, VisitState.HANDED_OVER})
"""The ends of a visit that a note belongs to: the peer was with the person."""


class WrapUp(Base):
    """The note of one visit. Said again, the last word counts."""

    __tablename__ = "wrap_ups"

    visit_id: Mapped[Id] = mapped_column(ForeignKey("visits.id"), primary_key=True)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"), index=True)
    peer_id: Mapped[Id] = mapped_column(ForeignKey("peers.id"))
    happened: Mapped[JsonList]
    offered: Mapped[JsonList]
    follow_up: Mapped[bool | None]
    """Whether the person would like to hear from the network; None when it was not asked."""
    follow_up_days: Mapped[int | None]
    written_at: Mapped[datetime]


class CheckIn(Base):
    """How one peer said they are."""

    __tablename__ = "check_ins"

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"))
    peer_id: Mapped[Id] = mapped_column(ForeignKey("peers.id"))
    visit_id: Mapped[Id | None] = mapped_column(ForeignKey("visits.id"))
    feeling: Mapped[Feeling] = mapped_column(ByValue(Feeling))
    at: Mapped[datetime]
    talked_at: Mapped[datetime | None]
    """When a supervisor said that they have talked."""
    talked_by_id: Mapped[Id | None] = mapped_column(ForeignKey("users.id"))

    __table_args__ = (
        one_of("feeling", Feeling),
        Index("ix_check_ins_peer", "peer_id", "at"),
        Index(
            "ix_check_ins_asked",
            "network_id",
            postgresql_where=text("feeling = 'talk' AND talked_at IS NULL"),
            sqlite_where=text("feeling = 'talk' AND talked_at IS NULL"),
        ),
    )
