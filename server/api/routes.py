"""Every route of the API, in the order of the documentation."""

from server.api import (
    audit,
    board,
    candidates,
    care,
    channels,
    deliveries,
    desks,
    devices,
    duty,
    familiar,
    help_calls,
    ladders,
    learning,
    notes,
    offers,
    own,
    peers,
    phone,
    policy,
    previews,
    readiness,
    requests,
    screens,
    sessions,
    sites,
    users,
    visits,
    waves,
)
from server.api.declare import Route, Routes

NOUNS: list[Routes] = [
    sessions.routes,
    desks.routes,
    duty.routes,
    devices.routes,
    readiness.routes,
    requests.routes,
    familiar.routes,
    candidates.routes,
    waves.routes,
    ladders.routes,
    screens.routes,
    offers.routes,
    visits.routes,
    help_calls.routes,
    notes.routes,
    care.routes,
    phone.routes,
    own.routes,
    learning.routes,
    board.routes,
    sites.routes,
    peers.routes,
    users.routes,
    policy.routes,
    previews.routes,
    audit.routes,
    channels.routes,
    deliveries.routes,
]


def every_route() -> list[Route]:
    """All routes of all nouns."""
    return [route for noun in NOUNS for route in noun.routes]
