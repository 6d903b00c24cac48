"""Whom a search looks at in a network too large to look at everybody: the region of its site.

Who could come is found by cells around the site, the nearest first; who helps by call by whose turn it
is, longest not asked first. It reads, but for the mark of whose turn it was, and decides nothing. A small
network has no regions: there everybody is looked at, and managers see a reason for everyone.
"""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import Select, String, Subquery, bindparam, cast, func, literal, or_, select, update
from sqlalchemy.orm import Session

from dispatch import near
from dispatch.geo import Point
from dispatch.matching import WIDENED_LIMIT_FACTOR
from dispatch.models import Duty, Offer, Site, SupportRequest, User
from dispatch.policy import Policy
from dispatch.states import REMOTE, Role
from storage.database import Transaction

SMALL = 2000
"""Up to so many peers on duty everybody is looked at: a decision about them takes some milliseconds."""

NEAREST = 300
"""So many of those who could come are looked at, the nearest; a search seldom asks more than ten."""

BY_CALL = 300
"""So many of those who help by call are looked at, in turn."""

LINE = 3
"""So many times as many as are wanted are read in turn; when too few of them will do, everybody is."""


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
    asked = near.Asked(
        network_id=request.network_id,
        language=request.language,
        fresh_since=tx.now - timedelta(seconds=policy.position_fresh_s),
        badge_of=site.id,
        valid_at=tx.now,
    )
    could_come = near.nearest(session, asked, here, limit_m, NEAREST)
    by_call = in_turn(session, request.network_id, request.language, BY_CALL)
    before = session.scalars(select(Offer.peer_id).where(Offer.request_id == request.id))
    ids = {peer_id for _, peer_id in could_come}
    return sorted({*ids, *by_call, *before, *map(str, request.met or ())})


def is_large(session: Session, network_id: str) -> bool:
    """Whether more than `SMALL` are on duty; it counts no further."""
    values = {"network": network_id, "small": SMALL}
    return session.execute(_ONE_MORE, values).first() is not None


def outside(session: Session, network_id: str, seen: int) -> int:
    """How many peers of a network are not among the `seen` who were looked at; 0 of a small one.

    They are counted, not read: 100,000 take some milliseconds, and only where somebody is asked.
    """
    if not is_large(session, network_id):
        return 0
    everybody = select(func.count()).where(
        User.network_id == network_id, User.role == Role.PEER, User.is_active
    )
    return max(session.execute(everybody).scalar_one() - seen, 0)


def in_turn(session: Session, network_id: str, language: str, wanted: int) -> list[str]:
    """So many of those on duty for a call, longest not asked first."""
    values = {"network": network_id, "speaks": near.listed(language), "wanted": wanted}
    line = {"line": LINE * wanted}
    found = session.scalars(_FIRST_IN_LINE, values | line).all()
    return [*found] if len(found) == wanted else [*session.scalars(_IN_TURN, values)]


# Built once: building a statement takes as long as running it.
_ONE_MORE = select(literal(1)).where(near.ON_DUTY).offset(bindparam("small")).limit(1)
_LINE = (
    select(Duty.peer_id, Duty.turn_at, Duty.languages, Duty.modalities)
    .where(near.ON_DUTY)
    .order_by(Duty.turn_at, Duty.peer_id)
)


def _in_line(line: Subquery) -> Select[str]:
    """Those of them who will do. What is cut off before is read by the index alone: a database
    that must guess how many will do guesses few, and would rather sort everybody.
    """
    speaks = cast(line.c.languages, String).like(bindparam("speaks"))
    calls = or_(*(cast(line.c.modalities, String).like(near.listed(way)) for way in sorted(REMOTE)))
    return (
        select(line.c.peer_id)
        .where(speaks, calls)
        .order_by(line.c.turn_at, line.c.peer_id)
        .limit(bindparam("wanted"))
    )


_FIRST_IN_LINE = _in_line(_LINE.limit(bindparam("line")).subquery())
_IN_TURN = _in_line(_LINE.order_by(None).subquery())


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
