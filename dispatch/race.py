"""The race for a yes: in Core, with statements built once, in as few as the rules allow.

The hottest path of the product. What decides is one guarded UPDATE on the request and the partial
unique indexes behind it; everything else happens to the winner only. What a loser is told is
`dispatch.actions.peers`' to say.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Table,
    and_,
    bindparam,
    case,
    exists,
    literal,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.sql.dml import ReturningUpdate

from dispatch import journal, shapes
from dispatch.access import Actor
from dispatch.errors import Conflict, Gone, not_found
from dispatch.events import ENGINE, FactType
from dispatch.models import Badge, Certificate, Offer, SupportRequest, User, Visit
from dispatch.policy import parse
from dispatch.shapes import Named
from dispatch.states import (
    AWAITED,
    REMOTE,
    STEPS,
    OfferState,
    RequestState,
    Step,
    VisitState,
)
from dispatch.travel import arrival
from dispatch.travel.arrival import Arrives
from storage.base import UTCDateTime, detached
from storage.database import Transaction
from storage.failpoints import failpoint
from storage.ids import new_id

ANSWERABLE = (OfferState.OPEN, OfferState.DECLINED)
"""A "not this time" can be taken back while the request is still looking."""

_REQUESTS = cast(Table, SupportRequest.__table__)
_OFFERS = cast(Table, Offer.__table__)
_VISITS = cast(Table, Visit.__table__)
_OFFER = _OFFERS.c
_REQUEST = _REQUESTS.c


def _is_one_of(column: ColumnElement[Any], values: Iterable[StrEnum]) -> ColumnElement[bool]:
    """`column IN (...)` with the values written in: a list of parameters is unfolded at every call."""
    return column.in_([literal_column(f"'{value}'") for value in sorted(values)])


_NOW = bindparam("now", type_=UTCDateTime())
_MINE = _OFFER.id == bindparam("this_offer")
_OWN = and_(
    _MINE,
    _OFFER.peer_id == bindparam("this_peer"),
    _OFFER.network_id == bindparam("this_network"),
)
"""The gate: for anybody else this offer does not exist."""
_OPEN = _OFFER.state == OfferState.OPEN
_ANSWERABLE = _is_one_of(_OFFER.state, ANSWERABLE)
_HAS_CERTIFICATE = exists().where(
    Certificate.peer_id == _OFFER.peer_id, Certificate.expires_at > _NOW
)
_HAS_BADGE = exists().where(
    Badge.peer_id == _OFFER.peer_id, Badge.site_id == _REQUEST.site_id, Badge.expires_at > _NOW
)
_MAY_STILL = and_(_HAS_CERTIFICATE, or_(_is_one_of(_OFFER.modality, REMOTE), _HAS_BADGE))
"""Rule 9: not who lost certificate or badge since they were asked."""


def _guard(*where: ColumnElement[bool], **values: Any) -> ReturningUpdate[Any]:
    """The statement that decides: a yes of ours to a request that is as `where` says sets `values`.

    It also gives the yes its number in the story.
    """
    return (
        update(_REQUESTS)
        .where(
            _REQUEST.id == _OFFER.request_id,
            _OWN,
            _ANSWERABLE,
            _MAY_STILL,
            *where,
        )
        .values(seq=_REQUEST.seq + 1, next_action_at=_NOW, **values)
        .returning(_REQUEST.id, _REQUEST.site_id, _REQUEST.policy, _REQUEST.seq)
    )


_GUARD = _guard(
    _OFFER.is_bridge.is_(False),
    _is_one_of(_REQUEST.state, STEPS[Step.ACCEPT].sources),
    state=STEPS[Step.ACCEPT].target,
    next_wave_at=None,
    alarm=None,
    alarmed=[],
)
"""No row back: somebody else was first, or it is no such offer; `_WHY_NOT` tells them apart."""

_GUARD_OF_BRIDGE = _guard(
    _OFFER.is_bridge,
    _is_one_of(_REQUEST.state, AWAITED),
    _REQUEST.bridge_since.is_not(None),
    bridge_since=None,
)
"""The same for a bridge: it is looked for only while somebody is awaited, and by one yes no more."""

_WHY_NOT = (
    select(_OFFER.is_bridge, _ANSWERABLE.label("is_answerable"), _MAY_STILL.label("may_still"))
    .join_from(_OFFERS, _REQUESTS, _REQUEST.id == _OFFER.request_id)
    .where(_OWN)
)

_CLOSE = (
    update(_OFFERS)
    .where(
        _OFFER.request_id == bindparam("this_request"),
        or_(and_(_MINE, _ANSWERABLE), _OPEN),
    )
    .values(
        state=case(
            (_MINE, literal(OfferState.ACCEPTED, _OFFER.state.type)),
            else_=literal(OfferState.SUPERSEDED, _OFFER.state.type),
        ),
        answered_at=case((_MINE, _NOW), else_=_OFFER.answered_at),
        closed_at=case((_MINE, _OFFER.closed_at), else_=_NOW),
        close_reason=case((_MINE, _OFFER.close_reason), else_="taken"),
    )
    .returning(
        _OFFERS,
        select(User.name).where(User.id == _OFFER.peer_id).scalar_subquery().label("peer_name"),
    )
)
"""The winner's offer is accepted and every other open one superseded, in one statement."""

_BEGIN = {
    "sqlite": sqlite_insert(_VISITS).on_conflict_do_nothing().returning(_VISITS.c.id),
    "postgresql": postgresql_insert(_VISITS).on_conflict_do_nothing().returning(_VISITS.c.id),
}

_NUMBER = (
    update(_REQUESTS)
    .where(_REQUEST.id == bindparam("this_request"))
    .values(seq=bindparam("last_seq"))
)


def take_yes(tx: Transaction, actor: Actor, offer_id: str) -> tuple[Offer, Visit] | None:
    """The peer's yes, if it is the first; None when the offer or the request takes none any more.

    Raises `NotFound` for an offer that is not this peer's, `Gone` when a certificate or badge has
    ended since, `Conflict` (`busy`) when the peer has a live visit. Returned rows are detached.
    """
    connection = tx.session.connection()
    ours = {
        "this_offer": offer_id,
        "this_peer": actor.id,
        "this_network": actor.network_id,
        "now": tx.now,
    }
    won = connection.execute(_GUARD, ours).one_or_none() or _otherwise(connection, ours)
    if won is None:
        return None
    failpoint("accept.guarded")
    closed = connection.execute(_CLOSE, ours | {"this_request": won.id}).all()
    mine = next((row for row in closed if row.id == offer_id), None)
    if mine is None:
        raise Gone("This offer is closed.")
    failpoint("accept.closed")
    # All columns of an offer, and then the name.
    offer = detached(Offer, dict(zip(_OFFER.keys(), mine, strict=False)))
    first = first_visit(
        tx,
        arrival.of_offer(offer, parse(won.policy)) if offer.modality not in REMOTE else None,
        network_id=offer.network_id,
        request_id=won.id,
        peer_id=offer.peer_id,
        offer_id=offer.id,
        modality=offer.modality,
        is_bridge=offer.is_bridge,
    )
    visit = begin(tx, first, actor)
    failpoint("accept.visit")
    said = said_yes_to_bridge(visit, actor) if visit.is_bridge else said_yes(visit, actor)
    entries: list[journal.Entry] = [
        (
            FactType.BRIDGE_ACCEPTED if visit.is_bridge else FactType.OFFER_ACCEPTED,
            actor.by(),
            said | {"offer": {"id": offer.id, "peer": shapes.person(actor)}},
        )
    ]
    others = [
        {
            "id": row.id,
            "peer": {"id": row.peer_id, "name": row.peer_name},
            "state": OfferState.SUPERSEDED.value,
            "reason": "taken",
        }
        for row in sorted(closed, key=lambda row: row.id)
        if row is not mine
    ]
    if others:
        entries.append((FactType.OFFERS_CLOSED, ENGINE, {"offers": others}))
    subject = journal.Subject(offer.network_id, won.site_id, won.id)
    last_seq = journal.append_all(tx, connection, subject, won.seq - 1, entries)
    failpoint("accept.journaled")
    if last_seq != won.seq:
        connection.execute(_NUMBER, {"this_request": won.id, "last_seq": last_seq})
    failpoint("accept.numbered")
    return offer, visit


def _otherwise(connection: Connection, ours: dict[str, Any]) -> Row[Any] | None:
    """What the guard of a bridge says where it is one; else None, or why this peer is refused."""
    known = connection.execute(_WHY_NOT, ours).one_or_none()
    if known is None:
        raise not_found("offer")
    if not known.is_answerable:
        return None
    if not known.may_still:
        raise Gone("This offer is closed: a certificate or badge has ended.")
    if not known.is_bridge:
        return None
    return connection.execute(_GUARD_OF_BRIDGE, ours).one_or_none()


def first_visit(tx: Transaction, arrives: Arrives | None, **who: Any) -> dict[str, Any]:
    """The columns of a visit that begins now; `who` names network, request, peer, offer, modality.

    `arrives` is None for a remote visit, which has no arrival to expect.
    """
    expected = arrival.columns(tx.now, arrives)
    return {
        "id": new_id(),
        "state": VisitState.ACCEPTED,
        **expected,
        "promised_at": expected["eta_at"],
        "promised_from_at": expected["eta_from_at"],
        "promised_until_at": expected["eta_until_at"],
        "accepted_at": tx.now,
        "contact_at": tx.now,
        "is_bridge": False,
        **who,
    }


def begin(tx: Transaction, values: dict[str, Any], person: Named) -> Visit:
    """Insert the live visit of a request whose yes was just taken.

    The partial unique indexes decide: raises `Conflict` (`busy`) when this peer has a live visit,
    in whichever transaction it was begun.
    """
    connection = tx.session.connection()
    statement = _BEGIN[connection.dialect.name]
    if connection.execute(statement, values).one_or_none() is None:
        raise Conflict(f"{person.name} is already with someone.", code="busy")
    return detached(Visit, values)


def said_yes(visit: Visit, person: Named) -> dict[str, Any]:
    """What a fact says when a visit has begun: the request fields that a yes changes."""
    return {
        "state": RequestState.ACCEPTED.value,
        "owner": {"kind": "peer", **shapes.person(person)},
        "visit": shapes.visit(visit, person),
        "next_wave_at": None,
        "alarm": None,
    }


def said_yes_to_bridge(visit: Visit, person: Named) -> dict[str, Any]:
    """The same for a bridge: the request's own visit, its state and its owner stay."""
    return {"bridge": shapes.visit(visit, person), "bridge_search": None}
