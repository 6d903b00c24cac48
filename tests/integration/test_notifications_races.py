"""Two relays, people who answer and offers that end, all at once: no row waits for another in a circle."""

import threading
import time
from collections.abc import Callable
from random import Random

from dispatch.events import FactType
from notifications.channels.base import Envelope, Outcome, Result
from notifications.channels.memory import MemoryChannel
from notifications.models import DeliveryState, Kind
from notifications.relay import Relay
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.phones import Phones

FINAL = {state for state in DeliveryState if state is not DeliveryState.PENDING}


class Flaky(MemoryChannel):
    """Every kind of answer, from a seed."""

    def __init__(self, seed: int) -> None:
        super().__init__(workers=4)
        self._rng = Random(seed)

    def send(self, envelope: Envelope) -> Outcome:
        """Mostly taken; sometimes busy, lost, or the address is dead."""
        time.sleep(self._rng.uniform(0, 0.003))
        roll = self._rng.random()
        if roll < 0.02:
            self.script(None, Outcome(Result.DEAD_ADDRESS, "UNREGISTERED"))
        elif roll < 0.2:
            self.script(None, Outcome(Result.BUSY, "UNAVAILABLE", backoff_s=0.01))
        elif roll < 0.3:
            self.script(None, Outcome(Result.UNKNOWN, "TIMEOUT"))
        return super().send(envelope)


def test_relays_answers_and_endings_at_once(db: Database, clock: ManualClock) -> None:
    phones = Phones(db)
    people = [phones.person(f"a-{n}", f"b-{n}") for n in range(12)]
    errors: list[BaseException] = []
    stop = threading.Event()

    def until_stopped(work: Callable[[], object]) -> None:
        try:
            while not stop.is_set():
                work()
        except BaseException as error:  # noqa: BLE001  # collected and shown below
            errors.append(error)

    def one_request(seed: int) -> None:
        rng = Random(seed)
        offers = phones.offer(*rng.sample(people, 6))
        time.sleep(rng.uniform(0, 0.01))
        phones.answer(rng.choice([FactType.OFFER_SEEN, FactType.OFFER_DECLINED]), offers[0])
        phones.close(*offers)
        clock.advance(1)

    relays = [Relay(db, {Kind.FCM: Flaky(n)}, phones.directory, rng=Random(n)) for n in range(2)]
    seeds = iter(range(10_000))
    work = [one.tick for one in relays] + [lambda: one_request(next(seeds))] * 3
    threads = [threading.Thread(target=until_stopped, args=[each]) for each in work]
    for thread in threads:
        thread.start()
    time.sleep(3)
    stop.set()
    for thread in threads:
        thread.join(30)
    assert errors == []

    # After the faults stop the outbox drains, and every delivery is accounted for.
    calm = Relay(db, {Kind.FCM: MemoryChannel()}, phones.directory, rng=Random(9))
    for one in relays:
        assert one.close(10)
    for _ in range(30):
        clock.advance(60)
        calm.tick()
    rows = phones.rows()
    assert len(rows) > 50
    assert [row.id for row in rows if row.due_at is not None or row.state not in FINAL] == []
