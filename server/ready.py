"""Whether people can be rung: what notifications knows of their devices, dispatch of their app.

The two floors do not know each other; here one question is asked of both.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta

from sqlalchemy import select

from dispatch.actions.duty import APP_IS_OPEN_S
from dispatch.models import Duty, User
from dispatch.states import Role
from notifications import devices, readiness
from notifications.ladder import OFFER_KINDS
from notifications.models import Kind
from notifications.readiness import Readiness
from storage.database import Transaction


def one(tx: Transaction, kinds: Collection[Kind], user_id: str) -> Readiness:
    """The readiness of one user, with these channels in use."""
    return of(tx, kinds, [user_id])[user_id]


def of(
    tx: Transaction, kinds: Collection[Kind], user_ids: Collection[str]
) -> Mapping[str, Readiness]:
    """The readiness of each of these users, in two statements however many there are.

    An offer rings a peer only where something can ring; others are also told by e-mail.
    """
    known = devices.known(tx, user_ids)
    people = tx.session.execute(
        select(User.id, User.role, Duty.contact_at)
        .outerjoin(Duty, Duty.peer_id == User.id)
        .where(User.id.in_(user_ids))
    )
    open_since = tx.now - timedelta(seconds=APP_IS_OPEN_S)
    return {
        user_id: readiness.judge(
            known[user_id],
            kinds=kinds,
            ringing=OFFER_KINDS if role is Role.PEER else frozenset(Kind),
            now=tx.now,
            is_open=contact_at is not None and contact_at > open_since,
        )
        for user_id, role, contact_at in people
    }
