"""A peer with two texted offers: what a policy with more than one open offer a peer brings about."""

from dispatch.access import Actor
from dispatch.models import Peer
from dispatch.states import Modality
from tests.hooks.conftest import Town


def second_offer(town: Town, peer: Actor, modality: Modality = Modality.VIDEO) -> str:
    """A second request of the nurse, its offer to this peer too, and the text of it."""
    with town.db.transaction() as tx:
        tx.session.get_one(Peer, peer.id).open_offer_limit = 3
    request = town.ask(town.nurse, modality=modality, place="Room 7")
    town.forward(31)
    return request
