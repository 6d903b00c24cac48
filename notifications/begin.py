"""The last look before a send: does the claimed delivery still hold? In one transaction a batch.

What does not hold is closed here. What does is marked `unknown` before it is handed to a lane: from
this moment until its outcome is recorded, nobody knows whether the phone has it.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, select, update

from notifications import compose, one_ladder, outbox, providers
from notifications.channels.base import Address, Envelope
from notifications.circuit import Door, Gate
from notifications.compose import Words
from notifications.directory import Directory
from notifications.ladder import EARLIER_ON_DEVICE
from notifications.lanes import Sending, door_of
from notifications.models import Delivery, DeliveryState, Device, DeviceState, Kind, Rung
from storage.claims import Claim
from storage.database import Transaction

LinkOf = Callable[[str | None], str]
"""The address that opens an offer in the app, for texts that carry one."""

GateOf = Callable[[Door, datetime], tuple[Gate, datetime | None]]
"""Whether a door may be used now, and if not, whether to wait and until when."""


def begin(
    tx: Transaction,
    claims: Sequence[Claim],
    directory: Directory,
    leases: Mapping[Kind, float],
    link_of: LinkOf,
    gate: GateOf,
) -> list[Sending]:
    """Mark those of `claims` that still hold as being sent, close the others.

    Those whose provider is away are given back, due as they were; so are texts and calls of a
    second offer while the first offer's are going out.

    The lease starts anew with the send. A row that another relay has taken over, or that was
    stopped since the claim, is left alone.
    """
    rows = _held(tx, claims)
    offers = {row.Delivery.offer_id for row in rows if row.Delivery.rung is not Rung.NOTICE}
    still_open = directory.open_offers(tx, offers - {None}) if offers - {None} else set()
    replaced = _replaced([row.Delivery for row in rows])
    behind = one_ladder.waiting(tx, [row.Delivery for row in rows])
    going: list[tuple[Any, Words, Gate]] = []
    parked: list[tuple[str, datetime]] = []
    closing: dict[tuple[DeliveryState, str], list[str]] = {}
    for row in rows:
        verdict = _why_not(tx, row.Delivery, row.Device, still_open, replaced)
        words = None if verdict is not None else _words(row.Delivery, link_of)
        if words is None:
            reason = verdict or (DeliveryState.FAILED, "NO_TEXT")
            closing.setdefault(reason, []).append(row.Delivery.id)
            continue
        if row.Delivery.id in behind:
            parked.append((row.Delivery.id, behind[row.Delivery.id]))
            continue
        way, until = gate(door_of(row.Delivery.channel, _address(row.Device)), tx.now)
        if way is Gate.WAIT and until is not None:
            parked.append((row.Delivery.id, until))
        else:
            going.append((row, words, way))
    for (state, detail), ids in closing.items():
        _close(tx, ids, state, detail)
    providers.park(tx, parked)
    for lease_s in sorted(set(leases.values())):
        alike = [row.Delivery for row, _, _ in going if leases[row.Delivery.channel] == lease_s]
        _mark(tx, alike, lease_s)
    _cancel_replaced(tx, [row.Delivery for row, _, _ in going])
    return [_sending(tx, row.Delivery, row.Device, words, way) for row, words, way in going]


def _held(tx: Transaction, claims: Sequence[Claim]) -> Sequence[Any]:
    """The claimed rows that are still ours and still due, with their devices, locked."""
    tokens = {claim.id: claim.lease for claim in claims}
    rows = tx.session.execute(
        select(Delivery, Device)
        .outerjoin(Device, Device.id == Delivery.device_id)
        .where(Delivery.id.in_(tokens), Delivery.due_at.is_not(None))
        .where(Delivery.lease.in_(set(tokens.values())))
        .order_by(Delivery.id)
        .with_for_update(of=Delivery)
        .execution_options(populate_existing=True)
    ).all()
    ours = [row for row in rows if row.Delivery.lease == tokens[row.Delivery.id]]
    return sorted(ours, key=lambda row: (row.Delivery.turn, row.Delivery.due_at))


def _why_not(
    tx: Transaction,
    delivery: Delivery,
    device: Device | None,
    still_open: Collection[str],
    replaced: Collection[str],
) -> tuple[DeliveryState, str] | None:
    """Why a delivery must not go, as its last state and a code; None when it may."""
    # What may already be on a phone is never called cancelled.
    ended = (
        DeliveryState.UNKNOWN
        if delivery.state is DeliveryState.UNKNOWN
        else DeliveryState.CANCELLED
    )
    if delivery.expires_at <= tx.now:
        late = ended is DeliveryState.CANCELLED
        return (DeliveryState.EXPIRED if late else ended), "EXPIRED"
    is_for_an_offer = delivery.offer_id is not None and delivery.rung is not Rung.NOTICE
    if is_for_an_offer and delivery.offer_id not in still_open:
        return ended, "OFFER_NOT_OPEN"
    if device is not None and device.state is not DeviceState.ACTIVE:
        return ended, "DEVICE_NOT_ACTIVE"
    if delivery.id in replaced:
        return ended, "LATER_RUNG_WENT"
    return None


def _replaced(deliveries: Sequence[Delivery]) -> set[str]:
    """Those that a later rung on the same device, claimed at the same moment, makes needless."""
    rungs = {(d.offer_id, d.user_id, d.device_id, d.rung): d.id for d in deliveries}
    return {
        rungs[offer_id, user_id, device_id, earlier]
        for offer_id, user_id, device_id, rung in rungs
        if (earlier := EARLIER_ON_DEVICE.get(rung)) is not None
        and offer_id is not None
        and (offer_id, user_id, device_id, earlier) in rungs
    }


def _words(delivery: Delivery, link_of: LinkOf) -> Words | None:
    args = {**delivery.args, "link": link_of(delivery.offer_id)}
    try:
        return compose.render(
            delivery.key, args, locale=delivery.locale, is_private=delivery.is_private
        )
    except ValueError:
        return None


def _close(tx: Transaction, ids: Sequence[str], state: DeliveryState, detail: str) -> None:
    tx.session.execute(
        update(Delivery)
        .where(Delivery.id.in_(ids))
        .values(state=state, due_at=None, outcome_detail=detail, lease=None, leased_until=None)
        .execution_options(synchronize_session=False)
    )


def _mark(tx: Transaction, deliveries: Sequence[Delivery], lease_s: float) -> None:
    if not deliveries:
        return
    tx.session.execute(
        update(Delivery)
        .where(Delivery.id.in_([delivery.id for delivery in deliveries]))
        .values(
            state=DeliveryState.UNKNOWN,
            attempts=Delivery.attempts + 1,
            # While the end of an earlier send is unknown, the moment that counts is its own.
            attempted_at=case(
                (Delivery.state == DeliveryState.UNKNOWN, Delivery.attempted_at), else_=tx.now
            ),
            leased_until=tx.now + timedelta(seconds=lease_s),
        )
        .execution_options(synchronize_session=False)
    )


def _cancel_replaced(tx: Transaction, deliveries: Sequence[Delivery]) -> None:
    """The first push waits for a busy provider while "still open" goes: it need not go any more."""
    earlier = {
        (row.offer_id, row.user_id, row.device_id, EARLIER_ON_DEVICE[row.rung])
        for row in deliveries
        if row.rung in EARLIER_ON_DEVICE
    }
    if not earlier:
        return
    rows = tx.session.execute(
        select(Delivery.id, Delivery.offer_id, Delivery.user_id, Delivery.device_id, Delivery.rung)
        .where(Delivery.offer_id.in_({offer_id for offer_id, *_ in earlier}))
        .where(Delivery.state == DeliveryState.PENDING)
    ).all()
    ids = [
        row.id for row in rows if (row.offer_id, row.user_id, row.device_id, row.rung) in earlier
    ]
    if ids:
        is_waiting = Delivery.state == DeliveryState.PENDING
        free = outbox.lock_free(tx, Delivery.id.in_(ids), is_waiting)
        _close(tx, free, DeliveryState.CANCELLED, "LATER_RUNG_WENT")


def _address(device: Device | None) -> Address | None:
    if device is None:
        return None
    return Address(
        kind=device.kind,
        value=device.address,
        address_kind=device.address_kind,
        platform=device.platform,
        subscription=device.subscription,
    )


def _sending(
    tx: Transaction, row: Delivery, device: Device | None, words: Words, way: Gate
) -> Sending:
    envelope = Envelope(
        delivery_id=row.id,
        user_id=row.user_id,
        address=_address(device),
        words=words,
        data=compose.data_of(
            row.key, delivery_id=row.id, offer_id=row.offer_id, request_id=row.request_id
        ),
        collapse_id=row.collapse_id,
        ttl_s=max(1, math.ceil((row.expires_at - tx.now).total_seconds())),
        expires_at=row.expires_at,
        unknown_since=row.attempted_at if row.state is DeliveryState.UNKNOWN else None,
    )
    if row.lease is None:
        raise RuntimeError("a delivery begins without a lease")
    return Sending(
        id=row.id,
        lease=row.lease,
        attempts=row.attempts + 1,
        expires_at=row.expires_at,
        kind=row.channel,
        rung=row.rung,
        user_id=row.user_id,
        device_id=row.device_id,
        offer_id=row.offer_id,
        envelope=envelope,
        is_refused=way is Gate.REFUSE,
    )
