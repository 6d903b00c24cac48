"""A provider that is away: deliveries wait, due as they were; one send finds out; everybody hears."""

from datetime import datetime
from random import Random

from sqlalchemy import select

from notifications import providers
from notifications.channels.base import Outcome, Result
from notifications.channels.memory import MemoryChannel
from notifications.circuit import AWAY_S, OUTAGES, Shut
from notifications.models import Delivery, DeliveryState, Kind, Rung
from notifications.relay import Relay
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.phones import Phones

LOST = Outcome(Result.UNKNOWN, "TIMEOUT")
DOOR = (Kind.FCM, "android")


def relay(phones: Phones, *channels: MemoryChannel) -> Relay:
    by_kind = {channel.kind: channel for channel in channels}
    return Relay(phones.db, by_kind, phones.directory, rng=Random(1))


def shut(db: Database) -> Shut | None:
    with db.read() as tx:
        return providers.read(tx).get(DOOR)


def go_away(phones: Phones, fcm: MemoryChannel, one: Relay) -> None:
    """So many pushes without an answer that the door is shut."""
    fcm.script(None, *[LOST] * OUTAGES)
    phones.offer(*[phones.person(f"lost-{number}") for number in range(OUTAGES)])
    one.tick()
    fcm.tried.clear()


def due(db: Database, user_id: str) -> list[datetime | None]:
    with db.read() as tx:
        query = select(Delivery.due_at).where(Delivery.user_id == user_id)
        return list(tx.session.scalars(query.order_by(Delivery.created_at, Delivery.rung)))


def test_while_it_is_away_pushes_wait_and_the_ladder_climbs_by_its_own_times(
    db: Database, clock: ManualClock
) -> None:
    phones = Phones(db, kinds=[Kind.FCM, Kind.SMS])
    fcm, sms = MemoryChannel(), MemoryChannel(Kind.SMS)
    one = relay(phones, fcm, sms)
    go_away(phones, fcm, one)
    began = clock.now()
    assert shut(db) == Shut("away TIMEOUT", began, began.replace(minute=began.minute, second=30))
    marcus = phones.person("token-a")
    phones.device(marcus, "+16145550100", kind=Kind.SMS, platform="phone")
    phones.offer(marcus)
    for second in range(29):
        one.tick()
        clock.advance(1)
        assert fcm.tried == [], f"left alone at {second} s"
    waiting = phones.row(user_id=marcus, rung=Rung.PUSH_AGAIN)
    assert (waiting.state, waiting.attempts, waiting.lease) == (DeliveryState.PENDING, 0, None)
    assert due(db, marcus)[1] == began.replace(second=20), "due as it was"
    assert sms.tried == []
    clock.advance(1)
    fcm.script(None, LOST)
    one.tick()
    assert len(sms.tried) == 1, "the text goes at its time, whatever the push does"
    assert len(fcm.tried) == 1, "one tries the door"


def test_one_tries_and_then_all_go(db: Database, clock: ManualClock) -> None:
    phones, fcm = Phones(db), MemoryChannel()
    one = relay(phones, fcm)
    go_away(phones, fcm, one)
    people = [phones.person(f"token-{number}") for number in range(8)]
    phones.offer(*people)
    one.tick()
    assert fcm.tried == []
    clock.advance(AWAY_S)
    one.tick()
    assert len(fcm.tried) == 1
    assert shut(db) is None, "it was taken: the door is open to us again"
    while one.tick():
        pass
    assert {envelope.user_id for envelope in fcm.sent} >= set(people)
    assert {row.leased_until for row in phones.rows()} == {None}, "nothing is parked any more"


def test_another_relay_hears_of_it_and_of_its_end(db: Database, clock: ManualClock) -> None:
    phones, fcm = Phones(db), MemoryChannel()
    other_fcm = MemoryChannel()
    one, other = relay(phones, fcm), relay(phones, other_fcm)
    go_away(phones, fcm, one)
    phones.offer(phones.person("token-a"))
    other.tick()
    assert other_fcm.tried == []
    assert other.shut_doors() == [DOOR]
    clock.advance(AWAY_S)
    with db.transaction() as tx:
        providers.write(tx, {DOOR: None})
        providers.let_go(tx, [DOOR])
    other.tick()
    assert other.shut_doors() == []
    assert "token-a" in {envelope.address.value for envelope in other_fcm.sent if envelope.address}


def test_a_relay_that_starts_asks_once_and_not_with_everybody(
    db: Database, clock: ManualClock
) -> None:
    """A person mended the credentials and started the dispatcher again: nothing is failed."""
    phones, fcm = Phones(db), MemoryChannel()
    before = relay(phones, fcm)
    fcm.script(None, Outcome(Result.MISCONFIGURED, "NO_ACCESS_TOKEN"))
    phones.offer(phones.person("token-a"))
    before.tick()
    assert before.shut_doors() == [DOOR]
    clock.advance(120)
    people = [phones.person(f"token-{number}") for number in range(4)]
    phones.offer(*people)
    after = relay(phones, fcm)
    while after.tick():
        pass
    states = {row.state for row in phones.rows(rung=Rung.PUSH) if row.user_id in people}
    assert states == {DeliveryState.SENT}
