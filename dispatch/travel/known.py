"""The roads to one site now: its neighbours, its clock and what trips taught, out of rows."""

from math import cos, radians
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from dispatch.geo import METRES_A_DEGREE
from dispatch.learning import versions
from dispatch.learning.versions import Kind
from dispatch.models import Site
from dispatch.policy import Policy
from dispatch.travel import content
from dispatch.travel.minutes import (
    NEIGHBOUR_M,
    UNKNOWN,
    Density,
    Pace,
    Travel,
    density_of,
    travel_to,
)
from storage.database import Transaction


def to_site(tx: Transaction, site: Site, policy: Policy) -> Travel:
    """The roads to a site at this moment of its own clock."""
    local = tx.now.astimezone(ZoneInfo(site.time_zone))
    return travel_to(site.id, density(tx, site), local, policy, pace(tx, site.network_id))


def pace(tx: Transaction, network_id: str) -> Pace:
    """What the network's trips taught; `UNKNOWN` without a version that can be believed."""
    newest = versions.newest(tx, network_id, Kind.TRAVEL)
    if newest is None:
        return UNKNOWN
    return content.read(newest.content, newest.made_at, tx.now) or UNKNOWN


def density(tx: Transaction, site: Site) -> Density:
    """How many others of the network stand in the square around this site, in classes."""
    up = NEIGHBOUR_M / METRES_A_DEGREE
    across = up / max(cos(radians(site.latitude)), 0.01)
    neighbours = tx.session.execute(
        select(func.count()).where(
            Site.network_id == site.network_id,
            Site.id != site.id,
            Site.is_active,
            Site.latitude.between(site.latitude - up, site.latitude + up),
            Site.longitude.between(site.longitude - across, site.longitude + across),
        )
    ).scalar_one()
    return density_of(neighbours)
