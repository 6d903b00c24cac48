"""What was texted to a phone, and what is said back: rows of the outbox, and the open question.

It knows deliveries; where the offers stand is for the floor above to say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from notifications import outbox
from notifications.models import BY_TELEPHONE, Delivery, Device, Kind, Rung, TextChoice
from notifications.outbox import TOLD, Draft
from notifications.replies import Choice
from storage.database import Transaction

REMEMBERED = timedelta(hours=6)
"""An answer later than this after a text is an answer to nothing."""
REPLY_TTL = timedelta(minutes=15)
QUIET_AFTER = 3
"""So many times in `QUIET_FOR` a text that says nothing is answered: machines answer each other."""
QUIET_FOR = timedelta(minutes=10)
SMALL_TALK = ("sms_unclear", "sms_nothing", "sms_help", "sms_started")


@dataclass(frozen=True)
class Asked:
    """A text about an offer."""

    at: datetime
    args: Mapping[str, Any]
    is_private: bool


def offers(tx: Transaction, device: Device) -> Mapping[str, Asked]:
    """The offers texted to this device lately."""
    rows = tx.session.execute(
        select(
            Delivery.offer_id,
            Delivery.sent_at,
            Delivery.attempted_at,
            Delivery.args,
            Delivery.is_private,
        )
        .where(
            Delivery.device_id == device.id,
            BY_TELEPHONE,
            Delivery.created_at > tx.now - REMEMBERED,
            Delivery.rung == Rung.SMS,
            Delivery.state.in_(TOLD),
            Delivery.offer_id.is_not(None),
        )
        .order_by(Delivery.created_at)
    )
    return {
        row.offer_id: Asked(row.sent_at or row.attempted_at or tx.now, row.args, row.is_private)
        for row in rows
    }


def tested(tx: Transaction, device: Device) -> str | None:
    """The last test text to this device that nobody has answered."""
    row = tx.session.execute(
        select(Delivery.id, Delivery.opened_at)
        .where(
            Delivery.device_id == device.id,
            BY_TELEPHONE,
            Delivery.created_at > tx.now - REMEMBERED,
            Delivery.key == "sms_test",
            Delivery.state.in_(TOLD),
        )
        .order_by(Delivery.created_at.desc(), Delivery.id.desc())
        .limit(1)
    ).first()
    return None if row is None or row.opened_at is not None else str(row.id)


def rung_of(tx: Transaction, device: Device, offer_id: str) -> str | None:
    """The delivery with which this offer was texted to this device."""
    return tx.session.scalar(
        select(Delivery.id).where(
            Delivery.offer_id == offer_id,
            Delivery.device_id == device.id,
            Delivery.rung == Rung.SMS,
        )
    )


def choice(tx: Transaction, user_id: str) -> Choice | None:
    """The numbered question that was last sent to this user."""
    row = tx.session.get(TextChoice, user_id)
    return None if row is None else Choice(tuple(row.offer_ids), row.asked_at)


def ask(tx: Transaction, user_id: str, offer_ids: Sequence[str]) -> None:
    """Remember the question, so that a number means this list."""
    dialect = tx.session.connection().dialect.name
    insert: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
    values = {"user_id": user_id, "offer_ids": list(offer_ids), "asked_at": tx.now}
    statement = insert(TextChoice.__table__).values(values)
    tx.session.execute(
        statement.on_conflict_do_update(
            index_elements=["user_id"],
            set_={"offer_ids": list(offer_ids), "asked_at": tx.now},
        )
    )


def say(
    tx: Transaction,
    device: Device,
    key: str,
    *,
    locale: str,
    once: str,
    args: Mapping[str, Any] | None = None,
    is_private: bool = False,
) -> None:
    """Text this back, by the outbox like everything else; not without end to a machine."""
    if key in SMALL_TALK and _is_talking_to_itself(tx, device):
        return
    draft = Draft(
        network_id=device.network_id,
        user_id=device.user_id,
        device_id=device.id,
        channel=Kind.SMS,
        once=once,
        key=key,
        rung=Rung.NOTICE,
        args=args or {},
        locale=device.locale or locale,
        is_private=is_private,
        collapse_id=device.id,
        due_at=tx.now,
        expires_at=tx.now + REPLY_TTL,
    )
    outbox.write(tx, [draft])


def _is_talking_to_itself(tx: Transaction, device: Device) -> bool:
    said = tx.session.scalar(
        select(func.count())
        .select_from(Delivery)
        .where(
            Delivery.device_id == device.id,
            BY_TELEPHONE,
            Delivery.created_at > tx.now - QUIET_FOR,
            Delivery.key.in_(SMALL_TALK),
        )
    )
    return (said or 0) >= QUIET_AFTER
