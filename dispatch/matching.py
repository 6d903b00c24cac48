"""What a decision sees of peers and needs of them, and what it is told: candidates, and reasons against.

Pure values; `survey` finds out who is which. It knows nothing of waves, and nothing of rows.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, overload

from dispatch.geo import Point
from dispatch.states import Focus, Modality
from dispatch.travel.minutes import Travel

WIDENED_LIMIT_FACTOR = 2.0
"""A widened request may ask this many times further than the policy's travel limit."""

SESSION_S = 35 * 60
"""Expected length of a conversation (published: 35 min): a shift must outlast its arrival."""


SHARED = "shared_experience"
"""Reason of an offer: has lived through what the person would like to talk about."""

MET_BEFORE = "met_before"
AS_WISHED = "as_wished"
"""Reasons of an offer that say something of the person or of the peer: for that peer only."""


class Reason(StrEnum):
    """Why a peer cannot be asked. The order is the order in which it is looked for."""

    ALREADY_ASKED = "already_asked"
    DECLINED = "declined"
    EXCLUDED = "excluded"
    DO_NOT_PAIR = "do_not_pair"
    OFF_DUTY = "off_duty"
    MUTED = "muted"
    UNREACHABLE = "unreachable"
    BUSY = "busy"
    CERTIFICATE = "certificate"
    LANGUAGE = "language"
    MODALITY = "modality"
    BADGE = "badge"
    NO_POSITION = "no_position"
    TOO_FAR = "too_far"
    SHIFT_ENDS = "shift_ends"
    ASKED_ELSEWHERE = "asked_elsewhere"


REASON_WORDS: dict[Reason, str] = {
    Reason.ALREADY_ASKED: "has been asked and has not answered yet",
    Reason.DECLINED: "said not this time",
    Reason.EXCLUDED: "was on this request before",
    Reason.DO_NOT_PAIR: "is not paired with this hospital",
    Reason.OFF_DUTY: "is not on duty",
    Reason.MUTED: "has muted requests",
    Reason.UNREACHABLE: "has no phone that can be reached",
    Reason.BUSY: "is with someone",
    Reason.CERTIFICATE: "has no valid certificate",
    Reason.LANGUAGE: "does not speak the language",
    Reason.MODALITY: "is not available in this way now",
    Reason.BADGE: "has no valid badge for this hospital",
    Reason.NO_POSITION: "has no known position or home area",
    Reason.TOO_FAR: "is beyond their travel limit",
    Reason.SHIFT_ENDS: "their shift ends before they could arrive",
    Reason.ASKED_ELSEWHERE: "has an open offer for another request",
}


@dataclass(frozen=True, slots=True)
class PeerView:
    """One peer as the decision sees them, with regard to one request."""

    id: str
    name: str
    on_duty: bool = False
    until: datetime | None = None
    duty_modalities: frozenset[Modality] = frozenset()
    modalities: frozenset[Modality] = frozenset()
    languages: frozenset[str] = frozenset()
    focus: frozenset[Focus] = frozenset()
    certified_until: datetime | None = None
    badge_until: datetime | None = None
    is_excluded: bool = False
    is_do_not_pair: bool = False
    is_muted: bool = False
    is_reachable: bool = True
    is_busy: bool = False
    open_offer: Modality | None = None
    """The modality in which this peer is being asked about this request, if they are."""
    has_declined: bool = False
    position: Point | None = None
    routed_s: int | None = None
    """Seconds on the road from there, when a router has said so."""
    travel_limit_m: int | None = None
    open_offer_limit: int = 1
    offers_elsewhere: tuple[datetime, ...] = ()
    """When each unanswered offer of another request was made."""
    recent_alerts: int = 0
    """How often they were asked in the last 24 hours and no visit came of it."""
    recent_cases: int = 0
    """Their visits of the last 24 hours."""
    has_met: bool = False
    """Has met this person before, who would like to see them again."""
    traits: frozenset[str] = frozenset()
    """What they say of themselves, in the words of a request's wishes."""
    counted_from: datetime | None = None
    """From when on they want to be learned of; None: from the beginning."""
    turn: int = 0
    """Who goes first of those who are equal in all else, by request: the lower one."""


@dataclass(frozen=True)
class Need:
    """What the request needs of a peer."""

    site: Point
    modalities: frozenset[Modality]
    language: str
    focus: Focus | None = None
    is_widened: bool = False
    remote_handicap_s: int = 0
    """How many seconds later somebody in person may be and still be put before a call."""
    wishes: frozenset[str] = frozenset()
    """Whom the person would rather have, if possible."""
    travel: Travel | None = None
    """The roads to the site at this hour; None: the policy's own speed for every way."""


class Candidate(NamedTuple):
    """A peer who can be asked: in which modality, and when help would be there."""

    peer_id: str
    name: str
    modality: Modality
    help_s: int
    """Expected seconds from now to help: answer, preparation and travel, or a connected call."""
    distance_m: int | None
    travel_s: int | None
    arrive_by: datetime
    reasons: tuple[str, ...]


Way = tuple[int, Modality, int | None, int | None, datetime]
"""Seconds until help, in which modality, metres and seconds on the road if any, arrival."""

Place = tuple[int, int, int, str, PeerView, Way]
"""Somebody who can be asked, after what they are sorted by: the seconds until help (with what a call
counts beside somebody in person), whether they fit (0) or not (1), their turn and id; the peer; the way."""


class Ordered(Sequence[Candidate]):
    """Candidates in their order. Each is described when it is looked at: few of hundreds are."""

    def __init__(self, places: Sequence[Place], describe: Callable[[Place], Candidate]) -> None:
        self._places = places
        self._describe = describe

    @property
    def ids(self) -> list[str]:
        """Of all, in the same order."""
        return [place[3] for place in self._places]

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Candidate]:
        return map(self._describe, self._places)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ordered) and tuple(self) == tuple(other)

    # As a list: what is compared by value and may hold much is no key.
    __hash__ = None  # type: ignore[assignment]

    @overload
    def __getitem__(self, at: int) -> Candidate: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Candidate, ...]: ...
    def __getitem__(self, at: int | slice) -> Candidate | tuple[Candidate, ...]:
        if isinstance(at, slice):
            return tuple(map(self._describe, self._places[at]))
        return self._describe(self._places[at])


@dataclass(frozen=True)
class Ranking:
    """The ordered candidates, and the reason code of every other peer of the network."""

    candidates: Sequence[Candidate]
    excluded: Mapping[str, Reason]
    free_again_at: datetime | None = None
    """When the first peer who is only held by an offer elsewhere becomes free."""

    def __len__(self) -> int:
        return len(self.candidates)

    @property
    def ids(self) -> list[str]:
        """Of those who can be asked."""
        if isinstance(self.candidates, Ordered):
            return self.candidates.ids
        return [one.peer_id for one in self.candidates]

    def in_order(self) -> list[str]:
        """The same, soonest help first."""
        return self.ids
