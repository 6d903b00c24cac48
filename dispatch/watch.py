"""The clock over a visit: alarms that a person must act on, raised once and ended by an event.

`request.alarm` is the one alarm that stands now; `request.alarmed` remembers which were raised, so
that a restart or a second look does not raise one again.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from dispatch import journal
from dispatch.events import ENGINE, Alarm, By, FactType
from dispatch.models import Duty, SupportRequest, Visit
from dispatch.policy import Policy
from dispatch.states import LIVE_VISIT, REMOTE, VisitState
from storage.database import Transaction

_NEVER = datetime.max.replace(tzinfo=UTC)

QUIET_LOOK_S = 300
"""The longest time between two looks at a visit."""


def raise_alarm(
    tx: Transaction, request: SupportRequest, alarm: Alarm, data: dict[str, Any]
) -> None:
    """Raise `alarm` on a request whose row is held, unless it was raised before."""
    if alarm.value in request.alarmed:
        return
    request.alarm = alarm
    request.alarmed = [*request.alarmed, alarm.value]
    journal.append(
        tx, request, FactType.ALARM_RAISED, ENGINE, {"alarm": alarm.value, "subject": data}
    )


def end_alarm(
    tx: Transaction, request: SupportRequest, by: By, *, why: str, again: bool = False
) -> None:
    """End the alarm that stands, if one does. With `again` it may be raised another time."""
    if request.alarm is None:
        return
    ended = request.alarm
    request.alarm = None
    if again:
        request.alarmed = [name for name in request.alarmed if name != ended.value]
    journal.append(
        tx,
        request,
        FactType.ALARM_ENDED,
        by,
        {"alarm": None, "ended": ended.value, "why": why},
    )


def look(tx: Transaction, request: SupportRequest, policy: Policy) -> None:
    """End what is over and raise what is due on the live visits of a request whose row is held.

    Sets the time of the next look.
    """
    about = _due(tx, request, policy)
    times = {alarm: due_at for alarm, (due_at, _) in about.items()}
    if request.alarm is not None and times.get(request.alarm, _NEVER) > tx.now:
        end_alarm(tx, request, ENGINE, why="heard_from_again", again=True)
    for alarm, due_at in times.items():
        if due_at <= tx.now and alarm.value not in request.alarmed and request.alarm is None:
            raise_alarm(tx, request, alarm, {"visit_id": about[alarm][1]})
    ahead = [due_at for due_at in times.values() if due_at > tx.now]
    request.next_action_at = min([*ahead, tx.now + timedelta(seconds=QUIET_LOOK_S)])


def _due(
    tx: Transaction, request: SupportRequest, policy: Policy
) -> dict[Alarm, tuple[datetime, str]]:
    """When each alarm falls due, and about which visit: the request's own, or its bridge."""
    rows = tx.session.execute(
        select(Visit, Duty.contact_at)
        .outerjoin(Duty, Duty.peer_id == Visit.peer_id)
        .where(Visit.request_id == request.id, Visit.state.in_(sorted(LIVE_VISIT)))
    ).all()
    found: dict[Alarm, tuple[datetime, str]] = {}
    for visit, heard_at in rows:
        heard = max(visit.contact_at, heard_at or visit.contact_at)
        for alarm, due_at in alarm_times(visit, heard, policy).items():
            found[alarm] = min(found.get(alarm, (due_at, visit.id)), (due_at, visit.id))
    return found


def alarm_times(visit: Visit, heard_at: datetime, policy: Policy) -> dict[Alarm, datetime]:
    """When each alarm falls due for a visit as it stands, the app last heard of at `heard_at`."""
    times: dict[Alarm, datetime] = {}
    is_remote = visit.modality in REMOTE
    # A bridge that nobody connects to ends by itself (`dispatch.bridge`).
    if is_remote and visit.state is VisitState.ACCEPTED and not visit.is_bridge:
        connected_by = visit.accepted_at + timedelta(seconds=policy.not_connected_s)
        times[Alarm.NOT_CONNECTED] = connected_by
    is_travelling = not is_remote and visit.state in (
        VisitState.ACCEPTED,
        VisitState.EN_ROUTE,
    )
    if is_travelling:
        if visit.state is VisitState.ACCEPTED:
            left_by = visit.accepted_at + timedelta(seconds=policy.not_departed_s)
            times[Alarm.NOT_MOVING] = left_by
        if visit.eta_at is not None and visit.promised_at is not None:
            slip = timedelta(seconds=policy.eta_slip_s)
            # Who stands at the entrance looks for a place to park, or for the door.
            if visit.near_at is None and visit.eta_at - visit.promised_at >= slip:
                times[Alarm.NOT_MOVING] = visit.accepted_at
            lost = timedelta(seconds=policy.lost_after_eta_s)
            times[Alarm.SIGN_OF_LIFE_LOST] = max(visit.eta_at, heard_at) + lost
    if visit.state is VisitState.IN_SESSION and visit.started_at is not None:
        check = timedelta(seconds=policy.session_check_s)
        times[Alarm.SIGN_OF_LIFE_LOST] = max(visit.started_at, heard_at) + check
    return times
