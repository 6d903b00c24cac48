"""Facts about calls into rows that the caller claims, inside the transaction that journaled them.

If it raises, nobody's press counts. It writes rows and nothing else.
"""

from datetime import timedelta

from sqlalchemy import select

from dispatch.events import FactType
from notifications.calls.ends import End
from notifications.calls.models import CallJob, JobState
from storage.database import Transaction

HOLDS = timedelta(seconds=90)
"""How long after a press it still makes a telephone ring: whoever pressed has gone by then."""
LAST_WORDS = timedelta(seconds=20)
"""How long a line stays open on which somebody is told that nobody picked up."""
_TOLD = frozenset(
    {End.OTHER_NO_ANSWER, End.OTHER_BUSY, End.OTHER_MACHINE, End.OTHER_FAILED, End.MACHINE}
)


def plan(tx: Transaction) -> None:
    """Put this into `Database.before_commit`. Twice is harmless."""
    for fact in tx.facts:
        if fact.type is FactType.CALL_PLACED:
            call_id = fact.data["call"]["id"]
            if tx.session.get(CallJob, call_id) is None:
                tx.session.add(
                    CallJob(
                        id=call_id,
                        network_id=fact.network_id,
                        state=JobState.PENDING,
                        created_at=tx.now,
                        due_at=tx.now,
                        expires_at=tx.now + HOLDS,
                    )
                )
                tx.session.flush()
        elif fact.type is FactType.CALL_ENDED:
            _close(tx, fact.data["call"]["id"], fact.data["call"]["reason"])


def _close(tx: Transaction, call_id: str, reason: str) -> None:
    """What was not made yet is not made; what is under way is hung up.

    One of which nobody knows whether it was made stays so: the provider is asked, and then it is.
    """
    job = tx.session.scalars(
        select(CallJob).where(CallJob.id == call_id).with_for_update(),
        execution_options={"populate_existing": True},
    ).one_or_none()
    if job is None or job.state in (JobState.DONE, JobState.CLOSING, JobState.UNKNOWN):
        return
    if job.sid is None:
        job.state, job.due_at = JobState.DONE, None
    else:
        job.state = JobState.CLOSING
        job.due_at = tx.now + LAST_WORDS if reason in _TOLD else tx.now
    job.lease = job.leased_until = None
    tx.session.flush()
