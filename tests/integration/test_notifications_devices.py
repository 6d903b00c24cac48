"""Devices: registered, refreshed, moved to another person, removed, tested."""

import threading

import pytest

from notifications import devices
from notifications.models import AddressKind, DeliveryState, Device, DeviceState, Kind
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.phones import Phones


def test_registering_again_refreshes_the_same_device(db: Database, clock: ManualClock) -> None:
    phones = Phones(db)
    marcus = phones.person()
    first = phones.device(marcus, "token-a")
    clock.advance(86_400)
    assert phones.device(marcus, "token-a", platform="ios") == first
    with db.read() as tx:
        (device,) = devices.list_active(tx, marcus)
        assert (device.platform, device.refreshed_at) == ("ios", clock.now())


def test_a_phone_that_changes_hands_rings_only_its_new_owner(db: Database) -> None:
    phones = Phones(db)
    marcus, elena = phones.person("shared-phone"), phones.person()
    (offer_id,) = phones.offer(marcus)
    phones.device(elena, "shared-phone")
    assert {row.state for row in phones.rows(offer_id=offer_id)} == {DeliveryState.CANCELLED}
    with db.read() as tx:
        assert devices.list_active(tx, marcus) == []
        assert [device.address for device in devices.list_active(tx, elena)] == ["shared-phone"]


def test_a_removed_device_is_silent_and_can_come_back(db: Database) -> None:
    phones = Phones(db)
    marcus = phones.person()
    device_id = phones.device(marcus, "token-a")
    phones.offer(marcus)
    with db.transaction() as tx:
        device = devices.find(tx, marcus, device_id)
        assert device is not None
        devices.remove(tx, device)
    assert {row.state for row in phones.rows()} == {DeliveryState.CANCELLED}
    assert phones.device_state("token-a") is DeviceState.DISABLED
    assert phones.device(marcus, "token-a") != device_id


def test_only_the_owner_finds_a_device(db: Database) -> None:
    phones = Phones(db)
    marcus, elena = phones.person(), phones.person()
    device_id = phones.device(marcus, "token-a")
    with db.read() as tx:
        assert devices.find(tx, elena, device_id) is None
        assert devices.find(tx, marcus, "0" * 32) is None


def test_a_web_push_subscription_brings_its_address(db: Database) -> None:
    phones = Phones(db)
    marcus = phones.person()
    subscription = {"endpoint": "https://push.example/1", "keys": {"p256dh": "k", "auth": "a"}}
    with db.transaction() as tx:
        device = devices.register(
            tx,
            user_id=marcus,
            network_id=phones.network_id,
            kind=Kind.WEBPUSH,
            subscription=subscription,
            platform="web",
        )
    assert (device.address, device.subscription) == ("https://push.example/1", subscription)
    with pytest.raises(ValueError, match="address"), db.transaction() as tx:
        devices.register(
            tx, user_id=marcus, network_id=phones.network_id, kind=Kind.FCM, platform="web"
        )


def test_tokens_and_installation_ids_are_told_apart(db: Database) -> None:
    phones = Phones(db)
    marcus = phones.person("cVQ0fS2vTsK3qPpNwQkzXy", "cVQ0fS2vTsK3qPpNwQkzXy:APA91bH" + "x" * 130)
    with db.read() as tx:
        kinds = {len(d.address): d.address_kind for d in devices.list_active(tx, marcus)}
    assert kinds == {22: AddressKind.FID, 160: AddressKind.TOKEN}


def test_a_test_rings_one_device_in_its_language(db: Database) -> None:
    phones = Phones(db)
    marcus = phones.person("token-a")
    device_id = phones.device(marcus, "token-b")
    with db.transaction() as tx:
        device = tx.session.get_one(Device, device_id)
        delivery_id = devices.request_test(tx, device, locale="es")
    row = phones.row()
    assert (row.id, row.device_id, row.key, row.locale) == (delivery_id, device_id, "test", "es")


def test_one_phone_registered_by_many_at_once_has_one_owner(db: Database) -> None:
    phones = Phones(db)
    people = [phones.person() for _ in range(8)]
    gate = threading.Barrier(len(people))
    errors: list[BaseException] = []

    def register(user_id: str) -> None:
        gate.wait()
        try:
            phones.device(user_id, "one-token")
        except BaseException as error:  # noqa: BLE001  # collected and shown below
            errors.append(error)

    threads = [threading.Thread(target=register, args=[user_id]) for user_id in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    with db.read() as tx:
        owners = [user_id for user_id in people if devices.list_active(tx, user_id)]
    assert len(owners) == 1
