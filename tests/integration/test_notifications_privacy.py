"""Nothing private leaves the product on a lock screen: planted in every fact, looked for everywhere."""

import io
import json
import logging
from itertools import product
from random import Random

import pytest

from dispatch.events import FactType
from notifications.channels.base import Channel, Envelope
from notifications.channels.console import ConsoleChannel
from notifications.channels.fcm import message_of
from notifications.channels.memory import MemoryChannel
from notifications.models import Delivery, Kind
from notifications.relay import Relay
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.phones import SECRETS, Phones

TOKEN = "secret-token-of-a-phone"  # planted, to be looked for


def live_through_everything(phones: Phones, clock: ManualClock, *channels: Channel) -> None:
    """Every fact that is told to anybody, to people in both languages, private and not."""
    relay = Relay(
        phones.db, {channel.kind: channel for channel in channels}, phones.directory, rng=Random(1)
    )
    people = [
        phones.person(f"{TOKEN}-{locale}-{is_private}", locale=locale, is_private=is_private)
        for locale, is_private in product(["en", "es"], [False, True])
    ]
    phones.manager(f"{TOKEN}-manager", locale="es")
    for modality in ("in_person", "video", "phone", "chat"):
        offers = phones.offer(*people, modality=modality)
        relay.tick()
        clock.advance(20)
        relay.tick()
        state = "superseded" if modality == "video" else "withdrawn"
        phones.close(*offers, state=state)
        relay.tick()
    for number, before in enumerate(("en_route", "accepted")):
        ended = {
            "id": f"{number}" * 32,
            "peer": {"id": people[number], "name": SECRETS[2]},
            "state_before": before,
            "by": "staff",
            "reason": SECRETS[5],
        }
        phones.tell(FactType.REQUEST_CANCELLED, visit_ended=ended, reason=SECRETS[5])
    owner = {"kind": "manager", "id": people[0], "name": SECRETS[2]}
    phones.tell(FactType.ALARM_RAISED, alarm="no_yes_yet", subject={"name": SECRETS[2]})
    phones.tell(FactType.ALARM_RAISED, alarm="not_moving", subject={"name": SECRETS[2]})
    phones.tell(FactType.REQUEST_ESCALATED, owner=owner, why=SECRETS[5], waited_s=360)
    phones.tell(FactType.ALARM_RAISED, alarm="sign_of_life_lost", subject={"name": SECRETS[2]})
    called = {"id": "c" * 32, "peer": {"id": people[0], "name": SECRETS[2]}, "held_by": None}
    phones.tell(FactType.HELP_CALLED, help=called)
    relay.tick()
    clock.advance(60)
    relay.tick()


def test_no_push_in_any_language_carries_anything_private(db: Database, clock: ManualClock) -> None:
    phones, fcm = Phones(db), MemoryChannel()
    live_through_everything(phones, clock, fcm)
    assert len(fcm.sent) > 40
    assert {e.words.locale for e in fcm.sent} == {"en", "es"}
    for envelope in fcm.sent:
        _holds_nothing_private(_as_sent(envelope))


def test_nor_do_the_rows_of_the_outbox(db: Database, clock: ManualClock) -> None:
    phones, fcm = Phones(db), MemoryChannel()
    live_through_everything(phones, clock, fcm)
    columns = [column.name for column in Delivery.__table__.columns]
    for row in phones.rows():
        _holds_nothing_private(" ".join(str(getattr(row, name)) for name in columns))
        assert row.args.keys() <= {"modality", "minutes"}


def test_nor_does_the_console_nor_the_log(
    db: Database, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    stream = io.StringIO()
    phones = Phones(db, kinds=[Kind.CONSOLE])
    with caplog.at_level(logging.DEBUG):
        live_through_everything(phones, clock, ConsoleChannel(stream))
    lines = stream.getvalue().splitlines()
    assert len(lines) > 40
    assert all(line.startswith("[") and " to " in line for line in lines)
    notifications = [r for r in caplog.records if r.name.startswith("notifications")]
    said = " ".join(record.getMessage() for record in notifications)
    _holds_nothing_private(stream.getvalue() + said)
    assert TOKEN not in stream.getvalue() + said


def test_an_address_is_not_shown_by_accident(db: Database, clock: ManualClock) -> None:
    phones, fcm = Phones(db), MemoryChannel()
    live_through_everything(phones, clock, fcm)
    assert all(TOKEN not in repr(envelope) for envelope in fcm.sent)


def _as_sent(envelope: Envelope) -> str:
    """The whole message, as the SDK puts it on the wire."""
    assert envelope.address is not None
    message = message_of(envelope, envelope.address)
    return json.dumps(json.loads(str(message)), ensure_ascii=False)


def _holds_nothing_private(text: str) -> None:
    for secret in SECRETS:
        assert secret.lower() not in text.lower()
