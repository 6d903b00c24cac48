"""The circuit: a provider that refuses us or is away is left alone, and found again by one send."""

from datetime import UTC, datetime, timedelta

import pytest

from notifications.channels.base import Address, Outcome, Result
from notifications.circuit import AWAY_S, OUTAGES, PROBE_S, REFUSED_S, Circuit, Gate, Shut, State
from notifications.lanes import door_of
from notifications.models import Kind

NOW = datetime(2026, 3, 3, 3, 0, tzinfo=UTC)
ANDROID, APPLE = (Kind.FCM, "android"), (Kind.FCM, "ios")
TAKEN = Outcome(Result.DELIVERED)
LOST = Outcome(Result.UNKNOWN, "TIMEOUT")
NOBODY = Outcome(Result.BUSY, "NO_CONNECTION")
QUOTA = Outcome(Result.BUSY, "QUOTA_EXCEEDED")
REFUSED = Outcome(Result.MISCONFIGURED, "THIRD_PARTY_AUTH_ERROR")
FREE = (Gate.GO, None)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def away(circuit: Circuit, number: int = OUTAGES) -> list[bool]:
    return [circuit.note(ANDROID, LOST, NOW) for _ in range(number)]


def test_a_refusal_shuts_one_door_for_a_minute() -> None:
    circuit = Circuit()
    assert circuit.note(APPLE, REFUSED, NOW)
    assert circuit.gate(APPLE, later(REFUSED_S - 1)) == (Gate.REFUSE, None)
    assert circuit.gate(ANDROID, NOW) == FREE
    assert circuit.open_doors(NOW) == [APPLE]
    assert circuit.shut(APPLE) == Shut("refused THIRD_PARTY_AUTH_ERROR", NOW, later(REFUSED_S))


def test_five_without_an_answer_in_a_row_and_the_provider_is_away() -> None:
    circuit = Circuit()
    assert away(circuit) == [False] * (OUTAGES - 1) + [True]
    assert circuit.gate(ANDROID, NOW) == (Gate.WAIT, later(AWAY_S))
    assert circuit.note(ANDROID, NOBODY, later(1)) is False, "the crowd that was under way with it"


@pytest.mark.parametrize("answer", [TAKEN, QUOTA, Outcome(Result.BAD_MESSAGE)])
def test_one_answer_between_them_and_it_is_not_away(answer: Outcome) -> None:
    circuit = Circuit()
    away(circuit, OUTAGES - 1)
    circuit.note(ANDROID, answer, NOW)
    assert away(circuit, OUTAGES - 1) == [False] * (OUTAGES - 1)
    assert circuit.gate(ANDROID, NOW) == FREE


def test_when_the_time_is_over_one_tries_and_the_others_wait_for_it() -> None:
    circuit = Circuit()
    away(circuit)
    moment = later(AWAY_S)
    assert circuit.shut(ANDROID).state(moment) is State.TRYING  # type: ignore[union-attr]  # it is shut
    assert circuit.gate(ANDROID, moment) == FREE
    assert circuit.gate(ANDROID, moment)[0] is Gate.WAIT
    assert circuit.note(ANDROID, TAKEN, later(AWAY_S + 1)), "it heals"
    assert [circuit.gate(ANDROID, moment) for _ in range(3)] == [FREE] * 3
    assert circuit.shut(ANDROID) is None


def test_a_try_that_fails_shuts_it_again_and_since_stays() -> None:
    circuit = Circuit()
    away(circuit)
    circuit.gate(ANDROID, later(AWAY_S))
    assert circuit.note(ANDROID, LOST, later(AWAY_S + 10)), "once is enough this time"
    again = circuit.shut(ANDROID)
    assert again == Shut("away TIMEOUT", NOW, later(2 * AWAY_S + 10))


def test_a_try_that_never_comes_back_is_replaced_by_another() -> None:
    circuit = Circuit()
    away(circuit)
    circuit.gate(ANDROID, later(AWAY_S))
    assert circuit.gate(ANDROID, later(AWAY_S + PROBE_S - 1))[0] is Gate.WAIT
    assert circuit.gate(ANDROID, later(AWAY_S + PROBE_S)) == FREE


def test_a_busy_provider_does_not_say_that_it_knows_us_again() -> None:
    circuit = Circuit()
    circuit.note(APPLE, REFUSED, NOW)
    circuit.gate(APPLE, later(REFUSED_S))
    assert circuit.note(APPLE, QUOTA, later(REFUSED_S)) is False
    assert circuit.gate(APPLE, later(REFUSED_S)) == FREE, "the next one tries"
    assert circuit.note(APPLE, Outcome(Result.DEAD_ADDRESS, "UNREGISTERED"), later(REFUSED_S))
    assert circuit.shut(APPLE) is None


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(Result.MISCONFIGURED, "CHANNEL_NOT_CONFIGURED"),
        Outcome(Result.MISCONFIGURED, "SENDER_ID_MISMATCH", disables_address=True),
        Outcome(Result.UNKNOWN, "LEASE_OVER"),
    ],
)
def test_what_says_nothing_about_the_provider_shuts_no_door(outcome: Outcome) -> None:
    circuit = Circuit()
    assert not any(circuit.note(ANDROID, outcome, NOW) for _ in range(2 * OUTAGES))
    assert circuit.gate(ANDROID, NOW) == FREE


def test_what_others_found_is_taken_over_but_not_at_a_door_that_is_tried_here() -> None:
    here, there = Circuit(), Circuit()
    away(there)
    found = {ANDROID: there.shut(ANDROID)}
    here.adopt(found, NOW)
    assert here.gate(ANDROID, NOW)[0] is Gate.WAIT
    here.gate(ANDROID, later(AWAY_S))
    here.adopt({ANDROID: None}, later(AWAY_S))
    assert here.gate(ANDROID, later(AWAY_S))[0] is Gate.WAIT, "our own send will tell"
    there.adopt({ANDROID: None}, later(1))
    assert there.gate(ANDROID, later(1)) == FREE


@pytest.mark.parametrize(
    "kind,value,door",
    [
        (Kind.FCM, "token", (Kind.FCM, "ios")),
        (Kind.WEBPUSH, "https://updates.push.services.mozilla.com/wpush/x", "mozilla"),
        (Kind.WEBPUSH, "https://web.push.apple.com/x", "apple"),
        (Kind.WEBPUSH, "http://127.0.0.1:80/x", "0"),
        (Kind.WEBPUSH, "nonsense", ""),
    ],
)
def test_every_push_service_is_a_door_of_its_own(kind: Kind, value: str, door: object) -> None:
    expected = door if isinstance(door, tuple) else (kind, door)
    assert door_of(kind, Address(kind, value, platform="ios")) == expected
    assert door_of(kind, None) == (kind, "")
