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
    """Id, open offers elsewhere that hold, and how many may."""
    holding = (
        select(func.count())
        .where(
            Offer.peer_id == Peer.id,
            Offer.state == OfferState.OPEN,
            Offer.request_id != bindparam("request"),
            Offer.asked_at > bindparam("holding"),
        )
        .scalar_subquery()
    )
    offered = [bindparam(f"way{place}", type_=String) for place in range(ways)]
    return (
        select(Peer.id, holding, Peer.open_offer_limit)
        .join(Duty, Duty.peer_id == Peer.id)
        .where(
            near.one_of(dialect, Peer.id, "ids"),
            near.one_of(dialect, Duty.peer_id, "ids"),
            Peer.is_muted.is_(False),
            Peer.is_reachable.is_(True),
            or_(Duty.until.is_(None), Duty.until > bindparam("until")),
            or_(*(cast(Duty.modalities, String).like(way) for way in offered)),
            or_(*(cast(Peer.modalities, String).like(way) for way in offered)),
            exists().where(
                Certificate.peer_id == Peer.id, Certificate.expires_at > bindparam("now")
            ),
            ~exists().where(Visit.peer_id == Peer.id, Visit.state.in_(sorted(BUSY_VISIT))),
            ~exists().where(
                Exclusion.peer_id == Peer.id, Exclusion.request_id == bindparam("request")
            ),
            ~exists().where(DoNotPair.peer_id == Peer.id, DoNotPair.site_id == bindparam("site")),
        )
    )
