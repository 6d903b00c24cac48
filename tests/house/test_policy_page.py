"""Every field of the policy is on the managers' page, or it is said here why it is not."""

import re

import pytest

from dispatch.policy import Policy
from server.web import words
from server.web.pages import further
from tests.house.repository import ROOT

KEPT_BY_THE_API_ALONE = {
    "nobody_left_s": "a pause against flicker, not a choice about people",
    "escalated_recheck_s": "how often the machine looks, which nobody sees",
    "video_fallback_eta_s": "beside `video_fallback_after_s` on the page; to move both is rarely wanted",
    "undo_s": "ten seconds are what the screens say",
    "offer_blocks_s": "a rule between requests, measured in the study, that a network alone should not bend",
    "duty_stale_s": "upkeep: when a duty that was left running ends",
    "position_fresh_s": "what a position is good for, a fact about phones",
    "prepare_s": "part of the expected minutes: learned from the network's own trips",
    "answer_s": "part of the expected minutes: measured, not chosen",
    "road_factor": "part of the expected minutes: a fact about roads, learned from own trips",
    "speed_kmh": "part of the expected minutes: learned from the network's own trips",
    "park_s": "part of the expected minutes: learned from the network's own trips",
    "default_travel_limit_m": "each peer sets a limit of their own; this holds where none is set",
    "video_setup_s": "part of the expected minutes: measured, not chosen",
}
OF_ANOTHER_PART = {"waves", "strategy", "pricing"}
PAGE = ROOT / "server/web/static/js/manage/policy.js"


def on_the_page() -> set[str]:
    page = PAGE.read_text()
    by_hand = {name for name in Policy.model_fields if f'"{name}"' in page}
    return by_hand | OF_ANOTHER_PART | {name for names in further.GROUPS.values() for name in names}


def test_every_field_is_on_the_page_or_has_a_reason() -> None:
    shown = on_the_page()
    assert shown | KEPT_BY_THE_API_ALONE.keys() == set(Policy.model_fields)
    assert not shown & KEPT_BY_THE_API_ALONE.keys()
    assert all(KEPT_BY_THE_API_ALONE.values())


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_further_field_has_words_and_bounds_of_the_type(language: str) -> None:
    spoken = words.catalogue(language, words.families())
    for one in further.listed():
        assert f"pf_group_{one['group']}" in spoken
        assert f"pf_{one['name']}" in spoken
        assert f"pf_{one['name']}_hint" in spoken
        assert all(f"pf_{one['name']}_{choice}" in spoken for choice in one.get("choices", ()))
        usual = getattr(Policy(), one["name"])
        if one["kind"] == "text":
            assert re.search(one["pattern"], usual)
            assert f"pf_need_{one['name']}" in spoken
        else:
            assert usual in one.get("choices", ()) or one["least"] <= usual <= one["most"]
