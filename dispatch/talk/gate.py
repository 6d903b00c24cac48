"""Who may read a thread, and who may still write in it.

Between staff and peer: the peer of the visit and the staff of its site, while the visit lasts and a
while after. Between the person and the peer: those two, while the visit lasts and not after.
Managers of the network read neither; `about` tells them that there is one.
"""

from datetime import timedelta

from sqlalchemy import select

from dispatch import access
from dispatch.access import Actor
from dispatch.errors import Conflict, not_found
from dispatch.models import SupportRequest, Visit
from dispatch.policy import parse
from dispatch.rooms import ROOMED
from dispatch.states import BUSY_VISIT, Role, VisitState
from dispatch.talk.words import Party, Voice
from storage.database import Transaction

_TALKED_AFTER = frozenset({VisitState.COMPLETED, VisitState.CANCELLED})
"""Ends after which a word may still be needed: the peer saw it through, or was called off."""


def with_staff(tx: Transaction, actor: Actor, visit_id: str) -> tuple[Visit, Voice]:
    """The visit and who the actor is in its thread with the staff; else `NotFound`.

    A peer who withdrew or handed over has no part in it any more.
    """
    visit = access.visit(tx, actor, visit_id)
    if actor.role is Role.STAFF:
        return visit, Voice.STAFF
    if actor.role is not Role.PEER or visit.state not in access.KEPT_VISITS:
        raise not_found("visit")
    return visit, Voice.PEER


def may_write(tx: Transaction, visit: Visit, party: Party) -> bool:
    """Whether something may still be said in this thread."""
    if party is Party.PERSON:
        return visit.state in BUSY_VISIT and visit.modality in ROOMED
    if visit.state in BUSY_VISIT:
        return True
    if visit.state not in _TALKED_AFTER or visit.ended_at is None:
        return False
    frozen = tx.session.scalar(
        select(SupportRequest.policy).where(SupportRequest.id == visit.request_id)
    )
    return tx.now < visit.ended_at + timedelta(seconds=parse(frozen or {}).talk_after_s)


def check_write(tx: Transaction, visit: Visit, party: Party) -> None:
    """Raise `Conflict` (`illegal_step`) when nothing may be said there any more."""
    if not may_write(tx, visit, party):
        raise Conflict("This visit is over: nothing can be written any more.")
