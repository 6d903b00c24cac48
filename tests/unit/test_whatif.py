"""A past played again: what was recorded comes again, and a change moves what it must move."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pytest

from dispatch.policy import DEFAULT, Policy, Wave
from dispatch.prices.pricing import Pricing
from dispatch.states import REMOTE, Modality
from dispatch.travel.minutes import Leg, Travel
from dispatch.whatif import habits
from dispatch.whatif.compare import Comparison, Row, Verdict, compare, nothing_to_say
from dispatch.whatif.crowd import Crowd
from dispatch.whatif.log import End, Log
from dispatch.whatif.measures import DAY_S, measure
from dispatch.whatif.more import More, with_more
from dispatch.whatif.past import Past, Said
from dispatch.whatif.replay import Asked, Replayed, replay
from dispatch.whatif.world import World
from simulator.study.world import Plan, build

ONES = Policy(
    waves=tuple(Wave(after_s=90 * number, size=1) for number in range(10)), escalate_after_s=900
)
PLAN = Plan(seed=3, days=1.0, site_count=8, peer_count=40, load=3.0)


@cache
def past() -> Past:
    """A day of a small network in which nothing but the asking was recorded."""
    world = build(PLAN)
    return Past(world=world, zones=("America/New_York",) * len(world.sites))


def by_site(policy: Policy) -> tuple[Policy, ...]:
    return (policy,) * len(past().world.sites)


@cache
def played(after: Policy, more: tuple[More, ...] = ()) -> Replayed:
    return replay(past(), Asked(by_site(DEFAULT), by_site(after), more), draws=3)


def compared(after: Policy, more: tuple[More, ...] = ()) -> dict[str, Row]:
    found = played(after, more)
    return {row.name: row for row in compare(past(), found.before, found.after).rows}


def test_a_policy_beside_itself_changes_nothing() -> None:
    rows = compared(DEFAULT)
    assert len(rows) == 11
    assert {(row.change, row.low, row.high) for row in rows.values()} == {(0.0, 0.0, 0.0)}


def test_waves_of_one_ask_fewer_and_take_longer() -> None:
    rows = compared(ONES)
    assert rows["asks_per_filled"].high < 0
    assert rows["minutes_to_yes_median"].low > 0
    asks = rows["asks_per_filled"]
    assert asks.low <= asks.change <= asks.high
    assert asks.change == pytest.approx(asks.after - asks.before, abs=0.002)
    assert asks.before_count == len([one for one in _log(DEFAULT).outcomes if one.is_filled])


def _log(policy: Policy) -> Log:
    return played(policy).after[0].log


def test_more_peers_are_never_worse_and_those_who_exist_answer_as_before() -> None:
    everywhere = tuple(
        More(3, 0, 0, site, frozenset(Modality), frozenset({"en", "es", "so"})) for site in range(8)
    )
    rows = compared(DEFAULT, everywhere)
    assert rows["general_time"].high < 0
    assert rows["asks_per_shift"].change < 0
    assert rows["gini_asks"].after_count == rows["gini_asks"].before_count + 24
    (before, after) = (played(DEFAULT, everywhere).before[0], played(DEFAULT, everywhere).after[0])
    heard = {
        (ask.request, ask.peer, ask.modality in REMOTE): ask.answers_at_s
        and ask.answers_at_s - ask.at_s
        for ask in before.log.asks
        if ask.answers_at_s is not None and not ask.is_yes
    }
    again = [
        (heard[key], ask.answers_at_s - ask.at_s)
        for ask in after.log.asks
        if ask.answers_at_s is not None
        and (key := (ask.request, ask.peer, ask.modality in REMOTE)) in heard
    ]
    assert again
    assert all(first == pytest.approx(second, abs=1e-6) for first, second in again)


def test_on_slower_roads_help_comes_later_for_both() -> None:
    def slow(_site: int, _now: datetime, policy: Policy) -> Travel:
        return Travel((Leg(1e9, 0.0, 0.0, 0.4),), policy.park_s, policy.prepare_s, 1.0)

    asked = Asked(by_site(DEFAULT), by_site(DEFAULT))
    (usual,) = replay(past(), asked, draws=1).before
    found = replay(past(), asked, draws=1, travel_at=slow)
    assert found.before[0].log.outcomes == found.after[0].log.outcomes
    before, after = measure([usual]), measure(found.before)
    assert before.minutes_to_bedside is not None
    assert after.minutes_to_bedside is not None
    assert after.minutes_to_bedside > before.minutes_to_bedside


def test_what_was_recorded_comes_again() -> None:
    """A run is written down as the product's rows would be; played again it is the same run."""
    (run,) = replay(past(), Asked(by_site(DEFAULT), by_site(DEFAULT)), draws=1).before
    written = replace(
        past(),
        said={
            (ask.request, ask.peer, ask.modality in REMOTE): Said(
                ask.is_yes if ask.end in {End.ACCEPTED, End.DECLINED} else None,
                ask.ended_at_s - ask.at_s,
            )
            for ask in run.log.asks
        },
        yes_s={
            one.request.number: None if one.yes_at_s is None else one.yes_at_s - one.request.at_s
            for one in run.log.outcomes
        },
    )
    found = replay(written, Asked(by_site(DEFAULT), by_site(DEFAULT)), draws=1)
    assert _what_came(found.before[0].log) == _what_came(run.log)
    truth = compare(written, found.before, found.after).truth
    assert truth is not None
    assert truth.recorded_min == truth.replayed_min
    assert truth.recorded_unfilled == truth.replayed_unfilled


def _what_came(log: Log) -> list[tuple[object, ...]]:
    asks = [(one.at_s, one.request, one.peer, one.modality, one.end) for one in log.asks]
    ends = [(one.request.number, one.peer, one.yes_at_s) for one in log.outcomes]
    return [*asks, *ends]


def test_who_was_silent_until_somebody_else_came_is_silent_until_then_at_least() -> None:
    world = past().world
    request = world.requests[0]
    for after_s in (5.0, 40.0, 600.0):
        silent = {(request.number, peer.number, True): Said(None, after_s) for peer in world.peers}
        known = Crowd(
            replace(past(), said=silent), world, by_site(DEFAULT), Pricing(), lambda *_: None, 0
        )
        answers = [known.answer(request, peer, Modality.VIDEO) for peer in world.peers]
        assert all(one.answer_s >= after_s for one in answers)
        assert sum(one.says_no for one in answers) <= (20 if after_s < 30 else 8)


def test_too_little_is_said_to_be_too_little() -> None:
    few = replace(past(), world=replace(past().world, requests=past().world.requests[:19]))
    nobody = replace(
        past(), world=World(start=few.world.start, days=1, sites=(), peers=(), requests=())
    )
    assert _verdict(few) is Verdict.TOO_FEW
    assert _verdict(nobody) is Verdict.NO_HISTORY
    assert nothing_to_say(past()) is None


def _verdict(one: Past) -> Verdict:
    found = nothing_to_say(one)
    assert isinstance(found, Comparison)
    return found.verdict


def test_progress_goes_up_to_one_and_time_that_is_up_ends_it_after_two_draws() -> None:
    heard: list[float] = []
    asked = Asked(by_site(DEFAULT), by_site(ONES))
    found = replay(past(), asked, draws=5, tell=heard.append, has_time=lambda: False)
    assert len(found.before) == len(found.after) == 2
    assert heard == sorted(heard)
    assert heard[-1] == pytest.approx(2 / 5)


def test_a_network_that_answers_otherwise_is_played_otherwise() -> None:
    usual = Pricing()
    unasked = habits.learned([], usual)
    assert unasked.model_dump() == pytest.approx(usual.model_dump())
    eager = habits.learned([Said(True, 100.0)] * 400 + [Said(False, 100.0)] * 50, usual)
    assert eager.yes_chance > 0.75
    assert eager.answer_median_s > 80
    unmoved = habits.learned([Said(None, 1.0)] * 1000, usual)
    assert unmoved.yes_chance == pytest.approx(usual.yes_chance, abs=0.01)
    deaf = habits.learned([Said(None, 600.0)] * 1000, usual)
    assert deaf.yes_chance < 0.05
    assert deaf.no_share < 0.05


def test_more_peers_come_by_the_clock_of_the_site() -> None:
    """Over midnight, over the night in which the clocks go back, and never before the start."""
    start = datetime(2026, 10, 31, 4, 0, tzinfo=UTC)
    world = replace(past().world, start=start, days=3.0)
    night = More(2, 22 * 60, 6 * 60, 0, frozenset({Modality.VIDEO}), frozenset({"en"}))
    added = with_more(world, (night,), past().zones).peers[len(world.peers) :]
    hours = [((one.begins_s / 3600), (one.ends_s / 3600)) for one in added[0].shifts]
    assert hours == [(0.0, 6.0), (22.0, 31.0), (47.0, 55.0), (71.0, 79.0)]
    assert [one.number for one in added] == [40, 41]
    assert added[0].home != added[1].home
    assert all(one.begins_s < 3 * DAY_S for one in added[0].shifts)
