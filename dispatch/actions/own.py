"""What a peer decides for themselves, and nobody for them."""

from collections.abc import Collection

from dispatch.access import Actor
from dispatch.errors import not_found
from dispatch.models import Peer
from dispatch.states import Trait
from storage.database import Transaction


def keep_private(tx: Transaction, actor: Actor, *, is_private: bool) -> Peer:
    """Whether alerts about offers show only that there is something to open.

    Alerts that are written from now on; those on their way keep their words.
    """
    peer = _own(tx, actor)
    peer.is_private = is_private
    tx.session.flush()
    return peer


def said_of_myself(tx: Transaction, actor: Actor) -> list[Trait]:
    """What the peer says of themselves, for wishes to meet. There is no other way to read it."""
    return [Trait(word) for word in _own(tx, actor).traits]


def say_of_myself(tx: Transaction, actor: Actor, traits: Collection[Trait]) -> list[Trait]:
    """Exactly this from now on: each word is the peer's own choice, and gone when it is left out.

    Offers that stand keep their reasons until a day after their request's end.
    """
    peer = _own(tx, actor)
    peer.traits = [trait.value for trait in Trait if trait in traits]
    tx.session.flush()
    return said_of_myself(tx, actor)


def _own(tx: Transaction, actor: Actor) -> Peer:
    peer = tx.session.get(Peer, actor.id)
    if peer is None:
        raise not_found("peer")
    return peer
