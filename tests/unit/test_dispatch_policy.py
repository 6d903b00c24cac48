"""The policy: the product's clock by default, layers over it, and no setting that makes no sense."""

import json
from typing import Any

import pytest

from dispatch.errors import Invalid
from dispatch.policy import DEFAULT, Policy, parse


def test_the_default_clock_is_the_products() -> None:
    assert [(wave.after_s, wave.size) for wave in DEFAULT.waves] == [(0, 3), (90, 4), (180, None)]
    assert (DEFAULT.alarm_after_s, DEFAULT.escalate_after_s) == (180, 360)
    assert (DEFAULT.push_again_s, DEFAULT.sms_s, DEFAULT.voice_s) == (20, 30, 45)
    assert (DEFAULT.not_departed_s, DEFAULT.eta_slip_s) == (300, 600)
    assert (DEFAULT.lost_after_eta_s, DEFAULT.session_check_s) == (1200, 5400)
    assert (DEFAULT.undo_s, DEFAULT.video_fallback_after_s) == (10, 180)
    assert DEFAULT.video_fallback_eta_s == 20 * 60


def test_a_site_overrides_its_network_which_overrides_the_default() -> None:
    policy = parse({"answer_s": 30, "prepare_s": 60}, {"prepare_s": 90})
    assert (policy.answer_s, policy.prepare_s, policy.park_s) == (30, 90, DEFAULT.park_s)


def test_a_layer_that_sets_one_price_leaves_the_others() -> None:
    policy = parse({"pricing": {"ask_min": 1.5}}, {"pricing": {"at_once": 2}}, {"answer_s": 30})
    assert (policy.pricing.ask_min, policy.pricing.at_once) == (1.5, 2)
    assert policy.pricing.review_s == DEFAULT.pricing.review_s
    assert (DEFAULT.strategy, parse({"strategy": "priced"}).strategy) == ("waves", "priced")


def test_a_frozen_policy_survives_json_and_is_the_same_again() -> None:
    policy = parse({"waves": [{"after_s": 0, "size": 1}, {"after_s": 30}], "speed_kmh": 30})
    assert parse(json.loads(json.dumps(policy.frozen()))) == policy


@pytest.mark.parametrize(
    "values, field",
    [
        ({"waves": []}, "waves"),
        ({"waves": [{"after_s": 5, "size": 1}]}, "policy"),
        ({"waves": [{"after_s": 0}, {"after_s": 0}]}, "policy"),
        ({"waves": [{"after_s": 0}, {"after_s": 60}, {"after_s": 30}]}, "policy"),
        ({"waves": [{"after_s": 0, "size": 0}]}, "waves.0.size"),
        ({"waves": [{"after_s": 0, "size": 101}]}, "waves.0.size"),
        ({"waves": [{"after_s": 0, "colour": "red"}]}, "waves.0.colour"),
        ({"waves": [{"after_s": n} for n in range(11)]}, "waves"),
        ({"escalate_after_s": 170}, "policy"),
        ({"alarm_after_s": 400}, "policy"),
        ({"push_again_s": 31}, "policy"),
        ({"sms_s": 46}, "policy"),
        ({"answer_s": -1}, "answer_s"),
        ({"answer_s": 86_401}, "answer_s"),
        ({"answer_s": "soon"}, "answer_s"),
        ({"answer_s": None}, "answer_s"),
        ({"undo_s": 61}, "undo_s"),
        ({"escalated_recheck_s": 4}, "escalated_recheck_s"),
        ({"speed_kmh": 4.9}, "speed_kmh"),
        ({"speed_kmh": 131}, "speed_kmh"),
        ({"speed_kmh": float("nan")}, "speed_kmh"),
        ({"road_factor": 0.9}, "road_factor"),
        ({"default_travel_limit_m": 999}, "default_travel_limit_m"),
        ({"duty_stale_s": 599}, "duty_stale_s"),
        ({"free_lunch": 1}, "free_lunch"),
        ({"strategy": "magic"}, "strategy"),
        ({"pricing": 7}, "pricing"),
        ({"pricing": {"ask_min": -0.1}}, "pricing.ask_min"),
        ({"pricing": {"ask_min": float("nan")}}, "pricing.ask_min"),
        ({"pricing": {"yes_chance": 1.0}}, "pricing.yes_chance"),
        ({"pricing": {"answer_median_s": 0}}, "pricing.answer_median_s"),
        ({"pricing": {"free_lunch": 1}}, "pricing.free_lunch"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(values)
    assert refused.value.field == field
    assert refused.value.refusal == "invalid"


def test_a_layer_that_only_fits_alone_is_refused_together() -> None:
    site = {"waves": [{"after_s": 0}, {"after_s": 500}], "escalate_after_s": 600}
    parse({}, site)
    with pytest.raises(Invalid):
        parse({"alarm_after_s": 700, "escalate_after_s": 800}, {"escalate_after_s": 650})


def test_a_policy_never_changes() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Policy().answer_s = 1  # type: ignore[misc]  # that it is refused is the point
