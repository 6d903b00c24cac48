"""How long what was said is kept, and its erasing.

Between staff and peer: `talk_kept_days` of the policy after the visit's end (14 days: until the next
meetings of a team are over; nothing in it belongs to a record). Between the person and the peer:
nobody can read it once the visit is over, so nothing is kept.
"""

from datetime import timedelta

from sqlalchemy import and_, delete, or_, select

from dispatch.models import SupportRequest, Visit
from dispatch.policy import parse
from dispatch.talk.threads import Message, Thread
from dispatch.talk.words import Party
from storage.database import Transaction

AT_ONCE = 50
"""Threads in one transaction: some have many messages, and others must not wait."""


def forget(tx: Transaction) -> int:
    """Set the day for threads whose visit has ended, and erase those whose day has come.

    Returns how many were looked at; as long as that is `AT_ONCE`, there may be more.
    """
    ended = tx.session.execute(
        select(Thread, Visit.ended_at, SupportRequest.policy)
        .join(Visit, Visit.id == Thread.visit_id)
        .join(SupportRequest, SupportRequest.id == Visit.request_id)
        .where(Thread.erase_at.is_(None), Visit.ended_at.is_not(None))
        .order_by(Thread.visit_id)
        .limit(AT_ONCE)
        .with_for_update(of=Thread)
    ).all()
    for thread, ended_at, policy in ended:
        is_kept = thread.party is Party.STAFF
        days = parse(policy).talk_kept_days if is_kept else 0
        thread.erase_at = (ended_at or tx.now) + timedelta(days=days)
    tx.session.flush()
    due = tx.session.execute(
        select(Thread.visit_id, Thread.party)
        .where(Thread.erase_at <= tx.now)
        .order_by(Thread.visit_id, Thread.party)
        .limit(AT_ONCE)
        .with_for_update()
    ).all()
    for table in (Message, Thread):
        if due:
            these = [
                and_(table.visit_id == visit_id, table.party == party) for visit_id, party in due
            ]
            tx.session.execute(
                delete(table).where(or_(*these)).execution_options(synchronize_session=False)
            )
    return max(len(ended), len(due))
