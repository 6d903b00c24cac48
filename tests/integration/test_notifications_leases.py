"""Leases of sends: a dead relay's push is taken over in seconds, a slow one's stays its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from notifications import relay as relay_module
from notifications.channels.base import Envelope, Outcome, Result
from notifications.channels.memory import MemoryChannel
from notifications.models import DeliveryState, Kind, Rung
from notifications.relay import LEASE_S, PUSH_LEASE_S, Relay
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.phones import Phones
from tests.integration.test_notifications_relay import relay


@contextmanager
def hanging(channel: MemoryChannel, address: str) -> Iterator[threading.Event]:
    """A send to this address takes until the event is set."""
    release = threading.Event()

    def slow(envelope: Envelope) -> Outcome:
        release.wait(10)
        return Outcome(Result.DELIVERED)

    channel.script(address, slow)
    try:
        yield release
    finally:
        release.set()


def test_the_push_of_a_relay_that_died_goes_out_seconds_later(
    db: Database, clock: ManualClock
) -> None:
    phones, fcm = Phones(db), MemoryChannel()
    phones.offer(phones.person("token-a"))
    dying = relay(phones, fcm)
    dying.send(dying.claim())  # and never records
    other = relay(phones, fcm)
    clock.advance(PUSH_LEASE_S - 0.1)
    assert other.tick() == 0, "the lease of the dead still holds"
    clock.advance(0.1)
    assert other.tick() > 0
    assert len(fcm.sent) == 2
    assert len(fcm.visible("token-a")) == 1
    assert phones.row(rung=Rung.PUSH).state is DeliveryState.SENT


def test_a_push_that_hangs_stays_with_the_relay_that_sends_it(
    db: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "RENEW_S", 0.0)
    phones, fcm, spare = Phones(db), MemoryChannel(workers=1, deadline_s=60), MemoryChannel()
    with hanging(fcm, "token-a") as release:
        phones.offer(phones.person("token-a"))
        slow = relay(phones, fcm, patience_s=0)
        slow.tick()
        for _ in range(4):
            clock.advance(PUSH_LEASE_S - 1)
            slow.tick()
            assert relay(phones, spare).tick() == 0, "it is renewed while it is under way"
        release.set()
        assert slow.settle(5)
    assert spare.sent == []
    assert phones.row(rung=Rung.PUSH).state is DeliveryState.SENT


def test_what_another_relay_took_over_is_not_taken_back(
    db: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "RENEW_S", 0.0)
    phones = Phones(db)
    first, second = (MemoryChannel(workers=1, deadline_s=60) for _ in range(2))
    with hanging(first, "token-a") as one, hanging(second, "token-a") as two:
        phones.offer(phones.person("token-a"))
        asleep, awake = relay(phones, first, patience_s=0), relay(phones, second, patience_s=0)
        asleep.tick()
        clock.advance(PUSH_LEASE_S)
        awake.tick()
        taken = phones.row(rung=Rung.PUSH)
        clock.advance(PUSH_LEASE_S / 2)
        asleep.tick()
        row = phones.row(rung=Rung.PUSH)
        assert (row.lease, row.leased_until) == (taken.lease, taken.leased_until)
        one.set()
        two.set()
        assert asleep.settle(5)
        assert awake.settle(5)


def test_a_text_of_a_relay_that_died_waits_until_it_cannot_be_on_its_way(
    db: Database, clock: ManualClock
) -> None:
    """Texts do not replace each other, so nobody begins one while another process might."""
    phones, sms = Phones(db, kinds=[Kind.SMS]), MemoryChannel(Kind.SMS)
    person = phones.person()
    phones.device(person, "+16145550177", kind=Kind.SMS, platform="phone")
    phones.offer(person)
    clock.advance(60)
    dying = Relay(db, {Kind.SMS: sms}, phones.directory)
    assert dying.send(dying.claim())[0] == 1
    other = Relay(db, {Kind.SMS: sms}, phones.directory)
    clock.advance(LEASE_S - 0.1)
    assert other.tick() == 0
    clock.advance(0.1)
    assert other.tick() > 0
