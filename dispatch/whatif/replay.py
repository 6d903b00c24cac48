"""A network's past played again, as it is now and as it would be changed, with the same draws. Pure.

Each draw is one life of everybody whose answer is not known; both policies are played in it. The
difference between them is taken draw by draw: what is left of chance in it is its spread.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dispatch.deciding import next_move
from dispatch.knowledge import NOTHING, Knowledge
from dispatch.policy import Policy
from dispatch.waves import Decision
from dispatch.whatif import habits
from dispatch.whatif.crowd import Crowd, TravelAt, mean_speed
from dispatch.whatif.loop import Run
from dispatch.whatif.measures import DAY_S, Played
from dispatch.whatif.more import More, with_more
from dispatch.whatif.past import Past
from dispatch.whatif.strategy import Seen
from dispatch.whatif.world import World

DRAWS = 5
LEAST_DRAWS = 2
"""When the time is up, so many are played all the same: one alone has no spread."""

KnowledgeAt = Callable[[int, datetime], Knowledge]
"""What is known at a site and a time."""


def know_nothing(_site: int, _now: datetime) -> Knowledge:
    """Nothing has been learned."""
    return NOTHING


class BySite:
    """The product, under the policy of the site that a request comes from."""

    def __init__(
        self,
        name: str,
        policies: Sequence[Policy],
        known_at: KnowledgeAt,
        travel_at: TravelAt = mean_speed,
    ) -> None:
        self.name = name
        self._travel_at = travel_at
        self._policies = policies
        self._known_at = known_at

    def look(self, seen: Seen) -> Decision:
        """The product's next move."""
        site, need, now = seen.request.site, seen.need, seen.now
        policy = self._policies[site]
        travel = self._travel_at(site, now, policy)
        if travel is not None:
            need = replace(need, travel=travel)
        known = self._known_at(site, now)
        return next_move(seen.search, seen.peers, need, now, policy, known)


@dataclass(frozen=True)
class Asked:
    """What is compared with what. Policies by site."""

    before: Sequence[Policy]
    after: Sequence[Policy]
    more: tuple[More, ...] = ()


@dataclass(frozen=True)
class Replayed:
    """Both policies, one run a draw, in the same order of draws."""

    before: tuple[Played, ...]
    after: tuple[Played, ...]


def replay(
    past: Past,
    asked: Asked,
    *,
    known_at: KnowledgeAt = know_nothing,
    travel_at: TravelAt = mean_speed,
    draws: int = DRAWS,
    tell: Callable[[float], None] = lambda _share: None,
    has_time: Callable[[], bool] = lambda: True,
) -> Replayed:
    """Play both in every draw. `tell` hears the share that is done, 0 to 1; what it raises ends it.

    Once `has_time` says no, no further draw is begun.
    """
    pricing = habits.learned(past.said.values(), asked.before[0].pricing)
    world = with_more(past.world, asked.more, past.zones)
    ends_s = max(past.world.days * DAY_S, 1.0)
    runs: list[tuple[Played, Played]] = []

    def play(name: str, policies: Sequence[Policy], stage: World, draw: int, part: int) -> Played:
        people = Crowd(
            past,
            stage,
            asked.before,
            pricing,
            lambda site, now: known_at(site, now).chances,
            draw,
            travel_at,
        )

        def told(at_s: float) -> None:
            tell((2 * draw + part + min(at_s / ends_s, 1.0)) / (2 * draws))

        log = Run(stage, people, BySite(name, policies, known_at, travel_at)).play(told)
        return Played(stage, people, log)

    for draw in range(draws):
        if draw >= LEAST_DRAWS and not has_time():
            break
        runs.append(
            (
                play("before", asked.before, past.world, draw, 0),
                play("after", asked.after, world, draw, 1),
            )
        )
    return Replayed(tuple(one for one, _ in runs), tuple(other for _, other in runs))
