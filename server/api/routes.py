"""Every route of the API, in the order of the documentation."""

from server.api import sessions
from server.api.declare import Route, Routes

NOUNS: list[Routes] = [
    sessions.routes,
]


def every_route() -> list[Route]:
    """All routes of all nouns."""
    return [route for noun in NOUNS for route in noun.routes]
