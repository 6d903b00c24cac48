"""The race for a yes: in Core, with statements built once, in as few as the rules allow.

The hottest path of the product. What decides is one guarded UPDATE on the request and the partial
unique indexes behind it; everything else happens to the winner only. What a loser is told is
`dispatch.actions.peers`' to say.
"""

from typing import Any, cast

from sqlalchemy import Table, and_, bindparam, case, exists, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

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
from storage.base import UTCDateTime
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

_NOW = bindparam("now", type_=UTCDateTime())
_MINE = _OFFER.id == bindparam("this_offer")
_OPEN = _OFFER.state == OfferState.OPEN
_HAS_CERTIFICATE = exists().where(
    Certificate.peer_id == _OFFER.peer_id, Certificate.expires_at > _NOW
)
_HAS_BADGE = exists().where(
    Badge.peer_id == _OFFER.peer_id, Badge.site_id == _REQUEST.site_id, Badge.expires_at > _NOW
)

_READ = (
    select(
        _OFFERS,
        _REQUEST.site_id,
        _REQUEST.policy,
        and_(
            _HAS_CERTIFICATE,
            or_(_OFFER.modality.in_(sorted(REMOTE)), _HAS_BADGE),
        ).label("may_still"),
    )
    .join_from(_OFFERS, _REQUESTS, _REQUEST.id == _OFFER.request_id)
    .where(
        _MINE,
        _OFFER.peer_id == bindparam("this_peer"),
        _OFFER.network_id == bindparam("this_network"),
    )
)
"""The gate and rule 9 in one look: the peer's own offer, and whether they may still say yes."""

_GUARD = (
    update(_REQUESTS)
    .where(
        _REQUEST.id == bindparam("this_request"),
        _REQUEST.state.in_(sorted(STEPS[Step.ACCEPT].sources)),
    )
    .values(
        state=STEPS[Step.ACCEPT].target,
        next_wave_at=None,
        alarm=None,
        alarmed=[],
        next_action_at=_NOW,
    )
    .returning(_REQUEST.seq)
)
"""The statement that decides. No row back: somebody else was first."""

_GUARD_OF_BRIDGE = (
    update(_REQUESTS)
    .where(
        _REQUEST.id == bindparam("this_request"),
        _REQUEST.state.in_(sorted(AWAITED)),
        _REQUEST.bridge_since.is_not(None),
    )
    .values(bridge_since=None, next_action_at=_NOW)
    .returning(_REQUEST.seq)
)
"""The same for a bridge: it is looked for only while somebody is awaited, and by one yes no more."""

_CLOSE = (
    update(_OFFERS)
    .where(
        _OFFER.request_id == bindparam("this_request"),
        or_(and_(_MINE, _OFFER.state.in_(ANSWERABLE)), _OPEN),
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
        _OFFER.id,
        _OFFER.peer_id,
        select(User.name).where(User.id == _OFFER.peer_id).scalar_subquery(),
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
    read = connection.execute(
        _READ,
        {
            "this_offer": offer_id,
            "this_peer": actor.id,
            "this_network": actor.network_id,
            "now": tx.now,
        },
    ).one_or_none()
    if read is None:
        raise not_found("offer")
    values = dict(read._mapping)
    site_id, frozen, may_still = (
        values.pop("site_id"),
        values.pop("policy"),
        values.pop("may_still"),
    )
    if values["state"] not in ANSWERABLE:
        return None
    if not may_still:
        raise Gone("This offer is closed: a certificate or badge has ended.")
    request_id = values["request_id"]
    is_bridge = values["is_bridge"]
    statement = _GUARD_OF_BRIDGE if is_bridge else _GUARD
    guard = connection.execute(statement, {"this_request": request_id, "now": tx.now}).one_or_none()
    if guard is None:
        return None
    failpoint("accept.guarded")
    closed = connection.execute(
        _CLOSE, {"this_request": request_id, "this_offer": offer_id, "now": tx.now}
    ).all()
    if offer_id not in {row.id for row in closed}:
        raise Gone("This offer is closed.")
    failpoint("accept.closed")
    offer = Offer(**values | {"state": OfferState.ACCEPTED, "answered_at": tx.now})
    first = first_visit(
        tx,
        arrival.of_offer(offer, parse(frozen)) if offer.modality not in REMOTE else None,
        network_id=offer.network_id,
        request_id=request_id,
        peer_id=offer.peer_id,
        offer_id=offer.id,
        modality=offer.modality,
        is_bridge=is_bridge,
    )
    visit = begin(tx, first, actor)
    failpoint("accept.visit")
    said = said_yes_to_bridge(visit, actor) if is_bridge else said_yes(visit, actor)
    entries: list[journal.Entry] = [
        (
            FactType.BRIDGE_ACCEPTED if is_bridge else FactType.OFFER_ACCEPTED,
            actor.by(),
            said | {"offer": {"id": offer.id, "peer": shapes.person(actor)}},
        )
    ]
    others = [
        {
            "id": other_id,
            "peer": {"id": peer_id, "name": name},
            "state": OfferState.SUPERSEDED.value,
            "reason": "taken",
        }
        for other_id, peer_id, name in sorted(map(tuple, closed))
        if other_id != offer_id
    ]
    if others:
        entries.append((FactType.OFFERS_CLOSED, ENGINE, {"offers": others}))
    subject = journal.Subject(offer.network_id, site_id, request_id)
    last_seq = journal.append_all(tx, connection, subject, guard.seq, entries)
    failpoint("accept.journaled")
    connection.execute(_NUMBER, {"this_request": request_id, "last_seq": last_seq})
    failpoint("accept.numbered")
    return offer, visit


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
    return Visit(**values)


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
