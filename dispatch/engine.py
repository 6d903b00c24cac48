"""The clock's turn: requests whose time has come are looked at, and what is decided is done.

Claims are leases; each request gets a transaction of its own, in which everything is decided anew
from the rows. So two engines at once, or one that dies in between, change nothing but the speed.
It decides nothing itself: `deciding` does, and the alarms of a visit stand in `watch`.
"""

import logging
from collections.abc import Collection

from sqlalchemy import select

from dispatch import bridge, journal, looks, offering, queries, shapes, staying, views, watch
from dispatch.deciding import listed, next_move
from dispatch.events import ENGINE, Alarm, FactType
from dispatch.guard import take
from dispatch.learning import current
from dispatch.models import Site, SupportRequest, User
from dispatch.policy import Policy, parse
from dispatch.recorded import decisions, recording
from dispatch.states import LOOKING, VISITED, Modality, Step
from dispatch.travel import known as roads
from storage.claims import Claim, claim_due, give_back, marks
from storage.database import Database, Transaction
from storage.failpoints import failpoint

log = logging.getLogger(__name__)

LEASE_S = 4.0
"""How long a claimed request is left alone by other engines. A turn takes milliseconds; when the
process that claimed it cannot go on, this is the longest that the request waits."""


def tick(db: Database, *, limit: int = 50) -> int:
    """Look at up to `limit` due requests, oldest first; return how many were looked at.

    A request whose turn fails is logged and comes due again when its lease expires; it does not
    keep the others waiting.
    """
    with db.transaction() as tx:
        claims = claim_due(
            tx.session,
            SupportRequest,
            due=SupportRequest.next_action_at,
            leased_until=SupportRequest.leased_until,
            lease=SupportRequest.lease,
            now=tx.now,
            lease_s=LEASE_S,
            limit=limit,
            mark=db.mark,
        )
    if claims:
        failpoint("engine.claimed")
    for claim in claims:
        try:
            with db.transaction() as tx:
                _turn(tx, claim)
        except Exception:
            log.exception("the turn of request %s failed", claim.id)
    return len(claims)


def holders(tx: Transaction) -> set[str]:
    """Whose the claimed requests are, by their marks."""
    return marks(
        tx.session,
        due=SupportRequest.next_action_at,
        leased_until=SupportRequest.leased_until,
        lease=SupportRequest.lease,
        now=tx.now,
    )


def inherit(tx: Transaction, gone: Collection[str]) -> int:
    """What these holders had claimed is due for others; how many requests."""
    return give_back(
        tx.session,
        SupportRequest,
        due=SupportRequest.next_action_at,
        leased_until=SupportRequest.leased_until,
        lease=SupportRequest.lease,
        of=gone,
    )


def _turn(tx: Transaction, claim: Claim) -> None:
    """One request's turn, if the lease is still ours."""
    request = tx.session.scalars(
        select(SupportRequest)
        .where(SupportRequest.id == claim.id, SupportRequest.lease == claim.lease)
        .with_for_update()
    ).one_or_none()
    if request is None:
        return
    failpoint("engine.held")
    request.lease = request.leased_until = None
    look(tx, request)
    failpoint("engine.decided")


def look(tx: Transaction, request: SupportRequest) -> None:
    """Decide and do what comes next for a request whose row is held; set its next time."""
    policy = parse(request.policy)
    if request.state in LOOKING:
        _search(tx, request, policy)
        staying.look(tx, request, policy)
    elif request.state in VISITED:
        watch.look(tx, request, policy)
        bridge.look(tx, request, policy)
        staying.look(tx, request, policy)
    else:
        request.next_action_at = None


def _search(tx: Transaction, request: SupportRequest, policy: Policy) -> None:
    site = tx.session.get_one(Site, request.site_id)
    ways = {request.modality}
    if request.video_fallback and request.modality is Modality.IN_PERSON:
        ways.add(Modality.VIDEO)
    look = looks.first(tx, request, policy, ways)
    if offering.withdraw_lost(tx, request, look.peers):
        look = looks.first(tx, request, policy, ways)
    search = views.search_of(tx, request)
    need = views.need_of(request, site, travel=roads.to_site(tx, site, policy))
    decided = looks.far_enough(
        tx,
        request,
        policy,
        look,
        current.knowledge(tx, request.network_id, site, policy),
        lambda peers, known: next_move(search, peers, need, tx.now, policy, known),
        lambda peers: listed(search, peers, need, tx.now, policy),
    )
    decision, peers, known = decided.decision, decided.look.peers, decided.known
    is_news = (request.eligible, request.next_wave_at) != (
        decision.eligible,
        decision.next_wave_at,
    )
    request.search_wave = decision.waves_used
    request.eligible = decision.eligible
    request.next_wave_at = decision.next_wave_at
    request.next_action_at = decision.look_again_at
    if decision.ask:
        offering.send_wave(tx, request, decision, peers, need, policy, known)
    elif is_news and not decision.escalate:
        _search_changed(tx, request)
    if decision.ask or decision.escalate:
        outside = looks.asked(tx, request, decided.look, decision)
        taken = recording.Inputs(search, peers, need, tx.now, policy, known, outside)
        decisions.keep(tx, request, taken, decision)
    if decision.raise_alarm:
        watch.raise_alarm(tx, request, Alarm.NO_YES_YET, {"waited_s": _waited_s(tx, request)})
    if decision.escalate:
        _escalate(tx, request, decision.why)


def _search_changed(tx: Transaction, request: SupportRequest) -> None:
    """Say what a screen shows of the search, when it changed without anybody being asked."""
    journal.append(
        tx,
        request,
        FactType.SEARCH_CHANGED,
        ENGINE,
        {"eligible": request.eligible, "next_wave_at": shapes.stamp(request.next_wave_at)},
    )


def _escalate(tx: Transaction, request: SupportRequest, why: str) -> None:
    """Hand the request to a named manager. The search goes on underneath."""
    tx.session.flush()
    held = take(tx, request.id, Step.ESCALATE)
    if held is None:
        return
    manager = queries.holder(tx, request.network_id)
    is_claimed = held.owner_id is not None
    if held.owner_id is None and manager is not None:
        held.owner_id = manager.id
    elif held.owner_id is not None:
        manager = tx.session.get_one(User, held.owner_id)
    held.alarm = None
    held.next_wave_at = None
    journal.append(
        tx,
        held,
        FactType.REQUEST_ESCALATED,
        ENGINE,
        {
            "state": held.state.value,
            "owner": shapes.owner(held, manager, None),
            "alarm": None,
            "next_wave_at": None,
            "eligible": held.eligible,
            "why": why,
            "waited_s": _waited_s(tx, held),
            "is_claimed": is_claimed,
        },
    )


def _waited_s(tx: Transaction, request: SupportRequest) -> int:
    """How long this search has gone on, in whole seconds."""
    return int((tx.now - request.search_started_at).total_seconds())
