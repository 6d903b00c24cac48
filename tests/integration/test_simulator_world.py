"""Hours in seconds: a small city at the door of the real application."""

from dataclasses import replace

import pytest

from simulator.nature import LIFE
from simulator.world import Plan, Played, play

SHORT = replace(LIFE, session_s=180.0, prepare_s=40.0, speed_mps=45.0, road_factor=1.0)
"""Short conversations and empty roads (160 km/h is still believed): less to wait for."""

SMALL = Plan(sites=3, peers=12, hours=0.25, seed=5, load=100.0, habits=SHORT)
ROUGH = replace(
    SHORT,
    loses_signal_on_road=1.0,
    loses_signal_on_offer=0.5,
    silence_s=120.0,
    withdraws=0.2,
    hands_over=0.2,
    undoes=0.5,
    cancels=0.2,
    presses_is_here=0.5,
    ends_early=0.2,
)


@pytest.fixture(scope="module")
def played() -> Played:
    """A small city that lived for a quarter of an hour, and what followed from it."""
    return play(SMALL)


def test_a_story_is_lived_to_its_end_and_no_promise_is_broken(played: Played) -> None:
    report = played.report
    assert report.problems == []
    assert report.requests >= 6
    assert report.completed >= 2
    assert report.still_open == 0
    assert report.requests == report.completed + report.unfilled + report.cancelled
    assert report.asks == report.yes + report.no + report.no_answer
    assert report.to_first_push.count == report.requests
    assert played.compared >= report.requests


def test_the_same_seed_gives_the_same_report(played: Played) -> None:
    again = play(SMALL)
    assert again.report == played.report
    assert (again.calls, again.compared) == (played.calls, played.compared)


def test_phones_that_lose_their_signal_catch_up_and_nobody_is_asked_twice() -> None:
    """Everything that can go wrong on the way goes wrong often; nothing is lost by it."""
    report = (rough := play(replace(SMALL, habits=ROUGH))).report
    assert report.problems == []
    assert report.double_offers == report.broken_invariants == 0
    assert report.still_open == 0
    assert report.seen["signals lost"] >= 3
    assert sum(n for name, n in report.seen.items() if name.startswith("late position")) >= 3
    assert report.handed_back >= 1
    assert rough.compared >= report.requests
