"""What an outcome means for the delivery, its address and its ladder. Pure; `now` is handed in.

The outbox owns every retry: no channel and no library retries by itself, and nobody sleeps. The
waiting stands in the row.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from notifications.channels.base import Outcome, Result
from notifications.models import DeliveryState, DeviceState

LONGEST_WAIT_S = 300.0
UNKNOWN_BACKOFF_S = 5.0
UNKNOWN_ATTEMPTS = 4
"""Each resend of an `unknown` one may ring once more on a phone that had it: not for an hour."""
JITTER = 0.25
"""Up to this share is added to every wait, so that a crowd does not come back at one moment."""


@dataclass(frozen=True)
class Verdict:
    """What becomes of a delivery."""

    state: DeliveryState
    next_at: datetime | None = None
    address: DeviceState | None = None
    """The new state of the address, when the outcome condemns it."""
    climbs: bool = False
    """The next rung of the ladder goes now: this one never will."""
    is_alarm: bool = False
    """A person must mend something."""


def verdict(
    outcome: Outcome, *, now: datetime, attempts: int, expires_at: datetime, rng: Random
) -> Verdict:
    """The verdict on the end of the send number `attempts` (from 1)."""
    match outcome.result:
        case Result.DELIVERED:
            return Verdict(DeliveryState.SENT)
        case Result.DEAD_ADDRESS:
            aside = DeviceState.DISABLED if outcome.disables_address else DeviceState.DEAD
            return Verdict(DeliveryState.FAILED, address=aside, climbs=True)
        case Result.BAD_MESSAGE:
            return Verdict(DeliveryState.FAILED, climbs=True, is_alarm=True)
        case Result.MISCONFIGURED:
            address = DeviceState.DISABLED if outcome.disables_address else None
            return Verdict(DeliveryState.FAILED, address=address, climbs=True, is_alarm=True)
        case Result.BUSY:
            next_at = now + _wait(outcome.backoff_s, attempts, outcome.retry_after_s, rng)
            if next_at >= expires_at:
                return Verdict(DeliveryState.EXPIRED)
            return Verdict(DeliveryState.PENDING, next_at=next_at)
        case Result.UNKNOWN:
            next_at = now + _wait(UNKNOWN_BACKOFF_S, attempts, None, rng)
            if next_at >= expires_at or attempts >= UNKNOWN_ATTEMPTS:
                return Verdict(DeliveryState.UNKNOWN)
            return Verdict(DeliveryState.UNKNOWN, next_at=next_at)


def _wait(base_s: float, attempts: int, asked_s: float | None, rng: Random) -> timedelta:
    """Doubling from `base_s`, or what the provider asked for; never sooner, a little later."""
    wait_s = (
        min(base_s * 2 ** min(attempts - 1, 16), LONGEST_WAIT_S) if asked_s is None else asked_s
    )
    return timedelta(seconds=wait_s * (1 + rng.uniform(0, JITTER)))
