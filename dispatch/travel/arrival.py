"""When a peer is expected at the site, and between when and when: columns of a visit.

It reads positions and writes nothing itself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dispatch import geo, views
from dispatch.geo import Point
from dispatch.models import Offer, Site, SupportRequest, Visit
from dispatch.policy import Policy, parse
from dispatch.travel import known
from dispatch.travel.minutes import Travel, with_leaving_s
from storage.database import Transaction


@dataclass(frozen=True)
class Arrives:
    """Seconds from now to the site: expected, and between which eight of ten arrive."""

    after_s: float
    from_s: float | None
    until_s: float | None


@dataclass(frozen=True)
class Expected:
    """The way to the site from where a peer is now."""

    arrives: Arrives
    travel: Travel
    metres: float | None
    """As the crow flies; None when nobody knows where they are."""
    routed_s: int | None

    def with_leaving(self) -> Arrives:
        """The same for somebody who has yet to get ready."""
        travel_s, prepare_s = self.arrives.after_s, self.travel.prepare_s
        between = self.travel.range_s(travel_s)
        return Arrives(prepare_s + travel_s, *with_leaving_s(prepare_s, travel_s, *between))


def expected(tx: Transaction, request: SupportRequest, peer_id: str) -> Expected:
    """When the peer would be at the site if they were on the road now."""
    policy = parse(request.policy)
    site = tx.session.get_one(Site, request.site_id)
    view = views.peer_views(tx, request, policy, only=peer_id)[0]
    travel = known.to_site(tx, site, policy)
    metres = None
    if view.position is not None:
        metres = geo.distance_m(view.position, Point(site.latitude, site.longitude))
    if view.routed_s is not None:
        travel_s = travel.routed_s(view.routed_s)
    else:
        travel_s = travel.travel_s(metres or 0.0)
    return Expected(Arrives(travel_s, *travel.range_s(travel_s)), travel, metres, view.routed_s)


def of_offer(offer: Offer, policy: Policy) -> Arrives | None:
    """What was told to the peer who says yes now; None when the offer told nothing."""
    travel_s = offer.travel_s
    if travel_s is None:
        return None
    prepare_s = float(policy.prepare_s)
    if offer.arrive_by is not None:
        told_s = (offer.arrive_by - offer.asked_at).total_seconds()
        prepare_s = max(told_s - policy.answer_s - travel_s, 0.0)
    after_s = prepare_s + travel_s
    if offer.travel_from_s is None or offer.travel_until_s is None:
        return Arrives(after_s, None, None)
    between = with_leaving_s(prepare_s, travel_s, offer.travel_from_s, offer.travel_until_s)
    return Arrives(after_s, *between)


def columns(now: datetime, arrives: Arrives | None) -> dict[str, datetime | None]:
    """The columns of a visit that say when its peer is expected."""

    def at(after_s: float | None) -> datetime | None:
        return None if after_s is None else now + timedelta(seconds=after_s)

    if arrives is None:
        return {"eta_at": None, "eta_from_at": None, "eta_until_at": None}
    return {
        "eta_at": at(arrives.after_s),
        "eta_from_at": at(arrives.from_s),
        "eta_until_at": at(arrives.until_s),
    }


def left(tx: Transaction, request: SupportRequest, peer_id: str) -> dict[str, Any]:
    """What changes on a visit whose peer leaves now."""
    way = expected(tx, request, peer_id)
    return {
        **columns(tx.now, way.arrives),
        "way_m": None if way.metres is None else round(way.metres),
        "way_routed_s": way.routed_s,
        "near_at": None,
    }


def not_left(visit: Visit) -> dict[str, Any]:
    """What changes when the leaving is taken back: the promise holds again."""
    return {
        "eta_at": visit.promised_at,
        "eta_from_at": visit.promised_from_at,
        "eta_until_at": visit.promised_until_at,
        "way_m": None,
        "way_routed_s": None,
        "near_at": None,
    }
