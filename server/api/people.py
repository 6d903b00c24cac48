"""The shape of a user as they see themselves: `/me`, and the answer to a sign-in."""

from sqlalchemy import select

from dispatch import shapes
from dispatch.models import Network, Peer, Site, User
from server.api.declare import Json
from storage.database import Transaction


def me(tx: Transaction, user_id: str) -> Json:
    """The user with what belongs to their role: staff their site, peers their profile."""
    user, network, site, peer = tx.session.execute(
        select(User, Network, Site, Peer)
        .join(Network, Network.id == User.network_id)
        .outerjoin(Site, Site.id == User.site_id)
        .outerjoin(Peer, Peer.id == User.id)
        .where(User.id == user_id)
    ).one()
    shape: Json = {
        "id": user.id,
        "role": user.role.value,
        "name": user.name,
        "network": {"id": network.id, "name": network.name},
    }
    if site is not None:
        shape["site"] = shapes.site(site)
    if peer is not None:
        shape["peer"] = {
            "id": peer.id,
            "modalities": peer.modalities,
            "languages": peer.languages,
            "focus": peer.focus,
            "travel_limit_m": peer.travel_limit_m,
        }
    return shape
