"""Alarms through any service that apprise speaks to. The one door of apprise.

An address is an apprise URL whose scheme the operator allowed. Apprise tells only whether it
believes that a message went: a failure may have rung all the same, and messages of most services
do not replace each other. So an end that is not a clear success is never repeated.
"""

import logging
from collections.abc import Collection

import apprise

from notifications.channels.base import Envelope, Outcome, Result
from notifications.messages import Tone
from notifications.models import Kind


class AppriseChannel:
    """Sends to one address at a time. `schemes` are the services in use, in lower case."""

    kind = Kind.APPRISE

    def __init__(
        self, schemes: Collection[str], *, workers: int = 4, timeout_s: float = 10.0
    ) -> None:
        self.workers = workers
        # Some services are asked twice (sign in, then send), and apprise spaces its requests.
        self.deadline_s = 4 * timeout_s
        self._schemes = frozenset(schemes)
        self._timeout_s = timeout_s
        # It logs addresses, and those are secrets.
        logging.getLogger("apprise").disabled = True
        self._asset = apprise.AppriseAsset(
            app_id="Alongside", app_desc="Alongside", async_mode=False, secure_logging=True
        )

    def send(self, envelope: Envelope) -> Outcome:
        """One message to one address, at most once."""
        if envelope.address is None:
            return Outcome(Result.DEAD_ADDRESS, "NO_DEVICE")
        if envelope.unknown_since is not None:
            return Outcome(Result.UNKNOWN, "NOT_REPEATED")
        if scheme_of(envelope.address.value) not in self._schemes:
            return Outcome(Result.MISCONFIGURED, "SCHEME_OFF", disables_address=True)
        service = apprise.Apprise.instantiate(envelope.address.value, asset=self._asset)
        if service is None:
            return Outcome(Result.DEAD_ADDRESS, "NOT_AN_ADDRESS")
        service.socket_connect_timeout = self._timeout_s
        service.socket_read_timeout = self._timeout_s
        words = envelope.words
        kind = apprise.NotifyType.WARNING if words.tone is Tone.RING else apprise.NotifyType.INFO
        is_taken = service.notify(title=words.title, body=words.body, notify_type=kind)
        return Outcome(Result.DELIVERED) if is_taken else Outcome(Result.UNKNOWN, "SAID_NO")

    def close(self) -> None:
        """Every message had its own connection."""


def scheme_of(address: str) -> str:
    """The service that an address names, in lower case; empty when it names none."""
    scheme, found, _ = address.partition("://")
    return scheme.lower() if found else ""
