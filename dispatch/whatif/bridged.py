"""A run in which somebody by video is with a person until somebody arrives.

Whom to ask is the product's own decision (`dispatch.bridging`); it begins by itself, as with the policy's
`bridge` `automatic`. Who is there by video is free when the other arrives: a goodbye takes no time here,
and the expected arrival stays what it was at the yes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from dispatch import bridging
from dispatch.bridging import Looking
from dispatch.knowledge import NOTHING, Knowledge
from dispatch.policy import Policy
from dispatch.states import Modality
from dispatch.waves import Awaited
from dispatch.whatif.answers import People
from dispatch.whatif.log import Ask, Bridge, End
from dispatch.whatif.loop import Case, Life, Run
from dispatch.whatif.strategy import Strategy
from dispatch.whatif.world import Request, World

LOOK_AGAIN_S = 30.0
"""As in the product: the longest time between two looks."""

PolicyOf = Callable[[Request], Policy]


@dataclass
class _Search:
    """Somebody by video is looked for."""

    arrives_s: float
    """When the other is expected."""
    policy: Policy
    since_s: float | None = None
    """None until there is somebody to ask."""
    waves_used: int = 0
    asked: set[str] = field(default_factory=set)


class BridgedRun(Run):
    """The same events, and the bridge of each request whose policy has one."""

    def __init__(
        self,
        world: World,
        people: People,
        strategy: Strategy,
        policy_of: PolicyOf,
        known: Knowledge = NOTHING,
    ) -> None:
        super().__init__(world, people, strategy)
        self._policy_of = policy_of
        self._known = known
        self._bridges: dict[int, _Search] = {}

    def _take(self, case: Case, life: Life, ask: Ask, now: float) -> None:
        if ask.is_bridge:
            self._connect(case, life, ask, now)
            return
        super()._take(case, life, ask, now)
        policy = self._policy_of(case.request)
        if ask.modality is not Modality.IN_PERSON or not case.request.video_fallback:
            return
        # What was expected at the asking counts the time to an answer, which is over.
        arrives_s = now + ask.arrive_by_s - ask.at_s - policy.answer_s
        moment = self._world.moment
        if bridging.begins_by_itself(moment(arrives_s), moment(now), policy):
            self._bridges[case.request.number] = _Search(arrives_s, policy)
            self._look(case, now)

    def _look(self, case: Case, now: float) -> None:
        search = self._bridges.get(case.request.number)
        if search is None:
            super()._look(case, now)
            return
        case.turn += 1
        here, arrives_at = self._world.moment(now), self._world.moment(search.arrives_s)
        is_on = bridging.is_worth_it(arrives_at, here, search.policy)
        if search.since_s is None:
            is_on = bridging.begins_by_itself(arrives_at, here, search.policy)
        if not is_on:
            self._stop(case, End.WITHDRAWN, now)
            return
        decision = bridging.whom_to_ask(
            self._looking(case, search, now),
            self._views(case, now),
            case.need,
            here,
            search.policy,
            self._known,
        )
        self.log.decisions += 1
        near_s = search.arrives_s - search.policy.bridge_stop_s
        again_s = min(now + LOOK_AGAIN_S, max(near_s, now))
        if decision.ask or search.since_s is not None:
            search.since_s = now if search.since_s is None else search.since_s
            search.waves_used = decision.waves_used
            again_s = min(again_s, self._world.seconds(decision.look_again_at))
        for candidate in decision.ask:
            self._ask(case, candidate, now)
            self.log.asks[-1].is_bridge = True
            search.asked.add(candidate.peer_id)
        self._at(max(again_s, now + 0.001), partial(self._look_at, case, case.turn))

    def _looking(self, case: Case, search: _Search, now: float) -> Looking:
        moment = self._world.moment
        return Looking(
            since=moment(now if search.since_s is None else search.since_s),
            waves_used=search.waves_used,
            asked=frozenset(search.asked),
            awaited=tuple(
                Awaited(ask.modality, moment(ask.arrive_by_s), moment(ask.at_s))
                for ask in case.open.values()
            ),
            arrives_at=moment(search.arrives_s),
        )

    def _connect(self, case: Case, life: Life, ask: Ask, now: float) -> None:
        """The first yes: whoever is there by video stays until the other arrives."""
        answer = self._people.answer(case.request, life.peer, ask.modality)
        self._close(ask, End.ACCEPTED, now)
        self._stop(case, End.SUPERSEDED, now)
        arrived_s = case.outcome.reached_at_s or now
        connected_s = now + answer.reach_s
        case.outcome.bridge = Bridge(
            peer=ask.peer,
            yes_at_s=now,
            reached_at_s=connected_s if connected_s < arrived_s else None,
            free_at_s=max(arrived_s, now),
        )
        self._engage(life, ask, now, case.outcome.bridge.free_at_s)

    def _stop(self, case: Case, end: End, now: float) -> None:
        """Nobody is looked for any more, and the search of the request is over long since."""
        del self._bridges[case.request.number]
        self._end(case, end, now)
