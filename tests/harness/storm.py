"""A storm: thousands of deliveries through the real relay, to a provider that fails as a seed says.

Nothing waits: time is moved by hand to the next moment that something is due. It counts what became
of every delivery and what every phone was told, and knows which sums must come out.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from random import Random
from typing import TypeVar

from sqlalchemy import func, insert, select

from dispatch.models import Network, User
from dispatch.states import Role
from notifications import outbox
from notifications.channels.base import Channel, Envelope, Outcome, Result
from notifications.directory import FakeDirectory
from notifications.models import Delivery, DeliveryState, Device, DeviceState, Kind, Rung
from notifications.outbox import Draft
from notifications.relay import Relay
from storage.clock import ManualClock
from storage.database import Database
from storage.ids import new_id

Item = TypeVar("Item")
AGAIN_S = 20
STEP_S = 2.0
"""Retries carry jitter; looking only every so often takes many of them together."""
OPEN_S = 3600
WRITTEN_AT_ONCE = 300

TROUBLE: Mapping[str, float] = {
    "busy": 0.06,
    "busy, come later": 0.03,
    "no connection": 0.02,
    "timeout, but it was taken": 0.06,
    "timeout, not taken": 0.05,
    "the library raises": 0.02,
    "bad message": 0.04,
    "another project's address": 0.01,
    "dead address": 0.01,
}
"""How often a send ends how; 30 % in all. The rest is taken."""


class Trouble(Exception):
    """What a library might raise."""


class StormyChannel:
    """The provider: it answers as the seed says and remembers what each phone shows."""

    kind = Kind.FCM
    deadline_s = 5.0

    def __init__(self, seed: int, *, workers: int = 0) -> None:
        self.workers = workers
        self.answers: Counter[str] = Counter()
        self.taken: Counter[str] = Counter()
        """How often it said "taken", by delivery."""
        self.shown: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
        """Which alerts phones show of each offer: one for each phone and collapse id."""
        self._rng = Random(seed)
        self._names = [*TROUBLE, "taken"]
        self._weights = [*TROUBLE.values(), 1 - sum(TROUBLE.values())]

    def send(self, envelope: Envelope) -> Outcome:
        """One answer."""
        (name,) = self._rng.choices(self._names, self._weights)
        self.answers[name] += 1
        address = envelope.address.value if envelope.address else ""
        if name in ("taken", "timeout, but it was taken"):
            self.shown[envelope.data["offer_id"]].add((address, envelope.collapse_id))
        if name == "taken":
            self.taken[envelope.delivery_id] += 1
            return Outcome(Result.DELIVERED)
        if name == "the library raises":
            raise Trouble(name)
        return _ANSWERS[name]

    def close(self) -> None:
        """Nothing is open."""


_ANSWERS: Mapping[str, Outcome] = {
    "busy": Outcome(Result.BUSY, "UNAVAILABLE"),
    "busy, come later": Outcome(Result.BUSY, "QUOTA_EXCEEDED", retry_after_s=40.0),
    "no connection": Outcome(Result.BUSY, "NO_CONNECTION"),
    "timeout, but it was taken": Outcome(Result.UNKNOWN, "TIMEOUT"),
    "timeout, not taken": Outcome(Result.UNKNOWN, "TIMEOUT"),
    "bad message": Outcome(Result.BAD_MESSAGE, "INVALID_ARGUMENT"),
    "another project's address": Outcome(
        Result.MISCONFIGURED, "SENDER_ID_MISMATCH", disables_address=True
    ),
    "dead address": Outcome(Result.DEAD_ADDRESS, "UNREGISTERED"),
}


@dataclass
class Tally:
    """What came of a storm."""

    deliveries: int
    seconds: float
    simulated_s: float
    sends: int
    states: Mapping[str, int]
    unaccounted: int
    """Deliveries that are still due, or that are called sent without the provider having said so."""
    doubled: int
    """Deliveries that the provider was asked to show after it had said "taken"."""
    most_alerts: int
    """The most alerts that phones show for one offer, both of its rungs together."""
    answers: Mapping[str, int] = field(default_factory=dict)


@dataclass
class Storm:
    """Offers of many sites to many phones, each with its two pushes."""

    db: Database
    clock: ManualClock
    phones: int
    offers: int
    sites: int = 200
    directory: FakeDirectory = field(default_factory=FakeDirectory)
    network_id: str = field(default_factory=new_id)
    users: list[str] = field(default_factory=list)

    @property
    def tokens(self) -> list[str]:
        """The address of every phone."""
        return [_token(user) for user in self.users]

    def fill(self) -> None:
        """Write the people, their phones, and the deliveries by the outbox."""
        users = self.users = [new_id() for _ in range(self.phones)]
        now = self.clock.now()
        with self.db.transaction() as tx:
            tx.session.add(Network(id=self.network_id, name="Storm", policy={}, created_at=now))
            tx.session.flush()
            for part in _batches(users, 5000):
                tx.session.execute(insert(User), [self._user(user) for user in part])
                tx.session.execute(insert(Device), [self._device(user) for user in part])
        offers = (
            (f"site-{number % self.sites}", users[number % self.phones])
            for number in range(self.offers)
        )
        for batch in _batches(offers, WRITTEN_AT_ONCE):
            with self.db.transaction() as tx:
                drafts = [draft for site, user in batch for draft in self._ladder(site, user)]
                outbox.write(tx, drafts)

    def _user(self, user_id: str) -> dict[str, object]:
        return {
            "id": user_id,
            "network_id": self.network_id,
            "email": f"{user_id}@example.org",
            "name": "Marcus T.",
            "role": Role.PEER,
            "locale": "en",
            "is_active": True,
            "is_on_call": False,
            "created_at": self.clock.now(),
        }

    def _device(self, user_id: str) -> dict[str, object]:
        return {
            "id": user_id,
            "network_id": self.network_id,
            "user_id": user_id,
            "kind": Kind.FCM,
            "address": _token(user_id),
            "platform": "android",
            "state": DeviceState.ACTIVE,
            "created_at": self.clock.now(),
            "refreshed_at": self.clock.now(),
        }

    def _ladder(self, site: str, user_id: str) -> Iterator[Draft]:
        offer_id = new_id()
        now = self.clock.now()
        for rung, text, after_s in (
            (Rung.PUSH, "offer", 0),
            (Rung.PUSH_AGAIN, "offer_again", AGAIN_S),
        ):
            yield Draft(
                network_id=self.network_id,
                site_id=site,
                user_id=user_id,
                device_id=user_id,
                channel=Kind.FCM,
                once=f"{offer_id}:{rung}",
                key=f"{text}.in_person_near",
                args={"modality": "in_person"},
                rung=rung,
                locale="en",
                collapse_id=offer_id,
                due_at=now + timedelta(seconds=after_s),
                expires_at=now + timedelta(seconds=OPEN_S),
                request_id=offer_id,
                offer_id=offer_id,
            )

    def ride_out(self, channel: Channel, *, limit: int = 200) -> tuple[float, float]:
        """Let the relay work until nothing is due; seconds it took, and seconds that passed."""
        relay = Relay(self.db, {Kind.FCM: channel}, self.directory, rng=Random(7))
        began, moment = time.perf_counter(), self.clock.now()
        while (due := self._next_due()) is not None:
            if due > self.clock.now():
                self.clock.set(due + timedelta(seconds=STEP_S))
            while relay.tick(limit) or relay.in_flight:
                pass
        relay.close()
        return time.perf_counter() - began, (self.clock.now() - moment).total_seconds()

    def _next_due(self) -> datetime | None:
        """When the next delivery may be taken: due, and not parked beyond."""
        greatest = func.max if self.db.engine.dialect.name == "sqlite" else func.greatest
        at = greatest(Delivery.due_at, func.coalesce(Delivery.leased_until, Delivery.due_at))
        with self.db.read() as tx:
            query = select(Delivery.due_at, Delivery.leased_until).where(
                Delivery.due_at.is_not(None)
            )
            rows = tx.session.execute(query.order_by(at).limit(1)).first()
        return None if rows is None else max(moment for moment in rows if moment is not None)

    def count(self) -> int:
        """How many deliveries there are."""
        with self.db.read() as tx:
            return tx.session.scalar(select(func.count()).select_from(Delivery)) or 0

    def still_due(self) -> int:
        """How many of them are not at their end."""
        with self.db.read() as tx:
            due = select(func.count()).where(Delivery.due_at.is_not(None))
            return tx.session.scalar(due) or 0

    def tally(self, channel: StormyChannel, took: tuple[float, float]) -> Tally:
        """Count."""
        with self.db.read() as tx:
            states = {
                state.value: number
                for state, number in tx.session.execute(
                    select(Delivery.state, func.count()).group_by(Delivery.state)
                )
            }
            sent = set(
                tx.session.scalars(select(Delivery.id).where(Delivery.state == DeliveryState.SENT))
            )
        lied = len(sent ^ set(channel.taken))
        return Tally(
            deliveries=sum(states.values()),
            seconds=took[0],
            simulated_s=took[1],
            sends=sum(channel.answers.values()),
            states=states,
            unaccounted=self.still_due() + lied + abs(2 * self.offers - sum(states.values())),
            doubled=sum(number - 1 for number in channel.taken.values()),
            most_alerts=max(len(shown) for shown in channel.shown.values()),
            answers=channel.answers,
        )


def _token(user_id: str) -> str:
    """As long as a real one: a short one could be taken for another kind of address."""
    return f"token-{user_id}-{'x' * 100}"


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Lists of at most `size`."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
