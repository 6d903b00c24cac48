"""The tables of this floor: who is signed in, which keys were used, which process is alive."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, ByValue, Id, one_of


class SessionKind(StrEnum):
    """How a session proves itself."""

    BEARER = "bearer"
    COOKIE = "cookie"


class UserSession(Base):
    """One sign-in of one user; revoking it ends all that was issued for it."""

    __tablename__ = "user_sessions"
    __table_args__ = (one_of("kind", SessionKind),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    user_id: Mapped[Id] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    kind: Mapped[SessionKind] = mapped_column(ByValue(SessionKind))
    cookie_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """SHA-256 of the cookie's value; the value itself is nowhere but in the browser."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]
    revoked_because: Mapped[str | None] = mapped_column(String(40))


class Desk(Base):
    """A workstation or tablet of a site. Its cookie lets it show names and ask for a PIN."""

    __tablename__ = "desks"

    id: Mapped[Id] = mapped_column(primary_key=True)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"))
    site_id: Mapped[Id] = mapped_column(ForeignKey("sites.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    cookie_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    link_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of the link that makes a device this desk; it works once."""
    link_expires_at: Mapped[datetime | None]
    created_by_id: Mapped[Id] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class DeskSession(Base):
    """A session that was opened at a desk with a PIN: it ends after two quiet minutes."""

    __tablename__ = "desk_sessions"

    session_id: Mapped[Id] = mapped_column(
        ForeignKey("user_sessions.id", ondelete="CASCADE"), primary_key=True
    )
    desk_id: Mapped[Id] = mapped_column(ForeignKey("desks.id"), index=True)


class Pin(Base):
    """What a person types at a desk instead of a password, and how often it was wrong."""

    __tablename__ = "pins"

    user_id: Mapped[Id] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    pin_hash: Mapped[str] = mapped_column(String(200))
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    changed_at: Mapped[datetime]


class Invitation(Base):
    """A link with which somebody sets their password; it works once. A new one replaces it."""

    __tablename__ = "invitations"

    user_id: Mapped[Id] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    link_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_by_id: Mapped[Id] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class AuditWhat(StrEnum):
    """What is written down about who saw what."""

    CASE_VIEWED = "case_viewed"
    CLOSED_CASE_VIEWED = "closed_case_viewed"
    CASES_LISTED = "cases_listed"
    EXPORTED = "exported"
    DESK_SIGNED_IN = "desk_signed_in"
    INVITED = "invited"
    WELCOMED = "welcomed"
    PIN_RESET = "pin_reset"


class AuditEntry(Base):
    """Who saw or did what beside the journal. Append only."""

    __tablename__ = "audit"
    __table_args__ = (
        one_of("what", AuditWhat),
        Index("ix_audit_listed", "network_id", "at", "id"),
        Index("ix_audit_again", "user_id", "what", "at"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"))
    user_id: Mapped[Id] = mapped_column(ForeignKey("users.id"))
    what: Mapped[AuditWhat] = mapped_column(ByValue(AuditWhat))
    about: Mapped[str] = mapped_column(String(200))
    """A site, a desk, a person or a list, by name; never a room, a reason or free text."""
    request_id: Mapped[Id | None] = mapped_column(ForeignKey("support_requests.id"))
    at: Mapped[datetime]


class RefreshToken(Base):
    """One link of a session's chain; it works once. A second use revokes the session."""

    __tablename__ = "refresh_tokens"

    id: Mapped[Id] = mapped_column(primary_key=True)
    session_id: Mapped[Id] = mapped_column(
        ForeignKey("user_sessions.id", ondelete="CASCADE"), index=True
    )
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    issued_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class IdempotencyKey(Base):
    """The answer to a request that carried a key; it commits with the work."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index(None, "created_at"),)

    user_id: Mapped[Id] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    """SHA-256 over method, path and body."""
    status: Mapped[int | None]
    """None only inside the transaction that does the work."""
    body: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]


class Heartbeat(Base):
    """A process that said it was alive at `at`, working on schema `revision`."""

    __tablename__ = "heartbeats"

    id: Mapped[Id] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), index=True)
    revision: Mapped[str] = mapped_column(String(32))
    started_at: Mapped[datetime]
    at: Mapped[datetime]
