"""The states of a support request and the one table of steps between them.

Guards (`sources`), the generated page `docs/states.md`, the API's refusals and the tests all derive
from `STEPS`. It knows nothing of rows.
"""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a user is in their network."""

    STAFF = "staff"
    PEER = "peer"
    MANAGER = "manager"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


class Modality(StrEnum):
    """How a peer and a person meet."""

    IN_PERSON = "in_person"
    VIDEO = "video"
    PHONE = "phone"
    CHAT = "chat"


class Focus(StrEnum):
    """What the person would like to talk about."""

    OVERDOSE = "overdose"
    SUICIDAL_THOUGHTS = "suicidal_thoughts"
    PSYCHOSIS = "psychosis"
    ALCOHOL = "alcohol"
    SUBSTANCES = "substances"
    ANXIETY = "anxiety"
    FAMILY = "family"
    OTHER = "other"


class Trait(StrEnum):
    """What a peer may say of themselves, and a person may wish for, if possible."""

    WOMAN = "woman"
    MAN = "man"
    YOUNG_ADULT = "young_adult"
    VETERAN = "veteran"
    LGBTQ = "lgbtq"
    PARENT = "parent"


class Helped(StrEnum):
    """What staff say about a finished visit."""

    HELPED = "helped"
    SOMEWHAT = "somewhat"
    NOT_REALLY = "not_really"


class Priority(StrEnum):
    """`continuing`: a conversation is under way and the first peer hands it over."""

    NORMAL = "normal"
    CONTINUING = "continuing"


class RequestState(StrEnum):
    """Where a support request is in its life."""

    SEARCHING = "searching"
    ESCALATED = "escalated"
    ACCEPTED = "accepted"
    EN_ROUTE = "en_route"
    ARRIVED = "arrived"
    IN_SESSION = "in_session"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    UNFILLED = "unfilled"


class OfferState(StrEnum):
    """Whether one peer may still answer one request, and what became of it."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class VisitState(StrEnum):
    """One peer's support, from the yes to its end."""

    ACCEPTED = "accepted"
    EN_ROUTE = "en_route"
    ARRIVED = "arrived"
    IN_SESSION = "in_session"
    STAYING = "staying"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"
    HANDED_OVER = "handed_over"
    CANCELLED = "cancelled"


class Step(StrEnum):
    """A named change of state."""

    ACCEPT = "accept"
    ASSIGN = "assign"
    ESCALATE = "escalate"
    RESUME = "resume"
    CLOSE_UNFILLED = "close_unfilled"
    DEPART = "depart"
    ARRIVE = "arrive"
    START = "start"
    COMPLETE = "complete"
    WITHDRAW = "withdraw"
    HAND_OVER = "hand_over"
    CANCEL = "cancel"
    KEEP_VIDEO = "keep_video"
    CARRY_ON = "carry_on"


REMOTE = frozenset({Modality.VIDEO, Modality.PHONE, Modality.CHAT})
"""Modalities without a journey: they skip `en_route` and `arrived`."""

LOOKING = frozenset({RequestState.SEARCHING, RequestState.ESCALATED})
"""Nobody has said yes: offers may be made and answered."""

FINAL = frozenset({RequestState.COMPLETED, RequestState.CANCELLED, RequestState.UNFILLED})
"""Final is final: no step leaves these."""

VISITED = frozenset(
    {
        RequestState.ACCEPTED,
        RequestState.EN_ROUTE,
        RequestState.ARRIVED,
        RequestState.IN_SESSION,
    }
)
"""A live visit exists exactly in these, and its state has the same name."""

AWAITED = frozenset({RequestState.ACCEPTED, RequestState.EN_ROUTE})
"""Somebody in person is on the way: until they arrive, somebody else can be there by video."""

LIVE_VISIT = frozenset(VisitState(state.value) for state in VISITED)
"""The states of a visit that a request has one of."""

BUSY_VISIT = LIVE_VISIT | {VisitState.STAYING}
"""The states of a visit that keep its peer busy: who handed over and stays is still with somebody."""

STAYING_ENDS = VisitState.HANDED_OVER
"""What a stay becomes when the next one is there, or who stayed has gone."""

_ENGINE = frozenset({"engine"})
_GUEST = frozenset({"guest"})
"""The person at the bedside, in the room of their own video visit."""
_PEER = frozenset({Role.PEER.value})
_STAFF = frozenset({Role.STAFF.value})
_MANAGER = frozenset({Role.MANAGER.value})


@dataclass(frozen=True)
class Rule:
    """One row of the table: from where, to where, by whom, in which modalities."""

    sources: frozenset[RequestState]
    target: RequestState
    who: frozenset[str]
    meaning: str
    visit_target: VisitState | None = None
    remote_sources: frozenset[RequestState] | None = None
    """Sources when the visit is remote; None means the same as in person."""
    can_undo: bool = False

    def sources_for(self, modality: Modality) -> frozenset[RequestState]:
        """The states this step may leave, for a visit in `modality`."""
        if modality in REMOTE and self.remote_sources is not None:
            return self.remote_sources
        return self.sources


_S = RequestState
_NEVER: frozenset[RequestState] = frozenset()

STEPS: dict[Step, Rule] = {
    Step.ACCEPT: Rule(
        LOOKING, _S.ACCEPTED, _PEER, "a peer with an open offer says yes", VisitState.ACCEPTED
    ),
    Step.ASSIGN: Rule(
        LOOKING, _S.ACCEPTED, _MANAGER, "a manager assigns after a call", VisitState.ACCEPTED
    ),
    Step.ESCALATE: Rule(
        frozenset({_S.SEARCHING}),
        _S.ESCALATED,
        _ENGINE,
        "the clock ran out; a named manager then owns it",
    ),
    Step.RESUME: Rule(
        frozenset({_S.ESCALATED}), _S.SEARCHING, _MANAGER, "widen, offer video, ask again"
    ),
    Step.CLOSE_UNFILLED: Rule(
        frozenset({_S.ESCALATED}), _S.UNFILLED, _MANAGER | _STAFF, "nobody could come"
    ),
    Step.DEPART: Rule(
        frozenset({_S.ACCEPTED}),
        _S.EN_ROUTE,
        _PEER,
        "the peer leaves; position sharing begins",
        VisitState.EN_ROUTE,
        remote_sources=_NEVER,
        can_undo=True,
    ),
    Step.ARRIVE: Rule(
        frozenset({_S.ACCEPTED, _S.EN_ROUTE}),
        _S.ARRIVED,
        _PEER | _STAFF,
        "the peer is at the desk; position sharing ends",
        VisitState.ARRIVED,
        remote_sources=_NEVER,
        can_undo=True,
    ),
    Step.START: Rule(
        frozenset({_S.ARRIVED}),
        _S.IN_SESSION,
        _PEER | _ENGINE,
        "the conversation begins; a video visit when both are connected",
        VisitState.IN_SESSION,
        remote_sources=frozenset({_S.ACCEPTED}),
        can_undo=True,
    ),
    Step.COMPLETE: Rule(
        frozenset({_S.IN_SESSION}),
        _S.COMPLETED,
        _PEER | _STAFF | _GUEST | _ENGINE,
        "the conversation is over; a video visit also when its room stayed empty",
        VisitState.COMPLETED,
    ),
    Step.WITHDRAW: Rule(
        frozenset({_S.ACCEPTED, _S.EN_ROUTE, _S.ARRIVED}),
        _S.SEARCHING,
        _PEER | _MANAGER | _STAFF,
        "someone else is asked; this peer is not asked again for it",
        VisitState.WITHDRAWN,
    ),
    Step.HAND_OVER: Rule(
        frozenset({_S.IN_SESSION}),
        _S.SEARCHING,
        _PEER,
        "the peer hands the conversation over; priority becomes continuing",
        VisitState.HANDED_OVER,
    ),
    Step.CANCEL: Rule(
        frozenset({_S.SEARCHING, _S.ESCALATED, _S.ACCEPTED, _S.EN_ROUTE, _S.ARRIVED}),
        _S.CANCELLED,
        _STAFF | _MANAGER,
        "the person changed their mind, is leaving, or it was a mistake",
        VisitState.CANCELLED,
    ),
    Step.KEEP_VIDEO: Rule(
        frozenset({_S.SEARCHING, _S.ESCALATED, _S.ACCEPTED, _S.EN_ROUTE, _S.ARRIVED}),
        _S.IN_SESSION,
        _STAFF | _MANAGER,
        "video is enough: the bridge becomes the visit; who was on the way turns around",
        VisitState.IN_SESSION,
    ),
    Step.CARRY_ON: Rule(
        LOOKING,
        _S.IN_SESSION,
        _PEER,
        "who handed over and stays goes on after all; nobody has said yes yet",
        VisitState.IN_SESSION,
    ),
}


@dataclass(frozen=True)
class BridgeRule:
    """One row of the table of a bridge: it moves beside its request, whose state stays."""

    sources: frozenset[VisitState]
    target: VisitState
    meaning: str


BRIDGE_STEPS: dict[Step, BridgeRule] = {
    Step.START: BridgeRule(
        frozenset({VisitState.ACCEPTED}), VisitState.IN_SESSION, "they are connected"
    ),
    Step.COMPLETE: BridgeRule(
        frozenset({VisitState.IN_SESSION}), VisitState.COMPLETED, "they have said goodbye"
    ),
    Step.WITHDRAW: BridgeRule(
        frozenset({VisitState.ACCEPTED}), VisitState.WITHDRAWN, "the next is asked by video"
    ),
    Step.HAND_OVER: BridgeRule(
        frozenset({VisitState.IN_SESSION}), VisitState.HANDED_OVER, "the next is asked by video"
    ),
    Step.CANCEL: BridgeRule(
        frozenset({VisitState.ACCEPTED}),
        VisitState.CANCELLED,
        "no longer needed before it began: somebody is there, or the request ended",
    ),
}
"""A visit by video until somebody arrives. Who may take a step stands in `STEPS`."""

UNDOABLE: dict[VisitState, Step] = {
    rule.visit_target: step
    for step, rule in STEPS.items()
    if rule.can_undo and rule.visit_target is not None
}
"""Which step led to a visit's state, for the states that can be left again by an undo."""
