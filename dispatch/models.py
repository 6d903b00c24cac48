"""The tables of dispatch. The row is the truth, the timer and the queue.

Behind every invariant stands a unique index or a CHECK; behind every timer a column with a partial
index. It knows columns and refuses to know what anybody does with them.
"""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from dispatch.events import Alarm, FactType
from dispatch.states import (
    FINAL,
    LIVE_VISIT,
    LOOKING,
    Focus,
    Helped,
    Modality,
    OfferState,
    Priority,
    RequestState,
    Role,
    VisitState,
)
from storage.base import Base, ByValue, Id, JsonDict, JsonList, one_of
from storage.ids import new_id


def _listed(states: frozenset[RequestState] | frozenset[VisitState]) -> str:
    return ", ".join(f"'{state.value}'" for state in sorted(states))


IS_LOOKING = text(f"state IN ({_listed(LOOKING)})")
IS_OPEN_REQUEST = text(f"state NOT IN ({_listed(FINAL)})")
IS_LIVE_VISIT = text(f"state IN ({_listed(LIVE_VISIT)})")
IS_OPEN_OFFER = text("state = 'open'")


class Network(Base):
    """The tenant: the organisation that employs peers."""

    __tablename__ = "networks"

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    phone: Mapped[str | None] = mapped_column(String(20))
    policy: Mapped[JsonDict] = mapped_column(default=dict)
    created_at: Mapped[datetime]


class Site(Base):
    """A hospital emergency department."""

    __tablename__ = "sites"

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    area: Mapped[str] = mapped_column(String(120))
    address: Mapped[str] = mapped_column(String(200), default="")
    latitude: Mapped[float]
    longitude: Mapped[float]
    time_zone: Mapped[str] = mapped_column(String(64))
    desk_phone: Mapped[str] = mapped_column(String(20))
    security_phone: Mapped[str | None] = mapped_column(String(20))
    """The hospital's security, for a peer who does not feel safe."""
    rooms: Mapped[JsonList] = mapped_column(default=list)
    policy: Mapped[JsonDict] = mapped_column(default=dict)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("network_id", "name"),)


class User(Base):
    """A person who signs in."""

    __tablename__ = "users"

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"), index=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[Role] = mapped_column(ByValue(Role))
    site_id: Mapped[Id | None] = mapped_column(ForeignKey("sites.id"))
    locale: Mapped[str] = mapped_column(String(8), default="en")
    password_hash: Mapped[str | None] = mapped_column(String(200))
    is_active: Mapped[bool] = mapped_column(default=True)
    is_on_call: Mapped[bool] = mapped_column(default=False)
    """A manager on call is the first to own what is escalated."""
    created_at: Mapped[datetime]

    __table_args__ = (one_of("role", Role),)


class Peer(Base):
    """The profile of a user who supports. Its id is the user's: one person, one name for them."""

    __tablename__ = "peers"

    id: Mapped[Id] = mapped_column(ForeignKey("users.id"), primary_key=True)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"), index=True)
    modalities: Mapped[JsonList] = mapped_column(default=list)
    languages: Mapped[JsonList] = mapped_column(default=list)
    focus: Mapped[JsonList] = mapped_column(default=list)
    home_latitude: Mapped[float | None]
    home_longitude: Mapped[float | None]
    travel_limit_m: Mapped[int | None]
    open_offer_limit: Mapped[int] = mapped_column(default=1)
    """The concurrent limit: how many requests may await this peer's answer at one time."""
    is_muted: Mapped[bool] = mapped_column(default=False)
    is_private: Mapped[bool] = mapped_column(default=False)
    """Their own choice: alerts show only that there is something to open."""
    is_reachable: Mapped[bool] = mapped_column(default=True)
    """False once every address is known dead; true again with a new one, or when the app calls."""

    user: Mapped[User] = relationship(lazy="raise")
    certificates: Mapped[list["Certificate"]] = relationship(
        lazy="raise", order_by="Certificate.expires_at", cascade="all, delete-orphan"
    )
    badges: Mapped[list["Badge"]] = relationship(
        lazy="raise", order_by="Badge.expires_at", cascade="all, delete-orphan"
    )


class Certificate(Base):
    """What makes a peer a certified peer supporter, until it expires."""

    __tablename__ = "peer_certificates"

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    peer_id: Mapped[Id] = mapped_column(ForeignKey("peers.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    issued_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]


class Badge(Base):
    """A site's permission for a peer to enter, until it expires."""

    __tablename__ = "peer_badges"

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    peer_id: Mapped[Id] = mapped_column(ForeignKey("peers.id"))
    site_id: Mapped[Id] = mapped_column(ForeignKey("sites.id"), index=True)
    expires_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("peer_id", "site_id"),)


class DoNotPair(Base):
    """A peer who is never asked by a site; the reason is the manager's and is shown to nobody."""

    __tablename__ = "do_not_pair"

    peer_id: Mapped[Id] = mapped_column(ForeignKey("peers.id"), primary_key=True)
    site_id: Mapped[Id] = mapped_column(ForeignKey("sites.id"), primary_key=True, index=True)
    created_at: Mapped[datetime]


class Duty(Base):
    """A peer being available now. One row a peer; the exact position never leaves it as it is."""

    __tablename__ = "duty"

    peer_id: Mapped[Id] = mapped_column(ForeignKey("peers.id"), primary_key=True)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"))
    on_duty: Mapped[bool] = mapped_column(default=False)
    since: Mapped[datetime | None]
    until: Mapped[datetime | None]
    modalities: Mapped[JsonList] = mapped_column(default=list)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    accuracy_m: Mapped[float | None]
    position_at: Mapped[datetime | None]
    contact_at: Mapped[datetime | None]
    """The last time the peer's app was heard of."""

    __table_args__ = (
        Index(
            "ix_duty_on",
            "network_id",
            postgresql_where=text("on_duty"),
            sqlite_where=text("on_duty"),
        ),
        Index(
            "ix_duty_until", "until", postgresql_where=text("on_duty"), sqlite_where=text("on_duty")
        ),
    )


class SupportRequest(Base):
    """What an emergency department asks for."""

    __tablename__ = "support_requests"

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"))
    site_id: Mapped[Id] = mapped_column(ForeignKey("sites.id"), index=True)
    requested_by_id: Mapped[Id] = mapped_column(ForeignKey("users.id"))
    consent_at: Mapped[datetime]
    """When staff recorded the person's yes; a request without one cannot be stored."""
    state: Mapped[RequestState] = mapped_column(ByValue(RequestState))
    seq: Mapped[int] = mapped_column(default=0)
    modality: Mapped[Modality] = mapped_column(ByValue(Modality))
    place: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(16))
    focus: Mapped[Focus | None] = mapped_column(ByValue(Focus))
    preferences: Mapped[JsonList] = mapped_column(default=list)
    video_fallback: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str | None] = mapped_column(String(500))
    priority: Mapped[Priority] = mapped_column(ByValue(Priority), default=Priority.NORMAL)
    policy: Mapped[JsonDict]
    wave: Mapped[int] = mapped_column(default=0)
    asked: Mapped[int] = mapped_column(default=0)
    eligible: Mapped[int] = mapped_column(default=0)
    search_started_at: Mapped[datetime]
    """When this search began: the waves of the policy count from here (again after a resume)."""
    search_wave: Mapped[int] = mapped_column(default=0)
    """How many waves of the policy this search has used; `wave` counts over all searches."""
    next_wave_at: Mapped[datetime | None]
    owner_id: Mapped[Id | None] = mapped_column(ForeignKey("users.id"))
    alarm: Mapped[Alarm | None] = mapped_column(ByValue(Alarm))
    alarmed: Mapped[JsonList] = mapped_column(default=list)
    """The alarms this search or visit has had: each is raised once."""
    help: Mapped[JsonDict | None] = mapped_column(JSON(none_as_null=True))
    """The peer's call for help that stands, as everybody sees it: see `dispatch.help_calls`."""
    is_widened: Mapped[bool] = mapped_column(default=False)
    close_reason: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    next_action_at: Mapped[datetime | None]
    """When the engine must look again. Every open request has one; final ones have none."""
    leased_until: Mapped[datetime | None]
    lease: Mapped[str | None] = mapped_column(String(32))

    __table_args__ = (
        one_of("state", RequestState),
        one_of("modality", Modality),
        one_of("priority", Priority),
        Index(
            "ix_support_requests_due",
            "next_action_at",
            postgresql_where=text("next_action_at IS NOT NULL"),
            sqlite_where=text("next_action_at IS NOT NULL"),
        ),
        Index(
            "ix_support_requests_open",
            "network_id",
            postgresql_where=IS_OPEN_REQUEST,
            sqlite_where=IS_OPEN_REQUEST,
        ),
        Index(
            "ix_support_requests_help",
            "network_id",
            postgresql_where=text("help IS NOT NULL"),
            sqlite_where=text("help IS NOT NULL"),
        ),
        Index("ix_support_requests_listed", "network_id", "created_at", "id"),
    )


class Offer(Base):
    """One peer is asked about one request."""

    __tablename__ = "offers"

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"))
    request_id: Mapped[Id] = mapped_column(ForeignKey("support_requests.id"))
    peer_id: Mapped[Id] = mapped_column(ForeignKey("peers.id"))
    wave: Mapped[int]
    modality: Mapped[Modality] = mapped_column(ByValue(Modality))
    state: Mapped[OfferState] = mapped_column(ByValue(OfferState), default=OfferState.OPEN)
    distance_m: Mapped[int | None]
    travel_s: Mapped[int | None]
    arrive_by: Mapped[datetime | None]
    reasons: Mapped[JsonList] = mapped_column(default=list)
    asked_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[str | None] = mapped_column(String(40))
    decline_reason: Mapped[str | None] = mapped_column(String(40))
    is_unreachable: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        one_of("state", OfferState),
        one_of("modality", Modality),
        Index("ix_offers_request", "request_id", "state"),
        # A peer is asked once in a search; a resumed search may ask again once the first is closed.
        Index(
            "uq_offers_live",
            "request_id",
            "peer_id",
            unique=True,
            postgresql_where=text("state IN ('open', 'accepted', 'declined')"),
            sqlite_where=text("state IN ('open', 'accepted', 'declined')"),
        ),
        Index(
            "ix_offers_open",
            "peer_id",
            postgresql_where=IS_OPEN_OFFER,
            sqlite_where=IS_OPEN_OFFER,
        ),
    )


class Exclusion(Base):
    """A peer who is not asked again for this request (withdrew from it, or was replaced)."""

    __tablename__ = "exclusions"

    request_id: Mapped[Id] = mapped_column(ForeignKey("support_requests.id"), primary_key=True)
    peer_id: Mapped[Id] = mapped_column(ForeignKey("peers.id"), primary_key=True)
    created_at: Mapped[datetime]


class Visit(Base):
    """One peer's support, from accepted to the end."""

    __tablename__ = "visits"

    id: Mapped[Id] = mapped_column(primary_key=True, default=new_id)
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"))
    request_id: Mapped[Id] = mapped_column(ForeignKey("support_requests.id"), index=True)
    peer_id: Mapped[Id] = mapped_column(ForeignKey("peers.id"), index=True)
    offer_id: Mapped[Id | None] = mapped_column(ForeignKey("offers.id"))
    modality: Mapped[Modality] = mapped_column(ByValue(Modality))
    state: Mapped[VisitState] = mapped_column(ByValue(VisitState))
    eta_at: Mapped[datetime | None]
    promised_at: Mapped[datetime | None]
    """The arrival expected when the peer said yes: what a slip is measured against."""
    accepted_at: Mapped[datetime]
    departed_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(String(40))
    contact_at: Mapped[datetime]
    """The last time the peer's app was heard of during this visit."""
    undo_to: Mapped[VisitState | None] = mapped_column(ByValue(VisitState))
    undo_until: Mapped[datetime | None]
    undo_by_id: Mapped[Id | None]

    __table_args__ = (
        one_of("state", VisitState),
        one_of("modality", Modality),
        Index(
            "uq_visits_live_request",
            "request_id",
            unique=True,
            postgresql_where=IS_LIVE_VISIT,
            sqlite_where=IS_LIVE_VISIT,
        ),
        Index(
            "uq_visits_live_peer",
            "peer_id",
            unique=True,
            postgresql_where=IS_LIVE_VISIT,
            sqlite_where=IS_LIVE_VISIT,
        ),
    )


class Rating(Base):
    """What the staff say about a finished visit: once a request, the last word counts."""

    __tablename__ = "ratings"
    __table_args__ = (one_of("rating", Helped),)

    request_id: Mapped[Id] = mapped_column(ForeignKey("support_requests.id"), primary_key=True)
    user_id: Mapped[Id] = mapped_column(ForeignKey("users.id"))
    rating: Mapped[Helped] = mapped_column(ByValue(Helped))
    at: Mapped[datetime]


class JournalEntry(Base):
    """One fact. Append only: audit and catch-up source in one."""

    __tablename__ = "facts"

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    network_id: Mapped[Id] = mapped_column(ForeignKey("networks.id"), index=True)
    request_id: Mapped[Id] = mapped_column(ForeignKey("support_requests.id"))
    seq: Mapped[int]
    type: Mapped[FactType] = mapped_column(ByValue(FactType))
    at: Mapped[datetime]
    actor: Mapped[JsonDict]
    data: Mapped[JsonDict]

    __table_args__ = (UniqueConstraint("request_id", "seq"),)
