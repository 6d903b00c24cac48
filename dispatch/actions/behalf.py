"""A step of a visit that its peer did not press: a room or a call did, or the person at the bedside."""

from dataclasses import dataclass

from dispatch.access import Actor
from dispatch.events import ENGINE, By
from dispatch.models import User, Visit
from dispatch.states import Role
from storage.database import Transaction


@dataclass(frozen=True)
class _OnBehalf(Actor):
    """Takes a step of the peer's visit; the fact says who or what it really was."""

    really: By = ENGINE

    def by(self) -> By:
        """Who the fact names."""
        return self.really


def of_peer(tx: Transaction, visit: Visit, really: By = ENGINE) -> Actor:
    """Who takes a step of this visit in its peer's place."""
    peer = tx.session.get_one(User, visit.peer_id)
    return _OnBehalf(peer.id, visit.network_id, Role.PEER, peer.name, really=really)
