"""Alarms: the first to act, the others later, a text message if nobody does; stopped when it is over."""

from datetime import timedelta

import pytest

from dispatch.events import Alarm, FactType
from notifications.alarms import KEYS, OTHERS_AFTER_S, SMS_AFTER_S
from notifications.messages import CATALOGUE
from notifications.models import DeliveryState, Kind
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.phones import SECRETS, Phones

CANCELLED, PENDING = DeliveryState.CANCELLED, DeliveryState.PENDING
EVERY_WAY = (Kind.FCM, Kind.SMS, Kind.VOICE, Kind.EMAIL, Kind.APPRISE, Kind.CONSOLE)


def plan_of(phones: Phones, clock: ManualClock) -> dict[tuple[str, Kind], int]:
    """What waits: for whom and by which channel, in how many seconds."""
    return {
        (row.user_id, row.channel): int((row.due_at - clock.now()).total_seconds())
        for row in phones.rows(state=PENDING)
        if row.due_at is not None
    }


def everything(phones: Phones, user_id: str) -> None:
    """An address of every kind."""
    for kind in EVERY_WAY[1:-1]:
        phones.device(user_id, f"{user_id}-{kind}", kind=kind)


def test_an_alarm_goes_to_every_manager_with_its_minutes(db: Database) -> None:
    phones = Phones(db)
    renee, omar = phones.manager("token-r"), phones.manager("token-o", locale="es")
    phones.tell(FactType.ALARM_RAISED, alarm="no_yes_yet", subject={"waited_s": 185})
    rows = {row.user_id: row for row in phones.rows()}
    assert rows.keys() == {renee, omar}
    assert {(row.key, row.args["minutes"]) for row in rows.values()} == {("alarm.no_yes_yet", 3)}
    assert {row.collapse_id for row in rows.values()} == {phones.request_id}


def test_every_alarm_of_the_clock_has_a_text_of_its_own(db: Database) -> None:
    phones = Phones(db)
    phones.manager("token-r")
    for alarm in Alarm:
        phones.tell(FactType.ALARM_RAISED, alarm=alarm.value, subject={"waited_s": 180})
        phones.tell(FactType.ALARM_ENDED, alarm=None, ended=alarm.value)
    assert [row.key for row in phones.rows()] == [f"alarm.{alarm.value}" for alarm in Alarm]


@pytest.mark.parametrize("key", KEYS)
def test_each_push_has_its_text_message(key: str) -> None:
    for locale in ("en", "es"):
        push, text = CATALOGUE[key].text(locale), CATALOGUE[f"sms_{key}"].text(locale)
        assert push.body in text.body
        assert text.title == ""


def test_minutes_are_not_spoken_of_when_nobody_knows_them(db: Database) -> None:
    phones = Phones(db)
    renee = phones.manager("token-r")
    phones.tell(FactType.REQUEST_ESCALATED, owner={"kind": "manager", "id": renee})
    assert [row.key for row in phones.rows()] == ["alarm.other"]


def test_push_mail_and_service_at_once_a_text_message_later_and_no_call(
    db: Database, clock: ManualClock
) -> None:
    phones = Phones(db, EVERY_WAY)
    renee = phones.manager("token-r")
    everything(phones, renee)
    phones.tell(FactType.ALARM_RAISED, alarm="no_yes_yet", subject={"waited_s": 180})
    assert plan_of(phones, clock) == {
        (renee, Kind.FCM): 0,
        (renee, Kind.EMAIL): 0,
        (renee, Kind.APPRISE): 0,
        (renee, Kind.SMS): SMS_AFTER_S,
    }


def test_who_has_nothing_that_rings_gets_the_text_message_at_once(
    db: Database, clock: ManualClock
) -> None:
    phones = Phones(db, EVERY_WAY)
    renee = phones.manager()
    phones.device(renee, "+16145550101", kind=Kind.SMS)
    phones.tell(FactType.ALARM_RAISED, alarm="not_moving")
    assert plan_of(phones, clock) == {(renee, Kind.SMS): 0}


def test_who_is_on_call_hears_first(db: Database, clock: ManualClock) -> None:
    phones = Phones(db, EVERY_WAY)
    renee, omar = phones.manager("token-r"), phones.manager("token-o", is_on_call=True)
    for one in (renee, omar):
        phones.device(one, f"sms of {one}", kind=Kind.SMS)
    phones.tell(FactType.ALARM_RAISED, alarm="not_moving")
    assert plan_of(phones, clock) == {
        (omar, Kind.FCM): 0,
        (omar, Kind.SMS): SMS_AFTER_S,
        (renee, Kind.FCM): OTHERS_AFTER_S,
        (renee, Kind.SMS): OTHERS_AFTER_S + SMS_AFTER_S,
    }


def test_the_owner_hears_first_and_the_others_only_when_it_is_not_taken(
    db: Database, clock: ManualClock
) -> None:
    phones = Phones(db)
    renee, omar = phones.manager("token-r"), phones.manager("token-o")
    owner = {"kind": "manager", "id": omar, "name": SECRETS[2]}
    phones.tell(FactType.REQUEST_ESCALATED, owner=owner, waited_s=360)
    found = {row.user_id: (row.key, row.due_at) for row in phones.rows()}
    assert found == {
        omar: ("alarm.yours", clock.now()),
        renee: ("alarm.no_yes_yet", clock.now() + timedelta(seconds=60)),
    }
    clock.advance(10)
    phones.tell(FactType.REQUEST_CLAIMED)
    assert {row.state for row in phones.rows()} == {CANCELLED}


def test_an_escalation_rings_nobody_else_once_somebody_said_i_have_this(db: Database) -> None:
    phones = Phones(db)
    phones.manager("token-r")
    omar = phones.manager("token-o")
    owner = {"kind": "manager", "id": omar, "name": SECRETS[2]}
    phones.tell(FactType.REQUEST_ESCALATED, owner=owner, waited_s=360, is_claimed=True)
    assert {row.user_id for row in phones.rows()} == {omar}


def test_an_escalation_takes_the_place_of_the_first_alarm(db: Database, clock: ManualClock) -> None:
    phones = Phones(db, EVERY_WAY)
    renee = phones.manager("token-r")
    phones.device(renee, "+16145550101", kind=Kind.SMS)
    phones.tell(FactType.ALARM_RAISED, alarm="no_yes_yet", subject={"waited_s": 180})
    clock.advance(20)
    owner = {"kind": "manager", "id": renee}
    phones.tell(FactType.REQUEST_ESCALATED, owner=owner, waited_s=200, alarm=None)
    states = [(row.key, row.state) for row in phones.rows()]
    assert sorted(states) == [
        ("alarm.no_yes_yet", CANCELLED),
        ("alarm.yours", PENDING),
        ("sms_alarm.no_yes_yet", CANCELLED),
        ("sms_alarm.yours", PENDING),
    ]


@pytest.mark.parametrize(
    "type_, data",
    [
        (FactType.OFFER_ACCEPTED, {"offer": {"id": "f" * 32}}),
        (FactType.REQUEST_ASSIGNED, {}),
        (FactType.REQUEST_CLAIMED, {}),
        (FactType.REQUEST_CANCELLED, {}),
        (FactType.REQUEST_UNFILLED, {}),
        (FactType.ALARM_ENDED, {"alarm": None, "ended": "not_moving"}),
        (FactType.VISIT_WITHDRAWN, {"alarm": None}),
        (FactType.VISIT_HANDED_OVER, {"alarm": None}),
    ],
    ids=lambda value: value.value if isinstance(value, FactType) else "",
)
def test_what_ends_an_alarm_stops_all_that_was_not_sent(
    db: Database, type_: FactType, data: dict[str, object]
) -> None:
    phones = Phones(db, EVERY_WAY)
    everything(phones, phones.manager("token-r"))
    phones.tell(FactType.ALARM_RAISED, alarm="not_moving")
    phones.tell(type_, **data)
    assert {row.state for row in phones.rows()} == {CANCELLED}


def test_two_requests_stand_beside_each_other_on_one_phone(db: Database) -> None:
    phones = Phones(db)
    phones.manager("token-r")
    phones.tell(FactType.ALARM_RAISED, alarm="not_moving")
    first, phones.request_id = phones.request_id, "e" * 32
    phones.tell(FactType.ALARM_RAISED, alarm="not_moving")
    assert {row.collapse_id for row in phones.rows()} == {first, "e" * 32}
    phones.tell(FactType.REQUEST_CLAIMED)
    assert {row.collapse_id for row in phones.rows(state=PENDING)} == {first}
