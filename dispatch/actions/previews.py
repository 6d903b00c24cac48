"""Trying a policy on the past: asked for by who keeps it, played by a process of its own.

Asking, reading and taking back are a manager's; beginning, going on and ending are the player's, and
each of those is fenced by the lease: who lost it changes nothing any more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, exists, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from dispatch import access
from dispatch.access import Actor
from dispatch.actions import people
from dispatch.errors import Conflict, Invalid, NotFound
from dispatch.models import User
from dispatch.previewing.previews import MOST_WAITING, Preview, PreviewError, PreviewState
from storage.claims import Claim, claim_due
from storage.database import Database, Transaction
from storage.ids import new_id

LEASE_S = 20.0
"""Its holder renews it every few seconds (`server.previews`)."""

MOST_ATTEMPTS = 3
LISTED = 20


@dataclass(frozen=True)
class Taken:
    """A preview that this process plays."""

    id: str
    lease: str


def ask(
    tx: Transaction,
    actor: Actor,
    *,
    settings: Mapping[str, Any],
    more_peers: Sequence[Mapping[str, Any]],
    days: int,
) -> Preview:
    """Put a preview into the queue.

    Raises `Invalid` as saving the policy would, or for a site that is not there; `Conflict`
    (`previews_full`) when the network has enough in the queue.
    """
    people.check_policy(tx, actor, settings)
    for number, one in enumerate(more_peers):
        try:
            access.site(tx, actor, one["site_id"])
        except NotFound as unknown:
            field = f"more_peers.{number}.site_id"
            raise Invalid("There is no such site.", field=field) from unknown
    waiting = tx.session.scalar(
        select(func.count())
        .select_from(Preview)
        .where(Preview.network_id == actor.network_id, Preview.due_at.is_not(None))
    )
    if (waiting or 0) >= MOST_WAITING:
        raise Conflict("Enough previews are waiting; take one back first.", code="previews_full")
    row = Preview(
        id=new_id(),
        network_id=actor.network_id,
        asked_by_id=actor.id,
        asked_at=tx.now,
        days=days,
        policy=dict(settings),
        more_peers=[dict(one) for one in more_peers],
        state=PreviewState.QUEUED,
        progress=0.0,
        attempts=0,
        due_at=tx.now,
    )
    tx.session.add(row)
    tx.session.flush()
    return row


def listed(tx: Transaction, actor: Actor) -> Sequence[tuple[Preview, User]]:
    """The network's latest, newest first, with who asked."""
    return [
        (row, user)
        for row, user in tx.session.execute(
            select(Preview, User)
            .join(User, User.id == Preview.asked_by_id)
            .where(Preview.network_id == actor.network_id)
            .order_by(Preview.asked_at.desc(), Preview.id.desc())
            .limit(LISTED)
        )
    ]


def take_back(tx: Transaction, actor: Actor, preview_id: str) -> None:
    """Nobody wants it any more, whatever its state; who plays it notices."""
    tx.session.delete(access.preview(tx, actor, preview_id))
    tx.session.flush()


def begin(db: Database) -> Taken | None:
    """Take the next preview that is due, if its network has none under way; None: nothing to do.

    One that has been begun too often fails here, with its reason.
    """
    try:
        with db.transaction() as tx:
            claims = claim_due(
                tx.session,
                Preview,
                due=Preview.due_at,
                leased_until=Preview.leased_until,
                lease=Preview.lease,
                now=tx.now,
                lease_s=LEASE_S,
                limit=1,
                where=[_may_begin()],
            )
            return _begun(tx, claims[0]) if claims else None
    except IntegrityError:
        # Another dispatcher has begun one of the same network at this moment.
        return None


def _may_begin() -> ColumnElement[bool]:
    """Left behind by who died, or waiting in a network that plays none."""
    other = aliased(Preview)
    under_way = exists().where(
        other.network_id == Preview.network_id, other.state == PreviewState.RUNNING
    )
    return or_(Preview.state == PreviewState.RUNNING, ~under_way)


def _begun(tx: Transaction, claim: Claim) -> Taken | None:
    row = tx.session.get_one(Preview, claim.id, populate_existing=True)
    if row.attempts >= MOST_ATTEMPTS:
        _end(row, tx, PreviewState.FAILED)
        row.error = PreviewError.KEPT_FAILING
        return None
    row.attempts += 1
    row.state = PreviewState.RUNNING
    row.progress = 0.0
    row.started_at = row.started_at or tx.now
    tx.session.flush()
    return Taken(row.id, claim.lease)


def go_on(db: Database, taken: Taken, share: float) -> bool:
    """Write how far it is and hold it for longer; False when it is somebody else's now, or gone."""
    with db.transaction() as tx:
        until = tx.now + timedelta(seconds=LEASE_S)
        changed = tx.session.execute(
            update(Preview)
            .where(*_is_held(taken))
            .values(progress=min(max(share, 0.0), 1.0), leased_until=until)
            .execution_options(synchronize_session=False)
        )
        return _changed(changed)


def finish(db: Database, taken: Taken, result: Mapping[str, Any]) -> bool:
    """Keep what came of it; False when it is somebody else's now, or gone."""
    return _ended(db, taken, state=PreviewState.DONE, progress=1.0, result=dict(result))


def fail(db: Database, taken: Taken, error: PreviewError) -> bool:
    """There will be no result; False when it is somebody else's now, or gone."""
    return _ended(db, taken, state=PreviewState.FAILED, error=error)


def hold(db: Database, taken: Taken) -> bool:
    """Hold it for longer; False when it is somebody else's now, or gone."""
    with db.transaction() as tx:
        changed = tx.session.execute(
            update(Preview)
            .where(*_is_held(taken))
            .values(leased_until=tx.now + timedelta(seconds=LEASE_S))
            .execution_options(synchronize_session=False)
        )
        return _changed(changed)


def give_back(db: Database, taken: Taken, *, counts: bool = True) -> bool:
    """Let go of it at once, for the next who looks; False when it is not ours any more.

    With `counts` false the attempt was stopped and did not fail.
    """
    with db.transaction() as tx:
        changed = tx.session.execute(
            update(Preview)
            .where(*_is_held(taken))
            .values(leased_until=tx.now, attempts=Preview.attempts - (0 if counts else 1))
            .execution_options(synchronize_session=False)
        )
        return _changed(changed)


def _is_held(taken: Taken) -> tuple[ColumnElement[bool], ...]:
    return (
        Preview.id == taken.id,
        Preview.lease == taken.lease,
        Preview.state == PreviewState.RUNNING,
    )


def _ended(db: Database, taken: Taken, **values: Any) -> bool:
    with db.transaction() as tx:
        changed = tx.session.execute(
            update(Preview)
            .where(*_is_held(taken))
            .values(finished_at=tx.now, due_at=None, leased_until=None, lease=None, **values)
            .execution_options(synchronize_session=False)
        )
        return _changed(changed)


def _end(row: Preview, tx: Transaction, state: PreviewState) -> None:
    row.state = state
    row.finished_at = tx.now
    row.due_at = row.leased_until = row.lease = None


def _changed(result: Any) -> bool:
    assert isinstance(result, CursorResult)
    return bool(result.rowcount)
