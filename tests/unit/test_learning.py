"""Learning from answers: what is there is found, and what cannot be used never gets through."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from math import exp, inf, nan
from random import Random
from statistics import fmean
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.deciding import next_move
from dispatch.knowledge import Knowledge
from dispatch.learning import answers, counting, current
from dispatch.learning.answers import Asked, learn, policy_chance
from dispatch.learning.calibration import Said, bins, gini
from dispatch.learning.counting import Counted, Offered
from dispatch.learning.fitting import Cell, chance_at, fit, score_of
from dispatch.learning.model import Coefficients, Learned, Model, features
from dispatch.learning.silence import Silence
from dispatch.matching import Candidate, Need, PeerView
from dispatch.policy import Policy
from dispatch.prices.chances import LEAST, MOST, Prior
from dispatch.prices.pricing import Pricing
from dispatch.states import Modality, OfferState, RequestState
from dispatch.waves import Search
from dispatch.whatif.loop import Run
from simulator.study import check
from simulator.study.learned import Learner
from simulator.study.people import People
from simulator.study.world import Plan, build
from tests.harness.databases import START as NOW
from tests.harness.views import SITE, crowd

PRICING = Pricing()
SILENCE = Silence.of(PRICING)
TRUE = (-0.5, -0.3, 0.4, -0.08, 0.5, -0.2)
"""Of the people in these tests; the order is that of `Coefficients`."""


def people(
    count: int,
    *,
    peers: int = 40,
    ratios: Sequence[float] = (1.0,),
    closed_s: float = 60.0,
    seed: int = 1,
) -> list[Asked]:
    """Offers to people who answer by `TRUE`, closed after a while, most of them without an answer."""
    chance = Random(seed)
    found = []
    for _ in range(count):
        number = chance.randrange(peers)
        km = None if chance.random() < 0.3 else chance.uniform(0.0, 40.0)
        alerts, hour = chance.choice([0, 0, 0, 1, 2, 4, 8]), chance.uniform(0.0, 24.0)
        likely = chance_at(score_of(features(km, alerts, hour), TRUE))
        is_yes = chance.random() < likely * ratios[number % len(ratios)]
        is_no = not is_yes and chance.random() < PRICING.no_share
        answer_s = PRICING.answer_median_s * exp(PRICING.answer_spread * chance.gauss(0.0, 1.0))
        waited_s = chance.expovariate(1.0 / closed_s)
        if (is_yes or is_no) and answer_s < waited_s:
            found.append(Asked(f"p{number}", km, alerts, hour, is_yes, is_no, answer_s))
        else:
            found.append(Asked(f"p{number}", km, alerts, hour, False, False, waited_s))
    return found


def learned(asked: Sequence[Asked]) -> Model:
    """The model of these, which must be one."""
    model = learn(asked, PRICING)
    assert model is not None
    return model


def alike(
    peer_id: str, *, is_yes: bool = False, is_no: bool = False, after_s: float = 20.0
) -> Asked:
    """Somebody nearby at noon."""
    return Asked(peer_id, 5.0, 0, 12.0, is_yes, is_no, after_s)


def test_what_people_are_like_is_found_though_most_offers_end_without_an_answer() -> None:
    asked = people(8_000)
    assert sum(one.is_yes or one.is_no for one in asked) < len(asked) / 2
    model = learned(asked)
    for found, true in zip(model.coefficients.vector(), TRUE, strict=True):
        assert abs(found - true) < 0.15, (found, true)
    assert model.is_better
    assert model.check.learned > model.check.alike


def test_offers_closed_at_once_teach_nothing_wrong() -> None:
    # Everybody's first five seconds: almost nobody can have answered by then.
    quick = people(6_000, closed_s=5.0, seed=2)
    assert sum(one.is_yes or one.is_no for one in quick) < 100
    some = people(2_000, seed=3)
    alone, with_them = learned(some), learned([*some, *quick])
    assert abs(with_them.coefficients.base - alone.coefficients.base) < 0.15


def test_a_peer_of_their_own_kind_is_told_apart_and_few_answers_say_little() -> None:
    model = learned(people(8_000, peers=40, ratios=(0.6, 1.0, 1.0, 1.4)))
    kinds = [fmean(model.ratios[f"p{n}"] for n in range(k, 40, 4)) for k in range(4)]
    assert kinds[0] < 0.8 < kinds[1] < 1.2 < kinds[3]
    shy = [alike("shy", is_no=True) for _ in range(4)]
    drawn = learned([*people(2_000), *shy]).ratios["shy"]
    assert 0.7 < drawn < 0.9, "four noes are a bad week and no verdict"


@pytest.mark.parametrize(
    "asked",
    [
        [alike(f"p{n % 9}", is_yes=True) for n in range(400)],
        [alike(f"p{n % 9}", is_no=True) for n in range(400)],
        [alike(f"p{n % 9}", after_s=600.0) for n in range(400)],
        [alike("only", is_yes=n % 2 == 0, is_no=n % 2 == 1) for n in range(400)],
        [alike(f"p{n}", is_yes=n % 2 == 0, is_no=n % 2 == 1) for n in range(400)],
        [alike("p0", is_yes=n < 200, is_no=n >= 200)._replace(km=n / 10) for n in range(400)],
    ],
    ids=["all yes", "all no", "all silent", "one peer", "once each", "never beyond 20 km"],
)
def test_answers_without_any_difference_give_a_model_that_can_be_used(asked: list[Asked]) -> None:
    model = learned(asked)
    assert current.parse(model.model_dump(mode="json")) == model
    candidate = Candidate("p0", "", Modality.IN_PERSON, 600, 5000, 400, NOW, ())
    said = Learned(model, 12.0, NOW).of(PeerView("p0", ""), candidate, NOW)
    assert LEAST <= said <= MOST


def test_what_no_people_behave_by_is_not_learned() -> None:
    far = [alike("p0", is_yes=n >= 200, is_no=n < 200)._replace(km=n / 5) for n in range(400)]
    with pytest.raises(ValueError, match="way"):
        learn(far, PRICING)


def test_being_asked_for_nothing_makes_nobody_likelier_to_go() -> None:
    # The willing are asked oftener: it only looks as if asking made them willing.
    asked = [
        alike(f"p{n % 2}", is_yes=n % 2 == 0, is_no=n % 2 == 1)._replace(alerts=3 * (1 - n % 2))
        for n in range(400)
    ]
    assert abs(learned(asked).coefficients.alerts) < 0.01


def test_from_too_little_nothing_is_learned() -> None:
    assert learn([], PRICING) is None
    assert learn([alike("p0", is_yes=True)] * 199, PRICING) is None
    assert learn([alike("p0", after_s=1.0)] * 5_000, PRICING) is None, "nobody had time to answer"


def test_what_foresees_worse_than_the_policy_says_so() -> None:
    # For years nobody went; since yesterday everybody is as the policy has it.
    before = [alike(f"p{n % 30}", is_no=True) for n in range(1_600)]
    since = [alike(f"p{n % 30}", is_yes=n % 5 < 2, is_no=n % 5 >= 2) for n in range(400)]
    assert not learned([*before, *since]).is_better


def test_what_was_said_stands_beside_what_came() -> None:
    asked = people(4_000, seed=5)
    said = [
        Said(
            chance_at(score_of(features(one.km, one.alerts, one.hour), TRUE)),
            one.is_yes,
            one.after_s,
        )
        for one in asked
    ]
    found = bins(said, SILENCE)
    assert sum(one.asked for one in found) == len(asked)
    for one in found:
        assert one.low <= one.chance <= one.high
        assert abs(one.expected - one.came) < 4.0 * one.expected**0.5 + 3.0
    assert bins([], SILENCE) == ()
    assert [one.asked for one in bins([Said(1.0, True, 5.0), Said(0.0, False, 5.0)], SILENCE)] == [
        1,
        1,
    ]


def test_silence_says_nothing_at_first_and_almost_no_in_the_end() -> None:
    weights = [SILENCE.weight(s) for s in (-5.0, 0.0, 10.0, 35.0, 90.0, 600.0)]
    assert weights == sorted(weights)
    assert weights[0] == weights[1] == 0.0
    assert weights[2] < 0.02
    assert weights[-1] > 0.98
    assert SILENCE.weight(nan) == SILENCE.expected(0.4, nan) == SILENCE.expected(0.4, -1.0) == 0.0


OFFERED = Offered(OfferState.SUPERSEDED, NOW, None, NOW + timedelta(seconds=30), False, False)


@pytest.mark.parametrize(
    "offer, counts",
    [
        (OFFERED, Counted.NOT),
        (OFFERED._replace(closed_at=NOW + timedelta(minutes=4)), Counted.SILENT),
        (OFFERED._replace(state=OfferState.WITHDRAWN), Counted.NOT),
        (OFFERED._replace(state=OfferState.DECLINED), Counted.NO),
        (OFFERED._replace(state=OfferState.ACCEPTED), Counted.YES),
        (OFFERED._replace(state=OfferState.OPEN, closed_at=None), Counted.SILENT),
        (OFFERED._replace(state=OfferState.DECLINED, is_uncounted=True), Counted.NOT),
        (OFFERED._replace(state=OfferState.DECLINED, is_unreachable=True), Counted.NOT),
    ],
)
def test_only_an_answer_and_a_long_silence_count(offer: Offered, counts: Counted) -> None:
    assert counting.counts_as(offer, NOW + timedelta(hours=1)) is counts


def test_a_clock_that_stepped_back_makes_no_time_below_nothing() -> None:
    answered = OFFERED._replace(state=OfferState.DECLINED, answered_at=NOW - timedelta(hours=1))
    assert counting.after_s(answered, NOW) == 0.0


GOOD = learned(people(600, peers=5)).model_dump(mode="json")


def spoiled(part: str, name: str, value: Any) -> dict[str, Any]:
    """A kept model with one number changed."""
    return {**GOOD, part: {**GOOD[part], name: value}}


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        {},
        {**GOOD, "shape": 2},
        {**GOOD, "more": 1},
        spoiled("coefficients", "base", nan),
        spoiled("coefficients", "way", inf),
        spoiled("coefficients", "base", 40.0),
        spoiled("coefficients", "alerts", 3.0),
        spoiled("coefficients", "day", "much"),
        spoiled("ratios", "p0", 1e9),
        spoiled("ratios", "p0", 0.0),
        spoiled("check", "learned", nan),
    ],
)
def test_what_is_spoiled_is_no_model(content: Any) -> None:
    assert current.parse(content) is None
    assert current.parse(GOOD) is not None


def test_a_fit_of_nonsense_is_refused_and_never_kept() -> None:
    cells = [Cell((1.0, nan), 1.0, 0.0, 0.0), Cell((1.0, 2.0), 0.0, 1.0, 1.0)]
    with pytest.raises(ValueError):
        fit(cells, (0.0, 0.0), (1.0, 1.0))
    with pytest.raises(ValueError):
        Coefficients.of((nan, 0.0, 0.0, 0.0, 0.0, 0.0))


def test_who_began_anew_is_everybody_from_that_moment() -> None:
    model = Model.model_validate({**GOOD, "ratios": {"p0": 3.0}}, strict=False)
    candidate = Candidate("p0", "", Modality.IN_PERSON, 600, 5000, 400, NOW, ())
    known = Learned(model, 12.0, NOW)
    me, other = PeerView("p0", ""), PeerView("p9", "")
    assert known.of(me, candidate, NOW) > known.of(other, candidate, NOW)
    anew = replace(me, counted_from=NOW + timedelta(seconds=1))
    assert known.of(anew, candidate, NOW) == known.of(other, candidate, NOW)
    long_ago = replace(me, counted_from=NOW - timedelta(days=1))
    assert known.of(long_ago, candidate, NOW) == known.of(me, candidate, NOW)


def test_a_decision_asks_those_who_are_likely_to_go() -> None:
    peers = crowd(3)
    policy = Policy(strategy="priced")
    need = Need(SITE, frozenset({Modality.IN_PERSON}), "en")
    search = Search(
        state=RequestState.SEARCHING,
        modality=Modality.IN_PERSON,
        started_at=NOW,
        waves_used=0,
        video_fallback=False,
        is_widened=False,
        has_alarmed=False,
        asked=frozenset(),
        awaited=(),
        quiet_since=NOW,
    )
    plain = next_move(search, peers, need, NOW, policy)
    never = {one.peer_id: 0.05 for one in plain.ask}
    model = Model.model_validate({**GOOD, "ratios": never}, strict=False)
    other = next_move(search, peers, need, NOW, policy, Knowledge(Learned(model, 12.0, NOW), 1))
    assert other.ask
    assert not {one.peer_id for one in other.ask} & never.keys()


@settings(max_examples=60)
@given(
    hour=st.floats(allow_nan=True, allow_infinity=False, width=32),
    metres=st.none() | st.integers(min_value=0, max_value=10**9),
    alerts=st.integers(min_value=0, max_value=10**6),
)
def test_a_chance_can_always_be_reckoned_with(hour: float, metres: int | None, alerts: int) -> None:
    model = current.parse(GOOD)
    assert model is not None
    candidate = Candidate("p0", "", Modality.VIDEO, 600, metres, 400, NOW, ())
    said = Learned(model, hour, NOW).of(PeerView("p0", "", recent_alerts=alerts), candidate, NOW)
    assert LEAST <= said <= MOST


def test_the_policys_own_numbers_are_those_of_the_decision() -> None:
    one = Asked("p0", 12.0, 3, 12.0, True, False, 20.0)
    candidate = Candidate("p0", "", Modality.IN_PERSON, 600, 12_000, 400, NOW, ())
    said = Prior(PRICING).of(PeerView("p0", "", recent_alerts=3), candidate, NOW)
    assert policy_chance(one, PRICING) == pytest.approx(said)
    middle = chance_at(score_of(features(0.0, 0, 6.0), answers.expected_coefficients(PRICING)))
    assert middle == pytest.approx(PRICING.yes_chance)


def test_how_unevenly() -> None:
    assert gini([]) is None
    assert gini([0.0, 0.0]) is None
    assert gini([2.0, 2.0, 2.0]) == pytest.approx(0.0)
    assert gini([0.0, 0.0, 0.0, 8.0]) == pytest.approx(0.75)


def test_the_study_learns_from_other_days_of_the_same_people() -> None:
    world = build(Plan(seed=1, days=1.0, site_count=12, peer_count=40, load=6.0))
    knowing = Learner("learned", Policy(strategy="priced")).in_world(world)
    assert knowing.model is not None
    assert knowing.model.ratios.keys() <= {peer.id for peer in world.peers}
    people_of = People(world)
    log = Run(world, people_of, knowing).play()
    assert list(check.broken_rules(world, people_of, log)) == []
    small = build(Plan(seed=1, days=0.1, site_count=2, peer_count=5))
    assert Learner("learned", Policy(strategy="priced")).in_world(small).model is None
