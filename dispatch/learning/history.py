"""Past offers of a network, as learning sees them. It reads and never writes.

Whether an offer says anything is `counting`'s to say, and a peer's own choice: what they took out,
and what was before they began anew, is not read into anything.
"""

from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import func, select

from dispatch.learning import counting
from dispatch.learning.answers import Asked
from dispatch.learning.counting import Counted
from dispatch.learning.offered import COUNTED, offered
from dispatch.models import Offer, Peer, Site, SupportRequest
from dispatch.states import OfferState
from storage.database import Transaction

REMEMBERED = timedelta(days=180)
"""People's lives change: what was half a year ago says little about them now."""

MOST = 30_000
"""The latest so many: three weeks of a whole state, and a second of one core to learn from."""

DAY = timedelta(hours=24)


def since(now: datetime) -> datetime:
    """From when on offers are read."""
    return now - REMEMBERED


def count(tx: Transaction, network_id: str) -> int:
    """How many offers there are to learn from, at most `MOST`."""
    some = (
        select(Offer.id)
        .where(Offer.network_id == network_id, Offer.asked_at > since(tx.now))
        .limit(MOST)
        .subquery()
    )
    return tx.session.scalar(select(func.count()).select_from(some)) or 0


def read(tx: Transaction, network_id: str) -> list[Asked]:
    """The offers that say something, in the order in which they were made."""
    rows = tx.session.execute(
        select(
            Offer.peer_id,
            Offer.distance_m,
            *COUNTED,
            SupportRequest.site_id,
            Peer.counted_from,
        )
        .join(SupportRequest, SupportRequest.id == Offer.request_id)
        .join(Peer, Peer.id == Offer.peer_id)
        .where(Offer.network_id == network_id, Offer.asked_at > since(tx.now))
        .order_by(Offer.asked_at.desc(), Offer.id.desc())
        .limit(MOST)
    ).all()
    zones = zones_of(tx, network_id)
    lately: dict[str, deque[datetime]] = {}
    found = []
    for row in reversed(rows):
        alerts = lately.setdefault(row.peer_id, deque())
        while alerts and alerts[0] <= row.asked_at - DAY:
            alerts.popleft()
        if (one := _asked(row, len(alerts), zones, tx.now)) is not None:
            found.append(one)
        if row.state is not OfferState.ACCEPTED:
            alerts.append(row.asked_at)
    return found


def zones_of(tx: Transaction, network_id: str) -> dict[str, ZoneInfo]:
    """The clock of each site."""
    rows = tx.session.execute(select(Site.id, Site.time_zone).where(Site.network_id == network_id))
    return {site_id: zone(name) for site_id, name in rows}


def zone(name: str) -> ZoneInfo:
    """A time zone by its name; one that is not known on this machine is taken for UTC."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def hour_at(moment: datetime, clock: ZoneInfo) -> float:
    """The hour of the day by a site's own clock, with its part."""
    local = moment.astimezone(clock)
    return local.hour + local.minute / 60.0


def _asked(row: Any, alerts: int, zones: Mapping[str, ZoneInfo], now: datetime) -> Asked | None:
    offer = offered(row)
    begun = row.counted_from is None or row.asked_at > row.counted_from
    if not begun or not counting.is_learned_from(offer):
        return None
    counts = counting.counts_as(offer, now)
    return Asked(
        peer_id=row.peer_id,
        km=None if row.distance_m is None else row.distance_m / 1000.0,
        alerts=alerts,
        hour=hour_at(row.asked_at, zones[row.site_id]),
        is_yes=counts is Counted.YES,
        is_no=counts is Counted.NO,
        after_s=counting.after_s(offer, now),
    )
