"""What this floor must ask about people and offers, as a port; and the fake of that port.

The composition root answers with queries of dispatch. Notifications never sees its tables: not a
name, not a hospital, only who a peer is as a user and in which language they read.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from storage.database import Transaction


@dataclass(frozen=True)
class Recipient:
    """A person to be told something."""

    user_id: str
    locale: str = "en"
    is_private: bool = False
    """Their own choice: offers show only that there is something to open."""
    is_on_call: bool = False
    """A manager who is the first to act."""


class Directory(Protocol):
    """Who people are and which offers are open, inside the transaction that is handed in."""

    def recipients_of_peers(
        self, tx: Transaction, peer_ids: Collection[str]
    ) -> Mapping[str, Recipient]:
        """The users behind these peers, by peer id; a peer who cannot be told is left out."""
        ...

    def managers(self, tx: Transaction, network_id: str) -> Sequence[Recipient]:
        """The active managers of a network, those on call first."""
        ...

    def caretakers(self, tx: Transaction, network_id: str) -> Sequence[Recipient]:
        """The active supervisors and managers of a network: who acts when a peer is not safe."""
        ...

    def staff_of(self, tx: Transaction, site_id: str) -> Sequence[Recipient]:
        """The active staff of a site."""
        ...

    def open_offers(self, tx: Transaction, offer_ids: Collection[str]) -> set[str]:
        """Which of these offers still await an answer."""
        ...

    def unreachable(
        self, tx: Transaction, user_id: str, offer_ids: Collection[str], *, has_phone: bool
    ) -> None:
        """No address of this user works: do not count them, do not wait for them, tell people.

        `offer_ids` are the offers whose alerts were still on their way. `has_phone` is False when
        they never gave an address: then an open app may still be how they are reached. May lock
        rows of dispatch and may journal facts. Called before this floor locks any delivery in the
        same transaction, because a state change locks in that order too.
        """
        ...


@dataclass
class FakeDirectory:
    """A directory made of plain values, which remembers who was reported unreachable."""

    peers: dict[str, Recipient] = field(default_factory=dict)
    managers_of: dict[str, list[Recipient]] = field(default_factory=dict)
    supervisors_of: dict[str, list[Recipient]] = field(default_factory=dict)
    staff: dict[str, list[Recipient]] = field(default_factory=dict)
    """By site."""
    closed: set[str] = field(default_factory=set)
    """Offers are open unless they are named here."""
    reported: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    """Users without a working address, each with the offers that were on their way."""

    def recipients_of_peers(
        self, tx: Transaction, peer_ids: Collection[str]
    ) -> Mapping[str, Recipient]:
        """Those of `peers` that are asked for."""
        return {peer_id: self.peers[peer_id] for peer_id in peer_ids if peer_id in self.peers}

    def managers(self, tx: Transaction, network_id: str) -> Sequence[Recipient]:
        """As set in `managers_of`."""
        return self.managers_of.get(network_id, [])

    def caretakers(self, tx: Transaction, network_id: str) -> Sequence[Recipient]:
        """As set in `supervisors_of` and `managers_of`."""
        return [*self.supervisors_of.get(network_id, []), *self.managers(tx, network_id)]

    def staff_of(self, tx: Transaction, site_id: str) -> Sequence[Recipient]:
        """As set in `staff`."""
        return self.staff.get(site_id, [])

    def open_offers(self, tx: Transaction, offer_ids: Collection[str]) -> set[str]:
        """All but the closed ones."""
        return set(offer_ids) - self.closed

    def unreachable(
        self, tx: Transaction, user_id: str, offer_ids: Collection[str], *, has_phone: bool
    ) -> None:
        """Remember it."""
        self.reported.append((user_id, frozenset(offer_ids)))
