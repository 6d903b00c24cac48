"""What people of the city notice of one another without any app, and what the story is told from.

A peer who walks in is seen by the nurse; a phone that rings is heard. Also the place where somebody
who finds a promise broken says so.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

Told = Callable[[str], None]


@dataclass
class Town:
    """One city during one story."""

    rings: dict[str, datetime] = field(default_factory=dict)
    """By offer: when its peer's phone first rang or showed it."""
    broken: list[str] = field(default_factory=list)
    """Promises that somebody saw broken, each as one sentence."""
    seen: Counter[str] = field(default_factory=Counter)
    """How often something worth counting happened."""
    compared: int = 0
    """How often a client's picture of a request was held against a fresh snapshot."""
    at_desk: dict[str, Callable[[str], None]] = field(default_factory=dict)
    """By request: whom to tell that the peer of a visit stands at the desk."""
    tell: Told = lambda line: None  # noqa: ARG005  # nobody listens
    """Told one line for each thing that happens; nothing private is in it."""

    def ring(self, offer_id: str, at: datetime) -> None:
        """A phone rang for an offer."""
        self.rings.setdefault(offer_id, at)

    def walk_in(self, request_id: str, visit_id: str) -> None:
        """A peer has come to the desk of the site of a request."""
        see = self.at_desk.get(request_id)
        if see is not None:
            see(visit_id)
