"""Whose number is dialled, and which numbers may be.

A peer is called where they allowed calls, as for an offer. A site's desk is called where its people
say, and a bedside where staff entered a number for this one visit. It refuses to tell a number to
anybody but whoever dials it.
"""

import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from notifications.calls.models import BedsidePhone
from notifications.models import Device, DeviceState, Kind
from storage.database import Transaction

E164 = r"^\+[1-9][0-9]{6,14}$"
_E164 = re.compile(E164)
_NORTH_AMERICA = re.compile(r"\+1[2-9][0-9]{2}[2-9][0-9]{6}")
_DEARER = re.compile(r"\+1(900|976|[2-9]11)|\+1[0-9]{3}(976|[2-9]11)")
"""Numbers of North America that cost the caller more, or are no line of anybody's."""
_NEVER = datetime.min.replace(tzinfo=UTC)


def dialled(text: str) -> str | None:
    """A number as people write it, `614-555-0142`, in E.164; None when that cannot be told.

    Ten digits, or eleven with a 1 in front, are a number of North America.
    """
    digits = re.sub(r"[ ().-]", "", text)
    if not digits.startswith("+"):
        digits = f"+{digits}" if len(digits) == 11 and digits[0] == "1" else f"+1{digits}"
        return digits if _NORTH_AMERICA.fullmatch(digits) else None
    return digits if _E164.fullmatch(digits) else None


def may_be_called(number: str, sender: str) -> bool:
    """Whether staff may have this number called for a visit: a plain one, of our own country.

    Of countries only North America's can be told by its digits; from elsewhere nothing is refused
    that the provider itself lets through.
    """
    if not _E164.fullmatch(number) or number == sender:
        return False
    if not sender.startswith("+1"):
        return True
    return bool(_NORTH_AMERICA.fullmatch(number)) and not _DEARER.match(number)


def of_peer(tx: Transaction, user_id: str) -> tuple[str, str] | None:
    """Device and number at which this person allowed calls; the one that last answered, of several."""
    rows = tx.session.execute(
        select(Device.id, Device.address, Device.heard_at, Device.refreshed_at).where(
            Device.user_id == user_id, Device.kind == Kind.VOICE, Device.state == DeviceState.ACTIVE
        )
    ).all()
    if not rows:
        return None
    best = max(rows, key=lambda row: (row.heard_at or _NEVER, row.refreshed_at, row.id))
    return best.id, best.address


def of_bedside(tx: Transaction, visit_id: str) -> str | None:
    """The telephone beside the person, for this visit."""
    return tx.session.scalar(select(BedsidePhone.number).where(BedsidePhone.visit_id == visit_id))


def enter(
    tx: Transaction, *, visit_id: str, network_id: str, number: str, entered_by_id: str
) -> None:
    """Keep the telephone at the bedside for this visit, in the place of the one before."""
    is_sqlite = tx.session.connection().dialect.name == "sqlite"
    insert: Any = sqlite.insert if is_sqlite else postgresql.insert
    values = {
        "network_id": network_id,
        "number": number,
        "entered_by_id": entered_by_id,
        "entered_at": tx.now,
    }
    tx.session.execute(
        insert(BedsidePhone)
        .values(visit_id=visit_id, **values)
        .on_conflict_do_update(index_elements=["visit_id"], set_=values)
    )


def known(tx: Transaction) -> list[str]:
    """The visits for which a telephone is kept."""
    return list(tx.session.scalars(select(BedsidePhone.visit_id)))


def forget(tx: Transaction, visit_ids: Collection[str]) -> None:
    """The telephones of these visits are needed no more."""
    tx.session.execute(
        delete(BedsidePhone)
        .where(BedsidePhone.visit_id.in_(visit_ids))
        .execution_options(synchronize_session=False)
    )
