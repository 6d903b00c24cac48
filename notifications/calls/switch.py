"""What must be asked about a visit and its call; the composition root answers it.

The floor below keeps visits and calls and knows no telephone; this floor knows telephones and reads
of the other only its facts. This is the port between the two.
"""

from dataclasses import dataclass, field
from typing import Protocol

from notifications.calls.ends import End
from storage.database import Transaction


@dataclass(frozen=True)
class Held:
    """A call and its visit as they are now; their request's row is held."""

    call_id: str
    visit_id: str
    user_id: str
    """The peer."""
    is_live: bool
    """The call is not over, and neither is its visit."""
    is_ready: bool
    """The peer said yes on the line, and the two are not joined yet."""
    is_connected: bool
    to_bedside: bool
    desk: str = field(repr=False)
    """The site's own number, as people write it."""
    peer_locale: str
    other_locale: str
    limit_s: int


class Switch(Protocol):
    """Calls, by the floor that keeps them."""

    def hold(self, tx: Transaction, call_id: str) -> Held | None:
        """The call as it is now, until the transaction ends; None when there is none."""
        ...

    def end(self, tx: Transaction, call_id: str, end: End) -> None:
        """It is over. Again is harmless."""
        ...
