"""One peer's support, and what the staff say of it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.models.listed import listed
from dispatch.states import BUSY_VISIT, LIVE_VISIT, Helped, Modality, VisitState
from storage.base import Base, ByValue, Id, one_of
from storage.ids import new_id

IS_LIVE_VISIT = text(f"state IN ({listed(LIVE_VISIT)})")
IS_BUSY_VISIT = text(f"state IN ({listed(BUSY_VISIT)})")
IS_STAYING = text("state = 'staying'")


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
    is_bridge: Mapped[bool] = mapped_column(default=False)
    """By video, until the peer of the request's own visit arrives."""
    eta_at: Mapped[datetime | None]
    promised_at: Mapped[datetime | None]
    """The arrival expected when the peer said yes: what a slip is measured against."""
    promised_from_at: Mapped[datetime | None]
    promised_until_at: Mapped[datetime | None]
    eta_from_at: Mapped[datetime | None]
    eta_until_at: Mapped[datetime | None]
    """Eight of ten arrive between these."""
    near_at: Mapped[datetime | None]
    """When the phone was first seen at the entrance: a hint, and no arrival."""
    way_m: Mapped[int | None]
    way_routed_s: Mapped[int | None]
    """Where the peer left: how far as the crow flies, and what a router had said. Kept instead of a
    track, so that the network's trips can say how long ways take."""
    accepted_at: Mapped[datetime]
    departed_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(String(40))
    stay_since: Mapped[datetime | None]
    """Since when the peer stays after they handed over, or last said that they still can."""
    stay_asked_at: Mapped[datetime | None]
    stay_ends_at: Mapped[datetime | None]
    """They were asked whether they still can, and when it ends without an answer."""
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
            "is_bridge",
            unique=True,
            postgresql_where=IS_LIVE_VISIT,
            sqlite_where=IS_LIVE_VISIT,
        ),
        Index(
            "uq_visits_live_peer",
            "peer_id",
            unique=True,
            postgresql_where=IS_BUSY_VISIT,
            sqlite_where=IS_BUSY_VISIT,
        ),
        Index(
            "uq_visits_staying",
            "request_id",
            unique=True,
            postgresql_where=IS_STAYING,
            sqlite_where=IS_STAYING,
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
