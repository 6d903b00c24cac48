"""Calls, through a provider with the shape of Twilio's API.

The provider rings the phone and, when somebody picks up, fetches from us what to say. A call that
was made twice rings twice. So when the end of an earlier send is not known, the provider is asked
first whether it made it; and when it cannot be asked, nothing rings.
"""

from datetime import timedelta

from notifications.channels.base import Address, Envelope, Outcome, Result
from notifications.channels.twilio import Account, Client, already_taken
from notifications.models import Kind

RING_S = 25
"""How long a phone rings: a mailbox that picks up later would hear what is meant for a person."""
CLOCKS_APART = timedelta(seconds=10)
"""How far the provider's clock may be from ours; no more, for one call looks like another."""
TALK = "/hooks/voice"
CALLBACK = "/hooks/voice/status"
TOLD_OF = ("initiated", "ringing", "answered", "completed")


class VoiceChannel:
    """Calls from one number of one account."""

    kind = Kind.VOICE

    def __init__(self, account: Account, *, workers: int = 16, timeout_s: float = 10.0) -> None:
        self.workers = workers
        # Two requests at most (is it there already, then call), each with two waits.
        self.deadline_s = 4.5 * timeout_s
        self._account = account
        self._client = Client(account, workers=workers, timeout_s=timeout_s)

    def send(self, envelope: Envelope) -> Outcome:
        """One call to one number. Never raises for what the provider answers."""
        if envelope.address is None:
            return Outcome(Result.DEAD_ADDRESS, "NO_DEVICE")
        if envelope.unknown_since is not None:
            before = self._before(envelope, envelope.address)
            if before is not None:
                return before
        ours = self._account.public_url
        return self._client.create(
            "Calls",
            {
                "To": envelope.address.value,
                "From": self._account.sender,
                "Url": f"{ours}{TALK}/{envelope.delivery_id}",
                "Method": "POST",
                "Timeout": str(RING_S),
                "StatusCallback": f"{ours}{CALLBACK}?delivery={envelope.delivery_id}",
                "StatusCallbackMethod": "POST",
                "StatusCallbackEvent": TOLD_OF,
            },
        )

    def _before(self, envelope: Envelope, address: Address) -> Outcome | None:
        """What became of the earlier send; None when the provider never made that call.

        A call does not say what it was about. Only one ladder runs for a person at a time, so a
        call to this number since then is this one.
        """
        assert envelope.unknown_since is not None
        query = {"To": address.value, "From": self._account.sender}
        moment = envelope.unknown_since - CLOCKS_APART
        found = self._client.since("Calls", query, moment)
        if found is None:
            return Outcome(Result.UNKNOWN, "COULD_NOT_LOOK")
        return already_taken(found[0]) if found else None

    def probe(self) -> Outcome:
        """Whether the provider knows us and our number, without ringing anybody."""
        return self._client.probe("voice")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
