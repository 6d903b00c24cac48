"""What a phone says back: doubled, in any order, late, forged, in the middle of a send."""

import itertools
from datetime import datetime

import pytest

from notifications import receipts
from notifications.channels.base import Outcome, Result
from notifications.channels.memory import MemoryChannel
from notifications.models import Delivery, DeliveryState, Device, Kind, Rung
from notifications.receipts import Event
from notifications.relay import Relay
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.phones import Phones


def relay_of(phones: Phones, channel: MemoryChannel | None = None) -> Relay:
    """A relay over phones that remember."""
    return Relay(phones.db, {Kind.FCM: channel or MemoryChannel(Kind.FCM)}, phones.directory)


def take(db: Database, user_id: str, delivery_id: str, event: Event) -> bool:
    """One receipt in a transaction of its own."""
    with db.transaction() as tx:
        return receipts.take(tx, user_id, delivery_id, event)


def first_push(phones: Phones) -> Delivery:
    """The first rung of the one offer."""
    return phones.row(rung=Rung.PUSH)


@pytest.mark.parametrize("order", list(itertools.permutations(["delivered", "opened"])))
def test_receipts_come_twice_and_in_any_order(
    db: Database, clock: ManualClock, order: tuple[str, str]
) -> None:
    phones = Phones(db)
    marcus = phones.person("token-a")
    phones.offer(marcus)
    relay_of(phones).tick()
    times: dict[str, datetime] = {}
    for event in (*order, *order):
        clock.advance(1)
        assert take(db, marcus, first_push(phones).id, Event(event))
        times.setdefault(event, clock.now())
    row = first_push(phones)
    assert row.state is DeliveryState.DELIVERED
    assert row.opened_at == times["opened"]
    assert row.delivered_at == min(times.values()), "what was opened had been delivered"
    with db.read() as tx:
        device = tx.session.get_one(Device, row.device_id)
        assert device.heard_at == clock.now()


def test_a_receipt_stops_no_ladder(db: Database) -> None:
    phones = Phones(db)
    marcus = phones.person("token-a")
    phones.offer(marcus)
    relay_of(phones).tick()
    take(db, marcus, first_push(phones).id, Event.OPENED)
    again = phones.row(rung=Rung.PUSH_AGAIN)
    assert (again.state, again.due_at is None) == (DeliveryState.PENDING, False)


def test_a_forged_receipt_is_of_no_delivery(db: Database) -> None:
    phones = Phones(db)
    marcus, elena = phones.person("token-a"), phones.person("token-b")
    phones.offer(marcus)
    push = first_push(phones)
    assert not take(db, elena, push.id, Event.OPENED)
    assert not take(db, marcus, "0" * 32, Event.OPENED)
    assert first_push(phones).opened_at is None


def test_a_receipt_is_taken_after_the_end(db: Database) -> None:
    phones = Phones(db)
    marcus = phones.person("token-a")
    (offer_id,) = phones.offer(marcus)
    relay_of(phones).tick()
    phones.close(offer_id)
    assert take(db, marcus, first_push(phones).id, Event.DELIVERED)
    assert first_push(phones).state is DeliveryState.DELIVERED


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(Result.DELIVERED),
        Outcome(Result.BUSY),
        Outcome(Result.UNKNOWN, "TIMEOUT"),
        Outcome(Result.BAD_MESSAGE, "TOO_BIG"),
    ],
)
def test_a_phone_quicker_than_its_provider_is_believed(db: Database, outcome: Outcome) -> None:
    """The receipt comes while the send is under way; its end may not take the word back."""
    phones = Phones(db)
    marcus = phones.person("token-a")
    phones.offer(marcus)
    channel = MemoryChannel(Kind.FCM)
    channel.script("token-a", outcome)
    relay = relay_of(phones, channel)
    relay.send(relay.claim())
    push = first_push(phones)
    assert push.state is DeliveryState.UNKNOWN
    take(db, marcus, push.id, Event.DELIVERED)
    assert relay.settle(5)
    row = first_push(phones)
    assert (row.state, row.due_at, row.lease) == (DeliveryState.DELIVERED, None, None)
    assert row.outcome == outcome.result.value


def test_what_is_on_the_phone_is_not_sent_again(db: Database, clock: ManualClock) -> None:
    phones = Phones(db)
    marcus = phones.person("token-a")
    phones.offer(marcus)
    channel = MemoryChannel(Kind.FCM)
    channel.script("token-a", Outcome(Result.UNKNOWN, "TIMEOUT"))
    relay = relay_of(phones, channel)
    relay.tick()
    take(db, marcus, first_push(phones).id, Event.DELIVERED)
    clock.advance(15)
    relay.tick()
    assert len(channel.sent) == 1
