"""The rooms, by name. Whoever is in one has passed a gate of `dispatch.access`; nobody else hears.

A request has four, because not everybody is told the same: who manages the network hears which
peers said no; staff do not; and its visitor leaves at once when the visit is no longer
theirs; so does whoever is there by video until then.
"""

from dispatch.access import MANAGING
from dispatch.rooms import OTHER, Side
from dispatch.states import Role

NAMESPACE = "/live"


def peer(peer_id: str) -> str:
    """The sockets of one peer."""
    return f"peer:{peer_id}"


def board(network_id: str) -> str:
    """Who follows the board of a network."""
    return f"board:{network_id}"


def site(site_id: str) -> str:
    """The staff of a site who are told when a request is made there."""
    return f"site:{site_id}"


def full(request_id: str) -> str:
    """The managers who follow a request."""
    return f"request:{request_id}:full"


def plain(request_id: str) -> str:
    """The staff who follow a request of their site."""
    return f"request:{request_id}:plain"


def visitor(request_id: str) -> str:
    """The sockets of the peer whose visit it is."""
    return f"request:{request_id}:visitor"


def bridge(request_id: str) -> str:
    """The sockets of the peer who is there by video until the visitor arrives."""
    return f"request:{request_id}:bridge"


def of_request(request_id: str, role: Role, *, is_bridge: bool = False) -> str:
    """The room in which somebody of this role follows a request that they may see."""
    if is_bridge:
        return bridge(request_id)
    if role in MANAGING:
        return full(request_id)
    return visitor(request_id) if role is Role.PEER else plain(request_id)


def seat(visit_id: str, side: Side) -> str:
    """The pages of one side in the video room of a visit."""
    return f"call:{visit_id}:{side.value}"


def bed(request_id: str) -> str:
    """The bedside screen of a request, whichever visit it is in."""
    return f"bed:{request_id}"


def opposite(visit_id: str, side: Side) -> str:
    """The pages of the other side."""
    return seat(visit_id, OTHER[side])


def both(visit_id: str) -> list[str]:
    """The pages of both sides."""
    return [seat(visit_id, side) for side in Side]
