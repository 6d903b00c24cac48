"""A provider that hangs, over real HTTP: its own lane is full, every other channel goes on."""

import threading
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from notifications import devices, providers
from notifications.channels.fcm import FcmChannel
from notifications.channels.sms import SmsChannel
from notifications.channels.twilio import Account
from notifications.circuit import OUTAGES
from notifications.directory import FakeDirectory
from notifications.models import Delivery, DeliveryState, Device, Kind
from notifications.relay import Relay
from storage.clock import SystemClock
from storage.database import Database
from tests.harness.databases import open_database
from tests.harness.fcm import FcmServer, hang
from tests.harness.phones import Phones
from tests.harness.twilio import TwilioServer

PUSHES = 12
TEXTS = 20
WORKERS = 4
HANGS_S = 60.0
TIMEOUT_S = 6.0


def numbers() -> list[str]:
    return [f"+1614555{n:04d}" for n in range(TEXTS)]


def ring_everybody(db: Database, phones: Phones) -> None:
    """A test to every device: twelve pushes first, then twenty texts."""
    people = [phones.person(f"token-{n}-{'x' * 100}") for n in range(PUSHES)]
    for n, number in enumerate(numbers()):
        phones.device(people[n % PUSHES], number, kind=Kind.SMS, platform="phone")
    with db.transaction() as tx:
        for device in tx.session.scalars(select(Device).order_by(Device.id)).all():
            devices.request_test(tx, device)


def test_texts_go_out_while_every_push_hangs(database_url: str, tmp_path: Path) -> None:
    with (
        open_database(database_url, SystemClock()) as db,
        FcmServer() as fcm,
        TwilioServer() as twilio,
    ):
        phones = Phones(db, kinds=[Kind.FCM, Kind.SMS])
        ring_everybody(db, phones)
        for n in range(PUSHES):
            fcm.always(f"token-{n}-{'x' * 100}", hang(HANGS_S))
        push = FcmChannel(
            fcm.service_account(), base_url=fcm.url, workers=WORKERS, timeout_s=TIMEOUT_S
        )
        account = Account(twilio.account, twilio.token, twilio.number, twilio.url, "http://us")
        texts = SmsChannel(account)
        relay = Relay(db, {Kind.FCM: push, Kind.SMS: texts}, FakeDirectory(), patience_s=0.05)
        stop = threading.Event()
        thread = threading.Thread(target=work, args=[relay, stop])
        thread.start()
        try:
            until = time.monotonic() + 60
            while len(twilio.sent) < TEXTS and time.monotonic() < until:
                time.sleep(0.02)
            with db.read() as tx:
                pushes = select(Delivery.outcome).where(Delivery.channel == Kind.FCM)
                ended = [outcome for outcome in tx.session.scalars(pushes) if outcome]
            assert sorted(sent.to for sent in twilio.sent) == numbers()
            assert len(ended) <= WORKERS, "hardly one push had come to its end by then"
            assert len(fcm.tried) <= 2 * WORKERS, "a lane takes no more than it has workers"
            _until_left_alone(db)
        finally:
            stop.set()
            thread.join(60)
        tried = len(fcm.tried)
        assert OUTAGES <= tried < 2 * PUSHES, "then the provider is left alone"
        with db.read() as tx:
            waiting = tx.session.scalars(
                select(Delivery).where(
                    Delivery.channel == Kind.FCM, Delivery.state == DeliveryState.PENDING
                )
            ).all()
            assert waiting, "what was not tried waits"
            assert {row.attempts for row in waiting} == {0}
            assert max(row.due_at for row in waiting if row.due_at) < tx.now + timedelta(seconds=1)
        for number in numbers():
            assert len(twilio.phone(number).texts) == 1


def work(relay: Relay, stop: threading.Event) -> None:
    """What a dispatcher's loop does."""
    while not stop.is_set():
        if relay.tick() == 0:
            stop.wait(0.05)
    relay.close(timeout_s=0.1)


def _until_left_alone(db: Database) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with db.read() as tx:
            if providers.read(tx).get((Kind.FCM, "android")) is not None:
                return
        time.sleep(0.1)
    raise AssertionError("the circuit never opened")
