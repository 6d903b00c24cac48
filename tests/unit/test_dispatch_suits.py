"""Whom the person asked for goes first, by so many minutes; where nobody was, nothing changes."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch import survey, waves
from dispatch.deciding import next_move
from dispatch.matching import AS_WISHED, MET_BEFORE, Need, PeerView
from dispatch.policy import DEFAULT, parse
from dispatch.states import Focus, Modality
from dispatch.suits import first_asked_for, for_others
from tests.harness.asking import NEED, OPEN, peer
from tests.harness.databases import START as NOW
from tests.harness.views import NEEDS, crowd, peers
from tests.unit.test_dispatch_priced import asked

WISHING = replace(NEED, wishes=frozenset({"veteran"}))
LIKED = frozenset({"veteran"})
SEARCH = replace(OPEN, video_fallback=False)
KM_A_MINUTE = 48 / 60 / 1.3
"""As the crow flies, at the speed and on the roads of the default policy."""


def order(views: list[PeerView], need: Need = WISHING, **pricing: Any) -> list[str]:
    """Who is asked in the first wave, in order."""
    return asked(next_move(SEARCH, views, need, NOW, parse({"pricing": pricing})))


def behind(minutes: float) -> float:
    """How far away somebody lives who needs so many minutes more than one at 5 km."""
    return 5 + minutes * KM_A_MINUTE


@pytest.mark.parametrize(
    "fits, minutes, is_first",
    [
        ({"traits": LIKED}, 4.5, True),
        ({"traits": LIKED}, 5.5, False),
        ({"has_met": True}, 5.5, True),
        ({"has_met": True}, 6.5, False),
        ({"has_met": True, "traits": LIKED}, 9.5, True),
        ({"has_met": True, "traits": LIKED}, 10.5, False),
    ],
)
def test_who_was_asked_for_may_be_some_minutes_later(
    fits: dict[str, Any], minutes: float, is_first: bool
) -> None:
    found = order([peer("a"), peer("b"), peer("z", behind(minutes), **fits)])
    assert found == (["z", "a", "b"] if is_first else ["a", "b", "z"])


def test_the_minutes_are_settings() -> None:
    views = [peer("a"), peer("z", behind(4), traits=LIKED)]
    assert order(views) == ["z", "a"]
    assert order(views, wish_min=0) == ["a", "z"]
    assert order(views, suits_most_min=3) == ["a", "z"]


def test_experience_alone_only_breaks_ties() -> None:
    lived: dict[str, Any] = {"focus": frozenset({Focus.OVERDOSE})}
    assert order([peer("a"), peer("b", **lived)], NEED) == ["b", "a"]
    assert order([peer("a"), peer("b", 5.1, **lived)], NEED) == ["a", "b"]


def test_a_wish_brings_nobody_in_who_cannot_be_asked() -> None:
    off, far = peer("x", on_duty=False, has_met=True), peer("y", 90, has_met=True, traits=LIKED)
    assert order([off, far, peer("a")]) == ["a"]


def test_the_sentence_tells_the_soonest_whoever_stands_first() -> None:
    views = [peer("a"), peer("z", behind(4), traits=LIKED)]
    told = next_move(SEARCH, views, WISHING, NOW, DEFAULT).why
    assert told == next_move(SEARCH, views, NEED, NOW, DEFAULT).why
    assert "veteran" not in told


@settings(max_examples=60, deadline=None)
@given(peers(), NEEDS)
def test_where_nobody_was_asked_for_the_order_is_the_one_by_minutes(
    views: list[PeerView], need: Need
) -> None:
    plain = [replace(one, has_met=False) for one in views]
    need = replace(need, wishes=frozenset(), remote_handicap_s=0)
    ranking = survey.rank(plain, need, NOW, DEFAULT)
    assert first_asked_for(ranking, plain, need, DEFAULT) is ranking


@settings(max_examples=30, deadline=None)
@given(st.integers(min_value=0, max_value=10**6))
def test_the_same_people_can_be_asked_and_nobody_waits_ten_minutes_for_a_wish(seed: int) -> None:
    views = crowd(seed)
    need = replace(WISHING, modalities=frozenset({Modality.IN_PERSON}))
    ranking = survey.rank(views, need, NOW, DEFAULT)
    found = first_asked_for(ranking, views, need, DEFAULT)
    assert sorted(found.candidates) == sorted(ranking.candidates)
    assert found.excluded == ranking.excluded
    nearest = [one.help_s for one in ranking.candidates]
    for place, one in enumerate(found.candidates):
        assert one.help_s <= nearest[place] + 600
    assert waves.decide(SEARCH, found, NOW, DEFAULT).eligible == len(ranking.candidates)


def test_reasons_say_it_and_only_the_peer_reads_what_they_said_of_themselves() -> None:
    (one,) = survey.rank([peer("a", has_met=True, traits=LIKED)], WISHING, NOW, DEFAULT).candidates
    assert one.reasons == ("language_en", "badge", MET_BEFORE, AS_WISHED)
    assert for_others(one.reasons) == ["language_en", "badge", MET_BEFORE]
    (other,) = survey.rank([peer("a", traits=LIKED)], NEED, NOW, DEFAULT).candidates
    assert other.reasons == ("language_en", "badge"), "nobody wished for it"
