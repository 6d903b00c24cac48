"""Peers whom a person may have met before: who was lately at a site, and whom a request names.

The person is nobody here: what is kept is that they would like to see one of these peers again, on
the request alone, and it is forgotten a day after the end. It decides nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from dispatch import access
from dispatch.access import Actor
from dispatch.errors import Invalid
from dispatch.matching import AS_WISHED, MET_BEFORE
from dispatch.models import Offer, SupportRequest, User, Visit
from dispatch.recorded.decisions import RecordedDecision
from dispatch.states import FINAL, VisitState
from storage.database import Database, Transaction

KNOWN_FOR = timedelta(days=180)
"""How long after a finished visit its peer can be asked for again."""
SHOWN = 60
"""At most so many are listed, the latest first."""
KEPT = timedelta(hours=24)
"""How long after the end of a request it is still known whom the person would have liked."""
BATCH = 100
_FOR_THAT_PEER = frozenset({MET_BEFORE, AS_WISHED})


@dataclass(frozen=True)
class Familiar:
    """A peer who finished a visit at a site, and when the last one ended."""

    id: str
    name: str
    last_at: datetime


def at_site(
    tx: Transaction, actor: Actor, site_id: str, only: Collection[str] | None = None
) -> list[Familiar]:
    """The active peers who finished a visit at this site lately, the latest first.

    With `only`, those of them. Raises `NotFound` for a site that is not the actor's to see.
    """
    site = access.site(tx, actor, site_id)
    last = func.max(Visit.completed_at)
    query = (
        select(User.id, User.name, last)
        .join(Visit, Visit.peer_id == User.id)
        .join(SupportRequest, SupportRequest.id == Visit.request_id)
        .where(
            SupportRequest.site_id == site.id,
            SupportRequest.created_at > tx.now - KNOWN_FOR - timedelta(days=1),
            Visit.state == VisitState.COMPLETED,
            Visit.completed_at > tx.now - KNOWN_FOR,
            User.network_id == actor.network_id,
            User.is_active,
        )
        .group_by(User.id, User.name)
        .order_by(last.desc(), User.id)
        .limit(SHOWN)
    )
    if only is not None:
        query = query.where(User.id.in_(only))
    rows = tx.session.execute(query)
    return [Familiar(id_, name, last_at) for id_, name, last_at in rows if last_at is not None]


def refuse_strangers(tx: Transaction, actor: Actor, site_id: str, ids: Collection[str]) -> None:
    """Raises `Invalid` when one of these was not at this site lately, whoever they are."""
    if ids and len(at_site(tx, actor, site_id, ids)) < len(set(ids)):
        raise Invalid("Only peers who were with somebody here in the last months.", field="met")


def forget(db: Database) -> int:
    """Forget whom a person would have liked, a day after the end; return for how many requests.

    Off the request, out of its offers' reasons, and with what its decisions were made from. What is
    left over goes at the next sweep.
    """
    with db.transaction() as tx:
        ended = tx.session.scalars(
            select(SupportRequest.id)
            .where(
                SupportRequest.met.is_not(None),
                SupportRequest.state.in_(sorted(FINAL)),
                SupportRequest.closed_at <= tx.now - KEPT,
            )
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        if not ended:
            return 0
        for offer in tx.session.scalars(select(Offer).where(Offer.request_id.in_(ended))):
            offer.reasons = [code for code in offer.reasons if code not in _FOR_THAT_PEER]
        tx.session.execute(
            update(RecordedDecision)
            .where(RecordedDecision.request_id.in_(ended))
            .values(inputs=None)
            .execution_options(synchronize_session=False)
        )
        tx.session.execute(
            update(SupportRequest)
            .where(SupportRequest.id.in_(ended))
            .values(met=None)
            .execution_options(synchronize_session=False)
        )
        return len(ended)
