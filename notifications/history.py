"""What became of every delivery: found, sent again by a person, forgotten when its time is over.

It knows rows and codes. Who may look, and the names of people, are known above.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, case, delete, func, select, update

from notifications.calls.models import CallJob, JobState
from notifications.channels.base import Result
from notifications.directory import Directory
from notifications.models import (
    Callback,
    Delivery,
    DeliveryState,
    Device,
    DeviceState,
    Kind,
    Rung,
    TextChoice,
)
from storage.database import Transaction

NEEDS_A_PERSON = (Result.BAD_MESSAGE.value, Result.MISCONFIGURED.value)
"""Outcomes that no retry mends: a dead letter."""

CALLBACKS_KEPT = timedelta(days=7)
"""No provider repeats a callback, and nobody answers a question by text, after so long."""


def find(
    network_id: str,
    *,
    state: DeliveryState | None = None,
    channel: Kind | None = None,
    user_id: str | None = None,
    before: datetime | None = None,
    needs_a_person: bool = False,
) -> Select[Delivery]:
    """The deliveries of a network that fit, in no order."""
    rows = select(Delivery).where(Delivery.network_id == network_id)
    if state is not None:
        rows = rows.where(Delivery.state == state)
    if channel is not None:
        rows = rows.where(Delivery.channel == channel)
    if user_id is not None:
        rows = rows.where(Delivery.user_id == user_id)
    if before is not None:
        rows = rows.where(Delivery.created_at < before)
    if needs_a_person:
        rows = rows.where(_is_dead_letter())
    return rows


def _is_dead_letter() -> Any:
    return and_(Delivery.state == DeliveryState.FAILED, Delivery.outcome.in_(NEEDS_A_PERSON))


def send_again(tx: Transaction, directory: Directory, delivery: Delivery) -> str | None:
    """Make a failed delivery due now; a code when that makes no sense: nothing is changed then.

    `not_failed`, `device_gone`, or `too_late` (its time is over, or its offer is closed). The relay
    looks again before it sends, so what changes meanwhile does no harm.
    """
    if delivery.state is not DeliveryState.FAILED:
        return "not_failed"
    if delivery.expires_at <= tx.now:
        return "too_late"
    if delivery.device_id is None:
        return "device_gone"
    device = tx.session.get(Device, delivery.device_id)
    if device is None or device.state is not DeviceState.ACTIVE:
        return "device_gone"
    offer_id = delivery.offer_id if delivery.rung is not Rung.NOTICE else None
    if offer_id is not None and not directory.open_offers(tx, {offer_id}):
        return "too_late"
    revived = tx.session.execute(
        update(Delivery)
        .where(Delivery.id == delivery.id, Delivery.state == DeliveryState.FAILED)
        .values(state=DeliveryState.PENDING, due_at=tx.now, lease=None, leased_until=None)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    tx.session.expire(delivery)
    return None if revived is not None else "not_failed"


@dataclass(frozen=True)
class Lately:
    """How a channel fared in a network."""

    sent: int = 0
    refused: int = 0
    """Given up because the provider refused us or the message."""
    oldest_due_at: datetime | None = None
    """Since when the longest waiting has been due."""


def lately(tx: Transaction, network_id: str, since: datetime) -> Mapping[Kind, Lately]:
    """Per channel what was made and sent since then, and what waits now."""
    is_sent = case((Delivery.sent_at >= since, 1), else_=0)
    is_refused = case((_is_dead_letter(), 1), else_=0)
    made = tx.session.execute(
        select(Delivery.channel, func.sum(is_sent), func.sum(is_refused))
        .where(Delivery.network_id == network_id, Delivery.created_at >= since)
        .group_by(Delivery.channel)
    ).all()
    oldest = oldest_due(tx, network_id)
    counted = {channel: (int(sent), int(refused)) for channel, sent, refused in made}
    return {
        kind: Lately(*counted.get(kind, (0, 0)), oldest.get(kind)) for kind in {*counted, *oldest}
    }


def oldest_due(tx: Transaction, network_id: str | None = None) -> Mapping[Kind, datetime]:
    """Per channel since when the longest waiting has been due; one network's, or anybody's."""
    rows = (
        select(Delivery.channel, func.min(Delivery.due_at))
        .where(Delivery.due_at <= tx.now)
        .group_by(Delivery.channel)
    )
    if network_id is not None:
        rows = rows.where(Delivery.network_id == network_id)
    found = tx.session.execute(rows)
    return {channel: due_at for channel, due_at in found if due_at is not None}


def is_stalled(tx: Transaction, for_s: float) -> bool:
    """Whether something has been due for so long, nobody holds it, and nobody sends anything.

    A provider that is away does not count (its deliveries are parked), nor a long queue.
    """
    moment = tx.now - timedelta(seconds=for_s)
    waits = (
        select(Delivery.id)
        .where(Delivery.due_at <= moment)
        .where(func.coalesce(Delivery.leased_until, moment) <= moment)
        .limit(1)
    )
    if tx.session.execute(waits).first() is None:
        return False
    tried = select(Delivery.id).where(Delivery.attempted_at > moment).limit(1)
    return tx.session.execute(tried).first() is None


def forget(tx: Transaction, network_id: str, before: datetime, limit: int) -> int:
    """Delete up to `limit` deliveries of a network that were made and ended before; how many."""
    old = (
        select(Delivery.id)
        .where(Delivery.network_id == network_id, Delivery.created_at < before)
        .where(Delivery.due_at.is_(None))
        .where(func.coalesce(Delivery.attempted_at, Delivery.created_at) < before)
        .order_by(Delivery.created_at)
        .limit(limit)
    )
    gone = tx.session.execute(
        delete(Delivery)
        .where(Delivery.id.in_(old.scalar_subquery()))
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(gone)


def forget_calls(tx: Transaction, before: datetime, limit: int) -> int:
    """Delete up to `limit` finished calls' dealings with the provider, made before; how many.

    That there was a call, and how it ended, stays with its visit.
    """
    old = (
        select(CallJob.id)
        .where(CallJob.state == JobState.DONE, CallJob.created_at < before)
        .order_by(CallJob.created_at)
        .limit(limit)
    )
    gone = tx.session.execute(
        delete(CallJob)
        .where(CallJob.id.in_(old.scalar_subquery()))
        .returning(CallJob.id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(gone)


def forget_talk(tx: Transaction) -> None:
    """Delete old callbacks of providers and open questions by text."""
    before = tx.now - CALLBACKS_KEPT
    for model, at in ((Callback, Callback.at), (TextChoice, TextChoice.asked_at)):
        tx.session.execute(
            delete(model).where(at < before).execution_options(synchronize_session=False)
        )
