"""What staff do with a request: ask for a peer, ask everyone now, cancel, close."""

from dataclasses import dataclass, field
from typing import Any

from dispatch import (
    access,
    bridge,
    ending,
    engine,
    familiar,
    guard,
    journal,
    offering,
    policy,
    shapes,
    staying,
)
from dispatch.access import Actor
from dispatch.actions import visits
from dispatch.errors import Conflict, Invalid
from dispatch.events import FactType
from dispatch.guard import refuse
from dispatch.models import Exclusion, Network, Rating, SupportRequest, User
from dispatch.states import (
    LOOKING,
    Focus,
    Helped,
    Modality,
    OfferState,
    RequestState,
    Step,
    VisitState,
)
from storage.database import Transaction
from storage.failpoints import failpoint
from storage.ids import new_id


@dataclass(frozen=True)
class Ask:
    """What staff say when they ask for a peer."""

    modality: Modality
    place: str
    language: str
    consent: bool
    site_id: str | None = None
    focus: Focus | None = None
    preferences: list[Any] | dict[str, Any] = field(default_factory=list)
    met: list[str] = field(default_factory=list)
    """Peers whom the person has met before, here, and would like to see again."""
    video_fallback: bool = False
    note: str | None = None


def create_request(tx: Transaction, actor: Actor, ask: Ask) -> SupportRequest:
    """A new request, its policy frozen and its first wave already on the way.

    Raises `Invalid` (`consent_required`) without the recorded yes of the person: rule 1.
    """
    if not ask.consent:
        raise Invalid(
            "Nothing is sent without the person's yes.", code="consent_required", field="consent"
        )
    site_id = ask.site_id or actor.site_id
    if site_id is None:
        raise Invalid("Say which site is asking.", field="site_id")
    site = access.site(tx, actor, site_id)
    if not site.is_active:
        raise Invalid("This site does not take requests now.", field="site_id")
    familiar.refuse_strangers(tx, actor, site.id, ask.met)
    network = tx.session.get_one(Network, actor.network_id)
    request = SupportRequest(
        id=new_id(),
        network_id=actor.network_id,
        site_id=site.id,
        requested_by_id=actor.id,
        consent_at=tx.now,
        state=RequestState.SEARCHING,
        seq=0,
        modality=ask.modality,
        place=ask.place,
        language=ask.language,
        focus=ask.focus,
        preferences=ask.preferences,
        met=ask.met if ask.met or ask.preferences else None,
        video_fallback=ask.video_fallback,
        note=ask.note,
        policy=policy.parse(network.policy, site.policy).frozen(),
        wave=0,
        asked=0,
        eligible=0,
        search_started_at=tx.now,
        search_wave=0,
        alarmed=[],
        is_widened=False,
        created_at=tx.now,
        next_action_at=tx.now,
    )
    tx.session.add(request)
    tx.session.flush()
    journal.append(
        tx,
        request,
        FactType.REQUEST_CREATED,
        actor.by(),
        {
            "state": request.state.value,
            "modality": request.modality.value,
            "place": request.place,
            "language": request.language,
            "focus": request.focus.value if request.focus else None,
            "site": shapes.site(site),
        },
    )
    failpoint("request.created")
    # No hop before the first phone rings: the engine's own function asks the first wave here.
    engine.look(tx, request)
    return request


def cancel(tx: Transaction, actor: Actor, request_id: str, reason: str) -> SupportRequest:
    """End a request that is no longer wanted; a peer on the road is told to turn around."""
    request = _end(tx, actor, request_id, Step.CANCEL, reason)
    ending.end_beside(tx, request, actor.by(), "cancelled")
    ended = visits.end_live(tx, request, Step.CANCEL, "cancelled", actor.by())
    offering.close(tx, request, OfferState.WITHDRAWN, "cancelled", actor.by())
    journal.append(tx, request, FactType.REQUEST_CANCELLED, actor.by(), _over(request) | ended)
    return request


def _end(tx: Transaction, actor: Actor, request_id: str, step: Step, reason: str) -> SupportRequest:
    """Take a last step: nothing is looked for any more."""
    return guard.step(
        tx,
        access.request(tx, actor, request_id, lock=True),
        step,
        close_reason=reason,
        closed_at=tx.now,
        next_action_at=None,
        next_wave_at=None,
        alarm=None,
    )


def _over(request: SupportRequest) -> dict[str, Any]:
    """What the fact of an end says of the request."""
    return {
        "state": request.state.value,
        "closed_at": shapes.stamp(request.closed_at),
        "next_wave_at": None,
        "alarm": None,
        "owner": None,
        "reason": request.close_reason,
    }


def widen(
    tx: Transaction,
    actor: Actor,
    request_id: str,
    *,
    video_fallback: bool | None = None,
    reason: str | None = None,
) -> SupportRequest:
    """Ask everyone now, further away than the travel limits allow; optionally by video too."""
    request = access.request(tx, actor, request_id, lock=True)
    if request.state not in LOOKING:
        raise refuse("widen", request.state)
    request.is_widened = True
    data: dict[str, Any] = {"reach": "widened", "reason": reason}
    if video_fallback is not None:
        request.video_fallback = video_fallback
        data["video_fallback"] = video_fallback
    journal.append(tx, request, FactType.REQUEST_WIDENED, actor.by(), data)
    engine.look(tx, request)
    return request


def keep_video(tx: Transaction, actor: Actor, request_id: str) -> SupportRequest:
    """Video is enough: who is with them by video goes on; nobody else need come.

    Raises `Conflict` (`illegal_step`) while nobody is with them by video.
    """
    before = access.request(tx, actor, request_id, lock=True)
    kept = bridge.live(tx, before.id)
    if kept is None or kept.state is not VisitState.IN_SESSION:
        raise refuse(Step.KEEP_VIDEO, before.state)
    values: dict[str, Any] = {
        "next_wave_at": None,
        "alarm": None,
        "alarmed": [],
        "owner_id": None,
        "next_action_at": tx.now,
    }
    request = guard.step(tx, before, Step.KEEP_VIDEO, **values)
    ended = visits.end_live(tx, request, Step.WITHDRAW, "video_kept", actor.by())
    staying.end(tx, request, actor.by(), "relieved")
    if ended:
        left_id = ended["visit_ended"]["peer"]["id"]
        tx.session.add(Exclusion(request_id=request.id, peer_id=left_id, created_at=tx.now))
    kept.is_bridge = False
    kept.undo_to = kept.undo_until = None
    tx.session.flush()
    offering.close(tx, request, OfferState.SUPERSEDED, "taken", actor.by())
    person = tx.session.get_one(User, kept.peer_id)
    data: dict[str, Any] = {
        "state": request.state.value,
        "visit": shapes.visit(kept, person),
        "bridge": None,
        "owner": shapes.owner(request, None, person),
        "alarm": None,
        "next_wave_at": None,
    }
    if ended:
        data["visit_ended"] = ended["visit_ended"]
    journal.append(tx, request, FactType.BRIDGE_KEPT, actor.by(), data)
    return request


def close(tx: Transaction, actor: Actor, request_id: str, reason: str | None) -> SupportRequest:
    """End an escalated request for which no one could come."""
    request = _end(tx, actor, request_id, Step.CLOSE_UNFILLED, reason or "nobody_could_come")
    ending.end_beside(tx, request, actor.by(), "unfilled")
    offering.close(tx, request, OfferState.WITHDRAWN, "unfilled", actor.by())
    journal.append(tx, request, FactType.REQUEST_UNFILLED, actor.by(), _over(request))
    return request


def rate(tx: Transaction, actor: Actor, request_id: str, rating: Helped) -> Rating:
    """What the staff say about a finished visit; said again, the last word counts.

    Raises `Conflict` (`illegal_step`) before the visit is finished.
    """
    request = access.request(tx, actor, request_id, lock=True)
    if request.state is not RequestState.COMPLETED:
        raise Conflict("Only a finished visit is rated.", code="illegal_step")
    row = tx.session.get(Rating, request.id)
    if row is None:
        row = Rating(request_id=request.id, user_id=actor.id, rating=rating, at=tx.now)
        tx.session.add(row)
    row.user_id, row.rating, row.at = actor.id, rating, tx.now
    tx.session.flush()
    return row
