"""What no policy can change: where the sites are, who was on shift when, and what was asked for.

Times are seconds from `World.start`. It knows neither how people answer nor whom anybody asks.
Whoever has more to say of a site or a peer (a name, a temper) derives from the values here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from dispatch.geo import Point
from dispatch.states import Focus, Modality

FOREVER = datetime(9999, 1, 1, tzinfo=UTC)

GIVES_UP_S = 3600.0
"""A department closes its request when nobody has said yes for this long."""


class Shift(NamedTuple):
    """From when until when a peer was available, and how, in seconds from the start."""

    begins_s: float
    ends_s: float
    modalities: frozenset[Modality]
    known_until_s: float | None
    """The end that the peer had announced; the decision knows no other. None: none."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where a request comes from."""

    at: Point


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A peer as they are, whatever happens."""

    number: int
    home: Point | None
    modalities: frozenset[Modality]
    languages: frozenset[str]
    focus: frozenset[Focus]
    travel_limit_m: int | None
    shifts: tuple[Shift, ...]
    """In the order of their beginnings. Where two overlap, the later one holds."""
    not_paired: frozenset[int] = frozenset()
    """Numbers of the sites that never ask them."""
    badges: Mapping[int, datetime] | None = None
    """By site: until when they may enter. None: everywhere, for ever."""
    certified_until: datetime | None = FOREVER
    open_offer_limit: int = 1
    traits: frozenset[str] = frozenset()
    counted_from: datetime | None = None
    """From when on they want to be learned of."""
    key: str = ""
    """The id of a peer who exists: what was learned of them is found by it."""

    @property
    def id(self) -> str:
        """As the decision knows them."""
        return self.key or f"p{self.number:05d}"


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a department asks for, and when, in seconds from the start."""

    number: int
    site: int
    at_s: float
    modality: Modality
    language: str
    focus: Focus | None
    video_fallback: bool = True
    wishes: frozenset[str] = frozenset()
    met: frozenset[int] = frozenset()
    """Numbers of the peers whom the person has met and would like to see again."""
    patience_s: float = GIVES_UP_S
    """How long the department waits for a yes before it closes the request."""


@dataclass(frozen=True, kw_only=True)
class World:
    """Sites, peers and requests, each at the place of its number."""

    start: datetime
    days: float
    """How long requests come in."""
    sites: Sequence[Site]
    peers: Sequence[Peer]
    requests: Sequence[Request]

    def moment(self, at_s: float) -> datetime:
        """Seconds from the start as the decision's time."""
        return self.start + timedelta(seconds=at_s)

    def seconds(self, moment: datetime) -> float:
        """The decision's time as seconds from the start."""
        return (moment - self.start).total_seconds()
