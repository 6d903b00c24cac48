"""Priced asking beside a plain reckoning of the same: what is spared changes nobody who is asked."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from math import erf, exp, log, sqrt
from statistics import NormalDist, fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.deciding import next_move
from dispatch.matching import Candidate, Need, PeerView
from dispatch.policy import Policy, parse
from dispatch.prices.pricing import Pricing
from dispatch.states import REMOTE, Focus, Modality, RequestState
from dispatch.survey import rank
from dispatch.waves import Awaited, Search
from tests.harness.databases import START as NOW
from tests.harness.views import NEEDS, SITE, crowd, peers

IN_PERSON = Modality.IN_PERSON
PRICED = Policy(strategy="priced")
POLICIES = (
    PRICED,
    parse({"strategy": "priced", "pricing": {"ask_min": 0.0, "at_once": 7, "unfilled_min": 60}}),
    parse({"strategy": "priced", "pricing": {"remote_min": 15, "doubt_min": 3, "alert_min": 0}}),
)
NEED = Need(SITE, frozenset({IN_PERSON}), "en", Focus.OVERDOSE)
SOME_ASKED = st.lists(st.tuples(st.integers(0, 120), st.sampled_from(list(Modality))), max_size=3)
"""How long ago each was asked, and in which way."""


def search_of(wish: Modality, video: bool, asked: Sequence[tuple[int, Modality]]) -> Search:
    return Search(
        state=RequestState.SEARCHING,
        modality=wish,
        started_at=NOW - timedelta(seconds=150),
        waves_used=len(asked),
        video_fallback=video,
        is_widened=False,
        has_alarmed=False,
        asked=frozenset(f"a{number}" for number, _ in enumerate(asked)),
        awaited=tuple(
            Awaited(way, NOW + timedelta(minutes=12), NOW - timedelta(seconds=ago))
            for ago, way in asked
        ),
        quiet_since=NOW - timedelta(seconds=100),
    )


def plainly(
    search: Search, views: Sequence[PeerView], need: Need, policy: Policy
) -> list[tuple[str, Modality]]:
    """Who is asked: everybody weighed, sorted, and every number at once tried to the end."""
    numbers = policy.pricing
    if search.modality is IN_PERSON and search.video_fallback:
        ways = need.modalities | {Modality.VIDEO}
        need = replace(need, modalities=ways, remote_handicap_s=round(60 * numbers.remote_min))
    by_id = {view.id: view for view in views}
    found = []
    candidates = rank(views, need, NOW, policy).candidates
    able = [by_id[one.peer_id] for one in candidates]
    for one in candidates:
        cost, chance = weigh(by_id[one.peer_id], one, need, search.modality, policy)
        cost += strain(by_id[one.peer_id], able, numbers)
        found.append((cost + numbers.doubt_min / chance, one.peer_id, chance, cost, one.modality))
    found.sort()
    first = [(chance, cost) for _, _, chance, cost, _ in found[:10]]
    end = first[-1][1] + 5.0 if len(found) > 10 else numbers.unfilled_min
    alerts = fmean(one.recent_alerts for one in able) if able else 0.0
    awaited = [still(offer, search.modality, alerts, policy) for offer in search.awaited]
    times = min(max(alerts / numbers.alerts_usual, 1.0), numbers.ask_most_times)
    numbers = numbers.model_copy(update={"ask_min": numbers.ask_min * times})
    tries = [
        wait(awaited + first[:size], hope(first[size:], end, numbers), numbers)
        + numbers.ask_min * size
        for size in range(min(numbers.at_once, len(first)) + 1)
    ]
    best = tries.index(min(tries))
    return [(id_, way) for _, id_, _, _, way in found[:best]]


def weigh(
    view: PeerView, one: Candidate, need: Need, wish: Modality, policy: Policy
) -> tuple[float, float]:
    numbers = policy.pricing
    is_other = wish is IN_PERSON and one.modality in REMOTE
    cost = (one.help_s - policy.answer_s) / 60 + numbers.remote_min * is_other
    suits = numbers.experience_min * (need.focus in view.focus) + numbers.met_min * view.has_met
    suits += numbers.wish_min * bool(need.wishes & view.traits)
    chance = numbers.yes_chance - numbers.yes_less_per_km * (one.distance_m or 0) / 1000
    chance *= (1 - numbers.yes_less_per_alert) ** view.recent_alerts
    return cost - min(suits, numbers.suits_most_min), min(max(chance, 0.02), 0.95)


def strain(view: PeerView, able: Sequence[PeerView], numbers: Pricing) -> float:
    """In minutes; whoever had as much as the others, when all had much, is no more worn than they."""
    cases = fmean(one.recent_cases for one in able)
    alerts = fmean(one.recent_alerts for one in able)
    return numbers.case_min * view.recent_cases * min(
        numbers.cases_usual / cases if cases else 1, 1
    ) + numbers.alert_min * view.recent_alerts * min(
        numbers.alerts_usual / alerts if alerts else 1, 1
    )


def still(offer: Awaited, wish: Modality, alerts: float, policy: Policy) -> tuple[float, float]:
    """What is left of the chance of somebody who was asked, and what their yes would cost.

    They are as tired as those who can be asked, who had so many alerts for nothing in the mean.
    """
    numbers = policy.pricing
    assert offer.asked_at is not None
    assert offer.arrive_by is not None
    silent_s = (NOW - offer.asked_at).total_seconds()
    later = 1.0
    if silent_s > 0:
        away = log(silent_s / numbers.answer_median_s) / numbers.answer_spread
        later = 0.5 * (1 - erf(away / sqrt(2)))
    chance = numbers.yes_chance * (1 - numbers.yes_less_per_alert) ** alerts
    chance = min(max(chance, 0.02), 0.95)
    says_no = (1 - chance) * numbers.no_share
    silent = (1 - chance) * (1 - numbers.no_share)
    yes = chance * later
    minutes = ((offer.arrive_by - offer.asked_at).total_seconds() - policy.answer_s) / 60
    is_other = wish is IN_PERSON and offer.modality in REMOTE
    return yes / (yes + says_no * later + silent), minutes + numbers.remote_min * is_other


def hope(left: Sequence[tuple[float, float]], end: float, numbers: Pricing) -> float:
    """The fewest minutes with those who are left, from the next look on."""
    values = [end]
    for begin in range(len(left) - 1, -1, -1):
        sizes = range(1, min(numbers.at_once, len(left) - begin) + 1)
        values.insert(
            0,
            min(
                wait(left[begin : begin + size], values[size - 1], numbers) + numbers.ask_min * size
                for size in sizes
            ),
        )
    return values[0]


def wait(group: Sequence[tuple[float, float]], later: float, numbers: Pricing) -> float:
    """Minutes until help when these were asked, the first yes wins, and `later` comes after."""
    total = 0.0
    for node, weight in ((0.5 - sqrt(0.15), 5 / 18), (0.5, 8 / 18), (0.5 + sqrt(0.15), 5 / 18)):
        away = numbers.answer_spread * NormalDist().inv_cdf(node)
        waited = numbers.answer_median_s / 60 * exp(away)
        for number, (chance, cost) in enumerate(group):
            others = 1.0
            for other, (theirs, _) in enumerate(group):
                others *= 1.0 if other == number else 1 - theirs * node
            total += weight * chance * (cost + waited) * others
    nobody = 1.0
    for chance, _ in group:
        nobody *= 1 - chance
    return total + nobody * (numbers.review_s / 60 + later)


@settings(derandomize=True, deadline=None, max_examples=80)
@given(peers(), NEEDS, st.booleans(), SOME_ASKED, st.sampled_from(POLICIES))
def test_who_is_asked_is_who_the_plain_reckoning_asks(
    views: list[PeerView],
    need: Need,
    video: bool,
    asked: list[tuple[int, Modality]],
    policy: Policy,
) -> None:
    wish = min(need.modalities)
    need = replace(need, modalities=frozenset({wish}), remote_handicap_s=0)
    search = search_of(wish, video, asked)
    found = next_move(search, views, need, NOW, policy)
    assert [(one.peer_id, one.modality) for one in found.ask] == plainly(
        search, views, need, policy
    )


@pytest.mark.parametrize("seed", range(20))
def test_so_it_is_in_a_crowd(seed: int) -> None:
    need = replace(NEED, wishes=frozenset({"veteran"} if seed % 2 else ()))
    search = search_of(IN_PERSON, True, [(20 + seed, IN_PERSON)] * (seed % 3))
    views = crowd(seed)
    for policy in POLICIES:
        found = next_move(search, views, need, NOW, policy)
        assert [(one.peer_id, one.modality) for one in found.ask] == plainly(
            search, views, need, policy
        )
