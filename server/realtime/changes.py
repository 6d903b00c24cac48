"""What a transaction did to peers and rooms, which journal nothing: a flush is watched.

Duty is begun by a peer, ended by a peer, by the sweeper or with an account; reach is lost with a
phone and comes back with an app. Looking at the rows tells of all of it. It remembers only for as long as the session lives; a rollback forgets.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session, UOWTransaction

from dispatch.calls import VisitCall
from dispatch.geo import Point, place
from dispatch.models import Duty, Peer
from dispatch.rooms import Room, Seat
from dispatch.talk.threads import Thread
from storage.database import Transaction

_KEY = "alongside.duty_changes"
_ROOMS = "alongside.rooms"
_TALKS = "alongside.talks"
_CALLS = "alongside.calls"
_AVAILABILITY = ("on_duty", "until", "modalities")


@dataclass
class PeerChange:
    """One peer: whether availability changed, began, whether they moved, can be reached or not."""

    network_id: str
    is_other_duty: bool = False
    has_begun: bool = False
    has_moved: bool = False
    here: Point | None = None
    """Where to, when whoever wrote it knows and they are on no visit: then no row need be read."""
    before: Point | None = None
    """Where the row said they were until now; None for nowhere, or when that is not known."""
    reach: bool | None = None
    """The new value, when it changed."""


def of(tx: Transaction) -> dict[str, PeerChange]:
    """The changes of a transaction that were flushed, by peer."""
    found: dict[str, PeerChange] = tx.session.info.get(_KEY, {})
    return found


def moved(
    tx: Transaction, peer_id: str, network_id: str, before: Point | None, here: Point
) -> None:
    """A peer who is on no visit was written down at `here`, past the session's objects."""
    change = _change(tx.session, peer_id, network_id)
    change.has_moved, change.before, change.here = True, before, here


def rooms_of(tx: Transaction) -> set[str]:
    """The visits whose video room a transaction changed."""
    found: set[str] = tx.session.info.get(_ROOMS, set())
    return found


def talks_of(tx: Transaction) -> list[Thread]:
    """The threads in which a transaction said or read something."""
    found: dict[Any, Thread] = tx.session.info.get(_TALKS, {})
    return list(found.values())


def calls_of(tx: Transaction) -> set[str]:
    """The calls by telephone that a transaction changed."""
    found: set[str] = tx.session.info.get(_CALLS, set())
    return found


@event.listens_for(Session, "after_flush")
def _notice(session: Session, _flush: UOWTransaction) -> None:
    for row in (*session.new, *session.dirty):
        if isinstance(row, Duty):
            _notice_duty(session, row)
        elif isinstance(row, Room | Seat):
            session.info.setdefault(_ROOMS, set()).add(row.visit_id)
        elif isinstance(row, Thread):
            session.info.setdefault(_TALKS, {})[row.visit_id, row.party] = row
        elif isinstance(row, VisitCall):
            session.info.setdefault(_CALLS, set()).add(row.id)
        elif isinstance(row, Peer) and row not in session.new and _is_changed(row, "is_reachable"):
            _change(session, row.id, row.network_id).reach = row.is_reachable


def _notice_duty(session: Session, row: Duty) -> None:
    other = any(_is_changed(row, name) for name in _AVAILABILITY)
    moved = _is_changed(row, "position_at")
    if other or moved:
        change = _change(session, row.peer_id, row.network_id)
        change.is_other_duty |= other
        if moved and not change.has_moved:
            change.before = place(_was(row, "latitude"), _was(row, "longitude"))
        change.has_moved |= moved
        change.has_begun |= row.on_duty and _is_changed(row, "on_duty")


def _change(session: Session, peer_id: str, network_id: str) -> PeerChange:
    known: dict[str, PeerChange] = session.info.setdefault(_KEY, {})
    return known.setdefault(peer_id, PeerChange(network_id))


def _was(row: Any, name: str) -> Any:
    """The value before this flush; None where it was not known."""
    state: Any = inspect(row)
    history = state.attrs[name].history
    return next(iter((*history.deleted, *history.unchanged)), None)


def _is_changed(row: Any, name: str) -> bool:
    state: Any = inspect(row)
    return bool(state.attrs[name].history.has_changes())
