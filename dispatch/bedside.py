"""What the screen at a bedside is for now: which room to be in, who comes, who is there.

One screen follows one request from visit to visit. It reads rows and never writes; names are first
names, and of the hospital and the person it says nothing.
"""

from typing import Any

from sqlalchemy import select

from dispatch import rooms
from dispatch.models import SupportRequest, User, Visit
from dispatch.rooms import ROOMED, WILLING, Side
from dispatch.states import BUSY_VISIT, LOOKING, REMOTE, VisitState
from storage.database import Transaction

_THERE = frozenset({VisitState.ARRIVED, VisitState.IN_SESSION})


def visits_of(tx: Transaction, request_id: str) -> list[Visit]:
    """The visits of a request that are under way: its own, a bridge, who stays."""
    return list(
        tx.session.scalars(
            select(Visit)
            .where(Visit.request_id == request_id, Visit.state.in_(sorted(BUSY_VISIT)))
            .order_by(Visit.accepted_at, Visit.id)
        )
    )


def room_of(visits: list[Visit]) -> Visit | None:
    """The visit in whose room the screen belongs: where the talk is, else where one is to begin."""
    found = [one for one in visits if one.modality in ROOMED]
    return min(found, key=_rank, default=None)


def _rank(visit: Visit) -> int:
    if visit.state is VisitState.IN_SESSION and not visit.is_bridge:
        return 0
    if visit.state is VisitState.STAYING:
        return 1
    return 2 if visit.is_bridge else 3


def look(tx: Transaction, request_id: str) -> dict[str, Any]:
    """Everything in one small value, for the bedside screen."""
    request = tx.session.get_one(SupportRequest, request_id)
    visits = visits_of(tx, request_id)
    talk = room_of(visits)
    own = next(
        (one for one in visits if not one.is_bridge and one.state is not VisitState.STAYING), None
    )
    walks = own if own is not None and own.modality not in REMOTE else None
    follows = None
    if own is not None and talk is not None and own.id != talk.id and own.modality in ROOMED:
        follows = own if _is_in_their_room(tx, own) else None
    return {
        "visit_id": talk and talk.id,
        "next": follows and {"visit_id": follows.id, "first": _first(tx, follows)},
        "here": _first(tx, walks) if walks is not None and walks.state in _THERE else None,
        "coming": _first(tx, walks) if walks is not None and walks.state not in _THERE else None,
        "finding": request.state in LOOKING or request.bridge_since is not None,
        "nurse_from": visits[-1].id if visits else None,
    }


def _is_in_their_room(tx: Transaction, visit: Visit) -> bool:
    """Whether the peer of a visit waits in its room, ready to talk."""
    return any(
        seat.side is Side.PEER and seat.state in WILLING and rooms.is_present(seat, tx.now)
        for seat in rooms.seats_of(tx, visit.id)
    )


def _first(tx: Transaction, visit: Visit) -> str:
    return tx.session.get_one(User, visit.peer_id).name.split(" ")[0]
