"""The tables: a thread of a visit with what each side has read, and the messages, numbered in it.

`seq` counts from 1 without a gap, because it is given out under the thread's row.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.talk.words import Party, Voice
from storage.base import Base, ByValue, Id, one_of


class Thread(Base):
    """What was said between the peer of a visit and one other side."""

    __tablename__ = "talk_threads"

    visit_id: Mapped[Id] = mapped_column(ForeignKey("visits.id"), primary_key=True)
    party: Mapped[Party] = mapped_column(ByValue(Party), primary_key=True)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"))
    seq: Mapped[int] = mapped_column(default=0)
    """The number of the last message."""
    read_peer: Mapped[int] = mapped_column(default=0)
    """Up to which message the peer has read."""
    read_other: Mapped[int] = mapped_column(default=0)
    unread_peer: Mapped[int] = mapped_column(default=0)
    """How many messages of the other side the peer has not read."""
    unread_other: Mapped[int] = mapped_column(default=0)
    begun_at: Mapped[datetime]
    last_at: Mapped[datetime]
    erase_at: Mapped[datetime | None]
    """When it is erased; None while its visit goes on."""

    __table_args__ = (
        one_of("party", Party),
        Index("ix_talk_threads_erase_at", "erase_at"),
    )


class Message(Base):
    """One message: a quick reply by its key, or a text."""

    __tablename__ = "talk_messages"

    visit_id: Mapped[Id] = mapped_column(ForeignKey("visits.id"), primary_key=True)
    party: Mapped[Party] = mapped_column(ByValue(Party), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    voice: Mapped[Voice] = mapped_column(ByValue(Voice))
    author_id: Mapped[Id | None] = mapped_column(ForeignKey("users.id"))
    """Who wrote it; None for the person at the bedside, who is nobody here."""
    client_id: Mapped[str] = mapped_column(String(40))
    """Made by the page that wrote it: the same again is the same message."""
    word: Mapped[str | None] = mapped_column(String(20))
    text: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime]

    __table_args__ = (
        one_of("party", Party),
        one_of("voice", Voice),
        CheckConstraint("(word IS NULL) <> (text IS NULL)", "one_of_both"),
        UniqueConstraint("visit_id", "party", "voice", "client_id", name="uq_talk_messages_once"),
    )
