"""From outcome to ladder: what a peer's phones show when a provider is busy, lost, or says no."""

from collections.abc import Mapping
from datetime import timedelta
from random import Random
from typing import Any

from dispatch.events import FactType
from notifications.channels.base import Channel, Outcome, Result
from notifications.channels.memory import MemoryChannel
from notifications.models import DeliveryState, DeviceState, Kind, Rung
from notifications.relay import Relay
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.phones import Phones

SENT, PENDING, CANCELLED = DeliveryState.SENT, DeliveryState.PENDING, DeliveryState.CANCELLED
UNKNOWN, FAILED, EXPIRED = DeliveryState.UNKNOWN, DeliveryState.FAILED, DeliveryState.EXPIRED
OFFER, AGAIN = "Someone would like a peer", "Still open: someone would like a peer"
TAKEN = "This one is taken care of"
DEAD = Outcome(Result.DEAD_ADDRESS, "UNREGISTERED")
BUSY = Outcome(Result.BUSY, "UNAVAILABLE")
LOST = Outcome(Result.UNKNOWN, "TIMEOUT")


def relay(phones: Phones, *channels: Channel, **more: Any) -> Relay:
    by_kind: Mapping[Kind, Channel] = {channel.kind: channel for channel in channels}
    return Relay(phones.db, by_kind, phones.directory, rng=Random(1), **more)


def test_a_no_stops_the_second_push(db: Database, clock: ManualClock) -> None:
    phones, fcm = Phones(db), MemoryChannel()
    one = relay(phones, fcm)
    (offer_id,) = phones.offer(phones.person("token-a"))
    one.tick()
    phones.answer(FactType.OFFER_DECLINED, offer_id)
    clock.advance(60)
    one.tick()
    assert fcm.rang("token-a") == [OFFER]


def test_taken_replaces_the_alert_without_a_sound_where_it_was_shown(
    db: Database, clock: ManualClock
) -> None:
    phones, fcm = Phones(db), MemoryChannel()
    one = relay(phones, fcm)
    offers = phones.offer(phones.person("token-a"), phones.person("token-b"))
    fcm.script("token-b", BUSY)
    one.tick()
    phones.close(*offers)
    clock.advance(60)
    one.tick()
    assert fcm.visible("token-a") == {offers[0]: TAKEN}
    assert fcm.rang("token-a") == [OFFER]
    assert fcm.visible("token-b") == {}, "nothing was shown, so nothing is replaced"


def test_an_offer_that_ended_without_a_yes_does_not_say_somebody_came(
    db: Database, clock: ManualClock
) -> None:
    phones, fcm = Phones(db), MemoryChannel()
    one = relay(phones, fcm)
    (offer_id,) = phones.offer(phones.person("token-a"))
    one.tick()
    phones.close(offer_id, state="withdrawn", reason="cancelled")
    one.tick()
    assert fcm.sent[-1].words.body == "This request has ended. Thank you."


def test_busy_is_tried_again_and_the_ladder_climbs_meanwhile(
    db: Database, clock: ManualClock
) -> None:
    phones, fcm = Phones(db), MemoryChannel()
    one = relay(phones, fcm)
    phones.offer(phones.person("token-a"))
    fcm.script("token-a", Outcome(Result.BUSY, "UNAVAILABLE", retry_after_s=120))
    one.tick()
    row = phones.row(rung=Rung.PUSH)
    assert row.state is PENDING
    assert row.due_at is not None
    assert row.due_at >= clock.now() + timedelta(seconds=120)
    clock.advance(20)
    one.tick()
    assert fcm.rang("token-a") == [AGAIN]
    assert phones.row(rung=Rung.PUSH).state is CANCELLED, "a later rung has said it"
    clock.advance(300)
    one.tick()
    assert fcm.rang("token-a") == [AGAIN]


def test_a_dead_address_dies_now_and_the_next_rung_goes_now(
    db: Database, clock: ManualClock
) -> None:
    phones = Phones(db, kinds=[Kind.FCM, Kind.SMS])
    fcm, sms = MemoryChannel(), MemoryChannel(Kind.SMS)
    one = relay(phones, fcm, sms)
    marcus = phones.person("token-a")
    phones.device(marcus, "+16145550100", kind=Kind.SMS)
    phones.offer(marcus)
    fcm.script("token-a", DEAD)
    one.tick()
    assert phones.device_state("token-a") is DeviceState.DEAD
    assert phones.row(rung=Rung.PUSH_AGAIN).state is CANCELLED
    assert phones.row(rung=Rung.SMS).due_at == clock.now()
    assert phones.directory.reported == [], "there still is a number to text"


def test_a_second_phone_that_rings_keeps_the_ladder_at_its_pace(
    db: Database, clock: ManualClock
) -> None:
    phones, fcm = Phones(db), MemoryChannel()
    one = relay(phones, fcm)
    phones.offer(phones.person("token-a", "token-b"))
    fcm.script("token-a", DEAD)
    one.tick()
    assert fcm.rang("token-b") == [OFFER]
    (again,) = [row for row in phones.rows(rung=Rung.PUSH_AGAIN) if row.state is PENDING]
    assert again.due_at == clock.now() + timedelta(seconds=20)


def test_when_every_address_is_dead_dispatch_is_told_in_the_same_transaction(
    db: Database,
) -> None:
    phones, fcm = Phones(db), MemoryChannel()
    one = relay(phones, fcm)
    marcus = phones.person("token-a", "token-b")
    (offer_id,) = phones.offer(marcus)
    fcm.script("token-a", DEAD)
    fcm.script("token-b", DEAD)
    one.tick()
    assert phones.directory.reported == [(marcus, frozenset({offer_id}))]
    assert {row.state for row in phones.rows()} == {FAILED, CANCELLED}


def test_when_telling_dispatch_fails_the_address_is_not_buried_either(db: Database) -> None:
    phones, fcm = Phones(db), MemoryChannel()
    phones.offer(phones.person("token-a"))
    fcm.script("token-a", DEAD, DEAD)

    class Broken(type(phones.directory)):  # type: ignore[misc]  # the class of a fixture's value
        def unreachable(self, *args: object) -> None:
            raise RuntimeError("the database went away")

    one = Relay(db, {Kind.FCM: fcm}, Broken(**vars(phones.directory)), rng=Random(1))
    one.tick()
    assert phones.device_state("token-a") is DeviceState.ACTIVE
    assert phones.row(rung=Rung.PUSH).state is UNKNOWN
    phones.offer(phones.person("token-b"))
    one.tick()
    assert fcm.rang("token-b") == [OFFER], "it holds up nobody else"


def test_a_person_without_any_device_is_unreachable_where_there_is_no_console(
    db: Database,
) -> None:
    phones, fcm = Phones(db, kinds=[Kind.FCM]), MemoryChannel()
    marcus = phones.person()
    (offer_id,) = phones.offer(marcus)
    relay(phones, fcm).tick()
    assert phones.directory.reported == [(marcus, frozenset({offer_id}))]
    assert phones.row(rung=Rung.PUSH).outcome_detail == "NO_DEVICE"


def test_the_console_reaches_everybody(db: Database) -> None:
    phones, console = Phones(db, kinds=[Kind.CONSOLE]), MemoryChannel(Kind.CONSOLE)
    phones.offer(phones.person())
    relay(phones, console).tick()
    assert console.rang(None) == [OFFER]
    assert phones.directory.reported == []


def test_a_refusal_of_who_we_are_shuts_the_door_for_a_minute(
    db: Database, clock: ManualClock
) -> None:
    phones, fcm = Phones(db), MemoryChannel()
    one = relay(phones, fcm)
    refused = Outcome(Result.MISCONFIGURED, "THIRD_PARTY_AUTH_ERROR")
    fcm.script("apple-1", refused)
    phones.offer(phones.person("apple-1", platform="ios"))
    one.tick()
    assert one.shut_doors() == [(Kind.FCM, "ios")]
    phones.offer(phones.person("apple-2", platform="ios"), phones.person("droid"))
    one.tick()
    assert fcm.rang("droid") == [OFFER], "another platform is another door"
    assert [e.address.value for e in fcm.tried if e.address] == ["apple-1", "droid"]
    (failed,) = [row for row in phones.rows(rung=Rung.PUSH) if row.outcome_detail == "CIRCUIT_OPEN"]
    assert failed.state is FAILED
    clock.advance(61)
    phones.offer(phones.person("apple-3", platform="ios"))
    one.tick()
    assert fcm.rang("apple-3") == [OFFER]
    assert one.shut_doors() == []


def test_an_unknown_end_is_sent_again_with_the_same_collapse_id(
    db: Database, clock: ManualClock
) -> None:
    phones, fcm = Phones(db), MemoryChannel()
    one = relay(phones, fcm)
    (offer_id,) = phones.offer(phones.person("token-a"))
    fcm.script("token-a", LOST)
    one.tick()
    assert phones.row(rung=Rung.PUSH).state is UNKNOWN
    clock.advance(7)
    one.tick()
    assert phones.row(rung=Rung.PUSH).state is SENT
    assert {e.collapse_id for e in fcm.sent} == {offer_id}
    assert fcm.visible("token-a") == {offer_id: OFFER}


def test_a_yes_while_the_end_is_unknown_stops_the_resend_and_replaces_the_alert(
    db: Database, clock: ManualClock
) -> None:
    phones, fcm = Phones(db), MemoryChannel()
    one = relay(phones, fcm)
    (offer_id,) = phones.offer(phones.person("token-a"))
    fcm.script("token-a", LOST)
    one.tick()
    phones.close(offer_id)
    row = phones.row(rung=Rung.PUSH)
    assert (row.state, row.due_at) == (UNKNOWN, None), "it may have been shown"
    clock.advance(60)
    one.tick()
    assert fcm.visible("token-a") == {offer_id: TAKEN}


def test_a_channel_taken_out_of_use_leaves_nothing_waiting(db: Database) -> None:
    phones = Phones(db, kinds=[Kind.FCM])
    phones.offer(phones.person("token-a"))
    relay(phones, MemoryChannel(Kind.WEBPUSH)).tick()
    row = phones.row(rung=Rung.PUSH)
    assert (row.state, row.outcome_detail) == (FAILED, "CHANNEL_NOT_CONFIGURED")
