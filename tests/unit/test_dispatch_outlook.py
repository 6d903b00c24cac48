"""What is to be expected of asking: chances, silence, the first yes, and the price of an ask."""

from math import inf, nan
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.prices.chances import LEAST, MOST, answer_min, sane, still_yes
from dispatch.prices.outlook import Hope, expected, look_ahead
from dispatch.prices.pricing import Pricing

USUAL = Pricing()
HOPES = st.lists(
    st.builds(
        Hope,
        chance=st.floats(min_value=LEAST, max_value=MOST),
        cost_min=st.floats(min_value=-10, max_value=120),
    ),
    max_size=6,
)


def by_steps(group: list[Hope], otherwise_min: float) -> float:
    """The same expectation by ten thousand small steps instead of three well-chosen points."""
    steps = 10_000
    total = 0.0
    for step in range(steps):
        share = (step + 0.5) / steps
        waited = answer_min(share, USUAL)
        for hope in group:
            others = 1.0
            for other in group:
                if other is not hope:
                    others *= 1.0 - other.chance * share
            total += hope.chance * (hope.cost_min + waited) * others / steps
    nobody = 1.0
    for hope in group:
        nobody *= 1.0 - hope.chance
    return total + nobody * otherwise_min


@pytest.mark.parametrize(
    "group",
    [
        [],
        [Hope(0.4, 10.0)],
        [Hope(0.4, 10.0), Hope(0.3, 25.0)],
        [Hope(0.9, 5.0), Hope(0.9, 60.0), Hope(0.5, 20.0), Hope(0.1, 1.0), Hope(0.4, 42.0)],
    ],
)
def test_three_points_are_as_good_as_ten_thousand(group: list[Hope]) -> None:
    assert expected(group, 50.0, USUAL) == pytest.approx(by_steps(group, 50.0), abs=0.25)


def test_who_is_asked_besides_a_near_one_may_be_the_first_and_make_it_worse() -> None:
    near, far = Hope(0.9, 5.0), Hope(0.9, 60.0)
    assert expected([near, far], 30.0, USUAL) > expected([near], 30.0, USUAL)


def test_somebody_is_asked_when_nobody_is_awaited_and_nobody_without_a_list() -> None:
    assert look_ahead([], [Hope(0.05, 90.0)], USUAL, 120.0).ask == 1
    assert look_ahead([], [], USUAL, 120.0).ask == 0
    assert look_ahead([Hope(0.3, 9.0)], [], USUAL, 120.0).ask == 0


def test_a_likely_yes_under_way_is_worth_waiting_for_and_a_stale_one_is_not() -> None:
    near = [Hope(0.38, 12.0)] * 5
    assert look_ahead([Hope(0.9, 10.0)], near, USUAL, 120.0).ask == 0
    assert look_ahead([Hope(0.02, 10.0)], near, USUAL, 120.0).ask >= 1


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    HOPES, HOPES, st.floats(min_value=0.0, max_value=5.0), st.floats(min_value=0.0, max_value=5.0)
)
def test_a_higher_price_never_asks_more_of_a_short_list(
    awaited: list[Hope], hopes: list[Hope], one: float, other: float
) -> None:
    # With the list no longer than a wave, later waves do not blur what a price does to this one.
    low, high = sorted((one, other))
    cheap = look_ahead(awaited, hopes[:1], USUAL.model_copy(update={"ask_min": low}), 120.0)
    dear = look_ahead(awaited, hopes[:1], USUAL.model_copy(update={"ask_min": high}), 120.0)
    assert dear.ask <= cheap.ask
    assert 0 <= cheap.ask <= len(hopes[:1])


@settings(derandomize=True, deadline=None, max_examples=60)
@given(HOPES, HOPES)
def test_never_more_at_once_than_the_policy_says(awaited: list[Hope], hopes: list[Hope]) -> None:
    for most in (1, 2, 4):
        numbers = USUAL.model_copy(update={"at_once": most})
        assert look_ahead(awaited, hopes, numbers, 120.0).ask <= min(most, len(hopes))


def test_silence_speaks_against_a_yes_more_with_each_moment() -> None:
    left = [still_yes(0.38, silent_s, USUAL) for silent_s in (-60, 0, 5, 35, 90, 300, 86_400)]
    assert left[0] == left[1] == 0.38
    assert left == sorted(left, reverse=True)
    assert left[-1] < 0.001


def test_half_of_the_answers_have_come_at_the_median() -> None:
    assert answer_min(0.5, USUAL) * 60 == pytest.approx(USUAL.answer_median_s)
    assert fmean([answer_min(0.25, USUAL), answer_min(0.75, USUAL)]) > answer_min(0.5, USUAL)


@pytest.mark.parametrize("nonsense", [nan, inf, -inf, -1.0, 0.0, 1.0, 7.0])
def test_nonsense_that_was_learned_becomes_a_chance(nonsense: float) -> None:
    assert sane(nonsense) in (LEAST, MOST)
    assert sane(0.4) == 0.4
