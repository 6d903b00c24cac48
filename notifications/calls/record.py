"""How an act of the caller ended, into the row of its call. The request's and the job's row are held."""

from datetime import timedelta

from sqlalchemy import select

from notifications.calls import ends, legs
from notifications.calls.ends import End
from notifications.calls.line import Found
from notifications.calls.models import CallJob, JobState
from notifications.calls.switch import Held, Switch
from notifications.channels.base import Outcome, Result
from notifications.models import Delivery
from storage.database import Transaction

SOON = timedelta(seconds=4)
"""When an unknown end is looked into: the provider's list may lag behind its calls."""
HANG_UP_AGAIN = timedelta(seconds=10)
MOST_ATTEMPTS = 2
"""A call of which the provider knows nothing is made once more, while the press is fresh."""
FOR_GOOD = timedelta(minutes=10)
"""After this long nobody tries to hang up any more: the provider's own limit ends the call."""
OVER = frozenset({"completed", "busy", "no-answer", "canceled", "failed"})
_NO_ONE_THERE = {Result.DEAD_ADDRESS: End.NO_NUMBER, Result.BAD_MESSAGE: End.FAILED}

Done = Outcome | list[Found] | str | bool | None


def write(
    tx: Transaction, switch: Switch, job: CallJob, held: Held | None, what: str, done: Done
) -> None:
    """What became of `what`; the lease is given back."""
    job.lease = job.leased_until = None
    is_wanted = held is not None and held.is_live
    if isinstance(done, Outcome):
        _placed(tx, switch, job, done, is_wanted=is_wanted)
    elif what == "find":
        _found(tx, switch, job, done if isinstance(done, list) else None, is_wanted=is_wanted)
    elif what == "look":
        _looked(tx, switch, job, held, done if isinstance(done, str) else None)
    elif what == "hang_up":
        _hung_up(tx, job, is_done=done is True)
    else:
        job.due_at = tx.now + SOON
    tx.session.flush()


def _placed(
    tx: Transaction, switch: Switch, job: CallJob, outcome: Outcome, *, is_wanted: bool
) -> None:
    job.detail = outcome.detail[:60] or None
    if outcome.result is Result.DELIVERED and outcome.provider_id is not None:
        _is_made(tx, job, outcome.provider_id, is_wanted=is_wanted)
    elif outcome.result is Result.UNKNOWN:
        job.due_at = tx.now + SOON
    else:
        legs.over(tx, job, outcome.detail)
        gone = End.NO_NUMBER if outcome.disables_address else End.AWAY
        switch.end(tx, job.id, _NO_ONE_THERE.get(outcome.result, gone))


def _is_made(tx: Transaction, job: CallJob, sid: str, *, is_wanted: bool) -> None:
    """The provider has it. Of a call that nobody wants any more, it is hung up."""
    job.sid = sid
    job.state = JobState.LIVE if is_wanted else JobState.CLOSING
    job.due_at = tx.now + legs.LOOK_AGAIN if is_wanted else tx.now


def _found(
    tx: Transaction, switch: Switch, job: CallJob, found: list[Found] | None, *, is_wanted: bool
) -> None:
    """Whether the call of which nothing is known was made. The list names the number's other calls
    too: alerts are known by their deliveries, the calls of other presses by their rows.
    """
    is_fresh = tx.now < job.expires_at
    if found is None:
        job.due_at = tx.now + SOON
        if not is_fresh:
            _lost(tx, switch, job, "COULD_NOT_LOOK")
        return
    ours = [one for one in found if not _is_others(tx, job.id, one.sid)]
    if ours:
        _is_made(tx, job, ours[0].sid, is_wanted=is_wanted)
        job.detail = "TAKEN_BEFORE"
        if is_wanted:
            # It may be over by now; how it went is asked at once.
            job.due_at = tx.now
    elif is_wanted and is_fresh and job.attempts < MOST_ATTEMPTS:
        job.state, job.due_at = JobState.PENDING, tx.now
    else:
        _lost(tx, switch, job, "NEVER_MADE")


def _is_others(tx: Transaction, call_id: str, sid: str) -> bool:
    alert = select(Delivery.id).where(Delivery.provider_id == sid)
    press = select(CallJob.id).where(CallJob.sid == sid, CallJob.id != call_id)
    return any(tx.session.execute(query.limit(1)).first() is not None for query in (alert, press))


def _lost(tx: Transaction, switch: Switch, job: CallJob, detail: str) -> None:
    legs.over(tx, job, detail)
    switch.end(tx, job.id, End.FAILED)


def _looked(
    tx: Transaction, switch: Switch, job: CallJob, held: Held | None, status: str | None
) -> None:
    """A call under way was asked about: news that were lost are caught up with here."""
    if status not in OVER:
        job.due_at = tx.now + legs.LOOK_AGAIN
        return
    legs.over(tx, job, status)
    end = ends.of_peer(status) or End.FAILED
    if held is not None:
        switch.end(tx, job.id, End.HUNG_UP if held.is_connected else end)


def _hung_up(tx: Transaction, job: CallJob, *, is_done: bool) -> None:
    if is_done or tx.now > job.expires_at + FOR_GOOD:
        legs.over(tx, job, "HUNG_UP" if is_done else "GIVEN_UP")
    else:
        job.state, job.due_at = JobState.CLOSING, tx.now + HANG_UP_AGAIN
