"""Which calls of the provider are the two legs of ours: what its signed news must name to be heard.

The request's row is held by the caller before a job's: always in this order.
"""

from datetime import timedelta

from sqlalchemy import select

from notifications.calls.models import CallJob, JobState
from storage.database import Transaction

LOOK_AGAIN = timedelta(seconds=60)
"""How often a call under way is asked about: news can be lost while nobody here listens."""


def locked(tx: Transaction, call_id: str) -> CallJob | None:
    """The row of a call, held."""
    return tx.session.scalars(
        select(CallJob).where(CallJob.id == call_id).with_for_update(),
        execution_options={"populate_existing": True},
    ).one_or_none()


def of_peer(tx: Transaction, call_id: str, sid: str) -> CallJob | None:
    """The row, when `sid` is the call to its peer; the first that is heard of is.

    What the provider says of it is proof that it was made, whatever we knew. A second one for the
    same press is nobody's.
    """
    job = locked(tx, call_id)
    if job is None or not sid:
        return None
    if job.sid is None and job.state in (JobState.PENDING, JobState.UNKNOWN):
        job.sid, job.state, job.due_at = sid, JobState.LIVE, tx.now + LOOK_AGAIN
        job.lease = job.leased_until = None
        tx.session.flush()
    return job if job.sid == sid else None


def of_other(tx: Transaction, call_id: str, parent_sid: str, sid: str) -> CallJob | None:
    """The row, when `sid` is the leg to the other side that the call to its peer made ring."""
    job = locked(tx, call_id)
    if job is None or job.sid is None or job.sid != parent_sid or not sid:
        return None
    if job.other_sid is None:
        job.other_sid = sid
        tx.session.flush()
    return job if job.other_sid == sid else None


def over(tx: Transaction, job: CallJob, detail: str) -> None:
    """The provider says that the call to the peer is over: there is nothing left to hang up."""
    job.state, job.due_at, job.detail = JobState.DONE, None, detail[:60]
    job.lease = job.leased_until = None
    tx.session.flush()
