"""The provider's side of a bridged call: make it, look for it, ask how it is, hang up.

Each is one HTTP request, and none is tried again here. It knows the provider's fields; it refuses to
know rows, and it logs no number.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications.channels.base import Outcome
from notifications.channels.twilio import Account, Client

RING_S = 25
"""How long a telephone rings: a mailbox that picks up later would hear what is meant for a person."""
PATIENCE_S = 4.0
"""How long an answer of the provider is awaited: somebody stands there with a phone in the hand."""
CLOCKS_APART = timedelta(seconds=10)
"""How far the provider's clock may be from ours."""
SPARE_S = 180
"""What ringing and questions may take beside the conversation itself."""
TALK = "/hooks/calls"
TOLD_OF = ("initiated", "ringing", "answered", "completed")


@dataclass(frozen=True)
class Found:
    """A call that the provider has, or had."""

    sid: str
    status: str


class Line:
    """Calls from one number of one account; called from several threads."""

    def __init__(
        self, account: Account, *, workers: int = 8, timeout_s: float = PATIENCE_S
    ) -> None:
        self._account = account
        self._client = Client(account, workers=workers, timeout_s=timeout_s)

    def place(self, call_id: str, number: str, limit_s: int) -> Outcome:
        """Make the peer's telephone ring. Never raises for what the provider answers."""
        ours = f"{self._account.public_url}{TALK}/{call_id}"
        return self._client.create(
            "Calls",
            {
                "To": number,
                "From": self._account.sender,
                "Url": ours,
                "Method": "POST",
                "Timeout": str(RING_S),
                "TimeLimit": str(limit_s + SPARE_S),
                "StatusCallback": f"{ours}/status?leg=peer",
                "StatusCallbackMethod": "POST",
                "StatusCallbackEvent": TOLD_OF,
            },
        )

    def find(self, number: str, since: datetime) -> list[Found] | None:
        """Our calls to this number since then, oldest first; None when it could not be asked."""
        query = {"To": number, "From": self._account.sender}
        found = self._client.since("Calls", query, since - CLOCKS_APART)
        if found is None:
            return None
        return [Found(str(one.get("sid"))[:64], str(one.get("status"))) for one in found][::-1]

    def look(self, sid: str) -> str | None:
        """How a call is, in the provider's word; None when it could not be asked."""
        body = self._client.one("Calls", sid)
        return None if body is None else str(body.get("status"))

    def hang_up(self, sid: str) -> bool:
        """End a call; whether it is over. One that is over already stays so."""
        return self._client.change("Calls", sid, {"Status": "completed"})

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
