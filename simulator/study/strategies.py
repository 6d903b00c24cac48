"""The policies of the study, by name. What the product does is the product's own code.

`clock` (the default), `simple` and `priced` are decided as the engine decides. The others are what a
network could do without this product; who can be asked at all is the product's rule for them too.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from dispatch import survey
from dispatch.matching import Candidate, Ranking
from dispatch.policy import DEFAULT, Policy
from dispatch.states import Modality
from dispatch.waves import Decision, Search
from dispatch.whatif.strategy import Product, Seen, Strategy
from simulator.study.learned import Learner

LOOK_AGAIN_S = 60
FIXED_WAVE = 3
VIDEO_AFTER_S = 180
"""The others ask by video too when nobody has said yes for this long, or nobody is left."""


Pick = Callable[[Search, tuple[Candidate, ...], datetime], tuple[Candidate, ...]]


class Plain:
    """Nearest first in the modality of the wish, later by video too; `pick` says how many."""

    def __init__(self, name: str, pick: Pick) -> None:
        self.name = name
        self._pick = pick

    def look(self, seen: Seen) -> Decision:
        """Ask whom `pick` picks; look again in a minute, and at each no."""
        _, search, peers, need, now = seen
        ranking = survey.rank(peers, need, now, DEFAULT)
        if search.modality is Modality.IN_PERSON and self._wants_video(search, ranking, now):
            both = replace(need, modalities=need.modalities | {Modality.VIDEO})
            ranking = survey.rank(peers, both, now, DEFAULT)
        ask = self._pick(search, tuple(ranking.candidates), now)
        return Decision(
            ask=ask,
            waves_used=search.waves_used + bool(ask),
            eligible=len(ranking.candidates),
            next_wave_at=None,
            look_again_at=now + timedelta(seconds=LOOK_AGAIN_S),
            raise_alarm=False,
            escalate=False,
            why="",
        )

    def _wants_video(self, search: Search, ranking: Ranking, now: datetime) -> bool:
        is_late = now >= search.started_at + timedelta(seconds=VIDEO_AFTER_S)
        return not ranking.candidates and (is_late or not search.awaited)


def _all(
    _search: Search, candidates: tuple[Candidate, ...], _now: datetime
) -> tuple[Candidate, ...]:
    """Whoever is left."""
    return candidates


def _one(search: Search, candidates: tuple[Candidate, ...], now: datetime) -> tuple[Candidate, ...]:
    """The next one after a no, or when the last has been silent for a minute."""
    return candidates[:1] if _is_quiet(search, now) else ()


def _three(
    search: Search, candidates: tuple[Candidate, ...], now: datetime
) -> tuple[Candidate, ...]:
    """Three more each minute, whatever has been said."""
    waves_due = int((now - search.started_at).total_seconds() // LOOK_AGAIN_S) + 1
    return candidates[:FIXED_WAVE] if search.waves_used < waves_due else ()


def _is_quiet(search: Search, now: datetime) -> bool:
    blocked = now - timedelta(seconds=LOOK_AGAIN_S)
    return all(offer.asked_at is None or offer.asked_at <= blocked for offer in search.awaited)


def by_name() -> dict[str, Strategy]:
    """All policies, from the plainest to the product's best."""
    found: tuple[Strategy, ...] = (
        Plain("broadcast", _all),
        Plain("one_by_one", _one),
        Plain("fixed_waves", _three),
        Product("clock", DEFAULT),
        Product("simple", Policy(strategy="simple")),
        Product("priced", Policy(strategy="priced")),
        Learner("learned", Policy(strategy="priced")),
    )
    return {strategy.name: strategy for strategy in found}


def with_bridges(strategies: Sequence[Strategy]) -> list[Strategy]:
    """The same, each of the product's own followed by itself with a bridge that begins by itself."""
    found: list[Strategy] = []
    for one in strategies:
        found.append(one)
        if isinstance(one, Product):
            policy = one.policy.model_copy(update={"bridge": "automatic"})
            found.append(Product(f"{one.name}+bridge", policy, one.known))
    return found
