"""What people are like: the published shares come out of the draws."""

import statistics
from datetime import UTC, datetime
from random import Random

from server.api.requests import NewRequest
from simulator import nature
from simulator.nature import LIFE

START = datetime(2026, 3, 3, 5, 0, tzinfo=UTC)  # midnight in Ohio


def test_three_quarters_see_it_and_38_of_100_say_yes() -> None:
    chance = Random(5)
    reactions = [
        nature.react(LIFE, nature.willingness(LIFE, chance), chance) for _ in range(20_000)
    ]
    seen = [one for one in reactions if one.sees_after_s is not None]
    yes = [one for one in reactions if one.says_yes]
    assert 0.74 < len(seen) / len(reactions) < 0.78
    assert 0.36 < len(yes) / len(reactions) < 0.40
    waits = [one.answers_after_s for one in yes if one.answers_after_s is not None]
    assert len(waits) == len(yes)
    assert 32 < statistics.median(waits) < 45


def test_who_does_not_see_it_does_not_answer_and_nobody_answers_before_they_saw() -> None:
    chance = Random(6)
    for _ in range(2_000):
        one = nature.react(LIFE, 0.5, chance)
        if one.sees_after_s is None:
            assert one.answers_after_s is None
            assert not one.says_yes
        elif one.answers_after_s is not None:
            assert one.answers_after_s > one.sees_after_s


def test_a_department_asks_about_60_times_a_month_and_more_in_the_evening() -> None:
    chance = Random(7)
    counts = [
        nature.ask_times(START, 30 * 24, nature.ASKS_A_MONTH, "America/New_York", chance)
        for _ in range(40)
    ]
    assert 55 < statistics.mean(map(len, counts)) < 63
    hours = [int(second // 3600) % 24 for times in counts for second in times]
    evening = sum(18 <= hour < 23 for hour in hours)
    early = sum(3 <= hour < 8 for hour in hours)
    assert evening > 2 * early


def test_nobody_asks_when_the_load_is_nothing() -> None:
    assert nature.ask_times(START, 24, 0.0, "America/New_York", Random(1)) == []


def test_every_need_is_a_request_that_the_api_takes() -> None:
    chance = Random(8)
    for _ in range(500):
        body = nature.need(LIFE, chance)
        NewRequest.model_validate(body)
        assert body["consent"] is True


def test_most_are_there_from_the_beginning() -> None:
    chance = Random(9)
    shifts = [nature.shift(6.0, chance) for _ in range(1_000)]
    assert 0.6 < sum(one.starts_s == 0 for one in shifts) / 1_000 < 0.7
    assert all(one.ends_s > one.starts_s for one in shifts)
