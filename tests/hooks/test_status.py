"""What the provider says later of a text or a call: in any order, doubled, of numbers that are gone."""

from itertools import permutations
from typing import Any

import pytest

from dispatch.access import Actor
from notifications.models import Callback, Delivery, DeliveryState, DeviceState, Kind, Rung
from tests.harness import twilio as provider
from tests.harness.twilio import TwilioServer
from tests.hooks.conftest import Town

MARCUS = "+16145550100"
SENT, DELIVERED, FAILED = DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.FAILED
UNKNOWN = DeliveryState.UNKNOWN
ACTIVE, DEAD, DISABLED = DeviceState.ACTIVE, DeviceState.DEAD, DeviceState.DISABLED


def texted(town: Town, *kinds: Kind) -> Actor:
    """A peer who has been texted about a request just now."""
    marcus, phone = town.peer_with("Marcus T.", MARCUS, *kinds)
    town.ask(town.nurse)
    town.forward(31)
    assert len(phone.texts) == 1
    return marcus


@pytest.mark.parametrize("order", sorted(permutations(["queued", "sent", "delivered"])))
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_in_any_order_it_ends_as_delivered(
    town: Town, twilio: TwilioServer, order: tuple[str, ...]
) -> None:
    marcus = texted(town, Kind.SMS)
    for status in order:
        assert twilio.tell(twilio.sent[0], status).status_code == 200
    row = town.rung(marcus, Rung.SMS)
    assert row.state is DELIVERED
    assert row.delivered_at is not None
    assert row.opened_at is None, "that it is on the phone says nothing of a person"


def test_doubled_is_once(town: Town, twilio: TwilioServer) -> None:
    marcus = texted(town, Kind.SMS)
    twilio.tell(twilio.sent[0], "delivered")
    first = town.rung(marcus, Rung.SMS).delivered_at
    town.clock.advance(60)
    twilio.tell(twilio.sent[0], "delivered")
    twilio.tell(twilio.sent[0], "sent")
    assert town.rung(marcus, Rung.SMS).delivered_at == first
    with town.db.read() as tx:
        assert tx.session.query(Callback).count() == 2


LOST: dict[int | None, tuple[str, DeviceState]] = {
    30003: ("UNREACHABLE", ACTIVE),
    30004: ("BLOCKED", ACTIVE),
    30005: ("INVALID_NUMBER", DEAD),
    30006: ("LANDLINE", DEAD),
    30007: ("FILTERED", ACTIVE),
    30008: ("CODE_30008", ACTIVE),
    30034: ("FROM_NOT_REGISTERED", ACTIVE),
    21610: ("STOPPED", DISABLED),
    None: ("UNDELIVERED", ACTIVE),
}


@pytest.mark.parametrize("code", LOST)
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_was_not_handed_over_lets_the_next_rung_go_now(
    town: Town, twilio: TwilioServer, code: int | None
) -> None:
    marcus = texted(town)
    detail, state = LOST[code]
    twilio.tell(twilio.sent[0], "undelivered", code)
    row = town.rung(marcus, Rung.SMS)
    assert (row.state, row.outcome_detail) == (FAILED, detail)
    device = town.device_of(MARCUS)
    assert device.state is state
    assert device.dead_reason == (None if state is ACTIVE else detail)
    assert town.rung(marcus, Rung.VOICE).due_at == town.clock.now()
    town.tick()
    assert town.twilio.phone(MARCUS).rings == 1
    twilio.tell(twilio.sent[0], "delivered")
    assert town.rung(marcus, Rung.SMS).state is FAILED


def test_a_dead_number_that_was_the_last_is_not_waited_for(
    town: Town, twilio: TwilioServer
) -> None:
    marcus = texted(town, Kind.SMS)
    request = next(iter(town.rows(marcus, rung=Rung.SMS))).request_id
    assert request is not None
    assert town.facts(request).count("offer_unreachable") == 0
    twilio.tell(twilio.sent[0], "failed", 30005)
    twilio.tell(twilio.sent[0], "undelivered", 30005)
    assert town.facts(request).count("offer_unreachable") == 1


def test_it_may_come_before_we_know_the_providers_name(town: Town, twilio: TwilioServer) -> None:
    """The answer to the send is lost; the callback is the proof that nothing need be sent again."""
    twilio.script(MARCUS, provider.RESET_AFTER_TAKING)
    marcus = texted(town, Kind.SMS)
    assert town.rung(marcus, Rung.SMS).state is UNKNOWN
    twilio.tell(twilio.sent[0], "sent")
    row = town.rung(marcus, Rung.SMS)
    assert (row.state, row.due_at, row.provider_id) == (SENT, None, twilio.sent[0].sid)
    town.forward(30)
    assert (len(twilio.tried), twilio.listings) == (1, 0)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_another_text_is_not_taken_for_ours_by_its_address(
    town: Town, twilio: TwilioServer
) -> None:
    marcus = texted(town, Kind.SMS)
    callback = twilio.sent[0].fields["StatusCallback"]
    twilio.post(callback, {"MessageSid": "SMforeign", "MessageStatus": "failed"})
    assert town.rung(marcus, Rung.SMS).state is SENT


CALLS: dict[str, tuple[list[tuple[str, int | None]], dict[str, Any]]] = {
    "picked up": (
        [("initiated", None), ("ringing", None), ("in-progress", None), ("completed", None)],
        {"state": DELIVERED, "outcome_detail": None, "opened_at": None},
    ),
    "nobody": ([("no-answer", None)], {"state": SENT, "outcome_detail": "NO_ANSWER"}),
    "busy": ([("ringing", None), ("busy", None)], {"state": SENT, "outcome_detail": "BUSY"}),
    "failed": ([("failed", None)], {"state": FAILED, "outcome_detail": "FAILED"}),
    "no such number": (
        [("failed", 21211)],
        {"state": FAILED, "outcome_detail": "INVALID_NUMBER"},
    ),
}


@pytest.mark.parametrize("name", sorted(CALLS))
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_how_a_call_went(town: Town, twilio: TwilioServer, name: str) -> None:
    told, expected = CALLS[name]
    marcus, phone = town.peer_with("Marcus T.", MARCUS, Kind.VOICE)
    town.ask(town.nurse)
    town.forward(46)
    assert phone.rings == 1
    for status, code in told:
        twilio.tell(twilio.sent[0], status, code)
    row: Delivery = town.rung(marcus, Rung.VOICE)
    assert {column: getattr(row, column) for column in expected} == expected
    gone = name == "no such number"
    assert town.device_of(MARCUS, Kind.VOICE).state is (DEAD if gone else ACTIVE)
