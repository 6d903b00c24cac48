"""The live board of a network: every open request, the peers, and the numbers over them.

It reads and shapes. A row carries its own request's `seq`, so a reader keeps the newer of two.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache, lru_cache
from json import loads
from statistics import median
from typing import Any, NamedTuple

from sqlalchemy import String, bindparam, cast, func, or_, select

from dispatch import geo, queries, shapes
from dispatch.access import Actor
from dispatch.models import Duty, JournalEntry, Network, Offer, Peer, SupportRequest, User, Visit
from dispatch.near import as_one, dialect_of, one_of
from dispatch.shapes import Shape, stamp
from dispatch.states import BUSY_VISIT, FINAL, LOOKING, OfferState, RequestState, VisitState
from storage.database import Transaction

YES_WINDOW = timedelta(hours=12)
YES_COUNTED = 200
CLOSED_SHOWN_S = 3600
"""How long a request stays on the board after its end; while a peer calls for help, it stays."""


def board(tx: Transaction, actor: Actor) -> Shape:
    """The whole board of the actor's network, with the `seq` of the journal it shows."""
    network = tx.session.get_one(Network, actor.network_id)
    seq = tx.session.scalar(
        select(func.max(JournalEntry.id)).where(JournalEntry.network_id == network.id)
    )
    requests = tx.session.scalars(
        select(SupportRequest)
        .where(
            SupportRequest.network_id == network.id,
            or_(
                SupportRequest.state.not_in(sorted(FINAL)),
                SupportRequest.closed_at >= tx.now - timedelta(seconds=CLOSED_SHOWN_S),
                SupportRequest.help.is_not(None),
                SupportRequest.needs.is_not(None),
            ),
        )
        .order_by(SupportRequest.created_at, SupportRequest.id)
    ).all()
    peers = peer_rows(tx, network.id)
    shown = rows(tx, requests)
    return {
        "network": {"id": network.id, "name": network.name},
        "seq": seq or 0,
        "at": stamp(tx.now),
        "requests": shown,
        "peers": peers,
        "numbers": _numbers(shown, peers) | {"time_to_yes_s": time_to_yes_s(tx, network.id)},
    }


def rows(tx: Transaction, requests: Sequence[SupportRequest]) -> list[Shape]:
    """Requests as the board shows them: without the note, with the count of each answer."""
    if not requests:
        return []
    counts = _offer_counts(tx, [request.id for request in requests])
    shaped = []
    for row in queries.request_rows(tx, requests):
        shape = shapes.request(row)
        del shape["note"], shape["warnings"]
        shape["offers"] = counts[row.request.id]
        shaped.append(shape)
    return shaped


def changed_requests(tx: Transaction, request_ids: Collection[str]) -> dict[str, list[Shape]]:
    """The rows of these requests, by network."""
    if not request_ids:
        return {}
    dialect = dialect_of(tx.session)
    asked = {"ids": as_one(dialect, sorted(request_ids))}
    requests = tx.session.scalars(_these(dialect), asked).all()
    found: dict[str, list[Shape]] = {}
    for request, shape in zip(requests, rows(tx, requests), strict=True):
        found.setdefault(request.network_id, []).append(shape)
    return found


@cache
def _these(dialect: str) -> Any:
    return select(SupportRequest).where(one_of(dialect, SupportRequest.id, "ids"))


def _offer_counts(tx: Transaction, request_ids: list[str]) -> dict[str, dict[str, int]]:
    names = ("open", "seen", "declined", "unreachable")
    found = {request_id: dict.fromkeys(names, 0) for request_id in request_ids}
    dialect = dialect_of(tx.session)
    asked = {"ids": as_one(dialect, request_ids)}
    offers = tx.session.connection().execute(_offers(dialect), asked)
    for request_id, state, seen_at, is_unreachable in offers:
        count = found[request_id]
        if state is OfferState.OPEN:
            count["open"] += 1
            count["seen"] += seen_at is not None
            count["unreachable"] += is_unreachable
        elif state is OfferState.DECLINED:
            count["declined"] += 1
    return found


@cache
def _offers(dialect: str) -> Any:
    columns = (Offer.request_id, Offer.state, Offer.seen_at, Offer.is_unreachable)
    return select(*columns).where(one_of(dialect, Offer.request_id, "ids"))


def peer_rows(tx: Transaction, network_id: str) -> list[Shape]:
    """The peers on duty or on a visit: where they are as an area, and exactly only on the road."""
    found = tx.session.connection().execute(_all_of_network(), {"network": network_id})
    return [_peer_row(row) for row in map(_Kept._make, found)]


def changed_peers(tx: Transaction, peer_ids: Collection[str]) -> dict[str, list[Shape]]:
    """The rows of these peers, by network. Of who is neither on duty nor on a visit, it says so."""
    if not peer_ids:
        return {}
    dialect = dialect_of(tx.session)
    asked = {"ids": as_one(dialect, sorted(peer_ids))}
    found: dict[str, list[Shape]] = {}
    for row in map(_Kept._make, tx.session.connection().execute(_some(dialect), asked)):
        found.setdefault(row.network_id, []).append(_peer_row(row))
    return found


class _Kept(NamedTuple):
    """Columns, not objects: there may be thousands of them."""

    network_id: str
    id: str
    name: str
    on_duty: bool
    until: datetime | None
    modalities: str
    is_reachable: bool
    latitude: float | None
    longitude: float | None
    accuracy_m: float | None
    position_at: datetime | None
    request_id: str | None
    visit_state: VisitState | None
    departed_at: datetime | None


# Built once: building a statement takes as long as running it.
@cache
def _peers() -> Any:
    return (
        select(
            Peer.network_id,
            Peer.id,
            User.name,
            Duty.on_duty,
            Duty.until,
            cast(Duty.modalities, String),
            Peer.is_reachable,
            Duty.latitude,
            Duty.longitude,
            Duty.accuracy_m,
            Duty.position_at,
            Visit.request_id,
            Visit.state,
            Visit.departed_at,
        )
        .join(User, User.id == Peer.id)
        .join(Duty, Duty.peer_id == Peer.id)
        .outerjoin(Visit, (Visit.peer_id == Peer.id) & Visit.state.in_(sorted(BUSY_VISIT)))
        .where(User.is_active)
        .order_by(User.name, User.id)
    )


@cache
def _all_of_network() -> Any:
    is_shown = or_(Duty.on_duty, Visit.id.is_not(None))
    return _peers().where(Peer.network_id == bindparam("network"), is_shown)


@cache
def _some(dialect: str) -> Any:
    return _peers().where(one_of(dialect, Peer.id, "ids"))


_modalities = lru_cache(loads)
"""Most peers have the same."""


def _peer_row(row: _Kept) -> Shape:
    here = geo.place(row.latitude, row.longitude)
    area = geo.area(here) if here is not None else None
    place = shapes.Place(row.latitude, row.longitude, row.accuracy_m, row.position_at)
    return {
        "id": row.id,
        "name": row.name,
        "on_duty": row.on_duty,
        "until": stamp(row.until),
        "modalities": _modalities(row.modalities),
        "is_reachable": row.is_reachable,
        "request_id": row.request_id,
        "visit_state": row.visit_state.value if row.visit_state is not None else None,
        "area": {"latitude": area.latitude, "longitude": area.longitude} if area else None,
        "position": shapes.shared(place, row.visit_state, row.departed_at),
    }


def _numbers(requests: list[Shape], peers: list[Shape]) -> dict[str, Any]:
    states = Counter(request["state"] for request in requests)
    on_way = (VisitState.ACCEPTED.value, VisitState.EN_ROUTE.value, VisitState.ARRIVED.value)
    return {
        "waiting": sum(states[state.value] for state in LOOKING),
        "on_the_way": sum(states[state] for state in on_way),
        "with_someone": states[RequestState.IN_SESSION.value],
        "peers_available": sum(
            peer["on_duty"] and peer["is_reachable"] and peer["request_id"] is None
            for peer in peers
        ),
        "alarms": sum(bool(request["alarm"] or request["help"]) for request in requests),
    }


def time_to_yes_s(tx: Transaction, network_id: str) -> int | None:
    """The middle of the seconds from asking to the first yes, over the last 12 hours."""
    rows = tx.session.execute(
        select(func.min(Visit.accepted_at), SupportRequest.created_at)
        .join(SupportRequest, SupportRequest.id == Visit.request_id)
        .where(
            SupportRequest.network_id == network_id,
            SupportRequest.created_at > tx.now - YES_WINDOW,
        )
        .group_by(SupportRequest.id, SupportRequest.created_at)
        .order_by(SupportRequest.created_at.desc())
        .limit(YES_COUNTED)
    )
    waits = [(yes_at - asked_at).total_seconds() for yes_at, asked_at in rows]
    return round(median(waits)) if waits else None
