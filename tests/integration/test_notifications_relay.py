"""The relay: claims, re-checks, sends outside any transaction, records behind its lease."""

import threading
import time
from collections.abc import Mapping
from datetime import timedelta
from random import Random
from typing import Any

from dispatch.events import FactType
from notifications import devices
from notifications.channels.base import Channel, Envelope, Outcome, Result
from notifications.channels.memory import MemoryChannel
from notifications.models import DeliveryState, Device, DeviceState, Kind, Rung
from notifications.relay import LEASE_S, Relay
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.phones import Phones

SENT, PENDING, CANCELLED = DeliveryState.SENT, DeliveryState.PENDING, DeliveryState.CANCELLED
UNKNOWN, FAILED, EXPIRED = DeliveryState.UNKNOWN, DeliveryState.FAILED, DeliveryState.EXPIRED
OFFER, AGAIN = "Someone would like a peer", "Still open: someone would like a peer"
TAKEN = "This one is taken care of"
DEAD = Outcome(Result.DEAD_ADDRESS, "UNREGISTERED")
BUSY = Outcome(Result.BUSY, "UNAVAILABLE")


def relay(phones: Phones, *channels: Channel, **more: Any) -> Relay:
    by_kind: Mapping[Kind, Channel] = {channel.kind: channel for channel in channels}
    return Relay(phones.db, by_kind, phones.directory, rng=Random(1), **more)


def test_an_offer_rings_at_once_and_again_twenty_seconds_later(
    db: Database, clock: ManualClock
) -> None:
    phones, fcm = Phones(db), MemoryChannel()
    one = relay(phones, fcm)
    (offer_id,) = phones.offer(phones.person("token-a"))
    assert one.tick() > 0
    assert fcm.rang("token-a") == [OFFER]
    assert one.tick() == 0, "nothing more is due"
    clock.advance(19.9)
    assert one.tick() == 0
    clock.advance(0.1)
    one.tick()
    assert fcm.rang("token-a") == [OFFER, AGAIN]
    assert fcm.visible("token-a") == {offer_id: AGAIN}
    assert {(row.state, row.outcome, row.due_at, row.lease) for row in phones.rows()} == {
        (SENT, "delivered", None, None)
    }
    assert {row.attempts for row in phones.rows()} == {1}


def test_cancelled_between_claim_and_send_is_not_sent(db: Database) -> None:
    phones, fcm = Phones(db), MemoryChannel()
    one = relay(phones, fcm)
    (offer_id,) = phones.offer(phones.person("token-a"))
    claims = one.claim()
    assert len(claims) == 1
    phones.close(offer_id)
    assert one.send(claims) == (0, 1)
    assert fcm.tried == []
    assert {row.state for row in phones.rows()} == {CANCELLED}


def test_seen_between_claim_and_send_stops_the_climb(db: Database, clock: ManualClock) -> None:
    """The offer is still open; it is the delivery that was stopped."""
    phones, fcm = Phones(db), MemoryChannel()
    one = relay(phones, fcm)
    (offer_id,) = phones.offer(phones.person("token-a"))
    one.tick()
    clock.advance(20)
    claims = one.claim()
    phones.answer(FactType.OFFER_SEEN, offer_id)
    assert one.send(claims) == (0, 1)
    assert fcm.rang("token-a") == [OFFER]
    assert phones.row(rung=Rung.PUSH_AGAIN).state is CANCELLED


def test_an_offer_found_closed_at_the_last_look_is_not_sent(db: Database) -> None:
    """The ladder's rows say nothing yet; the offer itself is asked again."""
    phones, fcm = Phones(db), MemoryChannel()
    one = relay(phones, fcm)
    (offer_id,) = phones.offer(phones.person("token-a"))
    phones.directory.closed.add(offer_id)
    one.tick()
    assert fcm.tried == []
    row = phones.row(rung=Rung.PUSH)
    assert (row.state, row.outcome_detail, row.due_at) == (CANCELLED, "OFFER_NOT_OPEN", None)


def test_a_device_removed_after_the_claim_is_not_rung(db: Database) -> None:
    phones, fcm = Phones(db), MemoryChannel()
    one = relay(phones, fcm)
    marcus = phones.person()
    device_id = phones.device(marcus, "token-a")
    phones.offer(marcus)
    claims = one.claim()
    with db.transaction() as tx:
        devices.bury(tx, device_id, DeviceState.DEAD, "elsewhere")
    assert one.send(claims) == (0, 1)
    assert fcm.tried == []


def test_two_relays_never_claim_the_same_delivery(db: Database) -> None:
    phones, fcm = Phones(db), MemoryChannel()
    phones.offer(*[phones.person(f"token-{n}") for n in range(40)])
    relays = [relay(phones, fcm) for _ in range(4)]
    threads = [threading.Thread(target=one.tick, args=[10]) for one in relays for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    relays[0].tick()
    addresses = sorted(e.address.value for e in fcm.tried if e.address)
    assert addresses == sorted(f"token-{n}" for n in range(40))


def test_a_relay_asleep_past_its_lease_records_nothing(db: Database, clock: ManualClock) -> None:
    phones = Phones(db)
    release = threading.Event()

    def slow(envelope: Envelope) -> Outcome:
        release.wait(10)
        return Outcome(Result.DELIVERED)

    asleep_fcm = MemoryChannel(workers=1)
    asleep_fcm.script("token-a", slow)
    asleep = relay(phones, asleep_fcm, patience_s=0)
    phones.offer(phones.person("token-a"))
    asleep.tick()
    before = phones.row(rung=Rung.PUSH)
    assert (before.state, before.attempts) == (UNKNOWN, 1)

    clock.advance(LEASE_S + 1)
    awake_fcm = MemoryChannel()
    awake_fcm.script("token-a", BUSY)
    relay(phones, awake_fcm).tick()
    # "Still open" fell due too while everything slept: it goes alone, one alert for both.
    assert [e.words.title for e in awake_fcm.tried] == [AGAIN]
    taken_over = {row.rung: (row.state, row.attempts) for row in phones.rows()}

    release.set()
    assert asleep.settle(5)
    assert {row.rung: (row.state, row.attempts) for row in phones.rows()} == taken_over


def test_a_process_that_dies_between_send_and_record_leaves_one_alert(
    db: Database, clock: ManualClock
) -> None:
    phones, fcm = Phones(db), MemoryChannel()
    marcus = phones.person("token-a")
    ended = {"id": "v" * 32, "peer": {"id": marcus}, "state_before": "en_route", "by": "staff"}
    phones.tell(FactType.REQUEST_CANCELLED, visit_ended=ended)
    dying = relay(phones, fcm)
    dying.send(dying.claim())  # and never records
    assert phones.row().state is UNKNOWN, "never called sent, never called pending"

    other = relay(phones, fcm)
    assert other.tick() == 0, "the lease of the dead still holds"
    clock.advance(LEASE_S)
    other.tick()
    assert len(fcm.sent) == 2
    assert fcm.visible("token-a") == {"v" * 32: "You can turn around"}
    assert (phones.row().state, phones.row().attempts) == (SENT, 2)


def test_a_late_alert_does_not_cover_its_own_end(db: Database) -> None:
    """The offer is taken while its push hangs; the push arrives after the quiet end of it."""
    phones = Phones(db)
    release = threading.Event()

    def slow(envelope: Envelope) -> Outcome:
        release.wait(10)
        return Outcome(Result.DELIVERED)

    fcm = MemoryChannel(workers=4)
    fcm.script("token-a", slow)
    one = relay(phones, fcm)
    (offer_id,) = phones.offer(phones.person("token-a"))
    one.tick()
    phones.close(offer_id)
    one.tick()
    assert fcm.visible("token-a") == {offer_id: TAKEN}
    release.set()
    assert one.settle(5)
    assert fcm.visible("token-a") == {offer_id: OFFER}
    one.tick()
    assert one.settle(5)
    assert fcm.visible("token-a") == {offer_id: TAKEN}


def test_what_its_time_has_passed_is_not_sent(db: Database, clock: ManualClock) -> None:
    phones, fcm = Phones(db), MemoryChannel()
    end = clock.now() + timedelta(seconds=30)
    phones.offer(phones.person("token-a"), expires_at=end.isoformat())
    clock.advance(31)
    relay(phones, fcm).tick()
    assert fcm.tried == []
    assert {row.state for row in phones.rows()} == {EXPIRED}


def test_the_time_to_live_is_what_is_left_of_the_offer(db: Database, clock: ManualClock) -> None:
    phones, fcm = Phones(db), MemoryChannel()
    end = clock.now() + timedelta(seconds=300)
    phones.offer(phones.person("token-a"), expires_at=end.isoformat())
    one = relay(phones, fcm)
    one.tick()
    clock.advance(20)
    one.tick()
    assert [e.ttl_s for e in fcm.sent] == [300, 280]


def test_a_hung_provider_slows_no_other_channel(db: Database) -> None:
    phones = Phones(db, kinds=[Kind.FCM, Kind.WEBPUSH])
    release = threading.Event()

    def hang(envelope: Envelope) -> Outcome:
        release.wait(20)
        return Outcome(Result.DELIVERED)

    fcm = MemoryChannel(workers=4, deadline_s=15)
    web = MemoryChannel(Kind.WEBPUSH, workers=4)
    fcm.script(None, *[hang] * 50)
    one = relay(phones, fcm, web)
    people = [phones.person(f"token-{n}") for n in range(50)]
    for n, user_id in enumerate(people):
        phones.device(user_id, f"https://push.example/{n}", kind=Kind.WEBPUSH, platform="web")
    phones.offer(*people)
    began = time.monotonic()
    while len(web.sent) < 50 and time.monotonic() - began < 10:
        one.tick()
    assert len(web.sent) == 50
    assert time.monotonic() - began < 8
    waiting = [row for row in phones.rows(rung=Rung.PUSH, channel=Kind.FCM) if row.lease is None]
    assert len(waiting) == 46, "a lane takes no more than it has workers: others can take the rest"
    release.set()
    assert one.settle(10)
    one.close()


def test_outcomes_survive_a_database_that_was_away(db: Database) -> None:
    phones, fcm = Phones(db), MemoryChannel()
    one = relay(phones, fcm)
    phones.offer(phones.person("token-a"))
    one.send(one.claim())

    def away(tx: object) -> None:
        raise RuntimeError("the database went away")

    db.before_commit.insert(0, away)
    try:
        one.settle(1)
    except RuntimeError:
        pass
    db.before_commit.remove(away)
    assert phones.row(rung=Rung.PUSH).state is UNKNOWN
    assert one.in_flight == 1
    one.tick()
    assert phones.row(rung=Rung.PUSH).state is SENT
    assert len(fcm.tried) == 1


def test_what_was_taken_is_counted_and_noted_on_the_device(
    db: Database, clock: ManualClock
) -> None:
    phones, fcm = Phones(db), MemoryChannel()
    seen: list[tuple[str, str]] = []
    marcus = phones.person()
    device_id = phones.device(marcus, "token-a")
    one = relay(phones, fcm, observe=lambda channel, result, _: seen.append((channel, result)))
    phones.offer(marcus)
    one.tick()
    assert seen == [("fcm", "delivered")]
    with db.read() as tx:
        assert tx.session.get_one(Device, device_id).last_ok_at == clock.now()
