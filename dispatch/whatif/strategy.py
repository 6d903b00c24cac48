"""Who decides in a run: the product under a policy, or whoever else is measured beside it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from dispatch.deciding import next_move
from dispatch.knowledge import NOTHING, Knowledge
from dispatch.matching import Need, PeerView
from dispatch.policy import Policy
from dispatch.waves import Decision, Search
from dispatch.whatif.world import Request


class Seen(NamedTuple):
    """What there is to be seen at one look at a search that nobody has said yes to."""

    request: Request
    search: Search
    peers: Sequence[PeerView]
    need: Need
    """In the wish's own modality."""
    now: datetime


class Strategy(Protocol):
    """Who is asked, seen from a search."""

    @property
    def name(self) -> str:
        """As a result calls it."""
        ...

    def look(self, seen: Seen) -> Decision:
        """What to do about a search."""
        ...


class Product:
    """What the product does under a policy, as the engine decides it."""

    def __init__(self, name: str, policy: Policy, known: Knowledge = NOTHING) -> None:
        self.name = name
        self.policy = policy
        self.known = known

    def look(self, seen: Seen) -> Decision:
        """The product's next move."""
        return next_move(seen.search, seen.peers, seen.need, seen.now, self.policy, self.known)
