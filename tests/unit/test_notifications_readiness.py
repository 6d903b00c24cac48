"""Will this phone ring? Every problem by its rows, and what is told of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from notifications import readiness
from notifications.ladder import OFFER_KINDS
from notifications.models import DeviceState, Gone, Kind
from notifications.readiness import Known, Readiness, Trouble

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
IN_USE = frozenset({Kind.FCM, Kind.WEBPUSH, Kind.SMS, Kind.EMAIL})


def device(kind: Kind = Kind.FCM, *, days: float = 1, **values: Any) -> Known:
    """A device that was registered so many days ago and not since."""
    then = NOW - timedelta(days=days)
    about: dict[str, Any] = {"id": "d", "created_at": then, "refreshed_at": then}
    return Known(kind=kind, **(about | values))


def lost(reason: str, *, kind: Kind = Kind.FCM, days_ago: float = 1, **values: Any) -> Known:
    """A device that is not used any more since so many days."""
    ended = NOW - timedelta(days=days_ago)
    about: dict[str, Any] = {"state": DeviceState.DEAD, "dead_reason": reason, "ended_at": ended}
    return device(kind, **({"days": 200} | about | values))


def judge(*known: Known, **values: Any) -> Readiness:
    """The readiness of a peer with these devices."""
    about: dict[str, Any] = {"kinds": IN_USE, "ringing": OFFER_KINDS, "now": NOW}
    return readiness.judge(known, **(about | values))


def test_one_working_device_is_enough() -> None:
    found = judge(device(), lost("UNREGISTERED", kind=Kind.WEBPUSH))
    assert (found.is_reachable, found.problems) == (True, (Trouble.DEAD,))


def test_nobody_without_a_device_is_reachable_but_by_an_open_app_or_the_console() -> None:
    assert judge().problems == (Trouble.NO_DEVICE,)
    assert not judge().is_reachable
    assert judge(is_open=True).is_reachable
    assert judge(kinds=frozenset({Kind.CONSOLE})).is_reachable


def test_no_offer_rings_a_mailbox_but_an_alarm_does() -> None:
    mailbox = device(Kind.EMAIL)
    peer, manager = judge(mailbox), judge(mailbox, ringing=frozenset(Kind))
    assert (peer.is_reachable, peer.problems) == (False, (Trouble.NO_DEVICE,))
    assert (manager.is_reachable, manager.problems) == (True, ())


@pytest.mark.parametrize(
    "reason, problem",
    [
        ("UNREGISTERED", Trouble.DEAD),
        ("HTTP_410", Trouble.DEAD),
        *((gone, Trouble[gone.name]) for gone in Gone if gone is not Gone.REMOVED),
    ],
)
def test_a_lost_address_says_why(reason: str, problem: Trouble) -> None:
    found = judge(lost(reason))
    assert (found.is_reachable, found.problems) == (False, (problem,))
    assert [told.problem for told in found.devices] == [problem]


def test_a_device_its_owner_took_away_is_no_problem_of_its_own() -> None:
    found = judge(lost(Gone.REMOVED))
    assert (found.devices, found.problems) == ((), (Trouble.NO_DEVICE,))


def test_a_lost_address_is_forgotten_after_a_month_or_when_a_working_one_came_after_it() -> None:
    assert judge(lost("UNREGISTERED", days_ago=31)).devices == ()
    replaced = judge(lost("UNREGISTERED", days_ago=3), device(days=2))
    assert (replaced.problems, len(replaced.devices)) == ((), 1)
    older = judge(lost("UNREGISTERED", days_ago=3), device(days=5))
    assert (older.is_reachable, older.problems) == (True, (Trouble.DEAD,)), (
        "another phone of theirs"
    )
    other_kind = judge(lost("UNREGISTERED", days_ago=3), device(Kind.SMS, days=2))
    assert other_kind.problems == (Trouble.DEAD,)


def test_an_app_that_did_not_come_for_a_month_is_stale_and_for_nine_expired() -> None:
    assert judge(device(days=29.9)).problems == ()
    stale = judge(device(days=30))
    assert (stale.is_reachable, stale.problems) == (True, (Trouble.TOKEN_STALE,))
    expired = judge(device(days=270))
    assert (expired.is_reachable, expired.problems) == (False, (Trouble.EXPIRED,))
    assert judge(device(Kind.SMS, days=900)).problems == (), "a number does not age"


def test_a_test_may_take_two_minutes_and_any_word_since_answers_it() -> None:
    def tested(seconds: float, heard_s: float | None = None) -> tuple[Trouble, ...]:
        heard = None if heard_s is None else NOW - timedelta(seconds=heard_s)
        at = NOW - timedelta(seconds=seconds)
        return judge(device(tested_at=at, heard_at=heard)).problems

    assert tested(119) == ()
    assert tested(120) == (Trouble.TEST_UNANSWERED,)
    assert tested(300, heard_s=301) == (Trouble.TEST_UNANSWERED,)
    assert tested(300, heard_s=299) == ()


def test_a_way_this_installation_does_not_send_is_none() -> None:
    found = judge(device(Kind.VOICE))
    assert (found.is_reachable, found.problems) == (False, (Trouble.CHANNEL_OFF,))


def test_problems_are_told_once_each_the_worst_first() -> None:
    found = judge(
        device(days=40, id="a"),
        device(days=41, id="b"),
        device(Kind.VOICE, id="c"),
        lost(Gone.BLOCKED, id="d"),
    )
    assert found.problems == (Trouble.BLOCKED, Trouble.CHANNEL_OFF, Trouble.TOKEN_STALE)
