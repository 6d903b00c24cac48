"""Who handed over stays until the next one is there: begun, asked about, ended.

On a request whose row the transaction holds. The request looks for the next peer as after any
handover; who stays is busy, is shown beside it (`request.staying`) and owns nothing. What people
do stands in `dispatch.actions.stays`.
"""

from datetime import datetime, timedelta

from sqlalchemy import select, update

from dispatch import bridge, journal, shapes
from dispatch.events import ENGINE, By, FactType
from dispatch.models import SupportRequest, User, Visit
from dispatch.policy import Policy
from dispatch.shapes import Shape
from dispatch.states import STAYING_ENDS, VisitState
from storage.database import Transaction


def of(tx: Transaction, request_id: str) -> Visit | None:
    """The visit of who stays."""
    return tx.session.scalars(
        select(Visit).where(Visit.request_id == request_id, Visit.state == VisitState.STAYING)
    ).one_or_none()


def shape(tx: Transaction, visit: Visit) -> Shape:
    """Who stays, as everybody who sees the request sees it."""
    return shapes.staying(visit, tx.session.get_one(User, visit.peer_id))


def end(tx: Transaction, request: SupportRequest, by: By, reason: str) -> Visit | None:
    """Nobody stays from here on; None when nobody did. The search goes on."""
    if not request.is_stayed:
        return None
    ended = tx.session.scalars(
        update(Visit)
        .where(Visit.request_id == request.id, Visit.state == VisitState.STAYING)
        .values(
            state=STAYING_ENDS,
            ended_at=tx.now,
            end_reason=reason,
            stay_asked_at=None,
            stay_ends_at=None,
        )
        .returning(Visit),
        execution_options={"populate_existing": True},
    ).one_or_none()
    request.is_stayed = False
    if ended is None:
        return None
    said = bridge.said_end(tx, ended, VisitState.STAYING, by, reason)
    data = {"staying": None, "visit_ended": said, "reason": reason}
    journal.append(tx, request, FactType.STAY_ENDED, by, data)
    return ended


def look(tx: Transaction, request: SupportRequest, policy: Policy) -> None:
    """Ask who has stayed long whether they still can; end it when no answer comes.

    Brings the request's next time forward.
    """
    if not request.is_stayed:
        return
    visit = of(tx, request.id)
    if visit is None or visit.stay_since is None:
        return
    if visit.stay_ends_at is not None:
        if visit.stay_ends_at <= tx.now:
            end(tx, request, ENGINE, "no_answer")
        else:
            _look_by(request, visit.stay_ends_at)
        return
    ask_at = visit.stay_since + timedelta(seconds=policy.stay_ask_s)
    if ask_at > tx.now:
        _look_by(request, ask_at)
        return
    visit.stay_asked_at = tx.now
    visit.stay_ends_at = tx.now + timedelta(seconds=policy.stay_end_s)
    tx.session.flush()
    journal.append(tx, request, FactType.STAY_ASKED, ENGINE, {"staying": shape(tx, visit)})
    _look_by(request, visit.stay_ends_at)


def _look_by(request: SupportRequest, moment: datetime) -> None:
    if request.next_action_at is None or moment < request.next_action_at:
        request.next_action_at = moment
