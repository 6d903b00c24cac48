"""The columns of an offer that say what it counts as, and a row of them as `counting` takes it.

Every question about past offers asks for the same ones; what they mean is `counting`'s to say.
"""

from typing import Any

from dispatch.learning.counting import Offered
from dispatch.models import Offer

COUNTED = (
    Offer.state,
    Offer.asked_at,
    Offer.answered_at,
    Offer.closed_at,
    Offer.is_unreachable,
    Offer.uncounted_at,
)


def offered(row: Any) -> Offered:
    """A row with these columns, as counting takes it."""
    return Offered(
        row.state,
        row.asked_at,
        row.answered_at,
        row.closed_at,
        row.is_unreachable,
        row.uncounted_at is not None,
    )
