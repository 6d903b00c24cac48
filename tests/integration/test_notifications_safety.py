"""A peer calls for help: who is rung, how, how often, and what stops it."""

from typing import Any

import pytest

from dispatch.events import FactType
from notifications.models import DeliveryState, Kind
from notifications.safety import RINGS_AT_S
from storage.clock import ManualClock
from storage.database import Database
from tests.harness.phones import SECRETS, Phones

CANCELLED, PENDING = DeliveryState.CANCELLED, DeliveryState.PENDING
EVERY_WAY = (Kind.FCM, Kind.SMS, Kind.VOICE, Kind.EMAIL, Kind.APPRISE)
CALL_ID = "c" * 32


def called(call_id: str = CALL_ID) -> dict[str, Any]:
    """The fact's data, with the name of the peer in it."""
    return {"help": {"id": call_id, "peer": {"id": "p", "name": SECRETS[2]}, "held_by": None}}


def everything(phones: Phones, user_id: str) -> None:
    for kind in EVERY_WAY[1:]:
        phones.device(user_id, f"{user_id}-{kind}", kind=kind)


def waits(phones: Phones, clock: ManualClock, user_id: str) -> dict[Kind, list[int]]:
    """By channel, in how many seconds it rings."""
    found: dict[Kind, list[int]] = {}
    for row in phones.rows(user_id=user_id, state=PENDING):
        assert row.due_at is not None
        found.setdefault(row.channel, []).append(int((row.due_at - clock.now()).total_seconds()))
    return {kind: sorted(seconds) for kind, seconds in found.items()}


def supervisor(phones: Phones, *addresses: str) -> str:
    user_id = phones.person(*addresses)
    person = phones.directory.peers.pop(user_id)
    phones.directory.supervisors_of.setdefault(phones.network_id, []).append(person)
    return user_id


def test_everybody_who_can_act_is_rung_by_every_way_at_once(
    db: Database, clock: ManualClock
) -> None:
    phones = Phones(db, EVERY_WAY)
    people = [supervisor(phones, "token-s"), phones.manager("token-r"), phones.manager("token-o")]
    for one in people:
        everything(phones, one)
    phones.tell(FactType.HELP_CALLED, **called())
    for one in people:
        assert waits(phones, clock, one) == {
            Kind.FCM: [*RINGS_AT_S],
            Kind.VOICE: [*RINGS_AT_S],
            Kind.SMS: [0],
            Kind.EMAIL: [0],
            Kind.APPRISE: [0],
        }
    texts = {(row.channel, row.key) for row in phones.rows()}
    assert texts == {
        (Kind.FCM, "safety"),
        (Kind.EMAIL, "safety"),
        (Kind.APPRISE, "safety"),
        (Kind.SMS, "sms_safety"),
        (Kind.VOICE, "voice_safety"),
    }
    assert {row.collapse_id for row in phones.rows()} == {CALL_ID}


def test_the_staff_of_the_site_hear_it_on_the_devices_they_have(
    db: Database, clock: ManualClock
) -> None:
    phones = Phones(db, EVERY_WAY)
    nurse, other = phones.person("token-n"), phones.person()
    everything(phones, nurse)
    people = [phones.directory.peers.pop(one) for one in (nurse, other)]
    with db.transaction() as tx:
        fact = phones.fact(tx, FactType.HELP_CALLED, called())
        phones.directory.staff[fact.site_id] = people
    assert waits(phones, clock, nurse).keys() == {Kind.FCM, Kind.SMS, Kind.EMAIL}
    assert waits(phones, clock, other) == {}


@pytest.mark.parametrize("end", [FactType.HELP_HELD, FactType.HELP_CLOSED])
def test_it_rings_until_somebody_has_it(db: Database, clock: ManualClock, end: FactType) -> None:
    phones = Phones(db, EVERY_WAY)
    everything(phones, phones.manager("token-r"))
    phones.tell(FactType.HELP_CALLED, **called())
    phones.tell(end, help=None, call=called()["help"])
    assert {row.state for row in phones.rows()} == {CANCELLED}


@pytest.mark.parametrize(
    "other",
    [
        FactType.REQUEST_CLAIMED,
        FactType.ALARM_ENDED,
        FactType.VISIT_COMPLETED,
        FactType.REQUEST_CANCELLED,
    ],
)
def test_nothing_else_stops_it(db: Database, other: FactType) -> None:
    phones = Phones(db, EVERY_WAY)
    everything(phones, phones.manager("token-r"))
    phones.tell(FactType.HELP_CALLED, **called())
    phones.tell(other, alarm=None, reason=SECRETS[5])
    assert {row.state for row in phones.rows(collapse_id=CALL_ID)} == {PENDING}


def test_holding_it_leaves_the_alarm_of_the_clock_alone(db: Database) -> None:
    phones = Phones(db, EVERY_WAY)
    phones.manager("token-r")
    phones.tell(FactType.HELP_CALLED, **called())
    phones.tell(FactType.ALARM_RAISED, alarm="not_moving")
    phones.tell(FactType.HELP_HELD, **called())
    assert {row.key for row in phones.rows(state=PENDING)} == {"alarm.not_moving"}


def test_a_second_peer_of_the_same_request_rings_beside_the_first(db: Database) -> None:
    phones = Phones(db)
    phones.manager("token-r")
    phones.tell(FactType.HELP_CALLED, **called())
    phones.tell(FactType.HELP_CALLED, **called("d" * 32))
    assert {row.collapse_id for row in phones.rows(state=PENDING)} == {CALL_ID, "d" * 32}


def test_it_waits_behind_no_flood_of_its_own_site(db: Database) -> None:
    phones = Phones(db)
    phones.manager("token-r")
    for _ in range(5):
        phones.tell(FactType.ALARM_RAISED, alarm="not_moving")
    phones.tell(FactType.HELP_CALLED, **called())
    first = min(row.turn for row in phones.rows(key="safety"))
    assert first == min(row.turn for row in phones.rows())
