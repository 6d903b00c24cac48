"""What was counted and timed. It adds up nothing: `verdict` and `report` do.

Moments are of the event loop, in seconds; how long something took is in milliseconds.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

Timed = tuple[float, float]
"""When it ended, and how many milliseconds it took."""


@dataclass
class Tally:
    """One run's."""

    offers: list[Timed] = field(default_factory=list)
    """From `asked_at` to the socket."""
    calls: defaultdict[str, list[Timed]] = field(default_factory=lambda: defaultdict(list))
    """By what was called for, those that were done or refused in order."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """`accept 200`, `accept already_taken` ..."""
    errors: Counter[str] = field(default_factory=Counter)
    """What nobody should meet, by kind."""
    answers: Counter[str] = field(default_factory=Counter)
    """Offers that a peer `meant` to answer with yes or no, and those that were `taken`: whatever the
    answer, it was none that says "come again"."""
    connects: list[Timed] = field(default_factory=list)
    """From dialling to the namespace's answer, during the ramp."""
    back: list[Timed] = field(default_factory=list)
    """From losing the connection to being caught up, of those that lost it together."""
    positions_said: int = 0
    positions: Counter[str] = field(default_factory=Counter)
    """What became of each, by the acknowledgement."""
    position_acks: list[Timed] = field(default_factory=list)
    board_lags: list[Timed] = field(default_factory=list)
    """From a reading of somebody on the road to a board that shows it."""
    board_rows: int = 0
    bare: list[Timed] = field(default_factory=list)
    """An acknowledgement that touches no row, asked for ten times a second."""
    heard_at: float = 0.0
    """When anything last came of anything."""
    late: list[Timed] = field(default_factory=list)
    """How much later than asked this very process woke up: the error of every time above."""
