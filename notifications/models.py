"""The tables of notifications: devices that can ring, deliveries to them (the outbox), providers.

A delivery holds its offer and request by id only: this floor knows them from the facts, so there
is no foreign key into the tables of dispatch beyond networks and users.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, ByValue, Id, JsonDict, JsonList, one_of
from storage.ids import new_id


class Kind(StrEnum):
    """A way to reach a person: the kind of a device and the channel of a delivery."""

    FCM = "fcm"
    WEBPUSH = "webpush"
    SMS = "sms"
    VOICE = "voice"
    EMAIL = "email"
    CONSOLE = "console"
    APPRISE = "apprise"
    """A service that the operator named (chat, paging); alarms only, never an offer."""


class AddressKind(StrEnum):
    """What an FCM address is: a registration token, or the newer installation id."""

    TOKEN = "token"  # noqa: S105  # the name of a kind, no secret
    FID = "fid"


class DeviceState(StrEnum):
    """Whether an address may be used."""

    ACTIVE = "active"
    DEAD = "dead"
    """The provider said that nobody is there any more."""
    DISABLED = "disabled"
    """Removed, moved to another person, or refused because of a wrong configuration."""


class Gone(StrEnum):
    """Why an address is not used any more, where we know it; else `dead_reason` is a provider's code."""

    REMOVED = "REMOVED"
    """Its owner took it away."""
    MOVED = "MOVED"
    """Another person registered it."""
    BLOCKED = "BLOCKED"
    """The phone itself said that it shows no notifications."""
    EXPIRED = "EXPIRED"
    """The app has not registered it for so long that providers have dropped it."""
    STOPPED = "STOPPED"
    """Its owner texted STOP."""
    LANDLINE = "LANDLINE"
    """A number that takes no text messages."""
    INVALID_NUMBER = "INVALID_NUMBER"
    """No telephone has this number."""


class Rung(StrEnum):
    """A step of an offer's ladder; `notice` stands beside the ladder."""

    PUSH = "push"
    PUSH_AGAIN = "push_again"
    SMS = "sms"
    VOICE = "voice"
    NOTICE = "notice"


class DeliveryState(StrEnum):
    """Where one send to one device is. Only `pending` and `unknown` are ever due."""

    PENDING = "pending"
    """It has not been handed to the provider, or the provider was busy; it will be at `due_at`."""
    SENT = "sent"
    """The provider took it. Whether anybody has seen it, only the app can say."""
    DELIVERED = "delivered"
    """The app acknowledged that it is on the phone."""
    FAILED = "failed"
    """It will never be sent: the address is dead, or the provider refuses it for good."""
    UNKNOWN = "unknown"
    """A send has begun and its end is not known; it may be on the phone. Resending collapses."""
    CANCELLED = "cancelled"
    """It never was sent, and need not be: answered, taken, ended, or a later rung went first."""
    EXPIRED = "expired"
    """Its time passed before a provider took it."""


BY_TELEPHONE = text("channel IN ('sms', 'voice')")
"""A condition on deliveries, in the words of the index that answers it."""


class Device(Base):
    """One address at which one user can be reached."""

    __tablename__ = "devices"

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"))
    user_id: Mapped[Id] = mapped_column(ForeignKey("users.id"), index=True)
    kind: Mapped[Kind] = mapped_column(ByValue(Kind))
    address: Mapped[str] = mapped_column(String(1024))
    """Token, installation id, push endpoint, E.164 number or mailbox. Never logged."""
    address_kind: Mapped[AddressKind | None] = mapped_column(ByValue(AddressKind))
    subscription: Mapped[JsonDict | None]
    platform: Mapped[str] = mapped_column(String(16))
    locale: Mapped[str | None] = mapped_column(String(8))
    """The language of this phone, when it is another than its user's."""
    state: Mapped[DeviceState] = mapped_column(ByValue(DeviceState), default=DeviceState.ACTIVE)
    dead_reason: Mapped[str | None] = mapped_column(String(60))
    """A code: one of `Gone`, or what a provider said."""
    ended_at: Mapped[datetime | None]
    """Since when it is not used any more."""
    created_at: Mapped[datetime]
    refreshed_at: Mapped[datetime]
    """When the app last registered this address."""
    last_ok_at: Mapped[datetime | None]
    """When a provider last took something for it (to within an hour)."""
    tested_at: Mapped[datetime | None]
    """When it was last sent a test that it must answer."""
    heard_at: Mapped[datetime | None]
    """When it last acknowledged an alert: the proof that it really rings."""

    __table_args__ = (
        one_of("kind", Kind),
        one_of("address_kind", AddressKind),
        one_of("state", DeviceState),
        Index(
            "uq_devices_active_address",
            "kind",
            "address",
            unique=True,
            postgresql_where=text("state = 'active'"),
            sqlite_where=text("state = 'active'"),
        ),
    )


class Delivery(Base):
    """One send to one device: truth, timer and queue of the outbox."""

    __tablename__ = "deliveries"

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"))
    user_id: Mapped[Id] = mapped_column(ForeignKey("users.id"))
    device_id: Mapped[Id | None] = mapped_column(ForeignKey("devices.id"))
    """None: the user has no device of a channel in use."""
    channel: Mapped[Kind] = mapped_column(ByValue(Kind))
    site_id: Mapped[Id | None]
    """Whose turn it takes: a flood at one site waits behind the first alert of another."""
    request_id: Mapped[Id | None] = mapped_column(index=True)
    offer_id: Mapped[Id | None] = mapped_column(index=True)
    fact_seq: Mapped[int | None]
    once: Mapped[str] = mapped_column(String(128), unique=True)
    """What makes planning twice harmless: offer or fact, message, rung, device."""
    key: Mapped[str] = mapped_column(String(40))
    """Which text of `messages`."""
    rung: Mapped[Rung] = mapped_column(ByValue(Rung))
    args: Mapped[JsonDict]
    """What the text is filled with: minutes, the modality, a time. Nothing about anybody."""
    locale: Mapped[str] = mapped_column(String(8))
    is_private: Mapped[bool]
    collapse_id: Mapped[str] = mapped_column(String(64))
    """Alerts with the same one replace each other on the phone: the offer's id."""
    state: Mapped[DeliveryState] = mapped_column(ByValue(DeliveryState))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    """When the relay must act; None once nothing more will happen."""
    expires_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    attempted_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    """When the app, or the provider's callback, said that it is on the phone."""
    opened_at: Mapped[datetime | None]
    """When a person opened the alert, answered the call or replied to the text."""
    provider_id: Mapped[str | None] = mapped_column(String(64), index=True)
    """The provider's own name for it: callbacks speak of that."""
    turn: Mapped[int] = mapped_column(default=0)
    """Its place among all that wait for the channel: lower goes first, see `notifications.turns`."""
    outcome: Mapped[str | None] = mapped_column(String(13))
    outcome_detail: Mapped[str | None] = mapped_column(String(120))
    leased_until: Mapped[datetime | None]
    lease: Mapped[str | None] = mapped_column(String(32))

    __table_args__ = (
        one_of("channel", Kind),
        one_of("rung", Rung),
        one_of("state", DeliveryState),
        CheckConstraint("state = 'unknown' OR (state = 'pending') = (due_at IS NOT NULL)", "due"),
        Index(
            "ix_deliveries_due",
            "channel",
            "turn",
            "due_at",
            postgresql_where=text("due_at IS NOT NULL"),
            sqlite_where=text("due_at IS NOT NULL"),
        ),
        Index(
            "ix_deliveries_turn",
            "site_id",
            "channel",
            "rung",
            "turn",
            postgresql_where=text("due_at IS NOT NULL"),
            sqlite_where=text("due_at IS NOT NULL"),
        ),
        Index("ix_deliveries_history", "network_id", "created_at", "id"),
        Index(
            "ix_deliveries_device_open",
            "device_id",
            postgresql_where=text("due_at IS NOT NULL"),
            sqlite_where=text("due_at IS NOT NULL"),
        ),
        Index(
            "ix_deliveries_texts",
            "device_id",
            "created_at",
            postgresql_where=BY_TELEPHONE,
            sqlite_where=BY_TELEPHONE,
        ),
    )


class Provider(Base):
    """What this installation knows of one door to the phones, shared by all its processes."""

    __tablename__ = "providers"

    channel: Mapped[Kind] = mapped_column(ByValue(Kind), primary_key=True)
    platform: Mapped[str] = mapped_column(String(16), primary_key=True)
    """The platform behind the channel; empty where there is only one door."""
    open_until: Mapped[datetime | None]
    """The circuit is open: nothing goes through this door before then."""
    reason: Mapped[str | None] = mapped_column(String(60))
    changed_at: Mapped[datetime]

    __table_args__ = (one_of("channel", Kind),)


class VapidKey(Base):
    """The key pair by which browsers' push services know this installation; made on first use."""

    __tablename__ = "vapid_keys"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Always 1: a subscription belongs to one key, so there is one."""
    private_key: Mapped[str] = mapped_column(String(64))
    """The private number of P-256 in base64url. Whoever has it can ring the browsers."""
    created_at: Mapped[datetime]


class Callback(Base):
    """A provider's call that was acted upon: the same one again changes nothing."""

    __tablename__ = "callbacks"

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    """The provider's id and what it said of it."""
    at: Mapped[datetime] = mapped_column(index=True)


class TextChoice(Base):
    """A question by text message that is still open: which of these offers did you mean?"""

    __tablename__ = "text_choices"

    user_id: Mapped[Id] = mapped_column(ForeignKey("users.id"), primary_key=True)
    offer_ids: Mapped[JsonList]
    """In the order in which the question numbered them, from 1."""
    asked_at: Mapped[datetime]
