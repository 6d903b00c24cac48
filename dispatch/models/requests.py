"""What an emergency department asks for, and whom the search asked."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.events import Alarm
from dispatch.models.listed import listed
from dispatch.states import FINAL, Focus, Modality, OfferState, Priority, RequestState
from storage.base import Base, ByValue, Id, JsonDict, JsonList, one_of
from storage.ids import new_id

IS_OPEN_REQUEST = text(f"state NOT IN ({listed(FINAL)})")
IS_OPEN_OFFER = text("state = 'open'")
IS_LIVE_OFFER = text("state IN ('open', 'declined') OR (state = 'accepted' AND is_bridge IS FALSE)")


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
    met: Mapped[JsonList | None] = mapped_column(JSON(none_as_null=True))
    """The peers whom the person has met before and would like again (ids, maybe none of them).

    None where nobody in particular is wished for, and a day after the end: see `dispatch.familiar`.
    """
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
    needs: Mapped[JsonList | None] = mapped_column(JSON(none_as_null=True))
    """For whom its visits call, as everybody sees it; None while they need nobody: `dispatch.needs`."""
    is_widened: Mapped[bool] = mapped_column(default=False)
    bridge_since: Mapped[datetime | None]
    """Since when somebody by video is looked for, until who is on the way arrives."""
    bridge_asked: Mapped[int] = mapped_column(default=0)
    bridge_wave: Mapped[int] = mapped_column(default=0)
    """How many were asked to bridge, in how many waves, since `bridge_since`."""
    bridge_is_over: Mapped[bool] = mapped_column(default=False)
    """A bridge has had its time: another begins only when somebody asks for it."""
    is_stayed: Mapped[bool] = mapped_column(default=False)
    """Who handed over is still there, until the next one is: see `dispatch.staying`."""
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
        Index(
            "ix_support_requests_needs",
            "network_id",
            postgresql_where=text("needs IS NOT NULL"),
            sqlite_where=text("needs IS NOT NULL"),
        ),
        Index(
            "ix_support_requests_met",
            "closed_at",
            postgresql_where=text("met IS NOT NULL"),
            sqlite_where=text("met IS NOT NULL"),
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
    travel_from_s: Mapped[int | None]
    travel_until_s: Mapped[int | None]
    """Eight of ten ways like this take between these."""
    arrive_by: Mapped[datetime | None]
    reasons: Mapped[JsonList] = mapped_column(default=list)
    is_bridge: Mapped[bool] = mapped_column(default=False)
    until_about: Mapped[datetime | None]
    """For a bridge: when, as of the asking, the other peer is expected."""
    asked_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[str | None] = mapped_column(String(40))
    decline_reason: Mapped[str | None] = mapped_column(String(40))
    is_unreachable: Mapped[bool] = mapped_column(default=False)
    chance: Mapped[float | None]
    """How likely a yes was held to be when the peer was asked; None when nobody reckoned."""
    learned_version: Mapped[int | None]
    """By which version of what was learned; None: by the policy's own numbers."""
    uncounted_at: Mapped[datetime | None]
    """When the peer said that this one says nothing about them: it is not learned from."""

    __table_args__ = (
        one_of("state", OfferState),
        one_of("modality", Modality),
        Index("ix_offers_request", "request_id", "state"),
        Index("ix_offers_asked", "network_id", "asked_at"),
        Index("ix_offers_peer", "peer_id", "asked_at"),
        # A peer is asked once in a search; a resumed search may ask again once the first is closed.
        # Who was there by video until somebody came may be asked again, also to come.
        Index(
            "uq_offers_live",
            "request_id",
            "peer_id",
            unique=True,
            postgresql_where=IS_LIVE_OFFER,
            sqlite_where=IS_LIVE_OFFER,
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
