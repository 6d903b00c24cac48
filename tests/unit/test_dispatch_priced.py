"""Priced asking: who is asked first, how many, when video joins, and what is told about it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import nan
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.deciding import next_move
from dispatch.matching import Candidate, Need, PeerView
from dispatch.policy import DEFAULT, Policy, parse
from dispatch.prices.priced import decide
from dispatch.prices.score import Scale
from dispatch.states import Focus, Modality
from dispatch.survey import Survey, rank
from dispatch.waves import Awaited, Decision, Search
from dispatch.whatif.loop import Run
from dispatch.whatif.strategy import Product, Seen
from simulator.study.people import People
from simulator.study.world import Plan, build
from tests.harness.asking import NEED, OPEN, peer
from tests.harness.databases import START as NOW
from tests.harness.views import NEEDS, peers

IN_PERSON, VIDEO = Modality.IN_PERSON, Modality.VIDEO
PRICED = Policy(strategy="priced")


def caller(id_: str, **values: Any) -> PeerView:
    """Somebody on duty by video only."""
    return peer(id_, modalities=frozenset({VIDEO}), **values)


def move(
    views: Sequence[PeerView], search: Search = OPEN, now: datetime = NOW, **changes: Any
) -> Decision:
    policy = parse(PRICED.frozen() | {"pricing": PRICED.pricing.model_dump() | changes})
    return next_move(search, views, NEED, now, policy)


def asked(decision: Decision) -> list[str]:
    return [one.peer_id for one in decision.ask]


def after(asked_ids: Sequence[str], silent_s: float) -> tuple[Search, datetime]:
    """The search when these were asked and have been silent for so long, and the time of it."""
    offers = tuple(Awaited(IN_PERSON, NOW + timedelta(minutes=15), NOW) for _ in asked_ids)
    return (
        replace(OPEN, asked=frozenset(asked_ids), awaited=offers, waves_used=1),
        NOW + timedelta(seconds=silent_s),
    )


def test_the_nearest_are_asked_first_and_few_at_a_time() -> None:
    views = [peer(f"p{km:02}", km) for km in range(30, 1, -2)]
    found = asked(move(views))
    assert 1 <= len(found) <= 4
    assert found == sorted(found)
    assert found[0] == "p02"


def test_an_alert_costs_its_price() -> None:
    views = [peer(f"p{number}", 4 + number) for number in range(9)]
    free, usual, dear = (len(move(views, ask_min=price).ask) for price in (0.0, 0.75, 20.0))
    assert free >= usual >= dear == 1


def test_a_fresh_ask_is_waited_for_and_a_silent_one_is_followed_by_the_next() -> None:
    views = [peer(f"p{number}", 4 + number) for number in range(9)]
    first = asked(move(views))
    others = [one for one in views if one.id not in first]
    search, soon = after(first, 2)
    assert asked(move(others, search, soon)) == []
    search, later = after(first, 90)
    assert asked(move(others, search, later))
    decision = move(others, search, soon)
    assert decision.look_again_at - soon <= timedelta(seconds=45), "and it looks again soon"


def test_a_no_is_followed_by_the_next_at_once() -> None:
    gone = replace(OPEN, asked=frozenset({"p0"}), waves_used=1)
    assert asked(move([peer("p0", 4, has_declined=True), peer("p1", 5)], gone)) == ["p1"]


def test_video_stands_in_the_list_where_lateness_can_be_foreseen() -> None:
    near = move([peer("near", 5), caller("call")])
    assert asked(near)[0] == "near"
    # 38 km are 62 minutes of road: a call in 3 minutes and 40 for its being a call come before.
    far = move([peer("far", 38), caller("call")])
    assert asked(far)[0] == "call"
    assert far.ask[0].modality is VIDEO
    by_wish = move([peer("far", 38), caller("call")], replace(OPEN, video_fallback=False))
    assert asked(by_wish) == ["far"]


def test_who_can_do_both_comes_when_near_and_calls_when_far() -> None:
    both = frozenset({IN_PERSON, VIDEO})
    assert move([peer("p", 5, modalities=both)]).ask[0].modality is IN_PERSON
    assert move([peer("p", 39, modalities=both)]).ask[0].modality is VIDEO


@pytest.mark.parametrize(
    "strain",
    [{"recent_alerts": 6}, {"recent_cases": 3}, {"km": 12.0}],
)
def test_who_is_worn_or_further_is_asked_later(strain: dict[str, Any]) -> None:
    found = asked(move([peer("a", **strain), peer("b"), peer("c")], at_once=1))
    assert found == ["b"]
    assert asked(move([peer("a"), peer("b"), peer("c")], at_once=1)) == ["a"]


def test_where_all_are_worn_the_way_decides_and_twice_as_often_asked_still_comes_later() -> None:
    def first_of(near: int, far: int) -> list[str]:
        views = [peer("near", 5.0, recent_alerts=near), peer("far", 6.5, recent_alerts=far)]
        return asked(move(views, at_once=1, yes_less_per_alert=0.0))

    # The way is 2.4 minutes longer; an alert costs one, when few were asked.
    assert first_of(2, 0) == ["near"]
    assert first_of(6, 0) == ["far"]
    assert first_of(32, 26) == ["near"], "six more, and hardly more than the other"
    assert first_of(60, 10) == ["far"], "six times as often"


@pytest.mark.parametrize(
    "liked",
    [{"has_met": True}, {"focus": frozenset({Focus.OVERDOSE})}, {"traits": frozenset({"veteran"})}],
)
def test_what_suits_brings_somebody_forward(liked: dict[str, Any]) -> None:
    need = replace(NEED, wishes=frozenset({"veteran"}))
    numbers = parse({"strategy": "priced", "pricing": {"at_once": 1}})
    views = [peer("a"), peer("b", 5.5, **liked)]
    assert asked(next_move(OPEN, views, need, NOW, numbers)) == ["b"]


def test_all_that_suits_is_worth_no_more_than_its_limit() -> None:
    need = replace(NEED, wishes=frozenset({"veteran"}))
    scale = Scale(need, IN_PERSON, PRICED)
    loved = peer(
        "a", has_met=True, focus=frozenset({Focus.OVERDOSE}), traits=frozenset({"veteran"})
    )
    places = Survey([peer("a"), replace(loved, id="b")], need, NOW, DEFAULT).places
    (plain, _), (suits, _) = scale.weigh(places)
    assert plain - suits == pytest.approx(10.0)


def test_managers_are_alarmed_and_given_the_request_by_the_same_clock() -> None:
    views = [peer("a")]
    search, at_180 = after(["z"], 180)
    assert move(views, search, at_180).raise_alarm
    search, at_360 = after(["z"], 360)
    found = move(views, search, at_360)
    assert found.escalate
    assert "a manager owns it now" in found.why
    lone = move([], replace(OPEN, quiet_since=NOW - timedelta(seconds=30)))
    assert lone.escalate, "nobody is left and nobody's answer is awaited"


def test_the_words_say_who_how_likely_and_what_one_more_would_save() -> None:
    busy = peer("z", 1, is_busy=True)
    found = move([busy, *(peer(f"p{number}", 5 + number) for number in range(14))])
    assert f"{len(found.ask)} of 14 eligible asked" in found.why
    assert "no. 1 " in found.why
    assert "min away" in found.why
    assert "% likely" in found.why
    assert "Nearer but not asked: 1 is with someone" in found.why
    assert "at a price of 0.75" in found.why
    assert "Peer" not in found.why, "people are named beside it, not in it"
    search, soon = after(["z1", "z2"], 2)
    waits = move([peer(f"p{number}", 5 + number) for number in range(14)], search, soon)
    assert waits.why.startswith("Waiting for 2 of 2 asked; one more would save")
    assert "nobody else can be asked now" in move([], search, soon).why


class Learned:
    """Chances that say the same of everybody."""

    def __init__(self, chance: float) -> None:
        self.chance = chance

    def of(self, peer: PeerView, candidate: Candidate, now: datetime) -> float:
        return self.chance


@pytest.mark.parametrize("poison", [nan, -3.0, 0.0, 1.0, 1e9])
def test_poisoned_chances_still_ask_somebody(poison: float) -> None:
    views = [peer(f"p{number}") for number in range(5)]
    found = decide(OPEN, views, NEED, NOW, PRICED, Learned(poison))
    assert found.ask
    assert found.ask[0].peer_id == "p0", "all alike: by id, always the same"


def test_somebody_likely_is_asked_before_somebody_a_little_nearer() -> None:
    class Known(Learned):
        def of(self, peer: PeerView, candidate: Candidate, now: datetime) -> float:
            return 0.05 if peer.id == "near" else 0.8

    views = [peer("near", 5.0), peer("far", 6.0)]
    numbers = parse({"strategy": "priced", "pricing": {"at_once": 1}})
    assert asked(decide(OPEN, views, NEED, NOW, numbers, Known(0.5))) == ["far"]


def test_a_clock_that_stepped_back_asks_and_waits_like_at_the_asking() -> None:
    views = [peer(f"p{number}", 4 + number) for number in range(9)]
    search, before = after(["z1", "z2"], -300)
    assert move(views, search, before) == move(views, search, before)
    assert move(views, search, before).look_again_at > before


@settings(derandomize=True, deadline=None, max_examples=30)
@given(peers(), NEEDS, st.booleans(), st.floats(min_value=0, max_value=4000))
def test_whatever_comes_in_a_decision_comes_out(
    views: list[PeerView], need: Need, video: bool, elapsed_s: float
) -> None:
    wish = min(need.modalities)
    search = replace(OPEN, modality=wish, video_fallback=video)
    need = replace(need, modalities=frozenset({wish}), remote_handicap_s=0)
    now = NOW + timedelta(seconds=elapsed_s)
    found = next_move(search, views, need, now, PRICED)
    assert found == next_move(search, list(reversed(views)), need, now, PRICED)
    assert len(found.ask) <= PRICED.pricing.at_once
    assert found.look_again_at > now
    allowed = {wish, VIDEO} if video and wish is IN_PERSON else {wish}
    assert {one.modality for one in found.ask} <= allowed
    ways = replace(need, modalities=frozenset(allowed))
    could = {one.peer_id for one in rank(views, ways, now, PRICED).candidates}
    assert {one.peer_id for one in found.ask} <= could
    assert bool(found.ask) == bool(could), "nobody is awaited: somebody is asked if anybody can be"


class _Recorder:
    """Keeps what each decision was made from."""

    name = "recorded"

    def __init__(self) -> None:
        self.inner = Product("priced", PRICED)
        self.kept: list[tuple[Search, list[PeerView], Need, datetime, Decision]] = []

    def look(self, seen: Seen) -> Decision:
        found = self.inner.look(seen)
        self.kept.append((seen.search, list(seen.peers), seen.need, seen.now, found))
        return found


def test_recorded_decisions_come_out_the_same_again() -> None:
    world = build(Plan(seed=3, days=0.3, site_count=10, peer_count=40, load=12.0))
    recorder = _Recorder()
    Run(world, People(world), recorder).play()
    assert len(recorder.kept) > 50
    again = parse(PRICED.frozen())
    for search, views, need, now, found in recorder.kept:
        assert next_move(search, views, need, now, again) == found
