"""Whatever comes in, a decision comes out: of every strategy, with a reason, and nobody wrong asked.

What is poisoned here could come from a phone (positions), from a clock, from what was learned, or from
somebody who sets every number of the policy to its edge.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import inf, nan
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from dispatch import survey
from dispatch.deciding import next_move
from dispatch.geo import Point
from dispatch.knowledge import Knowledge
from dispatch.matching import Candidate, Need, PeerView
from dispatch.policy import Policy, Wave
from dispatch.prices.pricing import Pricing
from dispatch.recorded import recording
from dispatch.recorded.recording import Inputs
from dispatch.states import Modality, RequestState
from dispatch.waves import LOOK_AGAIN_S, Awaited, Decision, Search
from tests.harness.asking import OPEN
from tests.harness.databases import START as NOW
from tests.harness.views import MOMENTS, NEEDS, SITE, crowd

STRATEGIES = Policy.model_fields["strategy"].annotation.__args__  # type: ignore[union-attr]
NUMBERS = st.sampled_from([nan, inf, -inf, 1e308, -1e308, 0.0, 90.0, -90.1, 180.0, 181.0, 1e-320])
POISONED_PLACES = st.builds(Point, NUMBERS, NUMBERS)
STEPS = st.sampled_from([-86_400, -7200, -61, -1, 0, 1, 59, 180, 360, 7200, 86_400, 86_400 * 40])
CLOCK = STEPS.map(lambda seconds: NOW + timedelta(seconds=seconds))
MOSTLY_NOW = st.just(NOW) | st.just(NOW + timedelta(seconds=100)) | CLOCK


@st.composite
def poisoned(draw: st.DrawFn) -> list[PeerView]:
    """Many who can be asked, and among them a few whose numbers no phone and no person has."""
    views = crowd(
        draw(st.integers(min_value=0, max_value=40)), draw(st.sampled_from([0, 1, 3, 14]))
    )
    poisons: dict[str, st.SearchStrategy[Any]] = {
        "position": st.none() | POISONED_PLACES,
        "recent_alerts": st.sampled_from([10**6, 10**30, -5]),
        "recent_cases": st.sampled_from([10**6, -1]),
        "open_offer_limit": st.sampled_from([-3, 0, 10**9]),
        "offers_elsewhere": st.lists(CLOCK, max_size=3).map(tuple),
        "travel_limit_m": st.sampled_from([0, -1, 10**12]),
        "until": CLOCK,
        "certified_until": st.none() | CLOCK,
    }
    for _ in range(draw(st.integers(min_value=0, max_value=4)) if views else 0):
        number = draw(st.integers(min_value=0, max_value=len(views) - 1))
        name = draw(st.sampled_from(sorted(poisons)))
        views[number] = replace(views[number], **{name: draw(poisons[name])})
    return views


@st.composite
def searches(draw: st.DrawFn) -> Search:
    """A search at any moment, on a clock that may have been set forwards or back meanwhile."""
    offers = st.builds(Awaited, st.sampled_from(Modality), st.none() | CLOCK, st.none() | CLOCK)
    return Search(
        state=draw(st.sampled_from([RequestState.SEARCHING, RequestState.ESCALATED])),
        modality=draw(st.sampled_from(Modality)),
        started_at=draw(MOSTLY_NOW),
        waves_used=draw(st.sampled_from([0, 0, 1, 2, 3, 99])),
        video_fallback=draw(st.booleans()),
        is_widened=draw(st.booleans()),
        has_alarmed=draw(st.booleans()),
        asked=draw(st.sampled_from([frozenset(), frozenset({"p00", "p01"}), frozenset({"gone"})])),
        awaited=tuple(draw(st.lists(offers, max_size=4))),
        quiet_since=draw(CLOCK),
    )


def _edges(model: type[BaseModel], name: str) -> list[Any]:
    """The least, the most and the usual value of a number of a policy."""
    field = model.model_fields[name]
    bounds = {key: value for one in field.metadata for key in ("ge", "gt", "le", "lt")
              if (value := getattr(one, key, None)) is not None}  # fmt: skip
    near = 1e-9 if field.annotation is float else 1
    found = [field.default]
    found += [bounds["ge"]] if "ge" in bounds else []
    found += [bounds["gt"] + near] if "gt" in bounds else []
    found += [bounds["le"]] if "le" in bounds else []
    found += [bounds["lt"] - near] if "lt" in bounds else []
    return found


def _numbers(model: type[BaseModel]) -> st.SearchStrategy[dict[str, Any]]:
    names = [
        name for name, field in model.model_fields.items() if isinstance(field.default, int | float)
    ]
    return st.fixed_dictionaries({name: st.sampled_from(_edges(model, name)) for name in names})


@st.composite
def policies(draw: st.DrawFn, strategy: str) -> Policy:
    """Every number at its least, its most or as usual, as far as they go together."""
    values = draw(_numbers(Policy))
    sizes = draw(st.lists(st.sampled_from([1, 100, None]), min_size=1, max_size=3))
    waves = [Wave(after_s=90 * number, size=size) for number, size in enumerate(sizes)]
    ladder = sorted(values[name] for name in ("push_again_s", "sms_s", "voice_s"))
    values |= dict(zip(("push_again_s", "sms_s", "voice_s"), ladder, strict=True))
    values["escalate_after_s"] = max(
        values["escalate_after_s"], values["alarm_after_s"], 90 * len(waves)
    )
    try:
        pricing = Pricing.model_validate(draw(_numbers(Pricing)))
        return Policy.model_validate(
            values | {"strategy": strategy, "waves": waves, "pricing": pricing}
        )
    except ValidationError:
        assume(False)
        raise


class Poisoned:
    """What was learned and is worth nothing."""

    def __init__(self, said: Sequence[Any]) -> None:
        self._said = said

    def of(self, peer: PeerView, candidate: Candidate, now: datetime) -> float:
        """By the peer, a nonsense of its own: a number, or an exception."""
        said = self._said[sum(map(ord, peer.id)) % len(self._said)]
        if isinstance(said, type):
            raise said(peer.id)
        value: float = said
        return value


LEARNED = st.none() | st.lists(
    st.sampled_from(
        [nan, inf, -inf, -1.0, 0.0, 1.0, 7.0, 0.4, None, "0.4", ZeroDivisionError, KeyError,
         RuntimeError, OSError, AttributeError]
    ),
    min_size=1, max_size=4,
).map(Poisoned)  # fmt: skip


def assert_sensible(
    found: Decision,
    views: Sequence[PeerView],
    search: Search,
    need: Need,
    now: datetime,
    policy: Policy,
) -> None:
    """A reason, a next look soon, and nobody asked who could not be, or twice."""
    assert found.why
    assert found.because
    assert now < found.look_again_at <= now + timedelta(seconds=LOOK_AGAIN_S)
    assert found.eligible >= len(found.ask)
    asked = [one.peer_id for one in found.ask]
    assert len(set(asked)) == len(asked)
    assert not set(asked) & set(found.excluded)
    assert {*found.order, *found.excluded} == {view.id for view in views}
    assert set(asked) <= set(found.order)
    widest = replace(need, modalities=need.modalities | {Modality.VIDEO})
    by_id = {view.id: view for view in views}
    for one in found.ask:
        assert isinstance(survey.judge(by_id[one.peer_id], widest, now, policy), Candidate)
        assert one.help_s >= 0
    if found.next_wave_at is not None and not search.started_at > now:
        assert found.next_wave_at >= search.started_at


@pytest.mark.parametrize("strategy", STRATEGIES)
@given(
    data=st.data(), views=poisoned(), search=searches(), need=NEEDS, now=MOSTLY_NOW, learned=LEARNED
)
@settings(
    max_examples=150, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_there_is_always_a_decision_with_a_reason(
    strategy: str,
    data: st.DataObject,
    views: list[PeerView],
    search: Search,
    need: Need,
    now: datetime,
    learned: Poisoned | None,
) -> None:
    policy = data.draw(policies(strategy))
    site = data.draw(st.sampled_from([SITE, SITE, SITE, Point(nan, 5.0), Point(inf, -inf)]))
    need = replace(need, site=site)
    known = recording.heard(Knowledge(chances=learned))
    found = next_move(search, views, need, now, policy, known)
    assert_sensible(found, views, search, need, now, policy)
    again = next_move(search, list(reversed(views)), need, now, policy, Knowledge(chances=learned))
    assert again == found, "the order in which peers come in decides nothing"
    inputs, kept = recording.unpack(
        recording.pack(Inputs(search, views, need, now, policy, known), found)
    )
    assert recording.replay(inputs) == kept


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_nobody_at_all(strategy: str) -> None:
    need = Need(SITE, frozenset({Modality.IN_PERSON}), "en")
    search = replace(OPEN, video_fallback=False)
    policy = Policy.model_validate({"strategy": strategy})
    found = next_move(search, [], need, NOW, policy)
    assert (found.ask, found.escalate, found.eligible) == ((), False, 0)
    later = NOW + timedelta(seconds=policy.nobody_left_s)
    assert next_move(search, [], need, later, policy).escalate


@pytest.mark.parametrize("strategy", STRATEGIES)
@given(until=st.none() | MOMENTS)
def test_one_peer_only_is_asked_when_they_can_be(strategy: str, until: datetime | None) -> None:
    only = PeerView(
        "only", "Only One", on_duty=True, until=until,
        duty_modalities=frozenset(Modality), modalities=frozenset(Modality),
        languages=frozenset({"en"}), certified_until=NOW + timedelta(days=9),
        badge_until=NOW + timedelta(days=9), position=SITE,
    )  # fmt: skip
    need = Need(SITE, frozenset({Modality.IN_PERSON}), "en")
    search = replace(OPEN, video_fallback=False)
    policy = Policy.model_validate({"strategy": strategy})
    found = next_move(search, [only], need, NOW, policy)
    could = isinstance(survey.judge(only, need, NOW, policy), Candidate)
    assert [one.peer_id for one in found.ask] == (["only"] if could else [])
