"""Rows into the values that a decision takes: the search, what it needs, and every peer.

It reads and never writes, and it decides nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from dispatch import near, region
from dispatch.bridging import Looking
from dispatch.geo import Point
from dispatch.matching import Need, PeerView
from dispatch.models import (
    Badge,
    DoNotPair,
    Duty,
    Exclusion,
    Offer,
    Peer,
    Site,
    SupportRequest,
    User,
    Visit,
)
from dispatch.peer_rows import PeerRow, Reader, columns
from dispatch.policy import Policy
from dispatch.states import LIVE_VISIT, Modality, OfferState
from dispatch.travel import roads
from dispatch.travel.minutes import Travel
from dispatch.waves import Awaited, Search
from storage.database import Transaction


def need_of(
    request: SupportRequest,
    site: Site,
    modalities: frozenset[Modality] | None = None,
    travel: Travel | None = None,
) -> Need:
    """What a request needs of a peer, in its own modality unless others are allowed too."""
    return Need(
        site=Point(site.latitude, site.longitude),
        modalities=modalities or frozenset({request.modality}),
        language=request.language,
        focus=request.focus,
        is_widened=request.is_widened,
        wishes=_wishes(request.preferences),
        travel=travel,
    )


def _wishes(preferences: Any) -> frozenset[str]:
    """Staff's chips: a list of words, or words that are true or say more."""
    if isinstance(preferences, dict):
        return frozenset(str(word) for word, value in preferences.items() if value)
    return frozenset(map(str, preferences or ()))


def peer_views(
    tx: Transaction,
    request: SupportRequest,
    policy: Policy,
    only: str | None = None,
    seen: region.Seen | None = None,
) -> list[PeerView]:
    """Every peer of the request's network with regard to it, one of them, or whom a look sees.

    Off-duty peers are among them, so that managers see the reason for everyone. Of a network too large
    for that, those of the site's region (`dispatch.region`).
    """
    session, now = tx.session, tx.now
    mine = aliased(Offer)
    query = (
        select(*columns(mine))
        .join(User, User.id == Peer.id)
        .outerjoin(Duty, Duty.peer_id == Peer.id)
        .outerjoin(Badge, and_(Badge.peer_id == Peer.id, Badge.site_id == request.site_id))
        .outerjoin(
            DoNotPair, and_(DoNotPair.peer_id == Peer.id, DoNotPair.site_id == request.site_id)
        )
        .outerjoin(
            Exclusion, and_(Exclusion.peer_id == Peer.id, Exclusion.request_id == request.id)
        )
        .outerjoin(
            mine,
            and_(
                mine.peer_id == Peer.id,
                mine.request_id == request.id,
                mine.state.in_((OfferState.OPEN, OfferState.DECLINED)),
            ),
        )
        .where(Peer.network_id == request.network_id, User.is_active)
    )
    if only is not None:
        ids: list[str] | None = [only]
    else:
        ids = seen.ids if seen is not None else region.among(tx, request, policy)
    values = {}
    if ids is not None:
        # Said of both tables: told of one, PostgreSQL reads all of the other.
        dialect = near.dialect_of(session)
        query = query.where(*(near.one_of(dialect, one, "ids") for one in (Peer.id, User.id)))
        values["ids"] = near.as_one(dialect, ids)
    elsewhere = _open_elsewhere(session, request, ids)
    lately = _lately(session, request, now, ids) if policy.strategy == "priced" else _NOTHING
    wished = _Wished(
        frozenset(map(str, request.met or ())),
        _wishes(request.preferences),
        request.created_at.isoformat(),
    )
    routed = roads.to_site(tx, request.site_id)
    rows = map(PeerRow._make, session.execute(query, values))
    read = Reader()
    return [
        _peer_view(row, elsewhere.get(row.id, ()), lately, wished, place, routed, now, policy, read)
        for place, row in enumerate(sorted(rows, key=lambda row: row.id))
    ]


@dataclass(frozen=True)
class _Wished:
    """Whom the person would like: peers they have met before, and what somebody should be."""

    met: frozenset[str]
    words: frozenset[str]
    drawn_by: str
    """What the turns of equals are drawn by: the moment of the request. The same, drawn again."""


@dataclass(frozen=True)
class _Lately:
    """By peer: alerts without a visit, and visits, for the requests of the last 24 hours."""

    alerts: Mapping[str, int]
    cases: Mapping[str, int]


_NOTHING = _Lately({}, {})


def _lately(
    session: Session, request: SupportRequest, now: datetime, ids: list[str] | None
) -> _Lately:
    """What these peers, or all of the network's, were asked and did.

    Of all by request, because those have the index; of some by peer and since then.
    """
    since = now - timedelta(hours=24)
    of_a_day = select(SupportRequest.id).where(
        SupportRequest.network_id == request.network_id, SupportRequest.created_at > since
    )
    alerts = select(Offer.peer_id, func.count()).where(
        Offer.request_id.in_(of_a_day), Offer.state != OfferState.ACCEPTED
    )
    cases = select(Visit.peer_id, func.count()).where(Visit.request_id.in_(of_a_day))
    some = {}
    if ids is not None:
        dialect = near.dialect_of(session)
        some["ids"] = near.as_one(dialect, ids)
        # Nobody is asked before there is a request.
        alerts = alerts.where(near.one_of(dialect, Offer.peer_id, "ids"), Offer.asked_at > since)
        cases = cases.where(near.one_of(dialect, Visit.peer_id, "ids"))
    return _Lately(
        dict(session.execute(alerts.group_by(Offer.peer_id), some).all()),
        dict(session.execute(cases.group_by(Visit.peer_id), some).all()),
    )


def _open_elsewhere(
    session: Session, request: SupportRequest, ids: list[str] | None
) -> dict[str, tuple[datetime, ...]]:
    found: dict[str, tuple[datetime, ...]] = {}
    offers = select(Offer.peer_id, Offer.asked_at).where(
        Offer.network_id == request.network_id,
        Offer.state == OfferState.OPEN,
        Offer.request_id != request.id,
    )
    some = {}
    if ids is not None:
        dialect = near.dialect_of(session)
        some["ids"] = near.as_one(dialect, ids)
        offers = offers.where(near.one_of(dialect, Offer.peer_id, "ids"))
    for peer_id, asked_at in session.execute(offers, some):
        found[peer_id] = (*found.get(peer_id, ()), asked_at)
    return found


def _peer_view(
    row: PeerRow,
    elsewhere: tuple[datetime, ...],
    lately: _Lately,
    wished: _Wished,
    place: int,
    routed: Mapping[str, int],
    now: datetime,
    policy: Policy,
    read: Reader,
) -> PeerView:
    position = _where(row, now, policy)
    return PeerView(
        id=row.id,
        name=row.name,
        on_duty=bool(row.on_duty),
        until=row.until,
        duty_modalities=read.modalities(row.duty_modalities or "[]"),
        modalities=read.modalities(row.modalities),
        languages=read.words(row.languages),
        focus=read.focus(row.focus),
        certified_until=row.certified_until,
        badge_until=row.badge_until,
        is_excluded=row.excluded_at is not None,
        is_do_not_pair=row.unpaired_at is not None,
        is_muted=row.is_muted,
        is_reachable=row.is_reachable,
        is_busy=row.visit_id is not None,
        open_offer=row.offer_modality if row.offer_state is OfferState.OPEN else None,
        has_declined=row.offer_state is OfferState.DECLINED,
        position=position,
        routed_s=routed.get(roads.cell_of(position)) if routed and position else None,
        travel_limit_m=row.travel_limit_m,
        open_offer_limit=row.open_offer_limit,
        offers_elsewhere=elsewhere,
        recent_alerts=lately.alerts.get(row.id, 0),
        recent_cases=lately.cases.get(row.id, 0),
        has_met=row.id in wished.met,
        # Of what they say of themselves only what this person wished for goes any further.
        traits=wished.words & read.words(row.traits) if wished.words else frozenset(),
        counted_from=row.counted_from,
        turn=_turn(wished.drawn_by, place, row.id, lately),
    )


def _turn(drawn_by: str, place: int, peer_id: str, lately: _Lately) -> int:
    """Who was asked and went less comes first; of those, another one at each request.

    By the id alone the same peer would be first at every call: all calls take equally long. Drawn by
    the place among the ids and not by the ids, so that a simulated day is the same day again.
    """
    strain = lately.alerts.get(peer_id, 0) + lately.cases.get(peer_id, 0)
    return (strain << 32) + crc32(f"{drawn_by} {place}".encode())


def _where(row: PeerRow, now: datetime, policy: Policy) -> Point | None:
    """The fresh position, else the home area, else nothing."""
    if row.position_at is not None and row.latitude is not None:
        age_s = (now - row.position_at).total_seconds()
        if age_s <= policy.position_fresh_s and row.longitude is not None:
            return Point(row.latitude, row.longitude)
    if row.home_latitude is not None and row.home_longitude is not None:
        return Point(row.home_latitude, row.home_longitude)
    return None


def search_of(tx: Transaction, request: SupportRequest) -> Search:
    """The search of a request as the wave decision sees it."""
    offers = tx.session.execute(
        select(
            Offer.state,
            Offer.modality,
            Offer.arrive_by,
            Offer.is_unreachable,
            Offer.asked_at,
            Offer.answered_at,
            Offer.closed_at,
            Offer.peer_id,
        ).where(Offer.request_id == request.id, Offer.is_bridge.is_(False))
    ).all()
    moments = [request.search_started_at]
    for row in offers:
        moments += [moment for moment in row[4:7] if moment is not None]
    return Search(
        state=request.state,
        modality=request.modality,
        started_at=request.search_started_at,
        waves_used=request.search_wave,
        # Who is with somebody by video looks for somebody in person.
        video_fallback=request.video_fallback and not _is_bridged(tx, request),
        is_widened=request.is_widened,
        has_alarmed="no_yes_yet" in request.alarmed,
        asked=frozenset(row.peer_id for row in offers),
        awaited=tuple(
            Awaited(row.modality, row.arrive_by, row.asked_at)
            for row in offers
            if row.state is OfferState.OPEN and not row.is_unreachable
        ),
        quiet_since=max(moments),
    )


def _is_bridged(tx: Transaction, request: SupportRequest) -> bool:
    if not request.video_fallback:
        return False
    bridge = select(Visit.id).where(
        Visit.request_id == request.id, Visit.is_bridge, Visit.state.in_(sorted(LIVE_VISIT))
    )
    return tx.session.scalars(bridge).first() is not None


def looking_of(tx: Transaction, request: SupportRequest, arrives_at: datetime) -> Looking:
    """The search for a bridge, as its decision sees it; `arrives_at`: when it is needed no more."""
    offers = tx.session.execute(
        select(
            Offer.state,
            Offer.modality,
            Offer.arrive_by,
            Offer.is_unreachable,
            Offer.asked_at,
            Offer.peer_id,
        ).where(Offer.request_id == request.id, Offer.is_bridge)
    ).all()
    return Looking(
        since=request.bridge_since or tx.now,
        waves_used=request.bridge_wave,
        asked=frozenset(row.peer_id for row in offers),
        awaited=tuple(
            Awaited(row.modality, row.arrive_by, row.asked_at)
            for row in offers
            if row.state is OfferState.OPEN and not row.is_unreachable
        ),
        arrives_at=arrives_at,
    )
