"""What a visit needs more of, as everybody who sees the request sees it: `request.needs`.

Rows into that value, and the end that comes with the end of a request. What people do stands in
`dispatch.actions.needs`.
"""

from typing import Any

from dispatch import journal
from dispatch.events import By, FactType
from dispatch.help_calls import NEEDS, HelpCall, HelpKind, standing
from dispatch.models import SupportRequest, User
from dispatch.shapes import Named, Shape, person, stamp
from storage.database import Transaction


def shape(row: HelpCall, peer: Named, holder: Named | None) -> Shape:
    """One call: for whom, since when, by whom, and who is coming."""
    return {
        "id": row.id,
        "kind": row.kind.value,
        "since": stamp(row.called_at),
        "visit_id": row.visit_id,
        "by": {"kind": "guest"} if row.is_by_guest else {"kind": "peer", **person(peer)},
        "peer": person(peer),
        "held_by": person(holder) if holder is not None else None,
        "held_at": stamp(row.held_at),
    }


def holder_of(tx: Transaction, row: HelpCall) -> User | None:
    """Who said "I'm coming"."""
    return None if row.held_by_id is None else tx.session.get_one(User, row.held_by_id)


def refresh(tx: Transaction, request: SupportRequest) -> dict[str, Any]:
    """Write `request.needs` from the calls that stand; returns what a fact says of it."""
    tx.session.flush()
    shown = [
        shape(row, tx.session.get_one(User, row.peer_id), holder_of(tx, row))
        for row in standing(tx, request.id, *NEEDS)
    ]
    request.needs = shown or None
    return {"needs": shown}


def close(tx: Transaction, row: HelpCall, reason: str, user_id: str | None) -> None:
    """End a call of a request whose row is held; `refresh` follows."""
    row.closed_at, row.closed_by_id, row.end_reason = tx.now, user_id, reason
    tx.session.flush()


def end_with(tx: Transaction, request: SupportRequest, by: By) -> None:
    """The request ends: nobody need come to the bedside. Who wants to talk still does."""
    for row in standing(tx, request.id, HelpKind.NURSE):
        close(tx, row, "over", None)
        about = {"need": shape(row, tx.session.get_one(User, row.peer_id), holder_of(tx, row))}
        data = refresh(tx, request) | about | {"reason": "over"}
        journal.append(tx, request, FactType.NEED_ENDED, by, data)
