"""What a peer decides for themselves, and nobody for them."""

from dispatch.access import Actor
from dispatch.errors import not_found
from dispatch.models import Peer
from storage.database import Transaction


def keep_private(tx: Transaction, actor: Actor, *, is_private: bool) -> Peer:
    """Whether alerts about offers show only that there is something to open.

    Alerts that are written from now on; those on their way keep their words.
    """
    peer = tx.session.get(Peer, actor.id)
    if peer is None:
        raise not_found("peer")
    peer.is_private = is_private
    tx.session.flush()
    return peer
