"""Rows into values: what the shapes are made from, in few round trips. For decisions: `views`.

It reads and never writes, and it decides nothing.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import inspect, or_, select
from sqlalchemy.orm import Session

from dispatch.access import KEPT_VISITS
from dispatch.models import (
    Duty,
    JournalEntry,
    Site,
    SupportRequest,
    User,
    Visit,
)
from dispatch.near import as_one, dialect_of, one_of
from dispatch.shapes import RequestRows
from dispatch.states import LIVE_VISIT, RequestState, VisitState
from storage.database import Transaction


def request_rows(tx: Transaction, requests: Sequence[SupportRequest]) -> list[RequestRows]:
    """What the shapes of these requests need, in five statements at most, however many there are."""
    session = tx.session
    ids = [request.id for request in requests]
    sites = _by_id(session, Site, {request.site_id for request in requests})
    visits, bridges, stays = _shown_visits(session, ids)
    people = {request.owner_id for request in requests if request.owner_id}
    people |= {visit.peer_id for visit in (*visits.values(), *bridges.values(), *stays.values())}
    users = _by_id(session, User, people)
    on_road = [v.peer_id for v in visits.values() if v.state is VisitState.EN_ROUTE]
    duties = _by_id(session, Duty, on_road)
    found = []
    for request in requests:
        visit, bridge = visits.get(request.id), bridges.get(request.id)
        stays_on = stays.get(request.id)
        found.append(
            RequestRows(
                request=request,
                site=sites[request.site_id],
                owner=users.get(request.owner_id) if request.owner_id else None,
                visit=visit,
                visitor=users[visit.peer_id] if visit else None,
                duty=duties.get(visit.peer_id) if visit else None,
                bridge=bridge,
                bridger=users[bridge.peer_id] if bridge else None,
                staying=stays_on,
                stayer=users[stays_on.peer_id] if stays_on else None,
            )
        )
    return found


def one_request(tx: Transaction, request: SupportRequest) -> RequestRows:
    """What the shape of one request needs."""
    return request_rows(tx, [request])[0]


def _by_id(session: Session, model: Any, ids: Iterable[str]) -> dict[str, Any]:
    wanted = list(ids)
    if not wanted:
        return {}
    dialect = dialect_of(session)
    found = session.scalars(_these(dialect, model), {"ids": as_one(dialect, wanted)})
    return {inspect(row).identity[0]: row for row in found}


# Built once: building a statement takes as long as running it.
@cache
def _these(dialect: str, model: Any) -> Any:
    [key] = inspect(model).primary_key
    return select(model).where(one_of(dialect, key, "ids"))


def _shown_visits(
    session: Session, request_ids: Sequence[str]
) -> tuple[dict[str, Visit], dict[str, Visit], dict[str, Visit]]:
    """The visit that a request shows: the live one, or the one it was completed or cancelled with.

    And beside it its bridge, and who stays after they handed over, while there is one.
    """
    dialect = dialect_of(session)
    rows = session.scalars(_kept(dialect), {"requests": as_one(dialect, request_ids)}).all()
    staying = {visit.request_id: visit for visit in rows if visit.state is VisitState.STAYING}
    own = {
        visit.request_id: visit
        for visit in rows
        if not visit.is_bridge and visit.state is not VisitState.STAYING
    }
    bridges = {
        visit.request_id: visit for visit in rows if visit.is_bridge and visit.state in LIVE_VISIT
    }
    return own, bridges, staying


@cache
def _kept(dialect: str) -> Any:
    return (
        select(Visit)
        .where(one_of(dialect, Visit.request_id, "requests"), Visit.state.in_(KEPT_VISITS))
        .order_by(Visit.accepted_at, Visit.id)
    )


def facts_after(tx: Transaction, request_id: str, after: int, limit: int) -> Sequence[JournalEntry]:
    """The facts of a request with `seq` greater than `after`, in order."""
    return tx.session.scalars(
        select(JournalEntry)
        .where(JournalEntry.request_id == request_id, JournalEntry.seq > after)
        .order_by(JournalEntry.seq)
        .limit(limit)
    ).all()


def holder(tx: Transaction, network_id: str) -> User | None:
    """Who owns what is escalated: a manager on call, else any manager, else an admin.

    The longest-serving first, so that the choice is stable.
    """
    rows = tx.session.scalars(
        select(User)
        .where(
            User.network_id == network_id,
            User.is_active,
            or_(User.role == "manager", User.role == "admin"),
        )
        .order_by(User.created_at, User.id)
    ).all()
    ranked = sorted(rows, key=lambda user: (user.role != "manager", not user.is_on_call))
    return ranked[0] if ranked else None


def open_requests(tx: Transaction, network_id: str) -> list[SupportRequest]:
    """The open requests of a network, oldest first."""
    final = (RequestState.COMPLETED, RequestState.CANCELLED, RequestState.UNFILLED)
    return list(
        tx.session.scalars(
            select(SupportRequest)
            .where(SupportRequest.network_id == network_id, SupportRequest.state.not_in(final))
            .order_by(SupportRequest.created_at, SupportRequest.id)
        )
    )
