"""What a peer would do about an offer, known in advance, and who knows it. Values, no chance."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dispatch.matching import Candidate, PeerView
from dispatch.states import Modality
from dispatch.whatif.world import Peer, Request


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rested peer would do about an offer, in seconds from the asking or from the yes."""

    sees: bool
    yes_below: float
    """Says yes while their rest (1: rested) times this is above `yes_draw`."""
    yes_draw: float
    says_no: bool
    """Answers when it is no yes, instead of staying silent."""
    see_s: float
    answer_s: float
    reach_s: float
    """From the yes to the bedside or to a connected call."""
    home_s: float
    """The way back; nothing after a call."""

    def yes(self, rest: float = 1.0) -> bool:
        """Whether it is a yes, by one as rested as that."""
        return self.sees and self.yes_draw < self.yes_below * rest


class People(Protocol):
    """The answers of everybody in one world."""

    def answer(self, request: Request, peer: Peer, modality: Modality) -> Answer:
        """What this peer does when asked for this request in this way: always the same."""
        ...

    def says_yes(
        self, request: Request, answer: Answer, peer: PeerView, candidate: Candidate, now: datetime
    ) -> bool:
        """Whether it is a yes, by the peer as they are when they are asked."""
        ...

    def session_s(self, request: Request) -> float:
        """How long the conversation takes, whoever comes."""
        ...

    def metres(self, peer: Peer, site: int) -> float:
        """From a peer's home to a site, as the crow flies."""
        ...
