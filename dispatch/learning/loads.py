"""Asks, visits and chances of groups of peers, for managers: is the asking fair?

The groups are what the network knows of its peers anyway: language, way of meeting, area, time of
day, experience. Nothing else is asked or kept for it, and a group too small to hide a person in is
not shown. It counts and judges nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from dispatch.geo import Point, distance_m
from dispatch.learning import counting, history
from dispatch.learning.calibration import gini
from dispatch.learning.counting import Counted
from dispatch.learning.offered import COUNTED, offered
from dispatch.learning.silence import Silence
from dispatch.models import Network, Offer, Peer, Site, SupportRequest, User, Visit
from dispatch.policy import parse
from dispatch.spells import DutySpell
from storage.database import Transaction

LEAST_SHOWN = 5
"""Peers in the smallest group that is shown."""

MOST = 10_000
"""Offers that are looked at one by one, the latest: a week of a whole state, and a fifth of a second of a
web process. Asks, visits and hours are counted of all."""

DAY_BEGINS, DAY_ENDS = 7, 19
"""Asks between these hours, by the hospital's clock, are by day."""

KINDS = ("language", "modality", "area", "time", "focus")


@dataclass
class Tally:
    """One peer in the window. What is known of single asks (`looked` on) is of the latest `MOST`."""

    peer: Peer
    asks: int = 0
    visits: int = 0
    hours: float = 0.0
    looked: int = 0
    by_night: int = 0
    said: int = 0
    """Asks with a chance that was said; `expected` and `came` are of those."""
    expected: float = 0.0
    came: int = 0


@dataclass(frozen=True)
class Group:
    """Some peers together."""

    kind: str
    name: str
    peers: int
    asks: int
    visits: int
    hours: float
    said: int
    expected: float
    came: int
    gini_asks: float | None


@dataclass(frozen=True)
class Load:
    """A network's asks over some days."""

    since: datetime
    everybody: Group
    gini_visits: float | None
    groups: tuple[Group, ...]
    hidden: int
    """Groups that are too small to be shown."""


@dataclass
class _Names:
    """By kind, whose group is called what; a peer may be in several."""

    of: dict[str, dict[str, set[str]]] = field(default_factory=lambda: {kind: {} for kind in KINDS})

    def add(self, kind: str, name: str, peer_id: str) -> None:
        self.of[kind].setdefault(name, set()).add(peer_id)


def load(tx: Transaction, network_id: str, days: int) -> Load:
    """Of the last `days`: everybody who was available or asked, and the groups among them."""
    since = tx.now - timedelta(days=days)
    tallies = {
        peer.id: Tally(peer)
        for peer in tx.session.scalars(
            select(Peer)
            .join(User, User.id == Peer.id)
            .where(Peer.network_id == network_id, User.is_active)
        )
    }
    asks = tx.session.execute(
        select(Offer.peer_id, func.count())
        .where(Offer.network_id == network_id, Offer.asked_at > since)
        .group_by(Offer.peer_id)
    )
    for peer_id, count in asks:
        if peer_id in tallies:
            tallies[peer_id].asks = count
    _look_at_asks(tx, network_id, since, tallies)
    _count_hours(tx, network_id, since, tallies)
    visits = tx.session.scalars(
        select(Visit.peer_id).where(Visit.network_id == network_id, Visit.accepted_at > since)
    )
    for peer_id, count in Counter(visits).items():
        if peer_id in tallies:
            tallies[peer_id].visits = count
    there = {one.peer.id: one for one in tallies.values() if one.asks or one.visits or one.hours}
    names = _names(there.values(), _areas(tx, network_id))
    groups = [
        _group(kind, name, [there[one] for one in sorted(members)])
        for kind in KINDS
        for name, members in sorted(names.of[kind].items())
    ]
    shown = tuple(group for group in groups if group.peers >= LEAST_SHOWN)
    everybody = list(there.values())
    return Load(
        since=since,
        everybody=_group("all", "", everybody),
        gini_visits=gini([float(one.visits) for one in everybody]),
        groups=shown,
        hidden=len(groups) - len(shown),
    )


def _look_at_asks(
    tx: Transaction, network_id: str, since: datetime, tallies: Mapping[str, Tally]
) -> None:
    policy = parse(tx.session.get_one(Network, network_id).policy)
    silence = Silence.of(policy.pricing)
    zones = history.zones_of(tx, network_id)
    rows = tx.session.execute(
        select(
            Offer.peer_id,
            *COUNTED,
            Offer.chance,
            SupportRequest.site_id,
        )
        .join(SupportRequest, SupportRequest.id == Offer.request_id)
        .where(Offer.network_id == network_id, Offer.asked_at > since)
        .order_by(Offer.asked_at.desc())
        .limit(MOST)
    )
    for row in rows:
        tally = tallies.get(row.peer_id)
        if tally is None:
            continue
        tally.looked += 1
        hour = history.hour_at(row.asked_at, zones[row.site_id])
        tally.by_night += not DAY_BEGINS <= hour < DAY_ENDS
        offer = offered(row)
        if row.chance is not None and counting.is_learned_from(offer):
            tally.said += 1
            tally.expected += silence.expected(row.chance, counting.after_s(offer, tx.now))
            tally.came += counting.counts_as(offer, tx.now) is Counted.YES


def _count_hours(
    tx: Transaction, network_id: str, since: datetime, tallies: Mapping[str, Tally]
) -> None:
    rows = tx.session.execute(
        select(DutySpell.peer_id, DutySpell.began_at, DutySpell.ended_at).where(
            DutySpell.network_id == network_id,
            or_(DutySpell.ended_at.is_(None), DutySpell.ended_at > since),
        )
    )
    for peer_id, began_at, ended_at in rows:
        if peer_id in tallies:
            spell = (ended_at or tx.now) - max(began_at, since)
            tallies[peer_id].hours += max(spell.total_seconds(), 0.0) / 3600.0


def _areas(tx: Transaction, network_id: str) -> list[tuple[Point, str]]:
    sites = tx.session.execute(
        select(Site.latitude, Site.longitude, Site.area).where(
            Site.network_id == network_id, Site.is_active
        )
    )
    return [(Point(latitude, longitude), area) for latitude, longitude, area in sites]


def _names(tallies: Iterable[Tally], areas: list[tuple[Point, str]]) -> _Names:
    names = _Names()
    for one in tallies:
        peer = one.peer
        for kind, words in (
            ("language", peer.languages),
            ("modality", peer.modalities),
            ("focus", peer.focus),
        ):
            for word in words:
                names.add(kind, str(word), peer.id)
        if one.looked:
            names.add("time", "night" if one.by_night * 2 > one.looked else "day", peer.id)
        if areas and peer.home_latitude is not None and peer.home_longitude is not None:
            home = Point(peer.home_latitude, peer.home_longitude)
            nearest = min(areas, key=lambda area: distance_m(home, area[0]))
            names.add("area", nearest[1], peer.id)
    return names


def _group(kind: str, name: str, members: list[Tally]) -> Group:
    return Group(
        kind=kind,
        name=name,
        peers=len(members),
        asks=sum(one.asks for one in members),
        visits=sum(one.visits for one in members),
        hours=round(sum(one.hours for one in members), 1),
        said=sum(one.said for one in members),
        expected=round(sum(one.expected for one in members), 1),
        came=sum(one.came for one in members),
        gini_asks=gini([float(one.asks) for one in members]),
    )
