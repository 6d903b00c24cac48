"""Whom a search looks at in a network too large to look at everybody: the region of its site.

Who could come is found by cells around the site, the nearest first; who helps by call by whose turn it
is, longest not asked first. It reads, but for the mark of whose turn it was, and decides nothing. A small
network has no regions: there everybody is looked at, and managers see a reason for everyone.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from heapq import nsmallest
from typing import Any

from sqlalchemy import String, and_, bindparam, cast, func, or_, select, update
from sqlalchemy.orm import Session

from dispatch import cells
from dispatch.geo import Point, distance_m
from dispatch.matching import WIDENED_LIMIT_FACTOR
from dispatch.models import Duty, Offer, Peer, Site, SupportRequest
from dispatch.policy import Policy
from dispatch.states import REMOTE
from storage.database import Transaction

SMALL = 2000
"""Up to so many peers on duty everybody is looked at: a decision about them takes some milliseconds."""

NEAREST = 300
"""So many of those who could come are looked at, the nearest; a search seldom asks more than ten."""

BY_CALL = 300
"""So many of those who help by call are looked at, in turn."""

RINGS = (1, 2, 3, 4, 6, 9, 13, 18, 26)
"""How far the disk of cells grows, step by step: nine rings are 40 km, eighteen 80."""

Place = tuple[float, str]


def among(tx: Transaction, request: SupportRequest, policy: Policy) -> list[str] | None:
    """The ids of the peers whom this request looks at; None: all of a network that is small.

    Whoever was asked about it is always among them, and who was met before.
    """
    session = tx.session
    if not is_large(session, request.network_id):
        return None
    site = session.get_one(Site, request.site_id)
    here = Point(site.latitude, site.longitude)
    limit_m = policy.default_travel_limit_m * (WIDENED_LIMIT_FACTOR if request.is_widened else 1.0)
    fresh_since = tx.now - timedelta(seconds=policy.position_fresh_s)
    near = nearest(session, request.network_id, here, limit_m, fresh_since, request.language)
    asked = session.scalars(select(Offer.peer_id).where(Offer.request_id == request.id))
    by_call = in_turn(session, request.network_id, request.language)
    return sorted({*(one for _, one in near), *by_call, *asked, *map(str, request.met or ())})


def is_large(session: Session, network_id: str) -> bool:
    """Whether more than `SMALL` are on duty; it counts no further."""
    some = select(Duty.peer_id).where(Duty.network_id == network_id, Duty.on_duty).limit(SMALL + 1)
    counted: int = session.execute(select(func.count()).select_from(some.subquery())).scalar_one()
    return counted > SMALL


def nearest(
    session: Session,
    network_id: str,
    here: Point,
    limit_m: float,
    fresh_since: datetime,
    language: str,
    wanted: int = NEAREST,
) -> list[Place]:
    """The nearest so many on duty within `limit_m`, as metres and id, the nearest first.

    Where somebody is, is their position when it is newer than `fresh_since`, else their home area.
    """
    middle = cells.cell_of(here.latitude, here.longitude)
    if middle is None:
        return []
    found: list[Place] = []
    seen: frozenset[str] = frozenset()
    for rings in RINGS:
        disk = cells.disk(middle, rings)
        rows = _within(session, network_id, disk - seen, fresh_since, language)
        seen = disk
        for peer_id, latitude, longitude in rows:
            metres = distance_m(Point(latitude, longitude), here)
            if metres <= limit_m:
                found.append((metres, peer_id))
        sure_m = cells.sure_m(middle, rings)
        if sure_m >= limit_m or sum(metres <= sure_m for metres, _ in found) >= wanted:
            break
    return nsmallest(wanted, found)


def _within(
    session: Session,
    network_id: str,
    disk: Collection[str],
    fresh_since: datetime,
    language: str,
) -> Iterator[Any]:
    """Id, latitude and longitude of those on duty in these cells, by fresh position, then by home."""
    values = {
        "network": network_id,
        "cells": sorted(disk),
        "fresh": fresh_since,
        "speaks": _listed(language),
    }
    yield from session.execute(_BY_POSITION, values)
    yield from session.execute(_BY_HOME, values)


def in_turn(session: Session, network_id: str, language: str, wanted: int = BY_CALL) -> list[str]:
    """So many of those on duty for a call, longest not asked first."""
    values = {"network": network_id, "speaks": _listed(language), "wanted": wanted}
    return list(session.scalars(_IN_TURN, values))


def _listed(word: str) -> str:
    """What a JSON list with this word looks like, on both databases: the words hold no quotes."""
    return f'%"{word}"%'


_SPEAKS = cast(Peer.languages, String).like(bindparam("speaks"))
_ON_DUTY = and_(Duty.network_id == bindparam("network"), Duty.on_duty, _SPEAKS)

# Built once: building a statement takes as long as running it.
_BY_POSITION = (
    select(Duty.peer_id, Duty.latitude, Duty.longitude)
    .join(Peer, Peer.id == Duty.peer_id)
    .where(
        _ON_DUTY,
        Duty.cell.in_(bindparam("cells", expanding=True)),
        Duty.position_at >= bindparam("fresh"),
    )
)
_BY_HOME = (
    select(Duty.peer_id, Peer.home_latitude, Peer.home_longitude)
    .join(Peer, Peer.id == Duty.peer_id)
    .where(
        _ON_DUTY,
        Duty.home_cell.in_(bindparam("cells", expanding=True)),
        or_(Duty.position_at.is_(None), Duty.position_at < bindparam("fresh")),
    )
)
_IN_TURN = (
    select(Duty.peer_id)
    .join(Peer, Peer.id == Duty.peer_id)
    .where(
        _ON_DUTY,
        or_(*(cast(Duty.modalities, String).like(_listed(way.value)) for way in sorted(REMOTE))),
    )
    .order_by(Duty.turn_at, Duty.peer_id)
    .limit(bindparam("wanted"))
)


def took_turns(tx: Transaction, peer_ids: Collection[str]) -> None:
    """These were asked just now. Whose duty another transaction holds keeps the turn they had.

    So nobody is waited for, whatever this transaction holds already.
    """
    free = select(Duty.peer_id).where(Duty.peer_id.in_(sorted(peer_ids)))
    held = tx.session.scalars(free.order_by(Duty.peer_id).with_for_update(skip_locked=True)).all()
    tx.session.execute(
        update(Duty)
        .where(Duty.peer_id.in_(held))
        .values(turn_at=tx.now)
        .execution_options(synchronize_session=False)
    )
