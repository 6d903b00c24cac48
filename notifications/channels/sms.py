"""Text messages, through a provider with the shape of Twilio's API.

A text that was sent twice is on the phone twice. So when the end of an earlier send is not known,
the provider is asked first whether it has this very text; and when it cannot be asked, nothing is
sent.
"""

from datetime import timedelta

from notifications.channels.base import Address, Envelope, Outcome, Result
from notifications.channels.twilio import Account, Client, already_taken, spoken
from notifications.models import Kind

MAX_VALIDITY_S = 14_400
"""The longest a provider of this shape keeps a text that it cannot hand over."""
CLOCKS_APART = timedelta(seconds=60)
"""How far the provider's clock may be from ours; the text itself tells one from another."""
CALLBACK = "/hooks/sms/status"
INBOUND = "/hooks/sms"
"""Where the provider must be told to bring what people write to our number."""


class SmsChannel:
    """Sends from one number or messaging service of one account."""

    kind = Kind.SMS

    def __init__(self, account: Account, *, workers: int = 16, timeout_s: float = 10.0) -> None:
        self.workers = workers
        # Two requests at most (is it there already, then send), each with two waits.
        self.deadline_s = 4.5 * timeout_s
        self._account = account
        self._client = Client(account, workers=workers, timeout_s=timeout_s)

    def send(self, envelope: Envelope) -> Outcome:
        """One text to one number. Never raises for what the provider answers."""
        if envelope.address is None:
            return Outcome(Result.DEAD_ADDRESS, "NO_DEVICE")
        text = spoken(envelope.words.title, envelope.words.body)
        if envelope.unknown_since is not None:
            before = self._before(envelope, envelope.address, text)
            if before is not None:
                return before
        return self._client.create(
            "Messages",
            {
                "To": envelope.address.value,
                self._sender_field(): self._account.sender,
                "Body": text,
                "ValidityPeriod": str(max(1, min(envelope.ttl_s, MAX_VALIDITY_S))),
                "StatusCallback": (
                    f"{self._account.public_url}{CALLBACK}?delivery={envelope.delivery_id}"
                ),
            },
        )

    def _before(self, envelope: Envelope, address: Address, text: str) -> Outcome | None:
        """What became of the earlier send; None when the provider never got it."""
        assert envelope.unknown_since is not None
        moment = envelope.unknown_since - CLOCKS_APART
        found = self._client.since("Messages", {"To": address.value}, moment)
        if found is None:
            return Outcome(Result.UNKNOWN, "COULD_NOT_LOOK")
        senders = {"from", "messaging_service_sid"}
        for one in found:
            is_ours = self._account.sender in {one.get(name) for name in senders}
            if is_ours and str(one.get("body", "")).strip() == text.strip():
                return already_taken(one)
        return None

    def _sender_field(self) -> str:
        return "MessagingServiceSid" if self._account.sender.startswith("MG") else "From"

    def probe(self) -> Outcome:
        """Whether the provider knows us and hands replies on to us, without ringing anybody."""
        return self._client.probe("sms", f"{self._account.public_url}{INBOUND}")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
