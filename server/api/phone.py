"""Everything that a peer's phone shows, in one small answer, and what they did lately.

A phone that wakes up asks once. The place of a visit is in it only from the yes on, and for a day
after the end.
"""

from datetime import timedelta
from typing import Literal

from sqlalchemy import func, or_, select

from dispatch import queries, shapes
from dispatch.actions import contact, duty, help_calls, notes
from dispatch.help_calls import AFTER_A_VISIT
from dispatch.models import (
    Certificate,
    Duty,
    Network,
    Offer,
    Peer,
    Site,
    SupportRequest,
    User,
    Visit,
)
from dispatch.notes import CheckIn
from dispatch.policy import parse
from dispatch.shapes import stamp
from dispatch.states import BUSY_VISIT, Modality, OfferState, Role
from notifications import devices
from server import ready
from server.api.answers import (
    DutyAnswer,
    MeAnswer,
    NeedAnswer,
    OfferAnswer,
    Page,
    Person,
    RequestAnswer,
)
from server.api.declare import Call, Json, Routes
from server.api.models import Answer, Moment, Query
from server.api.people import me
from server.api.readiness import ReadinessAnswer
from server.api.readiness import shape as readiness_shape
from server.wiring import Wired
from storage.database import Transaction

routes = Routes("phone", "Everything that a peer's phone shows, in one answer.")

OFFER_SHOWN = timedelta(minutes=30)
"""How long an answered or closed offer is still told of: a late tap on an alert finds words."""
OVER_SHOWN = 3
OFFERS_READ = 30
PLACE_KEPT = timedelta(hours=24)
NOTES_SHOWN = 5
ASK_AFTER = timedelta(hours=18)
"""How long after a visit the home screen asks how the peer is."""
VISITS_SHOWN = 400


class NetworkAnswer(Answer):
    """Who to call."""

    name: str
    phone: str | None
    crisis_line: str


class CaseAnswer(Answer):
    """The visit under way, with what the peer needs on the way."""

    request: RequestAnswer
    area: str
    address: str
    asked_by: str


class CalledAnswer(Answer):
    """My call for help that stands: since when, and who has it."""

    id: str
    since: Moment
    held_by: Person | None


class SafetyAnswer(Answer):
    """For which visit I can call for help, until when (null while it goes on), and whom to ring."""

    visit_id: str
    until: Moment | None
    security_phone: str | None
    desk_phone: str
    call: CalledAnswer | None


class NoteDue(Answer):
    """A visit without its note. `place` is gone after a day."""

    visit_id: str
    modality: Modality
    place: str | None
    started_at: Moment
    ended_at: Moment | None


class PhoneAnswer(Answer):
    """What the phone shows."""

    now: Moment
    me: MeAnswer
    network: NetworkAnswer
    certified_until: Moment | None
    has_home_area: bool
    duty: DutyAnswer
    push_key: str | None
    devices: list[Literal["fcm", "webpush", "sms", "voice", "email", "apprise", "console"]]
    readiness: ReadinessAnswer
    extra_private: bool
    offers: list[OfferAnswer]
    case: CaseAnswer | None
    safety: SafetyAnswer | None
    needs: list[NeedAnswer]
    notes_due: list[NoteDue]
    check_in_due: bool


class VisitsQuery(Query):
    """Since when."""

    since: Moment | None = None


class OwnVisit(Answer):
    """A visit of mine that is over: when and how, not where or why."""

    id: str
    modality: Modality
    started_at: Moment
    ended_at: Moment


class OwnVisits(Page):
    """My visits that are over, newest first."""

    items: list[OwnVisit]


@routes.add(
    "GET", "/phone", roles={Role.PEER}, answer=PhoneAnswer, summary="What my phone shows now."
)
def show(call: Call) -> Json:
    """Duty, offers, the visit under way, notes to write: one look, and no list to page through."""
    user_id = call.caller.user_id
    if contact.is_due_to_be_heard(call.tx, user_id):
        # A page without a socket asks again and again: it is open, and they are reached there.
        call.later.append(lambda tx: duty.heard_from(tx, user_id))
    return snapshot(call.tx, call.wired, user_id)


@routes.add(
    "GET", "/visits", roles={Role.PEER}, answer=OwnVisits, summary="My visits that are over."
)
def visits(call: Call, query: VisitsQuery) -> Json:
    """Since a moment; by default the last 31 days."""
    since = query.since or call.tx.now - timedelta(days=31)
    rows = call.tx.session.scalars(
        select(Visit)
        .where(
            Visit.peer_id == call.caller.user_id,
            Visit.started_at.is_not(None),
            Visit.ended_at >= since,
        )
        .order_by(Visit.ended_at.desc(), Visit.id.desc())
        .limit(VISITS_SHOWN)
    )
    return {
        "items": [
            {
                "id": row.id,
                "modality": row.modality.value,
                "started_at": stamp(row.started_at),
                "ended_at": stamp(row.ended_at),
            }
            for row in rows
        ],
        "next_cursor": None,
    }


def snapshot(tx: Transaction, wired: Wired, user_id: str) -> Json:
    """The whole answer for one peer."""
    peer = tx.session.get_one(Peer, user_id)
    network = tx.session.get_one(Network, peer.network_id)
    certified_until = tx.session.scalar(
        select(func.max(Certificate.expires_at)).where(Certificate.peer_id == user_id)
    )
    return {
        "now": stamp(tx.now),
        "me": me(tx, user_id),
        "network": {
            "name": network.name,
            "phone": network.phone,
            "crisis_line": parse(network.policy).crisis_line,
        },
        "certified_until": stamp(certified_until),
        "has_home_area": peer.home_latitude is not None,
        "duty": shapes.duty(tx.session.get(Duty, user_id)),
        "push_key": wired.push_key(tx),
        "devices": sorted({one.kind.value for one in devices.list_active(tx, user_id)}),
        "readiness": readiness_shape(ready.one(tx, wired.kinds, user_id)),
        "extra_private": peer.is_private,
        "offers": _offers(tx, user_id),
        "case": _case(tx, user_id),
        "safety": _safety(tx, user_id),
        "needs": _needs(tx, user_id),
        "notes_due": _notes_due(tx, peer),
        "check_in_due": _is_check_in_due(tx, user_id),
    }


def _offers(tx: Transaction, user_id: str) -> list[Json]:
    lately = tx.now - OFFER_SHOWN
    rows = tx.session.execute(
        select(Offer, SupportRequest, Site)
        .join(SupportRequest, SupportRequest.id == Offer.request_id)
        .join(Site, Site.id == SupportRequest.site_id)
        .where(
            Offer.peer_id == user_id,
            or_(
                Offer.state == OfferState.OPEN,
                Offer.answered_at > lately,
                Offer.closed_at > lately,
            ),
        )
        .order_by(Offer.asked_at.desc(), Offer.id.desc())
        .limit(OFFERS_READ)
    ).all()
    still = [row for row in rows if row[0].state is OfferState.OPEN]
    over = [row for row in rows if row[0].state is not OfferState.OPEN]
    return [shapes.offer(*row) for row in (*still, *over[:OVER_SHOWN])]


def _case(tx: Transaction, user_id: str) -> Json | None:
    row = tx.session.execute(
        select(SupportRequest, Site, User)
        .join(Visit, Visit.request_id == SupportRequest.id)
        .join(Site, Site.id == SupportRequest.site_id)
        .join(User, User.id == SupportRequest.requested_by_id)
        .where(Visit.peer_id == user_id, Visit.state.in_(sorted(BUSY_VISIT)))
    ).one_or_none()
    if row is None:
        return None
    request, site, asked_by = row
    return {
        "request": shapes.request(queries.one_request(tx, request), user_id),
        "area": site.area,
        "address": site.address,
        "asked_by": asked_by.name,
    }


def _safety(tx: Transaction, user_id: str) -> Json | None:
    """Told beforehand, so that a phone without signal has the numbers at once."""
    found = help_calls.own(tx, user_id)
    if found is None:
        return None
    visit, called = found
    request = tx.session.get_one(SupportRequest, visit.request_id)
    site = tx.session.get_one(Site, request.site_id)
    holder = None
    if called is not None and called.held_by_id is not None:
        holder = shapes.person(tx.session.get_one(User, called.held_by_id))
    until = None if visit.ended_at is None else visit.ended_at + AFTER_A_VISIT
    return {
        "visit_id": visit.id,
        "until": stamp(until),
        "security_phone": site.security_phone,
        "desk_phone": site.desk_phone,
        "call": None
        if called is None
        else {"id": called.id, "since": stamp(called.called_at), "held_by": holder},
    }


def _needs(tx: Transaction, user_id: str) -> list[Json]:
    """Whom I called for and who has not come yet, also when the visit is over."""
    rows = tx.session.scalars(
        select(SupportRequest.needs).where(
            SupportRequest.needs.is_not(None),
            SupportRequest.id.in_(select(Visit.request_id).where(Visit.peer_id == user_id)),
        )
    )
    return [need for row in rows for need in row or [] if need["peer"]["id"] == user_id]


def _notes_due(tx: Transaction, peer: Peer) -> list[Json]:
    found = []
    for visit in notes.unwritten(tx, peer.id, NOTES_SHOWN):
        is_fresh = visit.ended_at is not None and visit.ended_at > tx.now - PLACE_KEPT
        request = tx.session.get_one(SupportRequest, visit.request_id)
        found.append(
            {
                "visit_id": visit.id,
                "modality": visit.modality.value,
                "place": request.place if is_fresh else None,
                "started_at": stamp(visit.started_at),
                "ended_at": stamp(visit.ended_at),
            }
        )
    return found


def _is_check_in_due(tx: Transaction, user_id: str) -> bool:
    """After a visit, until the peer said how they are or the time for asking is over."""
    ended_at = tx.session.scalar(
        select(func.max(Visit.ended_at)).where(
            Visit.peer_id == user_id, Visit.started_at.is_not(None)
        )
    )
    if ended_at is None or ended_at < tx.now - ASK_AFTER:
        return False
    said = select(CheckIn.id).where(CheckIn.peer_id == user_id, CheckIn.at >= ended_at)
    return tx.session.scalar(said.limit(1)) is None
