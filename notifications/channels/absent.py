"""Stands in for a channel that this installation does not have, so that no delivery waits forever."""

from dataclasses import dataclass

from notifications.channels.base import Envelope, Outcome, Result
from notifications.models import Kind


@dataclass(frozen=True)
class AbsentChannel:
    """Refuses everything: a person without a device is unreachable, the rest is configuration."""

    kind: Kind
    workers: int = 0
    deadline_s: float = 1.0

    def send(self, envelope: Envelope) -> Outcome:
        """Say at once that nothing can be sent this way."""
        if envelope.address is None:
            return Outcome(Result.DEAD_ADDRESS, "NO_DEVICE")
        return Outcome(Result.MISCONFIGURED, "CHANNEL_NOT_CONFIGURED")

    def close(self) -> None:
        """Nothing is open."""
