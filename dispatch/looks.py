"""How far a search looks: at some of a large network, and further where that was not far enough.

Rows into a decision and back, step by step, in the transaction that holds the request. It decides nothing
itself: whom a look sees says `region`, whether it was far enough `enough`.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from dispatch import enough, region, views
from dispatch.knowledge import Knowledge
from dispatch.matching import Need, PeerView
from dispatch.models import SupportRequest
from dispatch.policy import Policy
from dispatch.recorded import recording
from dispatch.states import Modality
from dispatch.waves import Decision
from storage.database import Transaction

Decide = Callable[[list[PeerView], Knowledge], Decision]


@dataclass(frozen=True)
class Look:
    """Whom a search in some ways sees, and where that stands in their network."""

    ways: frozenset[Modality]
    seen: region.Seen
    peers: list[PeerView]


@dataclass(frozen=True)
class Decided:
    """A decision with what it was made from."""

    decision: Decision
    look: Look
    known: Knowledge


def first(
    tx: Transaction, request: SupportRequest, policy: Policy, ways: Collection[Modality]
) -> Look:
    """The first look; whoever was asked about the request is always seen."""
    seen = region.first(tx, request, policy, ways)
    return _look(tx, request, policy, frozenset(ways), seen)


def far_enough(
    tx: Transaction,
    request: SupportRequest,
    policy: Policy,
    look: Look,
    known: Knowledge,
    decide: Decide,
    listed: Callable[[list[PeerView]], Need],
) -> Decided:
    """What is decided, from this look or one that goes further.

    `listed` says which ways stand in the list that a decision about these is made from.
    """
    while True:
        heard = recording.heard(known)
        decision = decide(look.peers, heard)
        seen = look.seen
        if (
            seen.is_all
            or (seen.is_widest and decision.order)
            or enough.is_enough(
                decision,
                look.peers,
                listed(look.peers),
                tx.now,
                policy,
                sure_m=seen.sure_m,
                is_whole_line=seen.is_whole_line,
            )
        ):
            return Decided(decision, look, heard)
        wider = region.further(tx, request, policy, look.ways, seen)
        look = _look(tx, request, policy, look.ways, wider)


def asked(tx: Transaction, request: SupportRequest, look: Look, decision: Decision) -> int:
    """Whoever was asked had their turn; how many of the network were not looked at."""
    if not look.seen.is_part:
        return 0
    region.took_turns(tx, [one.peer_id for one in decision.ask])
    if look.seen.ids is None:
        return 0
    return region.outside(tx.session, request.network_id, len(look.peers))


def _look(
    tx: Transaction,
    request: SupportRequest,
    policy: Policy,
    ways: frozenset[Modality],
    seen: region.Seen,
) -> Look:
    return Look(ways, seen, views.peer_views(tx, request, policy, seen=seen))
