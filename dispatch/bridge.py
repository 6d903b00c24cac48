"""Video until somebody arrives, on a request whose row the transaction holds.

It begins, asks, stops and ends: what the clock does of itself, and what the steps of the request's
own visit bring with them. Whom to ask is decided in `bridging`; what people do stands in
`dispatch.actions.bridges`. The request's state stays that of its own visit throughout.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from dispatch import bridging, journal, looks, offering, shapes, views
from dispatch.events import ENGINE, By, FactType
from dispatch.learning import current
from dispatch.matching import Need
from dispatch.models import Exclusion, Offer, Site, SupportRequest, User, Visit
from dispatch.policy import Policy
from dispatch.recorded import decisions, recording
from dispatch.rooms import Seat, Side, is_present
from dispatch.states import (
    AWAITED,
    BRIDGE_STEPS,
    FINAL,
    LIVE_VISIT,
    LOOKING,
    Modality,
    OfferState,
    Role,
    Step,
    VisitState,
)
from dispatch.waves import Decision
from storage.database import Transaction

SILENT = "not_connected"
"""Why a bridge ended that nobody heard of after the yes."""

_BY_VIDEO = frozenset({Modality.VIDEO})

LOOK_AGAIN_S = 30
"""The longest time between two looks at a bridge that is looked for, or may soon be."""


def live(tx: Transaction, request_id: str) -> Visit | None:
    """The bridge under way."""
    return tx.session.scalars(
        select(Visit).where(
            Visit.request_id == request_id,
            Visit.is_bridge,
            Visit.state.in_(sorted(LIVE_VISIT)),
        )
    ).one_or_none()


def awaited(tx: Transaction, request: SupportRequest) -> Visit | None:
    """The visit of somebody who is on the way in person."""
    if request.state not in AWAITED:
        return None
    return tx.session.scalars(
        select(Visit).where(
            Visit.request_id == request.id,
            Visit.is_bridge.is_(False),
            Visit.state.in_(sorted(LIVE_VISIT)),
            Visit.modality == Modality.IN_PERSON,
        )
    ).one_or_none()


def look(tx: Transaction, request: SupportRequest, policy: Policy) -> None:
    """Decide and do what comes next for the bridge of a request; brings its next time forward."""
    if request.state in FINAL or request.state in LOOKING:
        return
    bridge = live(tx, request.id)
    if bridge is not None and _is_silent(tx, request, bridge, policy):
        before = bridge.state
        left = change(tx, bridge, Step.CANCEL, ended_at=tx.now, end_reason=SILENT)
        if left is not None:
            lose(tx, request, left, before, ENGINE, SILENT, policy)
        bridge = None
    if bridge is not None:
        _end_when_over(tx, request, bridge, policy)
        return
    coming = awaited(tx, request)
    arrives_at = None if coming is None else coming.eta_at
    if request.bridge_since is not None:
        if arrives_at is None or not bridging.is_worth_it(arrives_at, tx.now, policy):
            close_search(tx, request, ENGINE, "near" if coming is not None else "not_awaited")
        else:
            _ask(tx, request, policy, arrives_at)
    elif (
        request.video_fallback
        and not request.bridge_is_over
        and not request.is_stayed
        and arrives_at is not None
        and bridging.begins_by_itself(arrives_at, tx.now, policy)
    ):
        _begin_by_itself(tx, request, policy, arrives_at)


def begin(tx: Transaction, request: SupportRequest, by: By) -> None:
    """From now on somebody by video is looked for; the next look asks."""
    request.bridge_since = tx.now
    request.bridge_asked = request.bridge_wave = 0
    data = {"bridge_search": shapes.bridge_search(request)}
    journal.append(tx, request, FactType.BRIDGE_WANTED, by, data)


def close_search(tx: Transaction, request: SupportRequest, by: By, reason: str) -> None:
    """Nobody is looked for any more; who was asked is told. Without a search, nothing happens."""
    if request.bridge_since is None:
        return
    request.bridge_since = None
    data = {"bridge_search": None, "reason": reason}
    journal.append(tx, request, FactType.BRIDGE_STOPPED, by, data)
    offering.close(tx, request, OfferState.WITHDRAWN, "bridge_over", by, Offer.is_bridge.is_(True))


def relieve(tx: Transaction, request: SupportRequest, by: By) -> None:
    """Somebody is there: a bridge that has not begun ends, one that has may say goodbye."""
    close_search(tx, request, by, "arrived")
    bridge = live(tx, request.id)
    if bridge is None:
        return
    if bridge.state is VisitState.ACCEPTED:
        end(tx, request, bridge, by, "arrived")
        return
    person = tx.session.get_one(User, bridge.peer_id)
    data = {"bridge": shapes.visit(bridge, person)}
    journal.append(tx, request, FactType.BRIDGE_RELIEVED, by, data)


def end(tx: Transaction, request: SupportRequest, bridge: Visit, by: By, reason: str) -> Visit:
    """The bridge is over: completed when it had begun, else cancelled. The request goes on."""
    before = bridge.state
    has_begun = before is VisitState.IN_SESSION
    step = Step.COMPLETE if has_begun else Step.CANCEL
    values: dict[str, Any] = {"completed_at": tx.now} if has_begun else {}
    ended = change(tx, bridge, step, ended_at=tx.now, end_reason=reason, **values)
    if ended is None:
        return bridge
    request.bridge_is_over = request.bridge_is_over or has_begun
    data = {"bridge": None, "visit_ended": said_end(tx, ended, before, by, reason)}
    journal.append(tx, request, FactType.BRIDGE_ENDED, by, data)
    return ended


def end_all(tx: Transaction, request: SupportRequest, by: By, reason: str) -> None:
    """The request ends: with it whatever there is of a bridge, before the fact of its own end."""
    close_search(tx, request, by, reason)
    bridge = live(tx, request.id)
    if bridge is not None:
        end(tx, request, bridge, by, reason)


def lose(
    tx: Transaction,
    request: SupportRequest,
    left: Visit,
    before: VisitState,
    by: By,
    reason: str,
    policy: Policy,
) -> None:
    """A bridge ended that is still needed: while somebody is awaited, the next is asked."""
    tx.session.add(Exclusion(request_id=request.id, peer_id=left.peer_id, created_at=tx.now))
    coming = awaited(tx, request)
    if coming is not None and bridging.is_worth_it(coming.eta_at, tx.now, policy):
        request.bridge_since = tx.now
        request.bridge_asked = request.bridge_wave = 0
    data = {
        "bridge": None,
        "bridge_search": shapes.bridge_search(request),
        "visit_ended": said_end(tx, left, before, by, reason),
    }
    journal.append(tx, request, FactType.BRIDGE_LEFT, by, data)


def change(tx: Transaction, bridge: Visit, step: Step, **values: Any) -> Visit | None:
    """Take a step of a bridge whose request is held, if its state allows it; else None."""
    rule = BRIDGE_STEPS[step]
    return tx.session.scalars(
        update(Visit)
        .where(
            Visit.id == bridge.id,
            Visit.is_bridge,
            Visit.state.in_(sorted(rule.sources)),
        )
        .values(**{"state": rule.target, "undo_to": None, "undo_until": None, **values})
        .returning(Visit),
        execution_options={"populate_existing": True},
    ).one_or_none()


def said_end(
    tx: Transaction, ended: Visit, before: VisitState, by: By, reason: str
) -> dict[str, Any]:
    """What a fact says of a bridge that ended: whose it was, and by whom it was ended."""
    person = tx.session.get_one(User, ended.peer_id)
    is_anothers = by.kind == Role.PEER and by.id != ended.peer_id
    return {
        "id": ended.id,
        "peer": shapes.person(person),
        "state_before": before.value,
        "by": "colleague" if is_anothers else by.kind,
        "reason": reason,
    }


def _is_silent(tx: Transaction, request: SupportRequest, bridge: Visit, policy: Policy) -> bool:
    """Whether who said yes has neither connected nor come into the room in time, and could be replaced.

    Who sits in the room waits for the bedside: asking another would not help.
    """
    if bridge.state is not VisitState.ACCEPTED or awaited(tx, request) is None:
        return False
    # The last step was the yes, or a start that was taken back.
    late_at = max(bridge.accepted_at, bridge.contact_at) + timedelta(
        seconds=policy.bridge_connect_s
    )
    if tx.now < late_at:
        _look_by(request, late_at)
        return False
    seat = tx.session.get(Seat, (bridge.id, Side.PEER), populate_existing=True)
    if seat is not None and is_present(seat, tx.now):
        _look_by(request, tx.now + timedelta(seconds=LOOK_AGAIN_S))
        return False
    return True


def _end_when_over(tx: Transaction, request: SupportRequest, bridge: Visit, policy: Policy) -> None:
    """A goodbye has its time; after it the bridge ends by itself."""
    together_since = tx.session.scalars(
        select(Visit.started_at).where(
            Visit.request_id == request.id,
            Visit.is_bridge.is_(False),
            Visit.state == VisitState.IN_SESSION,
        )
    ).one_or_none()
    if together_since is None:
        return
    over_at = together_since + timedelta(seconds=policy.bridge_goodbye_s)
    if over_at <= tx.now:
        end(tx, request, bridge, ENGINE, "relieved")
    else:
        _look_by(request, over_at)


def _ask(tx: Transaction, request: SupportRequest, policy: Policy, arrives_at: datetime) -> None:
    """The next small step of the search for a bridge."""
    site = tx.session.get_one(Site, request.site_id)
    look = looks.first(tx, request, policy, _BY_VIDEO)
    if offering.withdraw_lost(tx, request, look.peers):
        look = looks.first(tx, request, policy, _BY_VIDEO)
    looking = views.looking_of(tx, request, arrives_at)
    decided, need = _decided(tx, request, site, policy, look, looking)
    decision, peers, known = decided.decision, decided.look.peers, decided.known
    request.bridge_wave = decision.waves_used
    _plan(tx, request, policy, arrives_at, decision)
    if not decision.ask:
        return
    offering.send_bridge(tx, request, decision, peers, need, policy, known, arrives_at)
    outside = looks.asked(tx, request, decided.look, decision)
    taken = recording.Inputs(looking, peers, need, tx.now, policy, known, outside)
    decisions.keep(tx, request, taken, decision)


def _begin_by_itself(
    tx: Transaction, request: SupportRequest, policy: Policy, arrives_at: datetime
) -> None:
    """Begin once there is somebody to ask: a search that can find nobody is not worth a word."""
    site = tx.session.get_one(Site, request.site_id)
    looking = bridging.Looking(
        since=tx.now, waves_used=0, asked=frozenset(), awaited=(), arrives_at=arrives_at
    )
    look = looks.first(tx, request, policy, _BY_VIDEO)
    decided, _ = _decided(tx, request, site, policy, look, looking)
    if not decided.decision.ask:
        _look_by(request, tx.now + timedelta(seconds=LOOK_AGAIN_S))
        return
    begin(tx, request, ENGINE)
    _ask(tx, request, policy, arrives_at)


def _decided(
    tx: Transaction,
    request: SupportRequest,
    site: Site,
    policy: Policy,
    look: looks.Look,
    looking: bridging.Looking,
) -> tuple[looks.Decided, Need]:
    """Whom to ask by video, of those who are seen or of more; and what was needed of them."""
    need = views.need_of(request, site)
    known = current.knowledge(tx, request.network_id, site, policy)
    by_video = replace(need, modalities=_BY_VIDEO)
    decided = looks.far_enough(
        tx,
        request,
        policy,
        look,
        known,
        lambda peers, heard: bridging.whom_to_ask(looking, peers, need, tx.now, policy, heard),
        lambda _peers: by_video,
    )
    return decided, need


def _plan(
    tx: Transaction,
    request: SupportRequest,
    policy: Policy,
    arrives_at: datetime,
    decision: Decision,
) -> None:
    near_at = arrives_at - timedelta(seconds=policy.bridge_stop_s)
    soon = tx.now + timedelta(seconds=LOOK_AGAIN_S)
    _look_by(request, min(soon, max(decision.look_again_at, tx.now), max(near_at, tx.now)))


def _look_by(request: SupportRequest, moment: datetime) -> None:
    if request.next_action_at is None or moment < request.next_action_at:
        request.next_action_at = moment
