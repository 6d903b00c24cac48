"""What a transaction did to duty rows. Duty and positions journal nothing, so a flush is watched.

Duty is begun by a peer, ended by a peer, by the sweeper or with an account; looking at the rows
tells of all of them. It remembers only for as long as the session lives; a rollback forgets.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session, UOWTransaction

from dispatch.models import Duty
from storage.database import Transaction

_KEY = "alongside.duty_changes"
_AVAILABILITY = ("on_duty", "until", "modalities")


@dataclass
class DutyChange:
    """One peer's duty row: whether availability changed, whether they moved."""

    network_id: str
    is_other_duty: bool = False
    has_moved: bool = False


def of(tx: Transaction) -> dict[str, DutyChange]:
    """The changes of a transaction, by peer."""
    found: dict[str, DutyChange] = tx.session.info.get(_KEY, {})
    return found


@event.listens_for(Session, "after_flush")
def _notice(session: Session, _flush: UOWTransaction) -> None:
    for row in (*session.new, *session.dirty):
        if not isinstance(row, Duty):
            continue
        other = any(_is_changed(row, name) for name in _AVAILABILITY)
        moved = _is_changed(row, "position_at")
        if other or moved:
            known: dict[str, DutyChange] = session.info.setdefault(_KEY, {})
            change = known.setdefault(row.peer_id, DutyChange(row.network_id))
            change.is_other_duty |= other
            change.has_moved |= moved


def _is_changed(row: Duty, name: str) -> bool:
    state: Any = inspect(row)
    return bool(state.attrs[name].history.has_changes())
