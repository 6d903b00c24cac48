"""Who is on duty and cannot be reached: found by a look, told, and put right when they are back."""

from collections.abc import Collection
from datetime import timedelta

import pytest
from sqlalchemy import select

from dispatch import board
from dispatch.access import Actor
from dispatch.actions import duty, peers, staff
from dispatch.models import Peer
from notifications import devices, receipts
from notifications.models import Delivery, Device, DeviceState, Gone, Kind
from notifications.receipts import Event
from server import reach, shifts
from server.directory import DispatchDirectory
from storage.clock import ManualClock
from storage.database import Database
from tests.integration.conftest import Ward

PUSH = frozenset({Kind.FCM, Kind.EMAIL})


@pytest.fixture
def db(db: Database) -> Database:
    """With what follows for phones in every commit."""
    db.before_commit.append(shifts.plan(DispatchDirectory(), PUSH))
    return db


def register(db: Database, who: Actor, kind: Kind = Kind.FCM, address: str = "") -> str:
    """A device of somebody; its id."""
    with db.transaction() as tx:
        return devices.register(
            tx,
            user_id=who.id,
            network_id=who.network_id,
            kind=kind,
            address=address or f"{who.name}@{kind.value}",
            platform="android",
        ).id


def look(ward: Ward, kinds: Collection[Kind] = PUSH) -> int:
    """One look, and what the board says of it."""
    return reach.look(ward.world.db, kinds)


def reachable(ward: Ward) -> list[str]:
    """The names of those whom the board counts."""
    with ward.world.db.read() as tx:
        shown = board.board(tx, ward.manager)
    names = [peer["name"] for peer in shown["peers"] if peer["is_reachable"]]
    assert shown["numbers"]["peers_available"] == len(names)
    return names


def deliveries(db: Database, key: str) -> list[Delivery]:
    """The deliveries with this text, oldest first."""
    with db.read() as tx:
        rows = tx.session.scalars(select(Delivery).where(Delivery.key == key).order_by(Delivery.id))
        return list(rows)


def test_a_silent_app_without_an_address_is_lost_after_90_s(
    ward: Ward, db: Database, clock: ManualClock
) -> None:
    register(db, ward.dana)
    clock.advance(89)
    assert look(ward) == 0
    assert reachable(ward) == ["Dana W.", "Marcus T."]
    clock.advance(1)
    assert look(ward) == 1
    assert reachable(ward) == ["Dana W."]
    assert look(ward) == 0


def test_a_connected_app_is_heard_of_and_not_lost(
    ward: Ward, db: Database, clock: ManualClock
) -> None:
    """The socket of an idle phone says so every 30 s; see the watcher."""
    register(db, ward.dana)
    for _ in range(10):
        clock.advance(30)
        ward.world.do(lambda tx: duty.heard_from(tx, ward.marcus.id))
        assert look(ward) == 0
    clock.advance(90)
    look(ward)
    ward.world.do(lambda tx: duty.heard_from(tx, ward.marcus.id))
    assert reachable(ward) == ["Dana W.", "Marcus T."]


def test_who_cannot_be_reached_is_not_waited_for_and_is_asked_when_they_are_back(
    ward: Ward, db: Database, clock: ManualClock
) -> None:
    register(db, ward.dana)
    request_id = ward.world.ask(ward.nurse)
    ward.world.tick()
    assert ward.world.asked(request_id) == ["Dana W.", "Marcus T."]
    clock.advance(90)
    look(ward)
    ward.world.tick()
    offer = ward.world.offer_of(ward.marcus, request_id)
    assert offer is not None
    assert offer.is_unreachable
    assert ward.world.facts(request_id).count("offer_unreachable") == 1
    ward.world.decline(ward.dana, request_id)
    ward.world.do(staff.cancel, ward.nurse, request_id, "mistake")
    second = ward.world.ask(ward.nurse)
    ward.world.tick()
    assert ward.world.asked(second) == ["Dana W."]
    assert ward.world.request(second).eligible == 1
    register(db, ward.marcus)
    assert look(ward) == 1
    ward.world.forward(120)
    assert "Marcus T." in ward.world.asked(second)


def test_an_offer_on_the_screen_is_waited_for(ward: Ward, db: Database, clock: ManualClock) -> None:
    request_id = ward.world.ask(ward.nurse)
    ward.world.tick()
    offer = ward.world.offer_of(ward.marcus, request_id)
    assert offer is not None
    ward.world.do(peers.see, ward.marcus, offer.id)
    clock.advance(90)
    look(ward)
    again = ward.world.offer_of(ward.marcus, request_id)
    assert again is not None
    assert not again.is_unreachable


def test_on_the_console_everybody_is_reachable(
    ward: Ward, db: Database, clock: ManualClock
) -> None:
    clock.advance(3600)
    assert look(ward, {Kind.CONSOLE, Kind.WEBPUSH}) == 0
    look(ward)
    assert reachable(ward) == []
    assert look(ward, {Kind.CONSOLE}) == 2
    assert reachable(ward) == ["Dana W.", "Marcus T."]


def test_a_mailbox_or_a_channel_that_is_off_reaches_nobody_and_the_mailbox_is_told(
    ward: Ward, db: Database, clock: ManualClock
) -> None:
    register(db, ward.marcus, Kind.EMAIL)
    register(db, ward.dana, Kind.SMS)
    clock.advance(90)
    assert look(ward) == 2
    (told,) = deliveries(db, "cannot_ring")
    assert (told.user_id, told.channel) == (ward.marcus.id, Kind.EMAIL)
    for _ in range(2):
        ward.world.do(lambda tx: duty.heard_from(tx, ward.marcus.id))
        clock.advance(100)
        assert look(ward) == 1
    assert len(deliveries(db, "cannot_ring")) == 1, "not every time a phone comes and goes"


def test_a_peer_off_duty_is_left_alone(ward: Ward, db: Database, clock: ManualClock) -> None:
    ward.world.off_duty(ward.marcus)
    clock.advance(3600)
    register(db, ward.dana)
    assert look(ward) == 0
    with db.read() as tx:
        assert tx.session.get_one(Peer, ward.marcus.id).is_reachable


def test_a_shift_begins_with_a_quiet_test_of_every_phone_not_heard_of(
    ward: Ward, db: Database, clock: ManualClock
) -> None:
    phone, tablet = register(db, ward.marcus), register(db, ward.marcus, address="tablet")
    register(db, ward.marcus, Kind.EMAIL)
    ward.world.off_duty(ward.marcus)
    assert deliveries(db, "test_quiet") == [], "the shift had begun before the phone came"
    ward.world.on_duty(ward.marcus)
    tests = deliveries(db, "test_quiet")
    assert {row.device_id for row in tests} == {phone, tablet}
    ward.world.on_duty(ward.marcus)
    ward.world.off_duty(ward.marcus)
    ward.world.on_duty(ward.marcus)
    assert len(deliveries(db, "test_quiet")) == 2, "not again at once"

    (of_phone,) = [row for row in tests if row.device_id == phone]
    with db.transaction() as tx:
        receipts.take(tx, ward.marcus.id, of_phone.id, Event.DELIVERED)
    ward.world.off_duty(ward.marcus)
    clock.advance(11 * 3600)
    ward.world.on_duty(ward.marcus)
    again = deliveries(db, "test_quiet")[2:]
    assert [row.device_id for row in again] == [tablet], "the phone answered within 12 hours"


def test_a_dead_or_foreign_phone_is_not_tested(ward: Ward, db: Database) -> None:
    device_id = register(db, ward.marcus)
    register(db, ward.dana)
    with db.transaction() as tx:
        devices.bury(tx, device_id, DeviceState.DEAD, "UNREGISTERED")
    ward.world.off_duty(ward.marcus)
    ward.world.on_duty(ward.marcus)
    assert deliveries(db, "test_quiet") == []


def test_tokens_die_at_270_days_and_their_owner_is_lost(
    ward: Ward, db: Database, clock: ManualClock
) -> None:
    old, number = register(db, ward.marcus), register(db, ward.marcus, Kind.SMS)
    register(db, ward.dana)
    clock.advance(timedelta(days=269).total_seconds())
    register(db, ward.dana)
    kinds = PUSH | {Kind.SMS}
    assert reach.expire(db, DispatchDirectory(), kinds) == 0
    clock.advance(timedelta(days=1).total_seconds())
    assert reach.expire(db, DispatchDirectory(), kinds) == 1
    assert reach.expire(db, DispatchDirectory(), kinds) == 0
    with db.read() as tx:
        device = tx.session.get_one(Device, old)
        assert (device.state, device.dead_reason) == (DeviceState.DEAD, Gone.EXPIRED)
        assert device.ended_at == clock.now()
        assert tx.session.get_one(Device, number).state is DeviceState.ACTIVE
        assert tx.session.get_one(Peer, ward.marcus.id).is_reachable, "there is still the number"


def test_the_last_token_takes_its_peer_with_it(
    ward: Ward, db: Database, clock: ManualClock
) -> None:
    register(db, ward.marcus)
    clock.advance(timedelta(days=270).total_seconds())
    assert reach.expire(db, DispatchDirectory(), PUSH) == 1
    with db.read() as tx:
        assert not tx.session.get_one(Peer, ward.marcus.id).is_reachable
