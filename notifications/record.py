"""The ends of sends into the rows, fenced by the lease.

A relay that was asleep past its lease finds another token on the row and stands back. Locks are
always taken in the order devices, dispatch, deliveries (by id): the order in which a state change
takes them too.
"""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, or_, select, update

from notifications import climb, devices, outbox, reach, retry
from notifications.directory import Directory
from notifications.ladder import OFFER_KINDS
from notifications.lanes import Finished
from notifications.models import Delivery, DeliveryState, Kind
from notifications.retry import Verdict
from storage.database import Database, Transaction
from storage.failpoints import failpoint

log = logging.getLogger(__name__)

_SHOWN = (DeliveryState.SENT, DeliveryState.DELIVERED)


class Recorder:
    """Writes outcomes. `kinds` are the channels in use: a device of another kind reaches nobody."""

    def __init__(
        self, db: Database, directory: Directory, kinds: Collection[Kind], rng: Random
    ) -> None:
        self._db = db
        self._directory = directory
        self._kinds = frozenset(kinds) & OFFER_KINDS
        self._rng = rng

    def record(self, finished: Sequence[Finished]) -> int:
        """Write these ends; how many rows were still ours. Deaths of addresses come one by one."""
        with self._db.transaction() as tx:
            judged = [(end, self._judge(end, tx.now)) for end in finished]
            devices.worked(tx, _working_devices(judged))
            written = self._write(tx, [(e, v) for e, v in judged if v.address is None])
            failpoint("outbox.recording")
        for end, verdict in judged:
            if verdict.address is not None:
                written += self._bury_alone(end, verdict)
        return written

    def _bury_alone(self, end: Finished, verdict: Verdict) -> int:
        """One death in a transaction of its own, so that one that fails holds up no other.

        The delivery then stays `unknown` under its lease, and is tried again when that is over.
        """
        try:
            with self._db.transaction() as tx:
                return self._bury(tx, end, verdict)
        except Exception:
            log.exception("a dead address could not be recorded")
            return 0

    def _judge(self, end: Finished, now: datetime) -> Verdict:
        verdict = retry.verdict(
            end.outcome,
            now=now,
            attempts=end.sending.attempts,
            expires_at=end.sending.expires_at,
            rng=self._rng,
        )
        if verdict.is_alarm:
            log.error(
                "a provider refuses us: a person must look",
                extra={
                    "channel": end.sending.kind.value,
                    "delivery_id": end.sending.id,
                    "outcome": end.outcome.result.value,
                    "detail": end.outcome.detail,
                },
            )
        return verdict

    def _write(self, tx: Transaction, judged: Sequence[tuple[Finished, Verdict]]) -> int:
        """The outcomes into those rows that still carry our lease."""
        ends = {end.sending.id: (end, verdict) for end, verdict in judged}
        rows = _ours(tx, [end for end, _ in judged])
        verdicts = {row.id: ends[row.id][1] for row in rows}
        sent = [row.id for row in rows if verdicts[row.id].state is DeliveryState.SENT]
        if sent:
            _set(
                tx, sent, state=DeliveryState.SENT, due_at=None, outcome="delivered", sent_at=tx.now
            )
        _name(tx, [(row.id, ends[row.id][0].outcome.provider_id) for row in rows])
        _set_others(tx, [(row, *ends[row.id]) for row in rows if row.id not in set(sent)])
        climb.next_rungs(tx, [row for row in rows if verdicts[row.id].climbs])
        _show_the_end_again(tx, [row for row in rows if row.due_at is None])
        return len(rows)

    def _bury(self, tx: Transaction, end: Finished, verdict: Verdict) -> int:
        """The address is condemned, whoever holds the lease; then the delivery, if it is ours."""
        sending = end.sending
        offer_ids = set() if sending.offer_id is None else {sending.offer_id}
        if sending.device_id is not None and verdict.address is not None:
            devices.bury(tx, sending.device_id, verdict.address, end.outcome.detail)
            offer_ids |= outbox.offers_waiting_for(tx, sending.device_id)
        if not reach.is_left(tx, sending.user_id, self._kinds):
            has_phone = sending.device_id is not None
            self._directory.unreachable(tx, sending.user_id, offer_ids, has_phone=has_phone)
        waiting: Sequence[Any] = []
        if sending.device_id is not None:
            due = and_(Delivery.device_id == sending.device_id, Delivery.due_at.is_not(None))
            outbox.lock(tx, or_(due, _touched([end])))
            waiting = outbox.stop_device(tx, sending.device_id)
        written = self._write(tx, [(end, verdict)])
        climb.next_rungs(tx, waiting)
        return written


def _working_devices(judged: Sequence[tuple[Finished, Verdict]]) -> set[str]:
    return {
        end.sending.device_id
        for end, verdict in judged
        if verdict.state is DeliveryState.SENT and end.sending.device_id is not None
    }


def _ours(tx: Transaction, finished: Sequence[Finished]) -> Sequence[Any]:
    """The rows of these sends that still carry the lease under which they were sent, locked."""
    if not finished:
        return []
    leases = {end.sending.id: end.sending.lease for end in finished}
    rows: Sequence[Any] = tx.session.execute(
        select(
            Delivery.id,
            Delivery.lease,
            Delivery.due_at,
            Delivery.offer_id,
            Delivery.device_id,
            Delivery.user_id,
            Delivery.rung,
        )
        .where(_touched(finished))
        .order_by(Delivery.id)
        .with_for_update()
    ).all()
    ours = [row for row in rows if row.id in leases and row.lease == leases[row.id]]
    if len(ours) < len(leases):
        log.warning("outcomes came after their lease", extra={"count": len(leases) - len(ours)})
    return ours


def _touched(finished: Sequence[Finished]) -> ColumnElement[bool]:
    """The deliveries of these sends, and the ends of their offers on the same devices."""
    sendings = [end.sending for end in finished]
    ends = [
        outbox.closing_of(sending.offer_id, sending.device_id or sending.user_id)
        for sending in sendings
        if sending.offer_id is not None
    ]
    return or_(Delivery.id.in_([sending.id for sending in sendings]), Delivery.once.in_(ends))


def _set(tx: Transaction, ids: Sequence[str], *, state: DeliveryState, **values: Any) -> None:
    """The end of these sends. What its phone has already acknowledged stays delivered."""
    is_there = Delivery.delivered_at.is_not(None)
    tx.session.execute(
        update(Delivery)
        .where(Delivery.id.in_(ids))
        .values(
            state=case((is_there, DeliveryState.DELIVERED), else_=state),
            lease=None,
            leased_until=None,
            **values,
        )
        .execution_options(synchronize_session=False)
    )


def _name(tx: Transaction, names: Sequence[tuple[str, str | None]]) -> None:
    """Keep what the provider calls these, so that its callbacks find them."""
    named = [{"row_id": row_id, "name": name} for row_id, name in names if name is not None]
    if named:
        tx.session.connection().execute(_NAMED, named)


def _set_others(tx: Transaction, ended: Sequence[tuple[Any, Finished, Verdict]]) -> None:
    """The outcomes that are no success. A delivery stopped meanwhile is not due again."""
    values = []
    for row, end, verdict in ended:
        is_stopped = row.due_at is None
        is_cancelled = is_stopped and verdict.state is DeliveryState.PENDING
        values.append(
            {
                "row_id": row.id,
                "new_state": DeliveryState.CANCELLED if is_cancelled else verdict.state,
                "new_due_at": None if is_stopped else verdict.next_at,
                "new_outcome": end.outcome.result.value,
                "new_detail": end.outcome.detail[:120] or None,
            }
        )
    if values:
        tx.session.connection().execute(_ENDED, values)


_TABLE: Any = Delivery.__table__
_NAMED = (
    update(_TABLE).where(_TABLE.c.id == bindparam("row_id")).values(provider_id=bindparam("name"))
)
_ENDED = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("row_id"))
    .values(
        state=case(
            (_TABLE.c.delivered_at.is_not(None), DeliveryState.DELIVERED),
            else_=bindparam("new_state", type_=_TABLE.c.state.type),
        ),
        lease=None,
        leased_until=None,
        due_at=bindparam("new_due_at"),
        outcome=bindparam("new_outcome"),
        outcome_detail=bindparam("new_detail"),
    )
)
"""Sent to the database once for all outcomes of a moment, each with its own values."""


def _show_the_end_again(tx: Transaction, stopped: Sequence[Any]) -> None:
    """The offer ended while its alert was on the way: the quiet end must come after the alert.

    The end may already have been shown, and the late alert then have covered it.
    """
    where = [
        outbox.closing_of(row.offer_id, row.device_id or row.user_id)
        for row in stopped
        if row.offer_id is not None
    ]
    if where:
        tx.session.execute(
            update(Delivery)
            .where(Delivery.once.in_(where), Delivery.state.in_(_SHOWN))
            .where(Delivery.expires_at > tx.now)
            .values(state=DeliveryState.PENDING, due_at=tx.now, delivered_at=None, opened_at=None)
            .execution_options(synchronize_session=False)
        )
