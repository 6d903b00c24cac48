"""Who of some peers could be asked about a request at all, before anything else is read of them.

It bars nobody whom `survey` would let be asked, and lets through a few whom it would not: whose shift ends
too soon for the way. It knows tables, reads a few columns, and decides nothing.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import String, bindparam, cast, exists, func, or_, select

from dispatch import near
from dispatch.models import (
    Certificate,
    DoNotPair,
    Duty,
    Exclusion,
    Offer,
    Peer,
    SupportRequest,
    Visit,
)
from dispatch.policy import Policy
from dispatch.states import BUSY_VISIT, Modality, OfferState
from storage.database import Transaction

Check = Callable[[Sequence[str]], dict[str, bool]]
"""Of so many peers those against whom nothing speaks, each with whether offers elsewhere hold them for now."""


def of(tx: Transaction, request: SupportRequest, policy: Policy, ways: Sequence[Modality]) -> Check:
    """The check for a request, for those who could help in one of the ways.

    Who was asked about this request counts as free: they are looked at in any case.
    """
    session, now = tx.session, tx.now
    dialect = near.dialect_of(session)
    values = {
        "request": request.id,
        "site": request.site_id,
        "now": now,
        # Nobody could be there before they have answered.
        "until": now + timedelta(seconds=policy.answer_s),
        "holding": now - timedelta(seconds=policy.offer_blocks_s),
        **{f"way{place}": near.listed(way) for place, way in enumerate(ways)},
    }

    def check(ids: Sequence[str]) -> dict[str, bool]:
        some = {**values, "ids": near.as_one(dialect, ids)}
        rows = session.connection().execute(_free(dialect, len(ways)), some)
        return {peer_id: open_offers >= limit for peer_id, open_offers, limit in rows}

    return check


@cache
def _free(dialect: str, ways: int) -> Any:
    """Id, open offers elsewhere that hold, and how many may.

    What speaks against somebody is read once for all of them: asked of each, a database that was told of
    a table while it was empty goes through all of it each time.
    """
    holding = (
        select(Offer.peer_id, func.count().label("how_many"))
        .where(
            near.one_of(dialect, Offer.peer_id, "ids"),
            Offer.state == OfferState.OPEN,
            Offer.request_id != bindparam("request"),
            Offer.asked_at > bindparam("holding"),
        )
        .group_by(Offer.peer_id)
        .cte("holding")
        .prefix_with("MATERIALIZED")
    )
    busy = select(Visit.peer_id).where(
        near.one_of(dialect, Visit.peer_id, "ids"), Visit.state.in_(sorted(BUSY_VISIT))
    )
    excluded = select(Exclusion.peer_id).where(Exclusion.request_id == bindparam("request"))
    unwanted = select(DoNotPair.peer_id).where(DoNotPair.site_id == bindparam("site"))
    offered = [bindparam(f"way{place}", type_=String) for place in range(ways)]
    return (
        select(Peer.id, func.coalesce(holding.c.how_many, 0), Peer.open_offer_limit)
        .join(Duty, Duty.peer_id == Peer.id)
        .outerjoin(holding, holding.c.peer_id == Peer.id)
        .where(
            # Said of one table: told of both, PostgreSQL goes through the whole list for each row.
            near.one_of(dialect, Peer.id, "ids"),
            Peer.is_muted.is_(False),
            Peer.is_reachable.is_(True),
            or_(Duty.until.is_(None), Duty.until > bindparam("until")),
            or_(*(cast(Duty.modalities, String).like(way) for way in offered)),
            or_(*(cast(Peer.modalities, String).like(way) for way in offered)),
            exists().where(
                Certificate.peer_id == Peer.id, Certificate.expires_at > bindparam("now")
            ),
            Peer.id.not_in(busy),
            Peer.id.not_in(excluded),
            Peer.id.not_in(unwanted),
        )
    )
