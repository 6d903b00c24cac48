"""How far each rung of an offer's ladder got, for those who look after a request: no address, no text.

It reads deliveries and says what became of each; what that means for the offer is not known here.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from notifications.models import Delivery, DeliveryState, Device, DeviceState, Kind, Rung
from notifications.readiness import Trouble, trouble_of
from storage.database import Transaction

_ORDER = list(Rung)


class Snag(StrEnum):
    """What keeps a rung from its phone, where it is not the phone."""

    BUSY = "busy"
    """The provider takes nothing at the moment; it is tried again."""
    REFUSED = "refused"
    """The provider does not accept us, or the message: a person must mend it."""
    UNKNOWN = "unknown"
    """The provider did not say whether it took it."""
    LATE = "late"
    """Its time was over before a provider took it."""


@dataclass(frozen=True)
class Step:
    """One delivery of an offer: which rung through which channel, how far, and what is wrong."""

    rung: Rung
    channel: Kind
    state: DeliveryState
    due_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None
    opened_at: datetime | None
    problem: Trouble | Snag | None


class Reached(StrEnum):
    """How far a whole ladder got: the furthest of its rungs."""

    NOT_YET = "not_yet"
    """Nothing has been handed to a provider."""
    SENT = "sent"
    ON_PHONE = "on_phone"
    OPENED = "opened"
    NOWHERE = "nowhere"
    """No rung has reached a phone, and none will."""


def of_offers(tx: Transaction, offer_ids: Collection[str]) -> Mapping[str, list[Step]]:
    """The ladders of these offers, each in the order of its rungs; an offer without any has none."""
    rows = tx.session.execute(
        select(Delivery, Device.state, Device.dead_reason)
        .outerjoin(Device, Device.id == Delivery.device_id)
        .where(Delivery.offer_id.in_(offer_ids), Delivery.rung != Rung.NOTICE)
        .order_by(Delivery.id)
    )
    found: defaultdict[str, list[Step]] = defaultdict(list)
    for delivery, device_state, dead_reason in rows:
        found[str(delivery.offer_id)].append(_step(delivery, device_state, dead_reason))
    return {
        offer_id: sorted(steps, key=lambda step: _ORDER.index(step.rung))
        for offer_id, steps in found.items()
    }


def _step(delivery: Delivery, device: DeviceState | None, dead_reason: str | None) -> Step:
    return Step(
        rung=delivery.rung,
        channel=delivery.channel,
        state=delivery.state,
        due_at=delivery.due_at,
        sent_at=delivery.sent_at,
        delivered_at=delivery.delivered_at,
        opened_at=delivery.opened_at,
        problem=_problem(delivery, device, dead_reason),
    )


def _problem(
    delivery: Any, device: DeviceState | None, dead_reason: str | None
) -> Trouble | Snag | None:
    """Why this delivery is not on its phone; None where nothing is known to be wrong."""
    never_left = delivery.state in (DeliveryState.FAILED, DeliveryState.CANCELLED)
    if delivery.state is DeliveryState.FAILED and delivery.device_id is None:
        return Trouble.NO_DEVICE
    if never_left and device in (DeviceState.DEAD, DeviceState.DISABLED):
        return trouble_of(dead_reason)
    if delivery.state is DeliveryState.FAILED:
        return Snag.REFUSED
    if delivery.state is DeliveryState.PENDING and delivery.outcome == "busy":
        return Snag.BUSY
    if delivery.state is DeliveryState.UNKNOWN and delivery.outcome == "unknown":
        return Snag.UNKNOWN
    return Snag.LATE if delivery.state is DeliveryState.EXPIRED else None


def reached(steps: Sequence[Step]) -> Reached:
    """How far these rungs got together."""
    if any(step.opened_at is not None for step in steps):
        return Reached.OPENED
    if any(step.delivered_at is not None for step in steps):
        return Reached.ON_PHONE
    states = {step.state for step in steps}
    if states & {DeliveryState.SENT, DeliveryState.UNKNOWN}:
        return Reached.SENT
    return Reached.NOT_YET if DeliveryState.PENDING in states else Reached.NOWHERE


def why_nowhere(steps: Sequence[Step]) -> Trouble | Snag:
    """What to mend first when nobody was reached: the phone's own trouble before the provider's."""
    problems = [step.problem for step in steps if step.problem is not None]
    troubles = [problem for problem in problems if isinstance(problem, Trouble)]
    if troubles:
        return min(troubles, key=list(Trouble).index)
    return problems[0] if problems else Trouble.NO_DEVICE
