"""The rows in which every process says what it found at a provider's door.

Written when a circuit opens or heals, by the process that saw it; read by the other dispatchers, so
that they need not find out for themselves, and by web processes, which show it. What to do about it
is decided in `notifications.circuit`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from notifications.circuit import Door, Shut
from notifications.models import Delivery, Provider
from storage.database import Transaction


def read(tx: Transaction) -> dict[Door, Shut | None]:
    """Every door that was ever shut, with why; None where sends go again."""
    rows = tx.session.execute(
        select(
            Provider.channel,
            Provider.platform,
            Provider.open_until,
            Provider.reason,
            Provider.changed_at,
        )
    )
    return {
        (row.channel, row.platform): None
        if row.open_until is None
        else Shut(row.reason or "", row.changed_at, row.open_until)
        for row in rows
    }


def write(tx: Transaction, doors: Mapping[Door, Shut | None]) -> None:
    """What this process found. A door that heals lets go what waited for it."""
    for (channel, platform), shut in sorted(doors.items()):
        values: dict[str, Any] = {
            "open_until": None if shut is None else shut.until,
            "reason": None if shut is None else shut.reason,
            "changed_at": tx.now if shut is None else shut.since,
        }
        is_sqlite = tx.session.connection().dialect.name == "sqlite"
        insert: Any = sqlite.insert if is_sqlite else postgresql.insert
        tx.session.execute(
            insert(Provider)
            .values(channel=channel, platform=platform, **values)
            .on_conflict_do_update(index_elements=["channel", "platform"], set_=values)
        )


def park(tx: Transaction, waiting: Sequence[tuple[str, datetime]]) -> None:
    """Give these claimed deliveries back, due as they were; nobody takes them before their moment."""
    by_moment: dict[datetime, list[str]] = {}
    for delivery_id, until in waiting:
        by_moment.setdefault(until, []).append(delivery_id)
    for until, ids in by_moment.items():
        tx.session.execute(
            update(Delivery)
            .where(Delivery.id.in_(ids))
            .values(lease=None, leased_until=until)
            .execution_options(synchronize_session=False)
        )


def let_go(tx: Transaction, doors: Sequence[Door]) -> None:
    """What was parked for these doors may be taken now."""
    parked = (
        select(Delivery.id)
        .where(Delivery.channel.in_({channel for channel, _ in doors}))
        .where(Delivery.due_at <= tx.now, Delivery.lease.is_(None))
        .where(Delivery.leased_until > tx.now)
        .order_by(Delivery.id)
        .with_for_update(skip_locked=True)
    )
    tx.session.execute(
        update(Delivery)
        .where(Delivery.id.in_(parked.scalar_subquery()))
        .values(leased_until=None)
        .execution_options(synchronize_session=False)
    )
