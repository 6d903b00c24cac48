"""What the clock says about a room that somebody has left: wait, ask who is left, end it.

Pure: the moments in, the verdict out. It is asked only about a conversation that had begun.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from dispatch.policy import Policy

AGAIN = timedelta(seconds=10)
"""How often a room in which both are is looked at."""


@dataclass(frozen=True)
class Verdict:
    """What becomes of the room, and when to look again (None: never)."""

    empty_at: datetime | None
    asked_at: datetime | None
    is_over: bool
    look_at: datetime | None


def look(
    *,
    are_both_here: bool,
    empty_at: datetime | None,
    asked_at: datetime | None,
    now: datetime,
    policy: Policy,
) -> Verdict:
    """Both there: all is well. Else ask after `room_ask_s`, end after a further `room_end_s`."""
    if are_both_here:
        return Verdict(None, None, False, now + AGAIN)
    since = empty_at or now
    ask_at = since + timedelta(seconds=policy.room_ask_s)
    if asked_at is None and now < ask_at:
        # Looked at on the way too: who comes back in between is seen before they are asked.
        return Verdict(since, None, False, min(ask_at, now + AGAIN))
    asked = asked_at or now
    ends_at = asked + timedelta(seconds=policy.room_end_s)
    if now < ends_at:
        return Verdict(since, asked, False, min(ends_at, now + AGAIN))
    return Verdict(since, asked, True, None)
