"""What a provider says later of a text or a call: taken, on the phone, not handed over, picked up.

It comes in any order, doubled, late, and before our own note of the send. Each thing is acted upon
once; a delivery never goes backwards; what nobody here sent is ignored. Signatures are for the
floor above: who calls this has been believed.
"""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from notifications import climb, reach
from notifications.channels.base import Result
from notifications.channels.twilio import refusal
from notifications.directory import Directory
from notifications.models import Callback, Delivery, DeliveryState, Device, DeviceState, Kind
from storage.database import Transaction

log = logging.getLogger(__name__)

TAKEN = frozenset(
    {"accepted", "queued", "scheduled", "sending", "sent", "initiated", "ringing", "in-progress"}
)
"""The provider has it; nobody has been reached yet."""
REACHED = frozenset({"delivered", "read", "completed"})
"""It is on the phone; a call was picked up, by a person or a mailbox."""
UNANSWERED = frozenset({"no-answer", "busy", "canceled"})
"""The phone rang, or was in use: that is no fault of the number."""
LOST = frozenset({"undelivered", "failed"})

REASONS: Mapping[int, str] = {
    30003: "UNREACHABLE",
    30004: "BLOCKED",
    30007: "FILTERED",
    30032: "FROM_NOT_REGISTERED",
}
"""What other codes say; the number may work again, so it stays."""
FOR_A_PERSON = frozenset({30007, 30032})
"""Carriers hold back what we send: somebody must talk to the provider."""
_ALIVE = (DeliveryState.SENT, DeliveryState.UNKNOWN)


@dataclass(frozen=True)
class News:
    """One callback."""

    kind: Kind
    provider_id: str
    status: str
    code: int | None = None
    delivery_id: str | None = None
    """From the address that was called, which we made: it is known before the provider's name is."""


def is_first(tx: Transaction, name: str) -> bool:
    """Whether this has not been acted upon before; from now on it has."""
    dialect = tx.session.connection().dialect.name
    insert: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
    statement = insert(Callback).values(id=name[:100], at=tx.now).on_conflict_do_nothing()
    return tx.session.execute(statement.returning(Callback.id)).first() is not None


def take(tx: Transaction, directory: Directory, kinds: Collection[Kind], news: News) -> bool:
    """Act upon a callback; False when it changed nothing.

    Locks the device, then rows of dispatch, then deliveries, as everywhere.
    """
    row = _about(tx, news)
    if row is None or not is_first(tx, f"{news.provider_id}:{news.status}"):
        return False
    if news.status in LOST:
        return _lost(tx, directory, kinds, row, news)
    if news.status in TAKEN:
        values: dict[str, Any] = {
            "state": DeliveryState.SENT,
            "due_at": None,
            "outcome": "delivered",
        }
        return _set(tx, row, news, [DeliveryState.UNKNOWN], values | {"outcome_detail": None})
    if news.status in REACHED:
        return _set(
            tx,
            row,
            news,
            _ALIVE,
            {
                "state": DeliveryState.DELIVERED,
                "due_at": None,
                "delivered_at": func.coalesce(Delivery.delivered_at, tx.now),
                "outcome": "delivered",
                "outcome_detail": None,
            },
        )
    if news.status in UNANSWERED:
        detail = news.status.replace("-", "_").upper()
        values = {"state": DeliveryState.SENT, "due_at": None, "outcome": "delivered"}
        return _set(tx, row, news, _ALIVE, values | {"outcome_detail": detail})
    return False


def _about(tx: Transaction, news: News) -> Any:
    """The delivery that is meant: by the provider's name, else by ours while it has no other."""
    columns = (
        Delivery.id,
        Delivery.device_id,
        Delivery.user_id,
        Delivery.offer_id,
        Delivery.rung,
        Delivery.provider_id,
    )
    query = select(*columns).where(Delivery.channel == news.kind)
    named = tx.session.execute(query.where(Delivery.provider_id == news.provider_id)).first()
    if named is not None or news.delivery_id is None:
        return named
    ours = tx.session.execute(query.where(Delivery.id == news.delivery_id)).first()
    return ours if ours is not None and ours.provider_id is None else None


def _set(
    tx: Transaction, row: Any, news: News, before: Collection[DeliveryState], values: dict[str, Any]
) -> bool:
    """Change the delivery if it is in one of these states; a relay that still holds it stands back."""
    changed = tx.session.execute(
        update(Delivery)
        .where(Delivery.id == row.id, Delivery.state.in_(before))
        .values(
            provider_id=news.provider_id,
            sent_at=func.coalesce(Delivery.sent_at, tx.now),
            lease=None,
            leased_until=None,
            **values,
        )
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    return changed.first() is not None


def _lost(
    tx: Transaction, directory: Directory, kinds: Collection[Kind], row: Any, news: News
) -> bool:
    """It will not arrive: the number is buried if it is to blame, and the next rung goes now."""
    judged = refusal(news.code)
    detail = judged.detail if judged is not None else REASONS.get(news.code or 0, "")
    detail = detail or (f"CODE_{news.code}" if news.code else news.status.upper())
    if news.code in FOR_A_PERSON or (judged and judged.result is Result.MISCONFIGURED):
        log.error(
            "a carrier refuses us: a person must look",
            extra={"channel": news.kind.value, "delivery_id": row.id, "detail": detail},
        )
    is_gone = judged is not None and (
        judged.result is Result.DEAD_ADDRESS or judged.disables_address
    )
    if is_gone and row.device_id is not None:
        device = tx.session.get(Device, row.device_id, with_for_update={"key_share": True})
        state = DeviceState.DISABLED if judged and judged.disables_address else DeviceState.DEAD
        if device is not None:
            reach.lose(tx, directory, kinds, device, detail, state=state, alert=row)
    ended = {
        "state": DeliveryState.FAILED,
        "due_at": None,
        "outcome": "dead_address" if is_gone else "bad_message",
        "outcome_detail": detail,
    }
    if not _set(tx, row, news, _ALIVE, ended):
        return False
    climb.next_rung(tx, row)
    return True
