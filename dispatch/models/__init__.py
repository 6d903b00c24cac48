"""The tables of dispatch. The row is the truth, the timer and the queue.

Behind every invariant stands a unique index or a CHECK; behind every timer a column with a partial
index. It knows columns and refuses to know what anybody does with them.

- `people`    networks, sites, users, peers, their duty
- `requests`  support requests and offers
- `visits`    visits and ratings
- `facts`     the journal
"""

from dispatch.models.facts import JournalEntry
from dispatch.models.people import Badge, Certificate, DoNotPair, Duty, Network, Peer, Site, User
from dispatch.models.requests import (
    IS_OPEN_OFFER,
    IS_OPEN_REQUEST,
    Exclusion,
    Offer,
    SupportRequest,
)
from dispatch.models.visits import IS_LIVE_VISIT, Rating, Visit

__all__ = [
    "IS_LIVE_VISIT",
    "IS_OPEN_OFFER",
    "IS_OPEN_REQUEST",
    "Badge",
    "Certificate",
    "DoNotPair",
    "Duty",
    "Exclusion",
    "JournalEntry",
    "Network",
    "Offer",
    "Peer",
    "Rating",
    "Site",
    "SupportRequest",
    "User",
    "Visit",
]
