"""Looking at some of a network asks whom looking at everybody would ask, wherever it says that it was enough."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf
from random import Random

from hypothesis import event, given
from hypothesis import strategies as st

from dispatch.deciding import listed, next_move
from dispatch.enough import is_enough
from dispatch.geo import Point, distance_m
from dispatch.matching import Candidate, Need, PeerView
from dispatch.policy import Policy, Wave
from dispatch.states import REMOTE, Focus, Modality, RequestState
from dispatch.suits import ahead_min
from dispatch.survey import Survey
from dispatch.waves import Awaited, Decision, Search
from tests.harness.asking import OPEN
from tests.harness.databases import START as NOW
from tests.harness.views import SITE, crowd

ALL = frozenset(Modality)


def town(seed: int) -> list[PeerView]:
    """Eighty around a site, some of whom are taken, and all of whose turns are different."""
    chance = Random(seed)
    spread = chance.choice([0.02, 0.1, 0.3])
    return [
        replace(
            one,
            position=Point(
                SITE.latitude + chance.gauss(0, spread), SITE.longitude + chance.gauss(0, spread)
            ),
            is_busy=chance.random() < 0.4,
            recent_alerts=0,
            recent_cases=0,
            turn=place,
        )
        for place, one in enumerate(crowd(seed, 80))
    ]


def some(
    peers: Sequence[PeerView], ways: frozenset[Modality], near: int, line: int
) -> tuple[list[PeerView], float, bool]:
    """So many who are free, the nearest and the first in line, as a region would see them; and how far."""
    able = [one for one in peers if not one.is_busy and one.on_duty]
    seen = {one.id for one in peers if one.has_met}
    sure_m, is_whole_line = inf, True
    if Modality.IN_PERSON in ways:
        goes = sorted(
            (distance_m(one.position, SITE), one.id)
            for one in able
            if Modality.IN_PERSON in one.modalities and one.position is not None
        )
        seen |= {peer_id for _, peer_id in goes[:near]}
        sure_m = goes[near - 1][0] if len(goes) > near else inf
    if ways & REMOTE:
        calls = [one.id for one in able if one.modalities & ways & REMOTE]
        seen |= set(calls[:line])
        is_whole_line = len(calls) <= line
    return [one for one in peers if one.id in seen], sure_m, is_whole_line


def told(decision: Decision, policy: Policy) -> list[tuple[object, ...]]:
    """Whom a decision asks: in person by who they are, by call by what they bring."""

    def one(candidate: Candidate) -> tuple[object, ...]:
        if candidate.modality not in REMOTE:
            return candidate.peer_id, candidate.help_s
        fits = "shared_experience" in candidate.reasons
        return candidate.modality, ahead_min(candidate, policy.pricing), fits

    return [one(candidate) for candidate in decision.ask]


@given(
    seed=st.integers(min_value=0, max_value=10_000),
    strategy=st.sampled_from(["waves", "simple", "priced"]),
    wish=st.sampled_from([Modality.IN_PERSON, Modality.VIDEO]),
    video_too=st.booleans(),
    near=st.integers(min_value=1, max_value=60),
    line=st.integers(min_value=1, max_value=60),
    waves_used=st.integers(min_value=0, max_value=2),
    sizes=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    wishes=st.sampled_from([frozenset(), frozenset({"veteran"})]),
    focus=st.none() | st.sampled_from(list(Focus)),
    is_widened=st.booleans(),
    awaits=st.booleans(),
    state=st.sampled_from([RequestState.SEARCHING] * 4 + [RequestState.ESCALATED]),
)
def test_what_is_enough_asks_whom_everybody_would(
    seed: int,
    strategy: str,
    wish: Modality,
    video_too: bool,
    near: int,
    line: int,
    waves_used: int,
    sizes: tuple[int, int],
    wishes: frozenset[str],
    focus: Focus | None,
    is_widened: bool,
    awaits: bool,
    state: RequestState,
) -> None:
    policy = Policy.model_validate(
        {
            "strategy": strategy,
            "waves": [
                Wave(after_s=0, size=sizes[0]),
                Wave(after_s=1, size=sizes[1]),
                Wave(after_s=180),
            ],
        }
    )
    search = Search(
        state=state,
        modality=wish,
        started_at=NOW,
        waves_used=waves_used,
        video_fallback=video_too,
        is_widened=is_widened,
        has_alarmed=False,
        asked=frozenset(),
        awaited=(Awaited(wish, None, NOW),) if awaits else (),
        quiet_since=NOW,
    )
    ways = frozenset({wish} | ({Modality.VIDEO} if video_too else set()))
    need = Need(
        site=SITE,
        modalities=frozenset({wish}),
        language="en",
        focus=focus,
        is_widened=is_widened,
        wishes=wishes,
    )
    peers = town(seed)
    seen, sure_m, is_whole_line = some(peers, ways, near, line)
    found = next_move(search, seen, need, NOW, policy)
    ways_listed = listed(search, seen, need, NOW, policy)
    enough = is_enough(
        found, seen, ways_listed, NOW, policy, sure_m=sure_m, is_whole_line=is_whole_line
    )
    event(f"{strategy}: {'enough' if enough else 'not enough'}")
    if not enough:
        assert (sure_m, is_whole_line) != (inf, True)
        return
    whole = next_move(search, peers, need, NOW, policy)
    assert told(found, policy) == told(whole, policy)
    assert (found.escalate, found.raise_alarm, found.waves_used) == (
        whole.escalate,
        whole.raise_alarm,
        whole.waves_used,
    )


def test_a_quiet_town_is_known_by_its_nearest() -> None:
    """The usual look goes no further: else nothing would be saved."""
    peers = [replace(one, is_busy=False, has_met=False, modalities=ALL) for one in town(3)]
    peers = [
        replace(one, position=Point(SITE.latitude + 0.002 * place, SITE.longitude))
        for place, one in enumerate(peers)
    ]
    search = replace(OPEN, video_fallback=False)
    for strategy in ("waves", "simple", "priced"):
        policy = Policy.model_validate({"strategy": strategy})
        need = Need(SITE, frozenset({Modality.IN_PERSON}), "en")
        seen, sure_m, line = some(peers, need.modalities, 40, 40)
        assert len(Survey(seen, need, NOW, policy)) == 40
        found = next_move(search, seen, need, NOW, policy)
        assert is_enough(found, seen, need, NOW, policy,
                         sure_m=sure_m, is_whole_line=line)  # fmt: skip
