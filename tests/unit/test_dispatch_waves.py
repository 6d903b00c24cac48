"""The wave clock: who is asked when, what brings a wave forward, when a manager owns the request."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.matching import Candidate, Ranking
from dispatch.policy import DEFAULT, parse
from dispatch.states import Modality, RequestState
from dispatch.waves import LOOK_AGAIN_S, Awaited, Decision, Search, decide, wants_video
from tests.harness.databases import START

IN_PERSON, VIDEO = Modality.IN_PERSON, Modality.VIDEO


def after(seconds: float) -> datetime:
    """So many seconds after the search began."""
    return START + timedelta(seconds=seconds)


def candidate(name: str, arrive_s: float = 900) -> Candidate:
    """Somebody who can be asked."""
    return Candidate(name, name, IN_PERSON, 900, 5000, 600, after(arrive_s), ())


def ranking(names: str | Iterable[str] = "", free_again_s: float | None = None) -> Ranking:
    """Candidates by one-letter names, best first."""
    free = None if free_again_s is None else after(free_again_s)
    return Ranking(tuple(candidate(name) for name in names), {}, free)


def search(**values: Any) -> Search:
    """A search that has just begun, but for what is given; `awaited` may be a number."""
    fresh: dict[str, Any] = {
        "state": RequestState.SEARCHING,
        "modality": IN_PERSON,
        "started_at": START,
        "waves_used": 0,
        "video_fallback": False,
        "is_widened": False,
        "has_alarmed": False,
        "asked": frozenset(),
        "awaited": (),
        "quiet_since": START,
    }
    values = fresh | values
    if isinstance(values["awaited"], int):
        values["awaited"] = (Awaited(IN_PERSON, after(900)),) * values["awaited"]
    return Search(**{**values, "asked": frozenset(values["asked"])})


def at(seconds: float, what: Search, who: Ranking) -> Decision:
    """What is decided so many seconds into the search, under the default policy."""
    return decide(what, who, after(seconds), DEFAULT)


def names(decision: Decision) -> str:
    """Who is asked, in order."""
    return "".join(one.peer_id for one in decision.ask)


ONE = search(waves_used=1, asked="abc", awaited=3)
TWO = search(waves_used=2, asked="abcdefg", awaited=7)
THREE = search(waves_used=3, asked="abcdefghij", awaited=10, has_alarmed=True)
OVER = replace(THREE, state=RequestState.ESCALATED)


def test_the_first_wave_asks_the_three_best_at_once() -> None:
    decision = at(0, search(), ranking("abcdefghij"))
    assert (names(decision), decision.waves_used) == ("abc", 1)
    assert decision.eligible == 10
    assert decision.next_wave_at == after(90)


@pytest.mark.parametrize(
    "seconds, before, who, asked, used, next_s",
    [
        (89, ONE, "defghij", "", 1, 90),
        (90, ONE, "defghij", "defg", 2, 180),
        (90, ONE, "de", "de", 2, 180),
        (90, ONE, "", "", 2, 180),
        (179, TWO, "hij", "", 2, 180),
        (180, TWO, "hij", "hij", 3, None),
        (200, THREE, "", "", 3, None),
        (200, THREE, "k", "k", 3, None),  # after the last wave a newcomer is asked at once
    ],
)
def test_the_clock(
    seconds: float, before: Search, who: str, asked: str, used: int, next_s: float | None
) -> None:
    decision = at(seconds, before, ranking(who))
    assert (names(decision), decision.waves_used) == (asked, used)
    assert decision.next_wave_at == (None if next_s is None else after(next_s))
    assert not decision.escalate


def test_when_nobody_is_awaited_the_next_wave_goes_now() -> None:
    refused = replace(ONE, awaited=())
    decision = at(20, refused, ranking("defghij"))
    assert (names(decision), decision.waves_used, decision.next_wave_at) == ("defg", 2, after(180))
    again = replace(TWO, awaited=())
    assert names(at(25, again, ranking("hijkl"))) == "hijkl", "the third wave is everybody"


def test_one_answer_that_is_awaited_keeps_the_wave() -> None:
    assert names(at(20, replace(ONE, awaited=ONE.awaited[:1]), ranking("defg"))) == ""


def test_a_dispatcher_that_was_away_asks_all_that_was_due() -> None:
    assert names(at(100, ONE, ranking("defghijk"))) == "defg"
    assert names(at(100, search(), ranking("abcdefghijk"))) == "abcdefg"
    assert names(at(200, search(), ranking("abcdefghijk"))) == "abcdefghijk"
    late = at(4000, search(), ranking("abcdefghijk"))
    assert (names(late), late.escalate, late.next_wave_at) == ("abcdefghijk", True, None)


def test_the_alarm_is_raised_once_when_its_time_has_come() -> None:
    assert not at(179, TWO, ranking()).raise_alarm
    assert at(180, TWO, ranking()).raise_alarm
    assert not at(200, replace(TWO, has_alarmed=True), ranking()).raise_alarm
    assert not at(400, TWO, ranking()).raise_alarm, "then it is escalated instead"
    assert not at(400, replace(OVER, has_alarmed=False), ranking()).raise_alarm


def test_the_clock_runs_out_after_six_minutes() -> None:
    assert not at(359, THREE, ranking()).escalate
    decision = at(360, THREE, ranking())
    assert decision.escalate
    assert "No yes from 10 asked" in decision.why


def test_with_nobody_left_it_is_escalated_after_a_short_silence() -> None:
    nobody = search(quiet_since=after(50))
    decision = at(60, nobody, ranking())
    assert (decision.escalate, decision.look_again_at) == (False, after(70))
    assert at(70, nobody, ranking()).escalate


@pytest.mark.parametrize(
    "who, before",
    [
        (ranking(), search(awaited=1)),
        (ranking("a"), search()),
        (ranking(free_again_s=120), search()),
    ],
)
def test_somebody_who_may_still_come_keeps_it_searching(who: Ranking, before: Search) -> None:
    assert not at(80, before, who).escalate


def test_an_escalated_search_keeps_asking_newcomers() -> None:
    decision = at(1000, OVER, ranking("kl"))
    assert (names(decision), decision.escalate, decision.next_wave_at) == ("kl", False, None)
    assert decision.look_again_at == after(1045)
    assert at(1000, OVER, ranking(free_again_s=1010)).look_again_at == after(1010)


def test_a_widened_search_asks_everyone_now() -> None:
    decision = at(5, replace(ONE, is_widened=True), ranking("defghijkl"))
    assert (names(decision), decision.waves_used, decision.next_wave_at) == ("defghijkl", 3, None)


def test_who_is_asked_anew_is_counted_once() -> None:
    again = search(asked="abc", started_at=after(600), quiet_since=after(600))
    assert at(600, again, ranking("bcde")).eligible == 5


def test_it_is_looked_again_when_something_can_change() -> None:
    assert at(0, search(), ranking("abc")).look_again_at == after(LOOK_AGAIN_S)
    assert at(60, ONE, ranking("d")).look_again_at == after(90)
    assert at(150, TWO, ranking("d")).look_again_at == after(180)
    assert at(320, THREE, ranking()).look_again_at == after(360)
    assert at(60, ONE, ranking("d", free_again_s=70)).look_again_at == after(70)
    early_alarm = parse({"alarm_after_s": 30})
    assert decide(ONE, ranking(), after(10), early_alarm).look_again_at == after(30)
    video = replace(THREE, video_fallback=True)
    late_video = parse({"video_fallback_after_s": 220})
    assert decide(video, ranking(), after(190), late_video).look_again_at == after(220)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(
    seconds=st.integers(-100, 5000),
    used=st.integers(0, 3),
    awaited=st.integers(0, 3),
    who=st.text("abcdef", max_size=6).map(lambda text: "".join(sorted(set(text)))),
    free_again_s=st.none() | st.integers(-500, 6000),
    quiet_s=st.integers(0, 5000),
    state=st.sampled_from([RequestState.SEARCHING, RequestState.ESCALATED]),
    flags=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_whatever_happens_it_is_looked_again_soon_and_never_in_the_past(
    seconds: int,
    used: int,
    awaited: int,
    who: str,
    free_again_s: int | None,
    quiet_s: int,
    state: RequestState,
    flags: tuple[bool, bool, bool],
) -> None:
    video, widened, alarmed = flags
    before = search(
        state=state,
        waves_used=used,
        awaited=awaited,
        quiet_since=after(quiet_s),
        video_fallback=video,
        is_widened=widened,
        has_alarmed=alarmed,
    )
    decision = at(seconds, before, ranking(who, free_again_s))
    wait_s = (decision.look_again_at - after(seconds)).total_seconds()
    assert 1 <= wait_s <= LOOK_AGAIN_S
    assert decision.waves_used >= used
    assert names(decision) == who[: len(decision.ask)], "the best first, nobody twice"
    assert not (decision.escalate and state is RequestState.ESCALATED)
    if decision.next_wave_at is not None and seconds >= 0:
        assert decision.next_wave_at > after(seconds)


# Video, when staff ticked "offer video".

OFFERED = replace(TWO, video_fallback=True)
SOON, LATE = after(180 + 1199), after(180 + 1201)


def video_at(seconds: float, what: Search, who: Ranking) -> bool:
    """Whether video peers are asked too."""
    return wants_video(what, who, after(seconds), DEFAULT)


@pytest.mark.parametrize(
    "seconds, what, who, wanted",
    [
        (180, OFFERED, ranking(), False),  # seven are asked who would be there in time
        (180, replace(OFFERED, awaited=(Awaited(IN_PERSON, SOON),)), ranking(), False),
        (180, replace(OFFERED, awaited=(Awaited(IN_PERSON, LATE),)), ranking(), True),
        (179, replace(OFFERED, awaited=(Awaited(IN_PERSON, LATE),)), ranking(), False),
        (180, replace(OFFERED, awaited=(Awaited(IN_PERSON, None),)), ranking(), True),
        (180, replace(OFFERED, awaited=()), ranking("a"), False),
        (180, replace(OFFERED, awaited=()), Ranking((candidate("a", 5000),), {}), True),
        (5, replace(OFFERED, awaited=()), ranking(), True),  # nobody can come: at once
        (5, replace(OFFERED, is_widened=True), ranking("a"), True),
        (5, replace(OFFERED, state=RequestState.ESCALATED), ranking("a"), True),
        (5000, replace(OFFERED, video_fallback=False, awaited=()), ranking(), False),
        (5000, replace(OFFERED, modality=VIDEO, awaited=()), ranking(), False),
    ],
)
def test_when_video_is_offered(seconds: float, what: Search, who: Ranking, wanted: bool) -> None:
    assert video_at(seconds, what, who) is wanted
