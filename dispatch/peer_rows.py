"""What is read of each peer for a decision: columns, because hundreds are read at a time.

Objects would cost more than the statement. It knows tables and refuses to know what a decision makes of them.
"""

from datetime import datetime
from functools import cache
from json import loads
from typing import Any, NamedTuple

from sqlalchemy import String, cast, func, select

from dispatch.models import (
    Badge,
    Certificate,
    DoNotPair,
    Duty,
    Exclusion,
    Offer,
    Peer,
    User,
    Visit,
)
from dispatch.states import BUSY_VISIT, Focus, Modality, OfferState


class PeerRow(NamedTuple):
    """Of one peer, with regard to one request, what their view is made from."""

    id: str
    name: str
    modalities: str
    """Lists are read as their text, which `Reader` makes sets of."""
    languages: str
    focus: str
    traits: str
    home_latitude: float | None
    home_longitude: float | None
    travel_limit_m: int | None
    open_offer_limit: int
    is_muted: bool
    is_reachable: bool
    counted_from: datetime | None
    on_duty: bool | None
    """None, like all of the duty, for who never was."""
    until: datetime | None
    duty_modalities: str | None
    latitude: float | None
    longitude: float | None
    position_at: datetime | None
    badge_until: datetime | None
    unpaired_at: datetime | None
    excluded_at: datetime | None
    offer_state: OfferState | None
    offer_modality: Modality | None
    certified_until: datetime | None
    visit_id: str | None


def columns(mine: type[Offer]) -> tuple[Any, ...]:
    """The columns of `PeerRow`, in its order."""
    certified_until = (
        select(func.max(Certificate.expires_at))
        .where(Certificate.peer_id == Peer.id)
        .scalar_subquery()
    )
    visit_id = (
        select(Visit.id)
        .where(Visit.peer_id == Peer.id, Visit.state.in_(sorted(BUSY_VISIT)))
        .limit(1)
        .scalar_subquery()
    )
    return (
        Peer.id,
        User.name,
        cast(Peer.modalities, String),
        cast(Peer.languages, String),
        cast(Peer.focus, String),
        cast(Peer.traits, String),
        Peer.home_latitude,
        Peer.home_longitude,
        Peer.travel_limit_m,
        Peer.open_offer_limit,
        Peer.is_muted,
        Peer.is_reachable,
        Peer.counted_from,
        Duty.on_duty,
        Duty.until,
        cast(Duty.modalities, String).label("duty_modalities"),
        Duty.latitude,
        Duty.longitude,
        Duty.position_at,
        Badge.expires_at,
        DoNotPair.created_at,
        Exclusion.created_at,
        mine.state,
        mine.modality,
        certified_until,
        visit_id,
    )


class Reader:
    """Lists of words into sets, each different list once: most peers have the same."""

    def __init__(self) -> None:
        self.modalities = cache(lambda text: frozenset(map(Modality, loads(text))))
        self.focus = cache(lambda text: frozenset(map(Focus, loads(text))))
        self.words = cache(lambda text: frozenset(map(str, loads(text))))
