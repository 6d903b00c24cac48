"""Verdicts: what an outcome means for a delivery, its address and its ladder."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from notifications.channels.base import Outcome, Result
from notifications.models import DeliveryState, DeviceState
from notifications.retry import UNKNOWN_ATTEMPTS, Verdict, verdict

NOW = datetime(2026, 3, 3, 3, 0, tzinfo=UTC)
QUOTA = 60.0


def judge(outcome: Outcome, *, attempts: int = 1, left_s: float = 3600, seed: int = 1) -> Verdict:
    end = NOW + timedelta(seconds=left_s)
    return verdict(outcome, now=NOW, attempts=attempts, expires_at=end, rng=Random(seed))


def wait_s(given: Verdict) -> float:
    assert given.next_at is not None
    return (given.next_at - NOW).total_seconds()


def test_taken_is_sent_and_nothing_more_happens() -> None:
    assert judge(Outcome(Result.DELIVERED)) == Verdict(DeliveryState.SENT)


def test_a_dead_address_dies_and_the_ladder_climbs() -> None:
    given = judge(Outcome(Result.DEAD_ADDRESS, "UNREGISTERED"))
    assert given == Verdict(DeliveryState.FAILED, address=DeviceState.DEAD, climbs=True)


def test_our_own_mistake_is_a_dead_letter_with_an_alarm() -> None:
    given = judge(Outcome(Result.BAD_MESSAGE))
    assert given == Verdict(DeliveryState.FAILED, climbs=True, is_alarm=True)


def test_a_refusal_of_who_we_are_is_never_retried() -> None:
    given = judge(Outcome(Result.MISCONFIGURED, "THIRD_PARTY_AUTH_ERROR"))
    assert given == Verdict(DeliveryState.FAILED, climbs=True, is_alarm=True)
    other_project = judge(Outcome(Result.MISCONFIGURED, "X", disables_address=True))
    assert other_project.address is DeviceState.DISABLED


@pytest.mark.parametrize(
    "attempts, base_s, low_s",
    [(1, 10, 10), (2, 10, 20), (3, 10, 40), (1, 60, 60), (9, 10, 300)],
)
def test_busy_waits_longer_each_time_with_jitter(
    attempts: int, base_s: float, low_s: float
) -> None:
    waits = {
        wait_s(judge(Outcome(Result.BUSY, backoff_s=base_s), attempts=attempts, seed=seed))
        for seed in range(50)
    }
    assert len(waits) == 50
    assert low_s <= min(waits) < max(waits) <= low_s * 1.25


def test_retry_after_is_honoured_never_sooner() -> None:
    for seed in range(20):
        waited = wait_s(judge(Outcome(Result.BUSY, retry_after_s=28, backoff_s=60), seed=seed))
        assert 28 <= waited <= 35


def test_the_same_seed_gives_the_same_wait() -> None:
    assert judge(Outcome(Result.BUSY), seed=7) == judge(Outcome(Result.BUSY), seed=7)


def test_a_retry_after_the_end_is_no_retry() -> None:
    assert judge(Outcome(Result.BUSY, retry_after_s=90), left_s=60).state is DeliveryState.EXPIRED
    late = judge(Outcome(Result.UNKNOWN), left_s=4)
    assert late == Verdict(DeliveryState.UNKNOWN)


def test_an_unknown_end_stays_unknown_and_is_sent_again_a_few_times() -> None:
    first = judge(Outcome(Result.UNKNOWN, "TIMEOUT"))
    assert first.state is DeliveryState.UNKNOWN
    assert 5 <= wait_s(first) <= 6.25
    last = judge(Outcome(Result.UNKNOWN, "TIMEOUT"), attempts=UNKNOWN_ATTEMPTS)
    assert last == Verdict(DeliveryState.UNKNOWN)
