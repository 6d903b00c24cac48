"""The port to the product: what a phone or a desktop can do, and nothing else.

Behaviour is written once against it; `doors.network` goes over a real network, `doors.in_process`
calls the same application directly.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Json = dict[str, Any]
Hear = Callable[[str, Json], None]
"""Called with the name and the data of each event that the server sends on a live line."""

API = "/api/v1"


class Unreachable(Exception):
    """The product could not be reached; whether it did anything is not known."""


class Refused(Exception):
    """The live line was refused: the token is no longer good."""


@dataclass(frozen=True)
class Answer:
    """The answer to a request."""

    status: int
    body: Json = field(default_factory=dict)

    @property
    def is_ok(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        """The stable code of a refusal; empty when it was none."""
        return str(self.body.get("code", ""))


class Line(Protocol):
    """One live connection."""

    @property
    def is_open(self) -> bool:
        """Whether the server is still on the other end."""
        ...

    def call(self, event: str, data: Mapping[str, Any]) -> Json:
        """Send an event and wait for its acknowledgement. Raises `Unreachable`."""
        ...

    def say(self, event: str, data: Mapping[str, Any]) -> None:
        """Send an event, whose acknowledgement nobody waits for. Raises `Unreachable`."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


class Door(Protocol):
    """The way into the product."""

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        token: str | None = None,
        key: str | None = None,
    ) -> Answer:
        """One call of the API; `path` is below `/api/v1`. Raises `Unreachable`."""
        ...

    def connect(self, token: str, hear: Hear) -> Line:
        """A live line for who holds the token. Raises `Refused` or `Unreachable`."""
        ...
