"""What happened in one run: every ask with its end, every case with its end. Values, no behaviour."""

from dataclasses import dataclass, field
from enum import StrEnum

from dispatch.states import REMOTE, Modality
from dispatch.whatif.world import Request

FAR_FROM_WISH_MIN = 40.0
"""Minutes that a person who wished for somebody in person gives for not having to talk by video."""

UNFILLED_MIN = 120.0
"""What a request counts to which nobody came."""


class End(StrEnum):
    """What became of an ask."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    GIVEN_UP = "given_up"


@dataclass(slots=True)
class Ask:
    """One peer is asked about one request. Times in seconds from the start."""

    at_s: float
    request: int
    peer: int
    modality: Modality
    sees_at_s: float | None
    answers_at_s: float | None
    is_yes: bool
    arrive_by_s: float
    """The arrival that the decision expected."""
    end: End = End.OPEN
    ended_at_s: float = 0.0
    is_lost_race: bool = False
    """Was reading when somebody else took it, and said yes for nothing."""
    is_bridge: bool = False
    """Was asked to be there by video until somebody arrives."""


@dataclass(slots=True)
class Bridge:
    """Who was there by video until somebody arrived."""

    peer: int
    yes_at_s: float
    reached_at_s: float | None
    """When they were connected; None when the other was there before."""
    free_at_s: float


@dataclass(slots=True)
class Outcome:
    """What became of a request."""

    request: Request
    peer: int | None = None
    modality: Modality | None = None
    yes_at_s: float | None = None
    reached_at_s: float | None = None
    free_at_s: float | None = None
    """When the peer is home again and can be asked."""
    escalated: bool = False
    bridge: Bridge | None = None

    @property
    def contact_at_s(self) -> float | None:
        """When the person first saw or heard a peer: at the bedside, or by video until then."""
        if self.bridge is None or self.bridge.reached_at_s is None:
            return self.reached_at_s
        return self.bridge.reached_at_s

    @property
    def is_filled(self) -> bool:
        """Whether somebody came or called."""
        return self.peer is not None

    def cost_min(self) -> float:
        """The general time: what this request counts, in patient-minutes."""
        if self.reached_at_s is None or self.modality is None:
            return UNFILLED_MIN
        return cost_min(self.request, self.modality, self.reached_at_s - self.request.at_s)


@dataclass
class Log:
    """One run of one policy in one world."""

    policy: str
    asks: list[Ask] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    decisions: int = 0


def cost_min(request: Request, modality: Modality, after_s: float) -> float:
    """What help after so many seconds counts, in patient-minutes."""
    is_other = request.modality is Modality.IN_PERSON and modality in REMOTE
    return after_s / 60.0 + (FAR_FROM_WISH_MIN if is_other else 0.0)
