"""Whom to ask by video until somebody arrives: by the same decision, in small steps, without alarm."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch import bridging
from dispatch.bridging import Looking
from dispatch.matching import Need, PeerView
from dispatch.policy import Policy, parse
from dispatch.states import Modality
from tests.harness.databases import START as NOW
from tests.harness.views import NEEDS, crowd, peers

SOME = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
STRATEGIES = ("waves", "simple", "priced")


def looking(minutes_left: float = 30.0, waves_used: int = 0, since_s: float = 0.0) -> Looking:
    """A search for a bridge; the other peer is so far away."""
    return Looking(
        since=NOW - timedelta(seconds=since_s),
        waves_used=waves_used,
        asked=frozenset(),
        awaited=(),
        arrives_at=NOW + timedelta(minutes=minutes_left),
    )


@pytest.mark.parametrize("strategy", STRATEGIES)
@SOME
@given(found=peers(), need=NEEDS, left=st.floats(min_value=-10, max_value=200))
def test_it_asks_by_video_alone_and_alarms_nobody(
    strategy: str, found: list[PeerView], need: Need, left: float
) -> None:
    policy = parse({"strategy": strategy})
    decision = bridging.whom_to_ask(looking(left), found, need, NOW, policy)
    assert {one.modality for one in decision.ask} <= {Modality.VIDEO}
    assert not decision.escalate
    assert not decision.raise_alarm
    assert decision.look_again_at > NOW


@pytest.mark.parametrize("strategy", STRATEGIES)
@SOME
@given(need=NEEDS.filter(lambda need: need.language == "en"))
def test_few_are_asked_at_a_time(strategy: str, need: Need) -> None:
    policy = parse({"strategy": strategy, "bridge_size": 2})
    decision = bridging.whom_to_ask(looking(), crowd(3), need, NOW, policy)
    assert 1 <= len(decision.ask) <= policy.pricing.at_once


@pytest.mark.parametrize(
    "bridge, minutes, worth, by_itself",
    [
        ("off", 60, False, False),
        ("on_request", 60, True, False),
        ("on_request", 4, False, False),
        ("automatic", 60, True, True),
        ("automatic", 19, True, False),
        ("automatic", 20, True, True),
        ("automatic", 4, False, False),
    ],
)
def test_when_it_is_worth_it_and_when_it_begins_by_itself(
    bridge: str, minutes: int, worth: bool, by_itself: bool
) -> None:
    policy = parse({"bridge": bridge})
    arrives_at = NOW + timedelta(minutes=minutes)
    assert bridging.is_worth_it(arrives_at, NOW, policy) is worth
    assert bridging.begins_by_itself(arrives_at, NOW, policy) is by_itself
    assert not bridging.is_worth_it(None, NOW, Policy())
