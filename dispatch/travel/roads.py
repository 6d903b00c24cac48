"""What a router said of the ways to each site, kept by cells of about a kilometre.

A decision reads what is here and never waits for more; what is missing, the model answers. Whoever
fills the table asks for `wanted` and hands back what came. It knows no HTTP.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import h3
from sqlalchemy import Float, ForeignKey, String, delete, or_, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.geo import AREA_RESOLUTION, Point, distance_m
from dispatch.models import Duty, Network, Peer, Site, Visit
from dispatch.policy import parse
from dispatch.states import LIVE_VISIT, Modality
from storage.base import Base, Id
from storage.database import Transaction

FRESH = timedelta(days=30)
"""Roads change slowly: a way is asked for again after so long."""

NO_WAY = timedelta(days=7)
"""That there is no way is doubted sooner."""

KEPT = timedelta(days=60)
"""An old answer is better than none while the router is away, for so long."""

NEAR_M = 1_500.0
"""So near, the middle of a cell is too rough: the model answers."""


class RoadTime(Base):
    """From the middle of one cell to one site."""

    __tablename__ = "road_times"

    site_id: Mapped[Id] = mapped_column(ForeignKey("sites.id"), primary_key=True)
    cell: Mapped[str] = mapped_column(String(16), primary_key=True)
    """The H3 cell, as the areas that are shown instead of positions."""
    seconds: Mapped[float | None] = mapped_column(Float)
    """On the road, without parking; None: the router knows no way."""
    metres: Mapped[float | None] = mapped_column(Float)
    fetched_at: Mapped[datetime]


@dataclass(frozen=True)
class Wanted:
    """One cell, and the sites that peers there could be sent to."""

    cell: str
    middle: Point
    sites: tuple[tuple[str, Point], ...]


@dataclass(frozen=True)
class Told:
    """What a router says of one way; None: there is none."""

    seconds: float | None
    metres: float | None = None


def cell_of(point: Point) -> str:
    """The cell that a place lies in."""
    return str(h3.latlng_to_cell(point.latitude, point.longitude, AREA_RESOLUTION))


def to_site(tx: Transaction, site_id: str) -> dict[str, int]:
    """Seconds to a site by cell, as far as a router has said; empty without a router."""
    rows = tx.session.execute(
        select(RoadTime.cell, RoadTime.seconds).where(
            RoadTime.site_id == site_id,
            RoadTime.seconds.is_not(None),
            RoadTime.fetched_at > tx.now - KEPT,
        )
    )
    return {cell: round(seconds) for cell, seconds in rows if seconds is not None}


def wanted(tx: Transaction, most: int) -> list[Wanted]:
    """The cells of peers on duty in person, and of those on the road, whose ways are not known.

    At most so many cells; the rest is wanted again at the next turn. Sites beyond a peer's limit
    are nobody's question.
    """
    sites: dict[str, list[Site]] = {}
    for site in tx.session.scalars(select(Site).where(Site.is_active).order_by(Site.id)):
        sites.setdefault(site.network_id, []).append(site)
    limits = {
        network.id: float(parse(network.policy).default_travel_limit_m)
        for network in tx.session.scalars(select(Network))
    }
    fresh = _fresh(tx)
    found: dict[str, dict[str, Point]] = {}
    for point, network_id, limit_m in _places(tx):
        cell = cell_of(point)
        middle = Point(*h3.cell_to_latlng(cell))
        for site in sites.get(network_id, ()):
            there = Point(site.latitude, site.longitude)
            away_m = distance_m(middle, there)
            is_asked = NEAR_M < away_m <= (limit_m or limits[network_id])
            if is_asked and (site.id, cell) not in fresh:
                found.setdefault(cell, {})[site.id] = there
    return [
        Wanted(cell, Point(*h3.cell_to_latlng(cell)), tuple(sorted(found[cell].items())))
        for cell in sorted(found)[:most]
    ]


def _places(tx: Transaction) -> Iterable[tuple[Point, str, float | None]]:
    """Where peers are who could be sent, or are on their way; their homes while nobody knows."""
    rows = tx.session.execute(
        select(Duty, Peer)
        .join(Peer, Peer.id == Duty.peer_id)
        .where(
            or_(
                Duty.on_duty,
                Duty.peer_id.in_(select(Visit.peer_id).where(Visit.state.in_(sorted(LIVE_VISIT)))),
            )
        )
    )
    for duty, peer in rows:
        if Modality.IN_PERSON.value not in peer.modalities:
            continue
        if duty.latitude is not None and duty.longitude is not None:
            yield Point(duty.latitude, duty.longitude), peer.network_id, peer.travel_limit_m
        if peer.home_latitude is not None and peer.home_longitude is not None:
            yield (
                Point(peer.home_latitude, peer.home_longitude),
                peer.network_id,
                peer.travel_limit_m,
            )


def _fresh(tx: Transaction) -> set[tuple[str, str]]:
    rows = tx.session.execute(
        select(RoadTime.site_id, RoadTime.cell).where(
            or_(
                RoadTime.fetched_at > tx.now - NO_WAY,
                RoadTime.seconds.is_not(None) & (RoadTime.fetched_at > tx.now - FRESH),
            )
        )
    )
    return {(site_id, cell) for site_id, cell in rows}


def keep(tx: Transaction, cell: str, told: Mapping[str, Told]) -> None:
    """Keep what a router said of the ways from one cell, by site; the newest counts."""
    if not told:
        return
    rows: Sequence[dict[str, object]] = [
        {
            "site_id": site_id,
            "cell": cell,
            "seconds": way.seconds,
            "metres": way.metres,
            "fetched_at": tx.now,
        }
        for site_id, way in sorted(told.items())
    ]
    is_sqlite = tx.session.connection().dialect.name == "sqlite"
    insert = (sqlite_insert if is_sqlite else postgresql_insert)(RoadTime).values(rows)
    newest = {name: insert.excluded[name] for name in ("seconds", "metres", "fetched_at")}
    tx.session.execute(
        insert.on_conflict_do_update(index_elements=["site_id", "cell"], set_=newest)
    )


def forget(tx: Transaction) -> None:
    """Delete what is too old to be used."""
    tx.session.execute(
        delete(RoadTime)
        .where(RoadTime.fetched_at <= tx.now - KEPT)
        .execution_options(synchronize_session=False)
    )
