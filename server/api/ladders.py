"""How far the asking of each peer got, so that "no answer" and "cannot be reached" are two things."""

from enum import StrEnum

from sqlalchemy import select

from dispatch import access
from dispatch.models import Offer, User
from dispatch.shapes import stamp
from dispatch.states import Modality, OfferState, Role
from notifications import ladders
from notifications.ladders import Reached, Snag, Step
from notifications.models import DeliveryState, Kind, Rung
from notifications.readiness import Trouble
from server.api.answers import Count, Page, Person
from server.api.declare import Call, Json, Routes
from server.api.models import Answer, Moment

routes = Routes("ladders", "How far the asking of each peer got.")


class Standing(StrEnum):
    """Where one peer's asking stands."""

    SENDING = "sending"
    SENT = "sent"
    ON_PHONE = "on_phone"
    OPENED = "opened"
    """The alert was opened; the offer itself has not been on the screen."""
    SEEN = "seen"
    SAID_YES = "said_yes"
    SAID_NO = "said_no"
    UNREACHABLE = "unreachable"
    CLOSED = "closed"
    """It ended without their answer."""


class RungAnswer(Answer):
    """One alert to one place; never where, never what it says."""

    rung: Rung
    channel: Kind
    state: DeliveryState
    due_at: Moment | None
    sent_at: Moment | None
    delivered_at: Moment | None
    opened_at: Moment | None
    problem: Trouble | Snag | None


class LadderAnswer(Answer):
    """One offer: where it stands, and each rung of its ladder in order.

    `problem` says why somebody `unreachable` is.
    """

    offer_id: str
    peer: Person
    wave: Count
    modality: Modality
    state: OfferState
    asked_at: Moment
    seen_at: Moment | None
    answered_at: Moment | None
    standing: Standing
    problem: Trouble | Snag | None
    rungs: list[RungAnswer]


class LadderList(Page):
    """Every offer of the request, the newest wave first."""

    items: list[LadderAnswer]


@routes.add(
    "GET",
    "/requests/{request_id}/ladders",
    roles={Role.MANAGER},
    answer=LadderList,
    summary="How far the asking of each peer got.",
)
def index(call: Call, request_id: str) -> Json:
    """Receipts are no facts of the request: who watches reads this again now and then."""
    request = access.request(call.tx, call.actor, request_id)
    rows = call.tx.session.execute(
        select(Offer, User.name)
        .join(User, User.id == Offer.peer_id)
        .where(Offer.request_id == request.id)
        .order_by(Offer.wave.desc(), User.name, Offer.id)
    ).all()
    found = ladders.of_offers(call.tx, [offer.id for offer, _ in rows])
    return {
        "items": [_shape(offer, name, found.get(offer.id, [])) for offer, name in rows],
        "next_cursor": None,
    }


def standing(offer: Offer, steps: list[Step]) -> Standing:
    """Where the asking stands: what the peer did, before what their phone did, before what we did."""
    if offer.state is OfferState.ACCEPTED:
        return Standing.SAID_YES
    if offer.state is OfferState.DECLINED:
        return Standing.SAID_NO
    if offer.state is not OfferState.OPEN:
        return Standing.CLOSED
    if offer.seen_at is not None:
        return Standing.SEEN
    far = ladders.reached(steps)
    if far is Reached.OPENED:
        return Standing.OPENED
    if offer.is_unreachable or far is Reached.NOWHERE:
        return Standing.UNREACHABLE
    return {
        Reached.ON_PHONE: Standing.ON_PHONE,
        Reached.SENT: Standing.SENT,
        Reached.NOT_YET: Standing.SENDING,
    }[far]


def _shape(offer: Offer, name: str, steps: list[Step]) -> Json:
    now = standing(offer, steps)
    problem = ladders.why_nowhere(steps) if now is Standing.UNREACHABLE else None
    return {
        "offer_id": offer.id,
        "peer": {"id": offer.peer_id, "name": name},
        "wave": offer.wave,
        "modality": offer.modality.value,
        "state": offer.state.value,
        "asked_at": stamp(offer.asked_at),
        "seen_at": stamp(offer.seen_at),
        "answered_at": stamp(offer.answered_at),
        "standing": now.value,
        "problem": problem.value if problem else None,
        "rungs": [_rung(step) for step in steps],
    }


def _rung(step: Step) -> Json:
    return {
        "rung": step.rung.value,
        "channel": step.channel.value,
        "state": step.state.value,
        "due_at": stamp(step.due_at),
        "sent_at": stamp(step.sent_at),
        "delivered_at": stamp(step.delivered_at),
        "opened_at": stamp(step.opened_at),
        "problem": step.problem.value if step.problem else None,
    }
