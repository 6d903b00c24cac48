"""At most one ladder at a time for a person: texts and calls of a second offer wait for the first's.

Pushes do not wait: each offer is a line of its own on the phone. A text or a call of a later offer
is looked at again every `LOOK` while an earlier offer's text or call is still to come, or its call
is ringing. Nothing is left out: when the earlier ladder stops, by an answer or its end, the later
goes on at once.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select

from notifications.models import BY_TELEPHONE, Delivery, DeliveryState, Device, Kind, Rung
from storage.database import Transaction

LOOK = timedelta(seconds=5)
NEAR = timedelta(seconds=60)
"""A rung that is further away than this, or has been held up for longer, holds up no other."""
CALL_LASTS = timedelta(seconds=45)
"""A call that nobody has told us the end of is over by then."""

_ALOUD = (Rung.SMS, Rung.VOICE)


def waiting(tx: Transaction, deliveries: Sequence[Delivery]) -> Mapping[str, datetime]:
    """Those of these claimed deliveries that must wait, each with the moment of the next look."""
    aloud = [
        one
        for one in deliveries
        if one.rung in _ALOUD and one.state is DeliveryState.PENDING and one.offer_id is not None
    ]
    if not aloud:
        return {}
    running = _running(tx, {one.user_id for one in aloud})
    return {
        one.id: tx.now + LOOK
        for one in aloud
        if any(
            user_id == one.user_id
            and offer_id != one.offer_id
            and (made_at, offer_id) < (one.created_at, one.offer_id)
            for user_id, offer_id, made_at in running
        )
    }


def _running(tx: Transaction, user_ids: set[str]) -> Sequence[tuple[str, str, datetime]]:
    """The ladders of these people that are at their texts or calls: user, offer, when it was made."""
    devices = (
        select(Device.id)
        .where(Device.user_id.in_(user_ids), Device.kind.in_((Kind.SMS, Kind.VOICE)))
        .scalar_subquery()
    )
    to_come = and_(
        Delivery.due_at.is_not(None), Delivery.due_at.between(tx.now - NEAR, tx.now + NEAR)
    )
    ringing = and_(
        Delivery.rung == Rung.VOICE,
        Delivery.state == DeliveryState.SENT,
        Delivery.outcome_detail.is_(None),
        Delivery.sent_at > tx.now - CALL_LASTS,
    )
    rows = tx.session.execute(
        select(Delivery.user_id, Delivery.offer_id, Delivery.created_at).where(
            BY_TELEPHONE,
            Delivery.device_id.in_(devices),
            # A rung is sent within the life of its offer; older rows need not be looked at.
            Delivery.created_at > tx.now - timedelta(hours=2),
            Delivery.rung.in_(_ALOUD),
            Delivery.offer_id.is_not(None),
            or_(to_come, ringing),
        )
    )
    return [(row.user_id, str(row.offer_id), row.created_at) for row in rows]
