"""The chore that learns the roads from the network's own trips, once a day.

It reads in one transaction, reckons in none, and writes in another. A trip is a visit whose peer
left and arrived: how far it was, not where, and how long it took.
"""

import logging
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from dispatch.learning import versions
from dispatch.learning.versions import Kind
from dispatch.models import Network, Site, SupportRequest, Visit
from dispatch.travel import content, known, trips
from dispatch.travel.minutes import Density
from dispatch.travel.trips import Trip, is_sound
from storage.database import Database, Transaction

log = logging.getLogger(__name__)

EVERY = timedelta(days=1)
BACK = timedelta(days=180)
MOST_TRIPS = 5000
LEAST_TRIPS = 10
"""Fewer teach nothing."""


def calibrate(db: Database) -> int:
    """Learn for every network whose time has come; how many new versions there are."""
    with db.read() as tx:
        networks = list(tx.session.scalars(select(Network.id).order_by(Network.id)))
    return sum(_tried(db, network_id) for network_id in networks)


def _tried(db: Database, network_id: str) -> bool:
    try:
        return calibrate_of(db, network_id)
    except Exception:
        log.exception("nothing was learned of the roads of network %s", network_id)
        return False


def calibrate_of(db: Database, network_id: str) -> bool:
    """Learn for one network, if it is time and there is enough; whether there is a new version."""
    with db.read() as tx:
        last = versions.newest(tx, network_id, Kind.TRAVEL)
        if last is not None and timedelta(0) <= tx.now - last.made_at < EVERY:
            return False
        driven = [trip for trip in of_network(tx, network_id) if is_sound(trip)]
        version = last.version + 1 if last is not None else 1
        read_at = tx.now
    if len(driven) < LEAST_TRIPS:
        return False
    pace = trips.fit(driven)
    with db.transaction() as tx:
        kept = versions.add(
            tx,
            network_id,
            Kind.TRAVEL,
            version=version,
            made_at=read_at,
            from_at=read_at - BACK,
            until_at=read_at,
            rows=len(driven),
            content=content.kept(pace),
        )
    return kept is not None


def of_network(tx: Transaction, network_id: str) -> list[Trip]:
    """The network's newest trips. A leaving that was undone left no trip behind."""
    sites = {
        site.id: (site, known.density(tx, site))
        for site in tx.session.scalars(select(Site).where(Site.network_id == network_id))
    }
    rows = tx.session.execute(
        select(Visit, SupportRequest.site_id)
        .join(SupportRequest, SupportRequest.id == Visit.request_id)
        .where(
            Visit.network_id == network_id,
            Visit.way_m.is_not(None),
            Visit.departed_at > tx.now - BACK,
            Visit.arrived_at.is_not(None),
        )
        .order_by(Visit.departed_at.desc())
        .limit(MOST_TRIPS)
    )
    return [_trip(visit, *sites[site_id]) for visit, site_id in rows]


def _trip(visit: Visit, site: Site, density: Density) -> Trip:
    assert visit.departed_at is not None
    assert visit.arrived_at is not None
    seen_s = visit.near_at and (visit.arrived_at - visit.near_at).total_seconds()
    return Trip(
        site_id=site.id,
        density=density,
        left_at=visit.departed_at.astimezone(ZoneInfo(site.time_zone)),
        metres=float(visit.way_m or 0),
        took_s=(visit.arrived_at - visit.departed_at).total_seconds(),
        prepare_s=(visit.departed_at - visit.accepted_at).total_seconds(),
        park_s=seen_s or None,
        routed_s=visit.way_routed_s,
    )
