"""Rows of a network's last days into the values that a replay takes.

It reads and never writes: when who was available, what was asked for (no place, no note), who
answered what after how long. What a peer took out of the reckoning is not read, and a video call
until somebody is there is no visit of its own here.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select

from dispatch import views
from dispatch.geo import Point
from dispatch.learning import counting
from dispatch.learning.counting import Counted
from dispatch.learning.offered import COUNTED, offered
from dispatch.models import (
    Badge,
    Certificate,
    DoNotPair,
    Offer,
    Peer,
    Site,
    SupportRequest,
    Visit,
)
from dispatch.spells import DutySpell
from dispatch.states import LOOKING, REMOTE, Focus, Modality
from dispatch.whatif.measures import DAY_S
from dispatch.whatif.past import Asking, Past, Said
from dispatch.whatif.world import GIVES_UP_S, Request, Shift, World
from dispatch.whatif.world import Peer as PlayedPeer
from dispatch.whatif.world import Site as PlayedSite
from storage.database import Transaction

OPEN_END_S = 6 * 3600.0
"""A duty that goes on is played as one that goes on for so long after the last request."""

LEAST_PATIENCE_S, MOST_PATIENCE_S = 60.0, 6 * 3600.0
LONGEST_SESSION_S = 6 * 3600.0


def sites_of(tx: Transaction, network_id: str) -> list[Site]:
    """The network's sites, in the order in which a replay numbers them."""
    return list(
        tx.session.scalars(select(Site).where(Site.network_id == network_id).order_by(Site.id))
    )


def read(tx: Transaction, network_id: str, days: int) -> Past:
    """The last `days`, or as many of them as the past of duties covers."""
    sites = sites_of(tx, network_id)
    start = max(tx.now - timedelta(days=days), _kept_since(tx, network_id) or tx.now)
    length_s = (tx.now - start).total_seconds()
    site_numbers = {site.id: number for number, site in enumerate(sites)}
    peers = _peers(tx, network_id, start, length_s, site_numbers)
    peer_numbers = {peer.key: peer.number for peer in peers}
    rows = list(
        tx.session.scalars(
            select(SupportRequest)
            .where(
                SupportRequest.network_id == network_id,
                SupportRequest.created_at >= start,
                SupportRequest.created_at <= tx.now,
                SupportRequest.state.not_in(sorted(LOOKING)),
            )
            .order_by(SupportRequest.created_at, SupportRequest.id)
        )
    )
    numbers = {row.id: number for number, row in enumerate(rows)}
    visits = _visits(tx, numbers)
    requests = []
    for row in rows:
        site = sites[site_numbers[row.site_id]]
        closed_s = ((row.closed_at or row.created_at) - row.created_at).total_seconds()
        has_visit = row.id in visits
        requests.append(
            Request(
                number=numbers[row.id],
                site=site_numbers[row.site_id],
                at_s=(row.created_at - start).total_seconds(),
                modality=row.modality,
                language=row.language,
                focus=row.focus,
                video_fallback=row.video_fallback,
                wishes=views.need_of(row, site).wishes,
                met=frozenset(peer_numbers[one] for one in row.met or () if one in peer_numbers),
                patience_s=GIVES_UP_S
                if has_visit
                else min(max(closed_s, LEAST_PATIENCE_S), MOST_PATIENCE_S),
            )
        )
    world = World(
        start=start,
        days=length_s / DAY_S,
        sites=tuple(PlayedSite(at=Point(site.latitude, site.longitude)) for site in sites),
        peers=peers,
        requests=tuple(requests),
    )
    return Past(
        world=world,
        zones=tuple(site.time_zone for site in sites),
        said=_said(tx, network_id, numbers, peer_numbers, start),
        reached_s=_reached_s(visits, numbers, peer_numbers),
        session_s=_session_s(visits, numbers),
        yes_s=_yes_s(rows, visits, numbers),
        days_asked=float(days),
    )


def _kept_since(tx: Transaction, network_id: str) -> datetime | None:
    """Since when the past of duties is kept; None when nobody was ever on duty."""
    return tx.session.scalar(
        select(func.min(DutySpell.began_at)).where(DutySpell.network_id == network_id)
    )


def _peers(
    tx: Transaction,
    network_id: str,
    start: datetime,
    length_s: float,
    site_numbers: Mapping[str, int],
) -> tuple[PlayedPeer, ...]:
    """Those who were available at any time, with their permissions of now."""
    shifts: dict[str, list[Shift]] = {}
    spells = tx.session.scalars(
        select(DutySpell)
        .where(
            DutySpell.network_id == network_id,
            or_(DutySpell.ended_at.is_(None), DutySpell.ended_at > start),
        )
        .order_by(DutySpell.began_at, DutySpell.id)
    )
    for spell in spells:
        shifts.setdefault(spell.peer_id, []).append(_shift(spell, start, length_s))
    badges: dict[str, dict[int, datetime]] = {}
    held = select(Badge.peer_id, Badge.site_id, Badge.expires_at).where(
        Badge.site_id.in_(site_numbers)
    )
    for peer_id, site_id, expires_at in tx.session.execute(held):
        badges.setdefault(peer_id, {})[site_numbers[site_id]] = expires_at
    unpaired: dict[str, set[int]] = {}
    barred = select(DoNotPair.peer_id, DoNotPair.site_id).where(DoNotPair.site_id.in_(site_numbers))
    for peer_id, site_id in tx.session.execute(barred):
        unpaired.setdefault(peer_id, set()).add(site_numbers[site_id])
    certified = dict(
        tx.session.execute(
            select(Certificate.peer_id, func.max(Certificate.expires_at))
            .join(Peer, Peer.id == Certificate.peer_id)
            .where(Peer.network_id == network_id)
            .group_by(Certificate.peer_id)
        ).all()
    )
    rows = tx.session.scalars(select(Peer).where(Peer.network_id == network_id).order_by(Peer.id))
    return tuple(
        PlayedPeer(
            number=number,
            key=peer.id,
            home=_home(peer),
            modalities=frozenset(Modality(one) for one in peer.modalities),
            languages=frozenset(peer.languages),
            focus=frozenset(Focus(one) for one in peer.focus),
            travel_limit_m=peer.travel_limit_m,
            shifts=tuple(shifts[peer.id]),
            not_paired=frozenset(unpaired.get(peer.id, ())),
            badges=badges.get(peer.id, {}),
            certified_until=certified.get(peer.id),
            open_offer_limit=peer.open_offer_limit,
            traits=frozenset(peer.traits),
            counted_from=peer.counted_from,
        )
        for number, peer in enumerate(peer for peer in rows if peer.id in shifts)
    )


def _home(peer: Peer) -> Point | None:
    if peer.home_latitude is None or peer.home_longitude is None:
        return None
    return Point(peer.home_latitude, peer.home_longitude)


def _shift(spell: DutySpell, start: datetime, length_s: float) -> Shift:
    until_s = None if spell.until is None else (spell.until - start).total_seconds()
    if spell.ended_at is not None:
        ends_s = (spell.ended_at - start).total_seconds()
    else:
        ends_s = length_s + OPEN_END_S if until_s is None else max(until_s, length_s)
    return Shift(
        max((spell.began_at - start).total_seconds(), 0.0),
        ends_s,
        frozenset(Modality(one) for one in spell.modalities),
        until_s,
    )


def _visits(tx: Transaction, numbers: Mapping[str, int]) -> dict[str, list[Visit]]:
    """By request, the first one first."""
    found: dict[str, list[Visit]] = {}
    for part in _parts(list(numbers)):
        for visit in tx.session.scalars(
            select(Visit)
            .where(Visit.request_id.in_(part), Visit.is_bridge.is_(False))
            .order_by(Visit.accepted_at, Visit.id)
        ):
            found.setdefault(visit.request_id, []).append(visit)
    return found


def _parts(ids: list[str]) -> list[list[str]]:
    """So many ids as one statement takes on both databases."""
    return [ids[begin : begin + 500] for begin in range(0, len(ids), 500)]


def _said(
    tx: Transaction,
    network_id: str,
    numbers: Mapping[str, int],
    peer_numbers: Mapping[str, int],
    start: datetime,
) -> dict[Asking, Said]:
    """The last of what each peer did about each request; answers stand over silences."""
    found: dict[Asking, Said] = {}
    rows = tx.session.execute(
        select(
            Offer.request_id,
            Offer.peer_id,
            Offer.modality,
            *COUNTED,
            Peer.counted_from,
        )
        .join(Peer, Peer.id == Offer.peer_id)
        .where(
            Offer.network_id == network_id,
            Offer.asked_at >= start,
            Offer.is_bridge.is_(False),
        )
        .order_by(Offer.asked_at, Offer.id)
    )
    for row in rows:
        said = _said_of(row, tx.now)
        if said is None or row.request_id not in numbers or row.peer_id not in peer_numbers:
            continue
        key = numbers[row.request_id], peer_numbers[row.peer_id], row.modality in REMOTE
        before = found.get(key)
        if before is None or before.yes is None or said.yes is not None:
            found[key] = said
    return found


def _said_of(row: Any, now: datetime) -> Said | None:
    if row.counted_from is not None and row.asked_at <= row.counted_from:
        return None
    offer = offered(row)
    if not counting.is_learned_from(offer):
        return None
    yes = {Counted.YES: True, Counted.NO: False}.get(counting.counts_as(offer, now))
    return Said(yes, counting.after_s(offer, now))


def _reached_s(
    visits: Mapping[str, list[Visit]],
    numbers: Mapping[str, int],
    peer_numbers: Mapping[str, int],
) -> dict[tuple[int, int], float]:
    found = {}
    for request_id, of_request in visits.items():
        for visit in of_request:
            there_at = visit.arrived_at or visit.started_at
            if there_at is not None and visit.peer_id in peer_numbers:
                taken_s = (there_at - visit.accepted_at).total_seconds()
                found[numbers[request_id], peer_numbers[visit.peer_id]] = max(taken_s, 0.0)
    return found


def _session_s(visits: Mapping[str, list[Visit]], numbers: Mapping[str, int]) -> dict[int, float]:
    found = {}
    for request_id, of_request in visits.items():
        last = of_request[-1]
        if last.started_at is not None and last.completed_at is not None:
            taken_s = (last.completed_at - last.started_at).total_seconds()
            found[numbers[request_id]] = min(max(taken_s, 0.0), LONGEST_SESSION_S)
    return found


def _yes_s(
    rows: list[SupportRequest], visits: Mapping[str, list[Visit]], numbers: Mapping[str, int]
) -> dict[int, float | None]:
    """A manager who sent somebody after a call is no yes to an offer: nothing is said of those."""
    found: dict[int, float | None] = {}
    for row in rows:
        first: Any = visits.get(row.id, [None])[0]
        if first is None:
            found[numbers[row.id]] = None
        elif first.offer_id is not None:
            found[numbers[row.id]] = (first.accepted_at - row.created_at).total_seconds()
    return found
