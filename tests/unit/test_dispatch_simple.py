"""The simple strategy: two at a time, one list, nobody's silence holds up the next; and falling back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.deciding import next_move
from dispatch.knowledge import Knowledge
from dispatch.matching import Need, PeerView
from dispatch.policy import Policy, parse
from dispatch.prices import priced
from dispatch.simple import fell_back
from dispatch.states import Modality
from dispatch.waves import Awaited, Decision
from tests.harness.asking import NEED, OPEN, peer
from tests.harness.databases import START as NOW
from tests.harness.views import NEEDS, peers

IN_PERSON, VIDEO = Modality.IN_PERSON, Modality.VIDEO
SIMPLE = Policy(strategy="simple")
NEAR_FIRST = [peer(f"p{number}", 4 + number) for number in range(6)]


def move(views: Sequence[PeerView], silent_s: Sequence[float] = (), **changes: Any) -> Decision:
    """The next move when so many were asked and have been silent for so long."""
    asked = frozenset(f"a{number}" for number, _ in enumerate(silent_s))
    awaited = tuple(
        Awaited(IN_PERSON, NOW + timedelta(minutes=15), NOW - timedelta(seconds=one))
        for one in silent_s
    )
    search = replace(OPEN, asked=asked, awaited=awaited, waves_used=bool(asked))
    return next_move(replace(search, **changes), views, NEED, NOW, SIMPLE)


def ids(decision: Decision) -> list[str]:
    return [one.peer_id for one in decision.ask]


def test_the_two_who_are_there_first_are_asked() -> None:
    found = move(NEAR_FIRST[::-1])
    assert ids(found) == ["p0", "p1"]
    assert found.why.startswith("2 of 6 eligible asked, the soonest about ")
    assert found.look_again_at == NOW + timedelta(seconds=45)
    three = parse({"strategy": "simple", "simple_at_once": 3, "pricing": {"review_s": 30}})
    found = next_move(OPEN, NEAR_FIRST, NEED, NOW, three)
    assert (ids(found), found.look_again_at) == (["p0", "p1", "p2"], NOW + timedelta(seconds=30))


def test_a_no_is_followed_by_one_and_silence_by_as_many_as_are_silent() -> None:
    assert ids(move(NEAR_FIRST, [10])) == ["p0"], "one of two said no"
    assert ids(move(NEAR_FIRST, [10, 60])) == ["p0"]
    assert ids(move(NEAR_FIRST, [60, 60])) == ["p0", "p1"]


def test_two_fresh_asks_are_waited_for_until_the_review_of_the_first() -> None:
    waits = move(NEAR_FIRST, [10, 20])
    assert ids(waits) == []
    assert waits.look_again_at == NOW + timedelta(seconds=25)
    assert waits.why == "Waiting for 2 of 2 asked."


def test_video_stands_in_the_list_by_what_it_counts() -> None:
    call = peer("call", modalities=frozenset({VIDEO}))
    assert ids(move([peer("near", 5), call])) == ["near", "call"]
    assert ids(move([peer("far", 38), call])) == ["call", "far"]
    assert ids(move([peer("far", 38), call], video_fallback=False)) == ["far"]


def test_whom_the_person_asked_for_may_be_some_minutes_later_and_no_more() -> None:
    need = replace(NEED, wishes=frozenset({"veteran"}))
    veteran = replace(peer("v", 7.0), traits=frozenset({"veteran"}))
    by_call = replace(veteran, modalities=frozenset({VIDEO}))
    for liked, order in ((veteran, ["v", "p0"]), (by_call, ["p0", "v"])):
        found = next_move(OPEN, [peer("p0", 5.0), liked], need, NOW, SIMPLE)
        assert ids(found) == order


def test_managers_get_the_request_by_the_same_clock() -> None:
    late = replace(OPEN, started_at=NOW - timedelta(seconds=360))
    found = next_move(late, NEAR_FIRST, NEED, NOW, SIMPLE)
    assert found.escalate
    assert ids(found) == ["p0", "p1"], "and the search goes on"
    assert move([], quiet_since=NOW - timedelta(seconds=30)).escalate


@settings(derandomize=True, deadline=None, max_examples=40)
@given(peers(), NEEDS, st.booleans(), st.lists(st.integers(0, 100), max_size=4))
def test_whatever_comes_in_a_decision_comes_out(
    views: list[PeerView], need: Need, video: bool, silent_s: list[int]
) -> None:
    wish = min(need.modalities)
    need = replace(need, modalities=frozenset({wish}), remote_handicap_s=0)
    awaited = tuple(Awaited(wish, None, NOW - timedelta(seconds=one)) for one in silent_s)
    search = replace(OPEN, modality=wish, video_fallback=video, awaited=awaited)
    found = next_move(search, views, need, NOW, SIMPLE)
    assert found == next_move(search, views[::-1], need, NOW, SIMPLE)
    assert found.look_again_at > NOW
    fresh = sum(one < 45 for one in silent_s)
    assert len(found.ask) == min(max(2 - fresh, 0), len(found.order))
    assert ids(found) == list(found.order[: len(found.ask)])


class Broken:
    """What was learned cannot be reckoned with."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def of(self, *_asked: object) -> float:
        raise self.error


@pytest.mark.parametrize("error", [OverflowError(), KeyError("p1"), ValueError(), TypeError()])
def test_prices_that_do_not_add_up_are_left_for_the_simple_rule_and_that_is_told(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_price = Policy(strategy="priced")
    known = Knowledge(chances=Broken(error))
    own = next_move(OPEN, NEAR_FIRST, NEED, NOW, by_price)
    assert next_move(OPEN, NEAR_FIRST, NEED, NOW, by_price, known) == own, "only the model broke"
    monkeypatch.setattr(priced, "look_ahead", Broken(error).of)
    found = next_move(OPEN, NEAR_FIRST, NEED, NOW, by_price)
    assert fell_back(found)
    assert found.ask == next_move(OPEN, NEAR_FIRST, NEED, NOW, SIMPLE).ask
    assert found.why.startswith("Prices did not add up, so by the simple rule: 2 of 6 eligible")
    assert not fell_back(own)
