"""The port of a channel: what it is handed, and what it must say afterwards.

An outcome carries the provider's own verdict on retrying. `detail` is a code that may be stored
and logged: never an address, never a text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from notifications.compose import Words
from notifications.models import AddressKind, Kind


class Result(StrEnum):
    """How a send ended."""

    DELIVERED = "delivered"
    """The provider took it. Whether a person saw it is for the app to say."""
    BUSY = "busy"
    """It certainly was not taken; the same send may work later."""
    BAD_MESSAGE = "bad_message"
    """The provider will never take it: our mistake."""
    DEAD_ADDRESS = "dead_address"
    """Nobody is at this address any more."""
    MISCONFIGURED = "misconfigured"
    """The provider does not accept us; sending again changes nothing until a person mends it."""
    UNKNOWN = "unknown"
    """It may have been taken. It may be sent again because alerts collapse."""


@dataclass(frozen=True)
class Outcome:
    """The end of one send."""

    result: Result
    detail: str = ""
    retry_after_s: float | None = None
    """What a busy provider asked for; it is kept in the row, nobody sleeps."""
    backoff_s: float = 10.0
    """Where the waiting starts when a busy provider asked for nothing."""
    disables_address: bool = False
    """Misconfigured, and it is this address that does not fit us; or dead, but only put aside: its
    person stopped it and may start it again."""
    provider_id: str | None = None
    """The provider's own name for what it took: its callbacks speak of that."""


@dataclass(frozen=True)
class Address:
    """Where an envelope goes."""

    kind: Kind
    value: str = field(repr=False)
    address_kind: AddressKind | None = None
    platform: str = ""
    subscription: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Envelope:
    """One send: to whom, which words, how long they are worth anything."""

    delivery_id: str
    user_id: str
    address: Address | None
    """None: the user has no device."""
    words: Words
    data: Mapping[str, str]
    """What the app needs to open the right page; identifiers only."""
    collapse_id: str
    """At most 32 characters of the URL-safe base64 alphabet, so that it also is a Topic."""
    ttl_s: int
    expires_at: datetime
    unknown_since: datetime | None = None
    """An earlier send began then and its end is not known. A channel whose alerts do not replace
    each other on the phone asks its provider first whether it already has this one."""


class Channel(Protocol):
    """One way to reach a phone."""

    @property
    def kind(self) -> Kind:
        """Which deliveries it takes."""
        ...

    @property
    def workers(self) -> int:
        """How many sends may be under way at once; 0: it never waits, and is called in place."""
        ...

    @property
    def deadline_s(self) -> float:
        """After how long a send is given up as `unknown`, whatever the channel is doing."""
        ...

    def send(self, envelope: Envelope) -> Outcome:
        """Send once, without retrying and outside any transaction; called from several threads."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


@runtime_checkable
class Probed(Channel, Protocol):
    """A channel with a provider behind it, which can be asked whether it knows us."""

    def probe(self) -> Outcome:
        """`DELIVERED` when a send would be let in. Nobody's phone rings for it."""
        ...
