"""What was recorded of a network's last days, as values. It draws nothing and decides nothing.

Positions of the past are not kept, so a peer starts from their home area; badges, certificates and
profiles are those of now.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from dispatch.whatif.world import World

Asking = tuple[int, int, bool]
"""Number of the request, number of the peer, whether in a way without a way to go."""


class Said(NamedTuple):
    """What a peer really did about an offer."""

    yes: bool | None
    """None: nothing, for as long as they were waited for."""
    after_s: float
    """From the asking to the answer, or to the end of the waiting."""


@dataclass(frozen=True)
class Past:
    """Who was there, what was asked for, and what really happened."""

    world: World
    zones: tuple[str, ...]
    """The time zone of each site."""
    said: Mapping[Asking, Said] = field(default_factory=dict)
    reached_s: Mapping[tuple[int, int], float] = field(default_factory=dict)
    """By request and peer: from the yes to the bedside or to a connected call."""
    session_s: Mapping[int, float] = field(default_factory=dict)
    """By request: how long the conversation took."""
    yes_s: Mapping[int, float | None] = field(default_factory=dict)
    """By request whose search is over: from the asking to the yes; None when there was none."""
    days_asked: float = 0.0
    """The world may be shorter: the past of duties begins somewhere."""
